//! Absolute http and https URLs.

use url::Url;

/// Resolves an http or https URL against a base (RFC 3986 §5).
///
/// # Errors
/// A message that completes "`link` …".
pub fn absolute(base: &Url, written: &str) -> Result<Url, String> {
    if let Some(host) = bare_host(written.trim()) {
        return Err(format!("begins like the name of a host (`{host}`), but has no `https://`"));
    }
    let url = base.join(written.trim()).map_err(|error| format!("is not a URL ({error})"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(encoded(url)),
        scheme => Err(format!("must be an http or https URL, not `{scheme}:`")),
    }
}

/// The host that a text without a scheme begins with: `www.example.org/x`, which would be a path.
fn bare_host(written: &str) -> Option<&str> {
    const TOP_LEVEL: [&str; 10] = ["org", "com", "net", "int", "edu", "gov", "info", "eu", "news", "io"];
    let host = written.split(['/', '?', '#']).next()?;
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (rest, last) = host.rsplit_once('.')?;
    let is_host = rest.split('.').all(is_label)
        && (host.starts_with("www.") && is_label(last) || TOP_LEVEL.contains(&last) && rest.contains('.'));
    is_host.then_some(host)
}

/// Encodes characters that the URL Standard allows but RFC 3986, and so many feed readers, do not.
fn encoded(url: Url) -> Url {
    const LOOSE: [(char, &str); 6] =
        [('|', "%7C"), ('^', "%5E"), ('`', "%60"), ('\\', "%5C"), ('{', "%7B"), ('}', "%7D")];
    if !url.as_str().contains(LOOSE.map(|(character, _)| character)) {
        return url;
    }
    let text = LOOSE.iter().fold(url.to_string(), |text, (character, code)| text.replace(*character, code));
    Url::parse(&text).unwrap_or(url)
}

/// A fast check for the common case: whether [`absolute`] certainly accepts a text as it is.
pub fn is_plainly_absolute(written: &str) -> bool {
    let rest = written.strip_prefix("https://").or_else(|| written.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let label = |label: &str| !label.is_empty() && !label.starts_with("xn--");
    let letters = |label: &str| label.bytes().all(|byte| byte.is_ascii_lowercase());
    host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
        && host.split('.').all(label)
        && host.rsplit('.').next().is_some_and(letters)
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~?=&%#+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_urls_become_absolute() {
        let base = Url::parse("https://example.org/en/a/b.html").unwrap();
        let read = |text: &str| absolute(&base, text).map(String::from);
        assert_eq!(read("/x.jpg").unwrap(), "https://example.org/x.jpg");
        assert_eq!(read("x y.jpg").unwrap(), "https://example.org/en/a/x%20y.jpg");
        assert_eq!(read("//cdn.example.org/x").unwrap(), "https://cdn.example.org/x");
        assert_eq!(read("a|b?c^d`e\\f").unwrap(), "https://example.org/en/a/a%7Cb?c%5Ed%60e%5Cf");
        for invalid in ["javascript:alert(1)", "ftp://example.org/", "https://", "mailto:a@example.org", "http://[::1"]
        {
            assert!(read(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn the_fast_check_has_no_false_positives() {
        let base = Url::parse("https://example.org/").unwrap();
        for text in
            ["https://a.example/b?c=d#e", "http://localhost/", "https://a.b-c.org", "https://a..b/", "https://1.2.3.4/"]
        {
            assert!(!is_plainly_absolute(text) || absolute(&base, text).is_ok(), "{text}");
        }
        assert!(is_plainly_absolute("https://news.example.org/en/a.html"));
    }
}
