//! Owns the few texts that are looked up in a configuration written in JavaScript; it is never run.

/// The text that a key holds, where every place that sets it sets the same one.
pub fn text_of(script: &str, key: &str) -> Option<String> {
    let mut found: Vec<&str> = values(script, key).filter_map(quoted).map(|(text, _)| text).collect();
    found.dedup();
    match found.as_slice() {
        [only] => Some((*only).to_owned()),
        _ => None,
    }
}

/// The texts of the list that a key holds.
pub fn texts_of(script: &str, key: &str) -> Vec<String> {
    let Some(mut rest) = values(script, key).find_map(|value| value.strip_prefix('[')) else { return Vec::new() };
    let mut texts = Vec::new();
    loop {
        rest = rest.trim_start_matches(|next: char| next.is_whitespace() || next == ',');
        let Some((text, behind)) = quoted(rest) else { return texts };
        texts.push(text.to_owned());
        rest = behind;
    }
}

/// What stands behind each `key:`.
fn values<'a>(script: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    script.match_indices(key).filter_map(move |(at, _)| {
        let before = script[..at].chars().next_back();
        if before.is_some_and(|before| before.is_alphanumeric() || "_$.".contains(before)) {
            return None;
        }
        let behind = script[at + key.len()..].trim_start_matches(['"', '\'']).trim_start();
        Some(behind.strip_prefix(':')?.trim_start())
    })
}

/// A text in quotes at the head of a script, and what stands behind it.
fn quoted(script: &str) -> Option<(&str, &str)> {
    let quote = script.chars().next().filter(|quote| "\"'`".contains(*quote))?;
    let (text, behind) = script[1..].split_once(quote)?;
    (!text.contains(['\\', '\n', '$'])).then_some((text, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found() {
        let script = "export default { url: 'https://x.org', baseUrl: \"/a/\", i18n: { locales: ['en', 'fr'] } }";
        assert_eq!(text_of(script, "url").as_deref(), Some("https://x.org"));
        assert_eq!(text_of(script, "baseUrl").as_deref(), Some("/a/"));
        assert_eq!(texts_of(script, "locales"), ["en", "fr"]);
        assert_eq!(text_of("url: 'a', x: { url: 'b' }", "url"), None);
    }
}
