//! Where a publication goes: a folder, or an object store by its address.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

/// Where a publication goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    Folder(PathBuf),
    Store(StoreAddress),
}

/// The address of a folder in an object store, such as `s3://bucket/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoreAddress {
    pub kind: StoreKind,
    /// The bucket of S3, the container of Azure.
    pub bucket: String,
    /// Without a slash at its ends; empty for the whole bucket.
    pub prefix: String,
}

/// A kind of object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// Amazon S3, and whatever speaks its protocol.
    S3,
    /// Azure Blob Storage.
    Azure,
}

/// Why an address is refused, completing "`key` …", and what to do about it.
pub(crate) type Refused = (String, String);

const EXAMPLES: &str = "write a folder, `s3://bucket/prefix` or `az://container/prefix`";

impl Destination {
    /// Reads a folder or an address; `resolve` makes the path of a folder.
    ///
    /// # Errors
    /// It is the address of something else.
    pub(crate) fn parse(written: &str, resolve: impl FnOnce(&str) -> PathBuf) -> Result<Destination, Refused> {
        match written.contains("://") {
            true => StoreAddress::parse(written).map(Destination::Store),
            false => Ok(Destination::Folder(resolve(written))),
        }
    }

    /// Its path, if it is a folder.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Destination::Folder(folder) => Some(folder),
            Destination::Store(_) => None,
        }
    }
}

impl Display for Destination {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Folder(folder) => folder.display().fmt(out),
            Destination::Store(address) => address.fmt(out),
        }
    }
}

impl StoreAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or that of another kind of store.
    pub(crate) fn parse(written: &str) -> Result<StoreAddress, Refused> {
        let refused = |why: String| Err((why, EXAMPLES.to_owned()));
        let Some((scheme, rest)) = written.trim().split_once("://") else {
            return refused("is not the address of an object store".to_owned());
        };
        let kind = match scheme.to_ascii_lowercase().as_str() {
            "s3" => StoreKind::S3,
            "az" => StoreKind::Azure,
            "gs" => return refused("names Google Cloud Storage, which is not supported".to_owned()),
            _ => return refused(format!("has the scheme `{scheme}`, by which nothing can be published")),
        };
        if rest.contains(['?', '#', '@', '\\']) || rest.chars().any(char::is_control) {
            return refused("can have neither a user nor a query nor a fragment".to_owned());
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let is_name = |name: &str| {
            (3..=63).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        if !is_name(bucket) {
            return refused(format!("has `{bucket}` for a {}, which is no such name", kind.bucket_noun()));
        }
        let prefix = prefix.trim_end_matches('/');
        if !prefix.is_empty() && prefix.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return refused("has an empty part, `.` or `..` in its path".to_owned());
        }
        Ok(StoreAddress { kind, bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }

    /// The key of an object below this address.
    pub(crate) fn key(&self, path: &str) -> String {
        if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) }
    }

    /// The address of an object below this one.
    pub(crate) fn of(&self, path: &str) -> String {
        format!("{}://{}/{}", self.kind.scheme(), self.bucket, self.key(path))
    }
}

impl Display for StoreAddress {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let StoreAddress { kind, bucket, prefix } = self;
        let slash = if prefix.is_empty() { "" } else { "/" };
        write!(out, "{}://{bucket}{slash}{prefix}", kind.scheme())
    }
}

impl StoreKind {
    fn scheme(self) -> &'static str {
        match self {
            StoreKind::S3 => "s3",
            StoreKind::Azure => "az",
        }
    }

    /// What holds its objects.
    pub(crate) fn bucket_noun(self) -> &'static str {
        match self {
            StoreKind::S3 => "bucket",
            StoreKind::Azure => "container",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_bucket_and_a_prefix() {
        for (written, key, shown) in [
            ("s3://news-feeds", "a/b", "s3://news-feeds"),
            ("S3://news-feeds/", "a/b", "s3://news-feeds"),
            ("az://news/x/y/", "x/y/a/b", "az://news/x/y"),
        ] {
            let address = StoreAddress::parse(written).unwrap();
            assert_eq!((address.key("a/b").as_str(), address.to_string().as_str()), (key, shown));
        }
    }

    #[test]
    fn other_addresses_are_refused() {
        for (written, why) in [
            ("gs://news-feeds/x", "Google Cloud Storage, which is not supported"),
            ("https://news-feeds.s3.amazonaws.com/", "the scheme `https`"),
            ("s3://", "has `` for a bucket"),
            ("az://a/x", "has `a` for a container"),
            ("s3://key:secret@bucket/x", "neither a user"),
            ("s3://bucket/a?x=1", "neither a user"),
            ("s3://bucket/a//b", "an empty part"),
            ("s3://bucket/../b", "an empty part, `.` or `..`"),
            ("bucket", "is not the address"),
        ] {
            let (found, help) = StoreAddress::parse(written).unwrap_err();
            assert!(found.contains(why) && help.contains("s3://bucket/prefix"), "{written}: {found}");
        }
    }

    #[test]
    fn what_is_no_address_is_a_folder() {
        let destination = Destination::parse("public", |name| Path::new("site").join(name)).unwrap();
        assert_eq!(destination.folder(), Some(Path::new("site/public")));
        assert!(Destination::parse("file:///public", |folder| PathBuf::from(folder)).is_err());
    }
}
