//! The writing system of a letter, by Unicode's script property; only as fine as languages of news need.

use icu_properties::CodePointMapData;
use icu_properties::props::Script as UnicodeScript;

use crate::model::Language;

/// A writing system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Hebrew,
    Arabic,
    Ethiopic,
    Devanagari,
    Bengali,
    Gurmukhi,
    Gujarati,
    Odia,
    Tamil,
    Telugu,
    Kannada,
    Malayalam,
    Sinhala,
    Thai,
    Lao,
    Tibetan,
    Myanmar,
    Khmer,
    Georgian,
    Hangul,
    Kana,
    Han,
    Other,
}

impl Script {
    /// The script of a letter; `None` for other characters, and for letters that scripts share.
    pub fn of(letter: char) -> Option<Script> {
        if letter.is_ascii_alphabetic() {
            return Some(Script::Latin);
        }
        if letter.is_ascii() || !letter.is_alphabetic() {
            return None;
        }
        Some(match CodePointMapData::<UnicodeScript>::new().get(letter) {
            UnicodeScript::Latin => Script::Latin,
            UnicodeScript::Greek => Script::Greek,
            UnicodeScript::Cyrillic => Script::Cyrillic,
            UnicodeScript::Armenian => Script::Armenian,
            UnicodeScript::Hebrew => Script::Hebrew,
            UnicodeScript::Arabic => Script::Arabic,
            UnicodeScript::Ethiopic => Script::Ethiopic,
            UnicodeScript::Devanagari => Script::Devanagari,
            UnicodeScript::Bengali => Script::Bengali,
            UnicodeScript::Gurmukhi => Script::Gurmukhi,
            UnicodeScript::Gujarati => Script::Gujarati,
            UnicodeScript::Oriya => Script::Odia,
            UnicodeScript::Tamil => Script::Tamil,
            UnicodeScript::Telugu => Script::Telugu,
            UnicodeScript::Kannada => Script::Kannada,
            UnicodeScript::Malayalam => Script::Malayalam,
            UnicodeScript::Sinhala => Script::Sinhala,
            UnicodeScript::Thai => Script::Thai,
            UnicodeScript::Lao => Script::Lao,
            UnicodeScript::Tibetan => Script::Tibetan,
            UnicodeScript::Myanmar => Script::Myanmar,
            UnicodeScript::Khmer => Script::Khmer,
            UnicodeScript::Georgian => Script::Georgian,
            UnicodeScript::Hangul => Script::Hangul,
            UnicodeScript::Hiragana | UnicodeScript::Katakana => Script::Kana,
            UnicodeScript::Han => Script::Han,
            // The prolonged sound mark, which Unicode counts to no script.
            UnicodeScript::Common if matches!(letter, 'ー' | 'ｰ') => Script::Kana,
            UnicodeScript::Common | UnicodeScript::Inherited => return None,
            _ => Script::Other,
        })
    }

    /// The scripts that a language is written in.
    pub fn of_language(language: &Language) -> &'static [Script] {
        match language.script() {
            // Serbian is written in both where the tag does not say in which.
            Some("Cyrl") if language.code() == "sr" && !language.says_script() => &[Script::Cyrillic, Script::Latin],
            Some("Cyrl") => &[Script::Cyrillic],
            Some("Grek") => &[Script::Greek],
            Some("Armn") => &[Script::Armenian],
            Some("Hebr") => &[Script::Hebrew],
            Some("Arab" | "Aran") => &[Script::Arabic],
            Some("Ethi") => &[Script::Ethiopic],
            Some("Deva") => &[Script::Devanagari],
            Some("Beng") => &[Script::Bengali],
            Some("Guru") => &[Script::Gurmukhi],
            Some("Gujr") => &[Script::Gujarati],
            Some("Orya") => &[Script::Odia],
            Some("Taml") => &[Script::Tamil],
            Some("Telu") => &[Script::Telugu],
            Some("Knda") => &[Script::Kannada],
            Some("Mlym") => &[Script::Malayalam],
            Some("Sinh") => &[Script::Sinhala],
            Some("Thai") => &[Script::Thai],
            Some("Laoo") => &[Script::Lao],
            Some("Tibt") => &[Script::Tibetan],
            Some("Mymr") => &[Script::Myanmar],
            Some("Khmr") => &[Script::Khmer],
            Some("Geor") => &[Script::Georgian],
            Some("Kore") => &[Script::Hangul, Script::Han],
            Some("Hang") => &[Script::Hangul],
            Some("Jpan") => &[Script::Kana, Script::Han],
            Some("Hira" | "Kana" | "Hrkt") => &[Script::Kana],
            Some("Hans" | "Hant" | "Hani") => &[Script::Han],
            Some("Latn") | None => &[Script::Latin],
            Some(_) => &[Script::Other],
        }
    }

    /// Whether the script has upper and lower case.
    pub fn has_capitals(self) -> bool {
        matches!(self, Script::Latin | Script::Greek | Script::Cyrillic | Script::Armenian)
    }

    /// Its name in plain English.
    pub fn name(self) -> &'static str {
        match self {
            Script::Latin => "Latin",
            Script::Greek => "Greek",
            Script::Cyrillic => "Cyrillic",
            Script::Armenian => "Armenian",
            Script::Hebrew => "Hebrew",
            Script::Arabic => "Arabic",
            Script::Ethiopic => "Ethiopic",
            Script::Devanagari => "Devanagari",
            Script::Bengali => "Bengali",
            Script::Gurmukhi => "Gurmukhi",
            Script::Gujarati => "Gujarati",
            Script::Odia => "Odia",
            Script::Tamil => "Tamil",
            Script::Telugu => "Telugu",
            Script::Kannada => "Kannada",
            Script::Malayalam => "Malayalam",
            Script::Sinhala => "Sinhala",
            Script::Thai => "Thai",
            Script::Lao => "Lao",
            Script::Tibetan => "Tibetan",
            Script::Myanmar => "Myanmar",
            Script::Khmer => "Khmer",
            Script::Georgian => "Georgian",
            Script::Hangul => "Hangul",
            Script::Kana => "Kana",
            Script::Han => "Han",
            Script::Other => "a rare script",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_scripts() {
        for (letters, expected) in [
            ("aÉßəɗɓƙŋẹǎﬁ", Some(Script::Latin)),
            ("ӘўЂꙋ", Some(Script::Cyrillic)),
            ("ڭۆﻻ", Some(Script::Arabic)),
            ("ळ", Some(Script::Devanagari)),
            ("ৰ", Some(Script::Bengali)),
            ("ーかカ", Some(Script::Kana)),
            ("々国", Some(Script::Han)),
            ("ދ", Some(Script::Other)),
            ("1ʼ.", None),
        ] {
            for letter in letters.chars() {
                assert_eq!(Script::of(letter), expected, "{letter}");
            }
        }
    }

    #[test]
    fn languages_have_scripts() {
        for (tag, expected) in [
            ("en", &[Script::Latin][..]),
            ("qaa", &[Script::Latin]),
            ("sr", &[Script::Cyrillic, Script::Latin]),
            ("sr-Latn", &[Script::Latin]),
            ("sr-ME", &[Script::Latin]),
            ("sr-RS", &[Script::Cyrillic]),
            ("prs", &[Script::Arabic]),
            ("fa-x-latn", &[Script::Arabic]),
            ("pa-PK", &[Script::Arabic]),
            ("kok", &[Script::Devanagari]),
            ("ja", &[Script::Kana, Script::Han]),
            ("ko", &[Script::Hangul, Script::Han]),
            ("zh-yue", &[Script::Han]),
            ("dv", &[Script::Other]),
        ] {
            assert_eq!(Script::of_language(&Language::parse(tag).unwrap()), expected, "{tag}");
        }
    }
}
