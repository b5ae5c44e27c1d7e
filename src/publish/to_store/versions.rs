//! What a rendered document is in a store: its object, its compressed copies, and what is sent with them.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use super::Publication;
use super::claims::Claims;
use super::write::Upload;
use crate::coding::CODINGS;
use crate::diagnostics::Diagnostic;
use crate::plan::PlannedDocument;
use crate::publish::manifest::{Manifest, ManifestEntry, ObjectEntry, Objects};
use crate::publish::{compress, poisoned};
use crate::render::Rendered;
use crate::site::Site;
use crate::storage::{Attributes, Tag};

impl Publication<'_> {
    /// The object of a document that need not be written again.
    pub fn is_unchanged(&self, upload: &Upload, claims: &Claims) -> Option<&ObjectEntry> {
        let before = self.job.previous.document(&upload.path)?;
        let object = self.objects.by_path.get(&upload.path)?;
        let is_same = before.content_hash == upload.entry.content_hash && object.attributes == upload.attributes_hash;
        (is_same && !claims.is_differing(&upload.path)).then_some(object)
    }

    /// A rendered document, and its compressed copies.
    pub fn versions(
        &self,
        planned: &PlannedDocument,
        rendered: Rendered,
        claims: &Claims,
    ) -> Result<Vec<Upload>, Diagnostic> {
        let path = self.job.site.path(planned.key);
        let content_hash = xxh3_128(&rendered.bytes);
        let attributes = attributes(self.job.site, planned);
        let mut versions = Vec::new();
        if self.job.options.compress {
            for coding in CODINGS {
                let bytes = coding.encode(&rendered.bytes).map_err(|_| poisoned())?;
                let entry =
                    ManifestEntry { content_hash: xxh3_128(&bytes), input_hash: input_hash_of_copy(content_hash) };
                let attributes = Attributes { content_encoding: Some(coding.token()), ..attributes.clone() };
                versions.push(self.version(format!("{path}.{}", coding.extension()), bytes, entry, attributes, claims));
            }
        }
        let entry = ManifestEntry { content_hash, input_hash: planned.input_hash };
        versions.push(self.version(path, rendered.bytes, entry, attributes, claims));
        Ok(versions)
    }

    fn version(
        &self,
        path: String,
        bytes: Vec<u8>,
        entry: ManifestEntry,
        attributes: Attributes,
        claims: &Claims,
    ) -> Upload {
        let remembered = self.objects.by_path.get(&path).map(|object| Tag::new(&object.tag));
        let is_known = remembered.is_some() || (compress::is_copy(&path) && claims.contains(&path));
        Upload {
            expected: if is_known { claims.tag(&path, remembered) } else { None },
            is_known,
            attributes_hash: xxh3_64(format!("{attributes:?}").as_bytes()),
            path,
            bytes: bytes.into(),
            attributes,
            entry,
        }
    }
}

/// Whether a compressed copy is stored that was made from a document.
pub fn is_current_copy(previous: &Manifest, objects: &Objects, copy: &str, document: ManifestEntry) -> bool {
    let expected = input_hash_of_copy(document.content_hash);
    previous.document(copy).is_some_and(|copy| copy.input_hash == expected) && objects.by_path.contains_key(copy)
}

/// What a store sends with a document.
fn attributes(site: &Site, planned: &PlannedDocument) -> Attributes {
    let (key, config) = (planned.key, site.config());
    Attributes {
        content_type: key.media_type(),
        content_language: key.content_language(config),
        content_encoding: None,
        cache_control: key.cache_control(config),
        cache_tags: key.cache_tags(config, &site.path(key)).join(","),
    }
}

/// What a compressed copy is made from.
fn input_hash_of_copy(content_hash: u128) -> u128 {
    xxh3_128_with_seed(&content_hash.to_le_bytes(), 1)
}
