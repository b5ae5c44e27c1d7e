//! Counts with their plural, and text shortened for a message.

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
