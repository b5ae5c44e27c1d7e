//! Owns story files: what an imported story looks like in TOML, and how a file is replaced in one step; never touches
//! what was there before, or whether it may be replaced.

use std::fmt::Write as _;
use std::path::Path;

use chrono::NaiveDate;

use super::caption::Caption;
use super::toml_text::{lines, string};
use crate::diagnostics::Problem;

/// The longest text that counts as a summary, in characters.
const LONG_SUMMARY: usize = 1000;

/// A story as an import makes it.
#[derive(Clone, Debug)]
pub struct Story {
    pub published: NaiveDate,
    pub topics: Vec<String>,
    /// In the configured order of languages.
    pub translations: Vec<Translation>,
}

/// Its text in one language.
#[derive(Clone, Debug)]
pub struct Translation {
    pub language: String,
    pub title: String,
    pub paragraphs: Vec<String>,
    pub caption: Option<Caption>,
}

impl Story {
    /// The story's file.
    ///
    /// One paragraph on one line, as listings have it, is a `summary`; several, or one of several lines, or a very long
    /// one, are the story's own text and become `content_text`.
    pub fn to_toml(&self, id: &str) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "id        = {}\npublished = {}", string(id), self.published);
        if !self.topics.is_empty() {
            let topics: Vec<String> = self.topics.iter().map(|topic| string(topic)).collect();
            let _ = writeln!(text, "topics    = [{}]", topics.join(", "));
        }
        for translation in &self.translations {
            translation.write(&mut text);
        }
        text
    }
}

impl Translation {
    fn write(&self, text: &mut String) {
        let _ = writeln!(text, "\n[translations.{}]\ntitle = {}", self.language, string(&self.title));
        match &self.paragraphs[..] {
            [] => {}
            [one] if !one.contains('\n') && one.chars().nth(LONG_SUMMARY).is_none() => {
                let _ = writeln!(text, "summary = {}", string(one));
            }
            several => {
                let _ = writeln!(text, "content_text = {}", lines(&several.join("\n\n")));
            }
        }
        let Some(caption) = &self.caption else {
            return;
        };
        let parts = [("alt", &caption.alt), ("credit", &caption.credit)];
        let parts: Vec<String> = parts
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| format!("{key} = {}", string(value))))
            .collect();
        if !parts.is_empty() {
            let _ = writeln!(text, "image = {{ {} }}", parts.join(", "));
        }
    }
}

/// Replaces a file in one step: whoever reads it finds the old one or the new one, whole. What a killed import leaves
/// behind begins with a dot, which the store passes over, and the next import of the same story writes over it.
pub fn replace(path: &Path, text: &str) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::machine(path, "write this file", &error);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(paragraphs: &[&str], caption: Option<Caption>) -> String {
        let translation = Translation {
            language: "en".into(),
            title: "Station opens".into(),
            paragraphs: paragraphs.iter().map(|text| (*text).to_owned()).collect(),
            caption,
        };
        let published = NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default();
        Story { published, topics: vec!["lakes".into()], translations: vec![translation] }.to_toml("2019/station-opens")
    }

    #[test]
    fn looks_hand_written() {
        let credit = Caption { alt: None, credit: Some("Photo: IMW".into()) };
        assert_eq!(
            story(&["The station is \"new\"."], Some(credit)),
            "id        = \"2019/station-opens\"\npublished = 2019-03-07\ntopics    = [\"lakes\"]\n\n[translations.en]\n\
             title = \"Station opens\"\nsummary = 'The station is \"new\".'\nimage = { credit = \"Photo: IMW\" }\n"
        );
        assert!(story(&["One.", "Two."], None).ends_with("content_text = \"\"\"\nOne.\n\nTwo.\"\"\"\n"));
        assert!(story(&[], None).ends_with("title = \"Station opens\"\n"));
    }
}
