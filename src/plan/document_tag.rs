//! The tags by which caches purge documents that changed.

use xxhash_rust::xxh3::xxh3_64;

/// The kinds of documents.
pub const KINDS: [&str; 9] = ["archive", "asset", "feed", "listing", "opml", "page", "redirect", "sitemap", "story"];

/// The tag of one document alone, by its path.
pub fn document_tag(path: &str) -> String {
    format!("document-{:016x}", xxh3_64(path.as_bytes()))
}

/// The tags of all documents together.
pub fn kind_tags() -> Vec<String> {
    KINDS.iter().map(|kind| format!("kind-{kind}")).collect()
}
