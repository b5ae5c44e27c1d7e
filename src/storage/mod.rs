//! An object store: opened from its address, read and written by conditional requests.
//!
//! Owns: which requests are repeated, entity tags as stores write them, diagnostics of what a store answers.
//! Never touches: what objects hold, the environment.

mod failure;
mod open;

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{
    Attribute, AttributeValue, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};

pub use self::open::Settings;
use crate::config::{StoreAddress, StoreKind};
use crate::diagnostics::{Cause, Diagnostic, Location};
use crate::model::Timestamp;

/// Waits before a request whose connection broke is repeated. What it wrote may have arrived.
const REPEAT_AFTER: [Duration; 3] = [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(3)];

/// A folder of an object store.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    address: StoreAddress,
}

/// The entity tag of an object, without quotes: some stores list tags without them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tag(String);

/// What a store says of an object.
#[derive(Debug, Clone)]
pub struct ObjectInfo {
    pub tag: Tag,
    /// By the clock of the store.
    pub last_modified: Timestamp,
}

/// The answer to a conditional GET.
#[derive(Debug)]
pub enum Fetched {
    Object(Bytes, ObjectInfo),
    /// It still has the tag that is known.
    NotModified,
    Missing,
}

/// When an object is written.
#[derive(Debug, Clone)]
pub enum Condition {
    Always,
    /// If there is none.
    Missing,
    /// If it still has this tag.
    Unchanged(Tag),
}

/// The answer to a conditional PUT.
#[derive(Debug)]
pub enum Written {
    Done(Tag),
    /// The condition does not hold, or no longer: a first try whose answer was lost may have written it.
    Refused,
}

/// What a store sends with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    pub content_type: &'static str,
    pub content_language: Option<String>,
    pub content_encoding: Option<&'static str>,
    pub cache_control: String,
    pub cache_tags: String,
}

impl Tag {
    /// Reads a tag with or without quotes, weak or strong.
    pub fn new(written: &str) -> Tag {
        Tag(written.trim().trim_start_matches("W/").trim_matches('"').to_owned())
    }

    /// As a header has it.
    fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl Display for Tag {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl Storage {
    /// Opens a store. No request is made yet.
    ///
    /// # Errors
    /// The settings do not fit together, or lack something.
    fn open(address: &StoreAddress, settings: &Settings) -> Result<Storage, Diagnostic> {
        let store = open::open(address, settings).map_err(|error| failure::diagnostic(address, "", "open", &error))?;
        Ok(Storage { store, address: address.clone() })
    }

    /// Opens the store of documents, and that of their state: the same if there is no other.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_both(
        documents: &StoreAddress,
        state: Option<&StoreAddress>,
        settings: &Settings,
    ) -> Result<(Storage, Storage), Diagnostic> {
        let documents = Storage::open(documents, settings)?;
        let state = match state {
            Some(state) if state != &documents.address => Storage::open(state, settings)?,
            _ => documents.clone(),
        };
        Ok((documents, state))
    }

    pub fn address(&self) -> &StoreAddress {
        &self.address
    }

    /// The address of an object, for diagnostics.
    pub fn location(&self, path: &str) -> Location {
        Location::file(self.address.of(path))
    }

    fn path(&self, path: &str) -> Result<Path, Diagnostic> {
        Path::parse(self.address.key(path)).map_err(|_| {
            let message = "object stores cannot have a document with this name";
            Diagnostic::error(self.location(path), message).help("rename it: letters, digits, `-`, `_`, `.` and `/`")
        })
    }

    /// Reads an object of at most `limit` bytes, unless it still has a tag that is known.
    ///
    /// # Errors
    /// The store cannot be reached, refuses, or the object is larger.
    pub async fn get(&self, path: &str, known: Option<&Tag>, limit: u64) -> Result<Fetched, Diagnostic> {
        let failed = |error| failure::diagnostic(&self.address, path, "read", &error);
        let key = self.path(path)?;
        let options = || GetOptions { if_none_match: known.map(Tag::quoted), ..GetOptions::default() };
        let request = || async {
            let answer = self.store.get_opts(&key, options()).await?;
            let meta = answer.meta.clone();
            let bytes = if meta.size > limit { Bytes::new() } else { answer.bytes().await? };
            Ok((bytes, meta))
        };
        match repeat(request).await {
            Ok((_, meta)) if meta.size > limit => {
                Err(Diagnostic::error(self.location(path), format!("this object is larger than {limit} bytes")))
            }
            Ok((bytes, meta)) => Ok(Fetched::Object(bytes, self.info(path, &meta)?)),
            Err(object_store::Error::NotModified { .. }) => Ok(Fetched::NotModified),
            Err(error @ object_store::Error::NotFound { .. }) if !failure::is_bucket_missing(&error) => {
                Ok(Fetched::Missing)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Asks for the tag and the date of an object; `None` if there is none.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses.
    pub async fn head(&self, path: &str) -> Result<Option<ObjectInfo>, Diagnostic> {
        let key = self.path(path)?;
        match repeat(|| self.store.head(&key)).await {
            Ok(meta) => self.info(path, &meta).map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(failure::diagnostic(&self.address, path, "read", &error)),
        }
    }

    /// Writes an object if the condition holds.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses.
    pub async fn put(
        &self,
        path: &str,
        bytes: Bytes,
        attributes: &Attributes,
        condition: &Condition,
    ) -> Result<Written, Diagnostic> {
        let key = self.path(path)?;
        let options = || PutOptions {
            mode: match condition {
                Condition::Always => PutMode::Overwrite,
                Condition::Missing => PutMode::Create,
                Condition::Unchanged(tag) => {
                    PutMode::Update(UpdateVersion { e_tag: Some(tag.quoted()), version: None })
                }
            },
            attributes: self.attributes(attributes),
            ..PutOptions::default()
        };
        let payload = PutPayload::from_bytes(bytes);
        match repeat(|| self.store.put_opts(&key, payload.clone(), options())).await {
            Ok(put) => self.tag(path, put.e_tag.as_deref()).map(Written::Done),
            Err(error) if failure::is_bucket_missing(&error) => {
                Err(failure::diagnostic(&self.address, path, "write", &error))
            }
            Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                Ok(Written::Refused)
            }
            Err(error) => Err(failure::diagnostic(&self.address, path, "write", &error)),
        }
    }

    /// Deletes an object; it need not exist.
    ///
    /// # Errors
    /// The store cannot be reached, or refuses.
    pub async fn delete(&self, path: &str) -> Result<(), Diagnostic> {
        let key = self.path(path)?;
        match repeat(|| self.store.delete(&key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure::diagnostic(&self.address, path, "delete", &error)),
        }
    }

    fn info(&self, path: &str, meta: &ObjectMeta) -> Result<ObjectInfo, Diagnostic> {
        let last_modified = Timestamp(meta.last_modified.timestamp());
        Ok(ObjectInfo { tag: self.tag(path, meta.e_tag.as_deref())?, last_modified })
    }

    fn tag(&self, path: &str, tag: Option<&str>) -> Result<Tag, Diagnostic> {
        tag.map(Tag::new).ok_or_else(|| {
            let message = "this store gives no entity tags, without which two builds at once cannot be told apart";
            let diagnostic = Diagnostic::error(self.location(path), message).help("publish to another store");
            Diagnostic { cause: Cause::Machine, ..diagnostic }
        })
    }

    fn attributes(&self, attributes: &Attributes) -> object_store::Attributes {
        // Azure has no hyphen in the names of metadata.
        let cache_tag = match self.address.kind {
            StoreKind::S3 => "cache-tag",
            StoreKind::Azure => "cache_tag",
        };
        let owned = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let pairs = [
            (Attribute::ContentType, owned(attributes.content_type)),
            (Attribute::ContentLanguage, attributes.content_language.clone()),
            (Attribute::ContentEncoding, attributes.content_encoding.map(str::to_owned)),
            (Attribute::CacheControl, owned(&attributes.cache_control)),
            (Attribute::Metadata(Cow::Borrowed(cache_tag)), owned(&attributes.cache_tags)),
        ];
        pairs.into_iter().filter_map(|(attribute, value)| Some((attribute, AttributeValue::from(value?)))).collect()
    }
}

/// Makes a request, again while its connection breaks. The client repeats by itself what no connection was made for, and
/// what the store answers with a server error.
async fn repeat<T, R>(request: impl Fn() -> R) -> Result<T, object_store::Error>
where
    R: Future<Output = Result<T, object_store::Error>>,
{
    for wait in REPEAT_AFTER {
        match request().await {
            Err(error) if failure::is_broken_connection(&error) => tokio::time::sleep(wait).await,
            answer => return answer,
        }
    }
    request().await
}
