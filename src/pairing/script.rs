//! The writing system of a letter, by Unicode block; only as fine as language identification needs.

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

    /// The scripts that a language is written in, from its BCP 47 tag.
    pub fn of_language(tag: &str) -> &'static [Script] {
        let mut parts = tag.split('-');
        let primary = parts.next().unwrap_or_default().to_ascii_lowercase();
        let written = parts.find(|part| part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
        match written.map(str::to_ascii_lowercase).as_deref() {
            Some("latn") => return &[Script::Latin],
            Some("cyrl") => return &[Script::Cyrillic],
            Some("arab") => return &[Script::Arabic],
            Some("hans" | "hant" | "hani") => return &[Script::Han],
            _ => {}
        }
        match primary.as_str() {
            "ru" | "uk" | "be" | "bg" | "mk" | "kk" | "ky" | "tg" | "mn" | "tt" | "ba" | "cv" | "os" | "ce" => {
                &[Script::Cyrillic]
            }
            "sr" => &[Script::Cyrillic, Script::Latin],
            "el" => &[Script::Greek],
            "hy" => &[Script::Armenian],
            "he" | "iw" | "yi" => &[Script::Hebrew],
            "ar" | "fa" | "ur" | "ps" | "ckb" | "sd" | "ug" | "prs" => &[Script::Arabic],
            "hi" | "mr" | "ne" | "sa" | "bn" | "as" | "pa" | "gu" | "or" | "ta" | "te" | "kn" | "ml" | "si" => {
                &[Script::Indic]
            }
            "th" => &[Script::Thai],
            "ka" => &[Script::Georgian],
            "am" | "ti" => &[Script::Ethiopic],
            "ko" => &[Script::Hangul, Script::Han],
            "ja" => &[Script::Kana, Script::Han],
            "zh" | "yue" | "wuu" => &[Script::Han],
            "lo" | "km" | "my" | "bo" | "dz" | "dv" | "iu" | "chr" => &[Script::Other],
            _ => &[Script::Latin],
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
