//! Owns the plain text of a title, a name or a summary with inline markup.

pub use crate::import::source_text::collapse_whitespace as collapsed;

/// Capitalizes the first letter.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

/// The plain text on one line.
pub fn line(text: &str) -> String {
    collapsed(&crate::import::source_text::decode_references(&without_links(&without_tags(text))))
}

/// Removes HTML tags and comments; `a < b` stays.
pub fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let tag = &rest[at..];
        let begins =
            tag[1..].trim_start_matches('/').starts_with(|next: char| next.is_ascii_alphabetic() || next == '!');
        match tag.find('>').filter(|_| begins) {
            Some(end) => {
                if ["<br", "<p", "</p", "<div", "<li"].iter().any(|name| tag.starts_with(name)) {
                    out.push(' ');
                }
                rest = &tag[end + 1..];
            }
            None if begins => {
                out.push_str(tag);
                return out;
            }
            None => {
                out.push('<');
                rest = &tag[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Replaces Markdown links by their labels.
pub fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, label, _, behind)) = next_link(rest) {
        out.push_str(before);
        out.push_str(label);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The text before the first Markdown link, its label, its URL, and the text after it.
pub fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let address = &text[middle + 2..];
    let end = address.find(')')?;
    let before = text[..open].strip_suffix('!').unwrap_or(&text[..open]);
    Some((before, &text[open + 1..middle], address[..end].trim(), &address[end + 1..]))
}

/// The value of an attribute in a tag.
pub fn attribute(tag: &str, name: &str) -> Option<String> {
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find(name).map(|offset| offset + from) {
        from = at + name.len();
        let starts = lower[..at].ends_with(|before: char| before.is_whitespace() || before == '"' || before == '\'');
        let Some(value) = tag[from..].trim_start().strip_prefix('=').filter(|_| starts) else { continue };
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(|next: char| next.is_whitespace() || next == '>').next(),
        };
        return value.map(|value| crate::import::source_text::decode_references(value).trim().to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_removed() {
        assert_eq!(line("A <em>b</em>\n &amp; [c](https://x)"), "A b & c");
        assert_eq!(line("1 < 2 > 0"), "1 < 2 > 0");
        assert_eq!(attribute("<img alt=\"a b\" src=x.png>", "src").as_deref(), Some("x.png"));
        assert_eq!(attribute("<img data-src='y' src = 'x'>", "src").as_deref(), Some("x"));
    }
}
