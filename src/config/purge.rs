//! `purge` of `[publish]`: the caches between a publication and its readers.

use url::Url;

/// The caches that are purged of documents that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Purge {
    /// The addresses of Varnish servers.
    pub varnish: Vec<Url>,
    /// A distribution of CloudFront.
    pub cloudfront: Option<String>,
    /// A zone of Cloudflare.
    pub cloudflare: Option<String>,
    /// A service of Fastly.
    pub fastly: Option<String>,
    /// A program and its arguments; it reads the changed addresses.
    pub command: Vec<String>,
}
