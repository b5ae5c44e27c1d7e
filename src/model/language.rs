//! Language tags (BCP 47), writing direction and native names.

use std::fmt;

use isolang::Language as Iso;
use oxilangtag::LanguageTag;

/// A language tag in canonical case, such as `pt-BR` or `zh-Hans`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(String);

/// Languages written from right to left, unless the tag has another script.
const RIGHT_TO_LEFT: [&str; 20] = [
    "ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "khw", "ks", "lrc", "mzn", "nqo", "pnb", "ps", "sd", "syr",
    "ug", "ur", "yi",
];

/// Languages written from right to left in one region.
const RIGHT_TO_LEFT_REGIONS: [&str; 6] = ["az-iq", "az-ir", "kk-cn", "ky-cn", "pa-pk", "uz-af"];

/// Scripts written from right to left.
const RIGHT_TO_LEFT_SCRIPTS: [&str; 12] =
    ["adlm", "arab", "aran", "hebr", "mand", "mend", "nkoo", "rohg", "samr", "syrc", "thaa", "yezi"];

impl Language {
    /// Parses a tag, ignoring case.
    ///
    /// # Errors
    /// Why it is invalid.
    pub fn parse(tag: &str) -> Result<Self, String> {
        let invalid = |why: &str| Err(format!("`{tag}` is not a language tag (BCP 47): {why}"));
        if tag.contains('_') {
            return invalid("write `-` instead of `_`");
        }
        let Ok(parsed) = LanguageTag::parse_and_normalize(tag) else {
            return invalid("a tag is like `en`, `pt-BR` or `zh-Hans`");
        };
        let primary = parsed.primary_language();
        if !(2..=3).contains(&primary.len()) || parsed.as_str().to_ascii_lowercase().starts_with("x-") {
            return invalid("it must begin with a language of two or three letters");
        }
        if primary == "mul" {
            return invalid("`mul` stands for the feeds that hold every language");
        }
        Ok(Language(parsed.into_inner()))
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its script runs from right to left.
    pub fn is_right_to_left(&self) -> bool {
        let lower = self.0.to_ascii_lowercase();
        let mut parts = lower.split('-');
        let primary = parts.next().unwrap_or_default();
        match parts.find(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic())) {
            Some(script) => RIGHT_TO_LEFT_SCRIPTS.contains(&script),
            None => RIGHT_TO_LEFT.contains(&primary) || RIGHT_TO_LEFT_REGIONS.iter().any(|tag| lower.starts_with(tag)),
        }
    }

    /// The native name of the language, or the tag if it is unknown.
    pub fn native_name(&self) -> &str {
        let primary = self.0.split('-').next().unwrap_or_default();
        let language = if primary.len() == 2 { Iso::from_639_1(primary) } else { Iso::from_639_3(primary) };
        language.and_then(|language| language.to_autonym()).unwrap_or(&self.0)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_parsed_ignoring_case() {
        assert_eq!(Language::parse("PT-br").unwrap().as_str(), "pt-BR");
        assert_eq!(Language::parse("zh-hans").unwrap().as_str(), "zh-Hans");
        for invalid in ["en_US", "x-klingon", "", "e", "mul", "MUL", "english", "en-", "../x", "i-klingon"] {
            assert!(Language::parse(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn scripts_have_a_direction() {
        for (tag, expected) in [
            ("ar", true),
            ("he-IL", true),
            ("ur-Latn", false),
            ("az-Arab", true),
            ("en", false),
            ("zh-Hant", false),
            ("pa-PK", true),
            ("pa", false),
        ] {
            assert_eq!(Language::parse(tag).unwrap().is_right_to_left(), expected, "{tag}");
        }
    }

    #[test]
    fn languages_have_native_names() {
        assert_eq!(Language::parse("ru").unwrap().native_name(), "русский");
        assert_eq!(Language::parse("zh-Hans").unwrap().native_name(), "中文");
    }
}
