//! The writing system of a letter, by Unicode block; only as fine as language identification needs.

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
    Indic,
    Thai,
    Georgian,
    Hangul,
    Kana,
    Han,
    Other,
}

impl Script {
    /// The script of a letter; `None` for other characters.
    pub fn of(letter: char) -> Option<Script> {
        if letter.is_ascii_alphabetic() {
            return Some(Script::Latin);
        }
        if !letter.is_alphabetic() {
            return None;
        }
        Some(match u32::from(letter) {
            0x00AA..=0x024F | 0x1E00..=0x1EFF | 0x2C60..=0x2C7F | 0xA720..=0xA7FF | 0xFF21..=0xFF5A => Script::Latin,
            0x0370..=0x03FF | 0x1F00..=0x1FFF => Script::Greek,
            0x0400..=0x052F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Script::Cyrillic,
            0x0530..=0x058F => Script::Armenian,
            0x0590..=0x05FF | 0xFB1D..=0xFB4F => Script::Hebrew,
            0x0600..=0x06FF | 0x0750..=0x077F | 0x0870..=0x08FF | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => Script::Arabic,
            0x0900..=0x0DFF => Script::Indic,
            0x0E00..=0x0E7F => Script::Thai,
            0x10A0..=0x10FF => Script::Georgian,
            0x1200..=0x139F => Script::Ethiopic,
            0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7FF => Script::Hangul,
            0x3040..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => Script::Kana,
            0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF => Script::Han,
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
            // The scripts of the blocks that `of` takes together.
            Some("Deva" | "Beng" | "Guru" | "Gujr" | "Orya" | "Taml" | "Telu" | "Knda" | "Mlym" | "Sinh") => {
                &[Script::Indic]
            }
            Some("Thai") => &[Script::Thai],
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
            Script::Indic => "an Indic script",
            Script::Thai => "Thai",
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
            ("kok", &[Script::Indic]),
            ("ja", &[Script::Kana, Script::Han]),
            ("ko", &[Script::Hangul, Script::Han]),
            ("zh-yue", &[Script::Han]),
            ("dv", &[Script::Other]),
        ] {
            assert_eq!(Script::of_language(&Language::parse(tag).unwrap()), expected, "{tag}");
        }
    }
}
