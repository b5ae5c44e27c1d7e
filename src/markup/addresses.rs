//! The addresses of a body: absolute, encoded, and of an allowed scheme.

use url::Url;

use crate::model::absolute;

/// The schemes of links beside http and https.
const LINK_SCHEMES: [&str; 7] = ["mailto", "tel", "sms", "geo", "ftp", "xmpp", "magnet"];

/// Resolves the addresses of one body.
pub struct Addresses<'a> {
    pub base: &'a Url,
}

impl Addresses<'_> {
    /// The target of a link.
    pub fn link(&self, written: &str) -> Option<String> {
        if let Ok(url) = absolute(self.base, written) {
            return Some(url.into());
        }
        let url = self.base.join(written.trim()).ok()?;
        LINK_SCHEMES.contains(&url.scheme()).then(|| url.into())
    }

    /// The address of an image, a sound or a frame. An empty one would be the page's own.
    pub fn file(&self, written: &str) -> Option<String> {
        if written.trim().is_empty() {
            return None;
        }
        absolute(self.base, written).ok().map(String::from)
    }

    /// The candidates of a `srcset` (HTML §4.8.4.2.1), each absolute; none if no candidate is usable.
    pub fn set(&self, written: &str) -> Option<String> {
        let candidates = candidates(written).into_iter().filter_map(|(address, descriptor)| {
            // A comma at the end of an address would end it.
            let address = self.file(address)?.replace(',', "%2C");
            Some(if descriptor.is_empty() { address } else { format!("{address} {descriptor}") })
        });
        let candidates: Vec<String> = candidates.collect();
        (!candidates.is_empty()).then(|| candidates.join(", "))
    }

    /// The first usable address of a `srcset`.
    pub fn first_of_set(&self, written: &str) -> Option<String> {
        candidates(written).into_iter().find_map(|(address, _)| self.file(address))
    }
}

/// The addresses of a `srcset` with their descriptors (HTML §4.8.4.3.7).
fn candidates(written: &str) -> Vec<(&str, String)> {
    let mut out = Vec::new();
    let mut rest = written;
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_ascii_whitespace() || letter == ',');
        if rest.is_empty() {
            return out;
        }
        let end = rest.find(|letter: char| letter.is_ascii_whitespace()).unwrap_or(rest.len());
        let (address, after) = rest.split_at(end);
        if address.ends_with(',') {
            out.push((address.trim_end_matches(','), String::new()));
            rest = after;
            continue;
        }
        let end = after.find(',').unwrap_or(after.len());
        let descriptor = after[..end].split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        let is_valid = descriptor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b". ".contains(&byte));
        out.push((address, if is_valid { descriptor } else { String::new() }));
        rest = &after[end..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_absolute_and_of_an_allowed_scheme() {
        let base = Url::parse("https://x.example/a/b").unwrap();
        let addresses = Addresses { base: &base };
        for (written, link, file) in [
            ("c", Some("https://x.example/a/c"), Some("https://x.example/a/c")),
            ("//y.example/?a|b^c", Some("https://y.example/?a%7Cb%5Ec"), Some("https://y.example/?a%7Cb%5Ec")),
            ("", Some("https://x.example/a/b"), None),
            ("mailto:a@b.example", Some("mailto:a@b.example"), None),
            ("tel:+1", Some("tel:+1"), None),
            ("sms:+1", Some("sms:+1"), None),
            ("geo:1,2", Some("geo:1,2"), None),
            ("ftp://f.example/x", Some("ftp://f.example/x"), None),
            ("xmpp:a@b.example", Some("xmpp:a@b.example"), None),
            ("magnet:?xt=urn:x", Some("magnet:?xt=urn:x"), None),
            ("javascript:alert(1)", None, None),
            ("java\tscript:alert(1)", None, None),
            ("data:text/html,x", None, None),
            ("file:///C:/x.png", None, None),
            ("blob:https://x.example/1", None, None),
        ] {
            assert_eq!(addresses.link(written).as_deref(), link, "{written}");
            assert_eq!(addresses.file(written).as_deref(), file, "{written}");
        }
    }

    #[test]
    fn a_set_keeps_its_usable_candidates() {
        let base = Url::parse("https://x.example/a/").unwrap();
        let set = |written: &str| Addresses { base: &base }.set(written);
        for (written, expected) in [
            ("s.jpg 1x, l.jpg 2x", Some("https://x.example/a/s.jpg 1x, https://x.example/a/l.jpg 2x")),
            (" a.jpg , b.jpg  100w  ", Some("https://x.example/a/a.jpg, https://x.example/a/b.jpg 100w")),
            ("a.jpg, b.jpg", Some("https://x.example/a/a.jpg, https://x.example/a/b.jpg")),
            ("data:image/gif;base64,AA== 1x, b.jpg 2x", Some("https://x.example/a/b.jpg 2x")),
            ("a.jpg 1x\" onerror=\"x", Some("https://x.example/a/a.jpg")),
            ("c,d.jpg 2x", Some("https://x.example/a/c%2Cd.jpg 2x")),
            ("javascript:x 1x", None),
            (" , ", None),
        ] {
            assert_eq!(set(written).as_deref(), expected, "{written}");
        }
    }
}
