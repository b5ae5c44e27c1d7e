//! Redirects from old paths.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::Config;
use crate::diagnostics::Location;

/// A redirect from an old path.
#[derive(Debug, Clone)]
pub(crate) struct Redirect {
    /// Below `base_url`.
    pub from: String,
    pub to: Target,
    /// Its location in the configuration.
    pub location: Location,
}

/// The target of a redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A path below `base_url`.
    Path(String),
    /// An absolute URL.
    Url(Url),
}

/// Characters that are percent-encoded in a path (RFC 3986 §3.3).
const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}').add(b'?').add(b'#').add(b'%');

impl Redirect {
    /// The URL of the target.
    pub fn url(&self, config: &Config) -> Url {
        let base = &config.site.base_url;
        match &self.to {
            Target::Path(path) => base.join(&encoded(path)).unwrap_or_else(|_| base.clone()),
            Target::Url(url) => url.clone(),
        }
    }

    /// The target relative to the old path, or its absolute URL.
    pub fn relative(&self) -> String {
        match &self.to {
            Target::Path(to) => relative(&self.from, to),
            Target::Url(url) => url.to_string(),
        }
    }

    /// The old path and the target, both from the root of the host.
    pub fn absolute(&self, config: &Config) -> (String, String) {
        let base = config.site.base_url.path();
        let new = match &self.to {
            Target::Path(path) => format!("{base}{}", encoded(path)),
            Target::Url(url) => url.to_string(),
        };
        (format!("{base}{}", encoded(&self.from)), new)
    }
}

fn encoded(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// A relative reference from one path to another. It begins with `./` if a colon would make it look like a scheme.
fn relative(from: &str, to: &str) -> String {
    let folder = from.rfind('/').map_or("", |at| &from[..=at]);
    let shared = folder.split_inclusive('/').zip(to.split_inclusive('/')).take_while(|(one, other)| one == other);
    let shared: usize = shared.map(|(part, _)| part.len()).sum();
    let up = "../".repeat(folder[shared..].matches('/').count());
    let reference = format!("{up}{}", encoded(&to[shared..]));
    if reference.is_empty() || reference.split('/').next().is_some_and(|first| first.contains(':')) {
        format!("./{reference}")
    } else {
        reference
    }
}

/// Validates a path below `base_url`.
pub(super) fn validate_path(text: &str) -> Result<(), &'static str> {
    if text.starts_with('/') {
        return Err("must be a path below `base_url`, without a slash before it");
    }
    if text.split('/').any(|part| matches!(part, "." | "..")) || text.contains("//") {
        return Err("must be a path without empty parts, `.` and `..`");
    }
    if text.contains(['?', '#', '%', '\\']) || text.contains(char::is_control) {
        return Err("must be a plain path: no query, no fragment, and its characters as they are");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative() {
        for (from, to, reference) in [
            ("rss.xml", "en/all.rss.xml", "en/all.rss.xml"),
            ("en/rss.xml", "en/all.rss.xml", "all.rss.xml"),
            ("feed/", "en/all.rss.xml", "../en/all.rss.xml"),
            ("a/b/c", "a/d e", "../d%20e"),
            ("fr/x", "", "../"),
            ("x", "", "./"),
            ("x", "a:b", "./a:b"),
        ] {
            assert_eq!(relative(from, to), reference, "{from} {to}");
        }
    }
}
