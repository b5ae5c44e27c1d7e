//! The name of a story's file in a program without the feature `import`, which transliterates other letters.

/// The longest slug, in bytes.
const MAX_LENGTH: usize = 60;

/// The ASCII letters and digits of a title, with hyphens between the words; `None` if there are none.
pub fn slug(title: &str) -> Option<String> {
    let lower = title.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug = words.join("-");
    Some(at_a_word(&slug).to_owned()).filter(|slug| !slug.is_empty())
}

/// As many whole words as there is room for; a first word that is longer is cut. All of it is ASCII.
fn at_a_word(slug: &str) -> &str {
    let Some(cut) = slug.get(..=MAX_LENGTH) else { return slug };
    cut.rfind('-').map_or(&slug[..MAX_LENGTH], |end| &slug[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_cut_at_a_word() {
        for (title, expected) in [
            ("a b".to_owned(), "a-b".to_owned()),
            ("w".repeat(60), "w".repeat(60)),
            ("w".repeat(61), "w".repeat(60)),
            (format!("{} and", "w".repeat(60)), "w".repeat(60)),
            (format!("{} and", "w".repeat(56)), format!("{}-and", "w".repeat(56))),
            (format!("{} and", "w".repeat(57)), "w".repeat(57)),
        ] {
            assert_eq!(slug(&title), Some(expected), "{title}");
        }
    }
}
