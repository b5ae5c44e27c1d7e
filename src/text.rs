//! Counts with their plural, text shortened for a message, and the text of an element.

/// `1 story`, `2 stories`: regular English plurals only.
pub fn count(number: usize, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) if number != 1 => format!("{stem}ies"),
        _ if number != 1 => format!("{noun}s"),
        _ => noun.to_owned(),
    };
    format!("{number} {plural}")
}

/// A text of at most `max` characters; a longer one ends in an ellipsis.
pub fn ellipsis(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(max.saturating_sub(1)).collect::<String>().trim_end())
}

/// The text of the first element with a name in the XML that services answer, which has neither attributes nor prefixes.
#[cfg(feature = "serve")]
pub fn xml_element<'x>(xml: &'x str, name: &str) -> Option<&'x str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_plural() {
        assert_eq!([count(1, "story"), count(2, "story"), count(0, "feed")], ["1 story", "2 stories", "0 feeds"]);
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!([ellipsis("a lake", 6), ellipsis("a lake", 5), ellipsis("a lake", 3)], ["a lake", "a la…", "a…"]);
    }
}
