//! Text of unknown origin, escaped for output: it neither controls a terminal nor commands a workflow runner, stays on its
//! line, and shows no password.

use std::borrow::Cow;
use std::ops::Range;

/// Escapes one field of a line: control characters, line breaks, bidirectional controls, and the two forms of workflow
/// commands. Secrets in addresses are masked.
///
/// Escaping a text twice is the same as escaping it once.
pub fn escape(text: &str) -> Cow<'_, str> {
    let masked = mask_secrets(text);
    let is_plain = !masked.contains("::") && !masked.contains("##[") && !masked.chars().any(is_active);
    if is_plain {
        return masked;
    }
    let chars: Vec<char> = masked.chars().collect();
    Cow::Owned(escape_workflow_command(escape_each(&chars).concat()))
}

/// Escapes a text of several lines; its line breaks remain.
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Escapes serialized JSON by JSON's own escapes, which leave every value as it is. Users and passwords in addresses are masked; a
/// query is left, because scripts go on to use the address.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let masked = mask_credentials(json);
    // The serializer has escaped the control characters of ASCII but one; those that are left are white space between values.
    let is_structural = |c: char| matches!(c, '\n' | '\t' | '\r');
    if !masked.contains("##[") && !masked.chars().any(|c| is_active(c) && !is_structural(c)) {
        return masked;
    }
    let escaped = masked.replace("##[", "#\\u0023[");
    let each = escaped.chars().map(|c| match is_active(c) && !is_structural(c) {
        true => Cow::Owned(format!("\\u{:04x}", u32::from(c))),
        false => Cow::Owned(String::from(c)),
    });
    Cow::Owned(each.collect::<Vec<Cow<'_, str>>>().concat())
}

/// Each character as it is shown within a line.
pub fn escape_each(chars: &[char]) -> Vec<String> {
    let shown = |(index, c): (usize, &char)| match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '#' if index > 0 && chars[index - 1] == '#' && chars.get(index + 1) == Some(&'[') => "\\#".to_owned(),
        c if is_active(*c) => format!("\\u{{{:x}}}", u32::from(*c)),
        c => c.to_string(),
    };
    chars.iter().enumerate().map(shown).collect()
}

/// Replaces the secrets of every address: its user and password (RFC 3986 §3.2.1), also where its `//` is missing, and the
/// tokens and keys in its query.
pub fn mask_secrets(text: &str) -> Cow<'_, str> {
    replace_secrets(text, |_| "***".to_owned())
}

/// The same with as many characters as before, so that columns remain.
pub fn blank_secrets(text: &str) -> Cow<'_, str> {
    replace_secrets(text, |secret| "*".repeat(secret.chars().count()))
}

fn replace_secrets(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    match replace_credentials(text, &replacement) {
        Cow::Borrowed(text) => replace_query_secrets(text, replacement),
        Cow::Owned(text) => Cow::Owned(replace_query_secrets(&text, replacement).into_owned()),
    }
}

/// How the names of query parameters end whose values are secrets.
const SECRET_NAMES: [&str; 9] = ["token", "key", "secret", "password", "passwd", "pwd", "auth", "sig", "signature"];

/// Replaces the secret values in the queries of addresses.
fn replace_query_secrets(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    if !text.contains(['?', '&']) {
        return Cow::Borrowed(text);
    }
    let is_end = |c: char| matches!(c, '&' | '#' | '\\' | '"' | '`' | '<' | '>') || c.is_whitespace() || c.is_control();
    let mut out = String::new();
    let mut copied = 0;
    for (at, _) in text.match_indices('=') {
        let is_in_value = at < copied;
        let name = text[copied.min(at)..at].rsplit_once(['?', '&', ';']).map_or("", |(_, name)| name);
        let is_secret = |end: &&str| {
            name.len() >= end.len() && name.as_bytes()[name.len() - end.len()..].eq_ignore_ascii_case(end.as_bytes())
        };
        if is_in_value || name.contains(is_end) || !SECRET_NAMES.iter().any(is_secret) {
            continue;
        }
        let value = text[at + 1..].split(is_end).next().unwrap_or_default();
        // What closes a quotation or a list is not part of the address.
        let value = value.trim_end_matches(['\'', ')', ']', '}', ',', '’', '”', '»']);
        if !value.is_empty() {
            out += &text[copied..=at];
            out += &replacement(value);
            copied = at + 1 + value.len();
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out += &text[copied..];
    Cow::Owned(out)
}

/// Replaces the user and the password of every address with `***`.
fn mask_credentials(text: &str) -> Cow<'_, str> {
    replace_credentials(text, |_| "***".to_owned())
}

fn replace_credentials(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let is_end = |c: char| matches!(c, '/' | '?' | '#' | '\\' | '"' | '<' | '>') || c.is_whitespace() || c.is_control();
    let mut out = String::new();
    let mut copied = 0;
    let mut start = 0;
    for part in text.split(is_end) {
        if let Some(found) = credentials(part, text[..start].ends_with("//")) {
            let (from, to) = (start + found.start, start + found.end);
            out += &text[copied..from];
            out += &replacement(&text[from..to]);
            copied = to;
        }
        start += part.len();
        start += text[start..].chars().next().map_or(0, char::len_utf8);
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out += &text[copied..];
    Cow::Owned(out)
}

/// The schemes of addresses whose `@` follows no password.
const WITHOUT_PASSWORDS: [&str; 11] =
    ["acct", "cid", "im", "mailto", "mid", "pres", "sip", "sips", "tag", "urn", "xmpp"];

/// The schemes whose addresses are read as if `//` were there (WHATWG URL §4.4).
const SPECIAL: [&str; 5] = ["ftp", "http", "https", "ws", "wss"];

/// The user and the password in a part of a text that may be an address up to its path. After `//` these are whatever stands
/// before the last `@`, which a password may contain too; otherwise a `:` has to be between them.
fn credentials(part: &str, is_authority: bool) -> Option<Range<usize>> {
    let end = part.rfind('@').filter(|end| *end > 0)?;
    if is_authority {
        return Some(0..end);
    }
    if !part[end + 1..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | '%')) {
        return None;
    }
    // Messages quote what they name.
    let quotes = ['`', '\'', '(', '[', '{', '«', '“', '‘', '„'];
    let start = end - part[..end].trim_start_matches(quotes).len();
    let (first, rest) = part[start..end].split_once(':')?;
    if SPECIAL.iter().any(|scheme| first.eq_ignore_ascii_case(scheme)) {
        return Some(end - rest.len()..end).filter(|found| !found.is_empty());
    }
    let has_other_meaning = |name: &str| WITHOUT_PASSWORDS.iter().any(|scheme| name.eq_ignore_ascii_case(scheme));
    let is_password = !rest.is_empty() && !part[start..end].split(':').any(has_other_meaning);
    is_password.then_some(start..end)
}

/// Whether a character acts on a terminal or on the order of the others instead of showing something.
///
/// The marks U+200C to U+200F and U+061C are needed by Arabic, Hebrew and Persian text, and act on their neighbours only.
pub fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes `::` at the start of a line, before which a runner ignores blanks.
fn escape_workflow_command(text: String) -> String {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    let command = text.trim_start_matches(is_blank);
    if !command.starts_with("::") {
        return text;
    }
    let blanks = &text[..text.len() - command.len()];
    format!("{blanks}\\{command}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_inert() {
        for (text, expected) in [
            ("plain: text, 100% #1", "plain: text, 100% #1"),
            ("\u{1b}[31mred\u{7}\u{7f}", "\\u{1b}[31mred\\u{7}\\u{7f}"),
            ("a\u{9b}b\u{85}c", "a\\u{9b}b\\u{85}c"),
            ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
            ("می\u{200c}خواهم \u{200f}\u{200e}\u{61c}\u{200d}", "می\u{200c}خواهم \u{200f}\u{200e}\u{61c}\u{200d}"),
            ("::error::x", "\\::error::x"),
            (" \u{a0} ::error::x", " \u{a0} \\::error::x"),
            ("\u{feff}::error::x", "\u{feff}\\::error::x"),
            ("a ::error::x", "a ::error::x"),
            ("a ##[error]x", "a #\\#[error]x"),
            ("###[error]x", "##\\#[error]x"),
            ("https://user:p@ss@example.org/@a", "https://***@example.org/@a"),
            ("//u:p@a.example and http://t@b.example?x@y", "//***@a.example and http://***@b.example?x@y"),
            ("https://example.org/a@b mailto:a@b.org a // b@c", "https://example.org/a@b mailto:a@b.org a // b@c"),
        ] {
            assert_eq!(escape(text), expected, "{text:?}");
        }
        assert_eq!(escape_lines("a\n ::b\n\u{1b}\n"), "a\n \\::b\n\\u{1b}\n");
        assert_eq!(blank_secrets("x = 'https://u:pé@h/'"), "x = 'https://****@h/'");
    }

    /// Every way in which a user may write an address with a password; and what only looks like one.
    #[test]
    fn credentials_are_masked() {
        for (text, expected) in [
            ("https://user:pw@host/x", "https://***@host/x"),
            ("HTTPS://tok@host:8080?a", "HTTPS://***@host:8080?a"),
            ("///user:pw@host", "///***@host"),
            ("user:pw@host/x", "***@host/x"),
            ("user:p@ss:w@rd@host/x", "***@host/x"),
            ("user:pw@host", "***@host"),
            ("user:pw@[::1]:80/x", "***@[::1]:80/x"),
            (":pw@host/x", "***@host/x"),
            ("http:user:pw@host/x", "http:***@host/x"),
            ("Http:user:pw@host", "Http:***@host"),
            ("https:tok@host", "https:***@host"),
            ("http:/user:pw@host/x", "http:/***@host/x"),
            (r"http:\\user:pw@host\x", r"http:\\***@host\x"),
            ("path:user:pw@host/x", "***@host/x"),
            ("cannot read `user:pw@host/x`: no", "cannot read `***@host/x`: no"),
            ("(‘user:pw@host’), 'a:b@c'", "(‘***@host’), '***@c'"),
            ("user:pw@host/x:1:1: error: user:pw@other", "***@host/x:1:1: error: ***@other"),
            ("name@host/x", "name@host/x"),
            ("mailto:me@host.example", "mailto:me@host.example"),
            ("tag:me@host.example,2014:a/b", "tag:me@host.example,2014:a/b"),
            ("feed:tag:me@host.example,2014:a", "feed:tag:me@host.example,2014:a"),
            ("see: @name, a:@b, RT:@c @d:e", "see: @name, a:@b, RT:@c @d:e"),
            ("stories/a.toml:3:14: warning: a@b", "stories/a.toml:3:14: warning: a@b"),
            ("https://host/a:b@2x.png", "https://host/***@2x.png"),
        ] {
            assert_eq!(mask_credentials(text), expected, "{text}");
            assert_eq!(mask_credentials(expected), expected, "{text}");
            let blanked = blank_secrets(text);
            assert_eq!(blanked.chars().count(), text.chars().count(), "{text}");
            assert!(!blanked.contains("pw") && !blanked.contains("tok"), "{text}");
        }
    }

    #[test]
    fn secrets_in_queries_are_masked() {
        for (text, expected) in [
            ("hub = \"https://hub.example/?token=s3cret#x\"", "hub = \"https://hub.example/?token=***#x\""),
            ("`http://u:p@hub/a?b=1&Api_Key=s3cret&c=2`: no", "`http://***@hub/a?b=1&Api_Key=***&c=2`: no"),
            ("['//h/?sig=s3cret', '//h/?X-Amz-Signature=s3c/r?e=t']", "['//h/?sig=***', '//h/?X-Amz-Signature=***']"),
            ("/a?x=1&amp;hub.secret=s3cret", "/a?x=1&amp;hub.secret=***"),
            ("/a?password=&auth=s3cret&token", "/a?password=&auth=***&token"),
            ("/a?token=s3c@r:et", "/a?token=***"),
            ("key = 1 ? a & b=2", "key = 1 ? a & b=2"),
            ("https://host/?author=a&page=2&é=ü", "https://host/?author=a&page=2&é=ü"),
        ] {
            assert_eq!(escape(text), expected, "{text}");
            assert_eq!(escape(expected), expected, "{text}");
            assert_eq!(blank_secrets(text).chars().count(), text.chars().count(), "{text}");
            assert!(!blank_secrets(text).contains("s3c"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_active_is_left(text in "(::|##|\\[|#|//|@|:|a|[?&]token=|[ \\t]|\\PC|\\pC){0,12}") {
            let escaped = escape(&text);
            prop_assert!(!escaped.chars().any(is_active));
            prop_assert!(!escaped.contains("##["));
            prop_assert!(!escaped.trim_start().starts_with("::"));
            prop_assert_eq!(&escape(&escaped), &escaped);
        }

        #[test]
        fn json_values_are_unchanged(text in "(##|\\[|\\\\|\"|a|\\PC|\\pC){0,12}") {
            let json = serde_json::json!({ "a": [&text] }).to_string();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.contains("##[") && !escaped.chars().any(is_active));
            let value: serde_json::Value = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(value["a"][0].as_str(), Some(&*text));
        }
    }

    #[test]
    fn json_shows_no_password() {
        let json = serde_json::json!({ "hub": "https://u:p@hub.example/", "by": "a@b" }).to_string();
        let value: serde_json::Value = serde_json::from_str(&escape_json(&json)).unwrap();
        assert_eq!((value["hub"].as_str(), value["by"].as_str()), (Some("https://***@hub.example/"), Some("a@b")));
    }
}
