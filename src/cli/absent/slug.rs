//! The name of a story's file in a program without the feature `import`, which transliterates other letters.

/// The ASCII letters and digits of a title, with hyphens between the words; `None` if there are none.
pub fn slug(title: &str) -> Option<String> {
    let lower = title.to_ascii_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let slug: String = words.join("-").chars().take(60).collect();
    Some(slug.trim_end_matches('-').to_owned()).filter(|slug| !slug.is_empty())
}
