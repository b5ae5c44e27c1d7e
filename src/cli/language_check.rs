//! Whether a text is in the language that it says.

use crate::config::{Config, Lint};
use crate::model::Language;
use crate::pairing::{Detection, Languages};
use crate::store::WrongLanguage;

/// A shorter text may be anything, in characters.
const MIN_CHARS: usize = 60;

/// The question for the configured languages.
pub fn wrong_language(config: &Config) -> Box<WrongLanguage> {
    let configured: Vec<Language> = config.languages.iter().map(|edition| edition.language.clone()).collect();
    if config.allows(Lint::WrongLanguage) || configured.len() < 2 {
        return Box::new(|_, _, _| None);
    }
    let languages = Languages::new(&configured);
    Box::new(move |tag, title, text| {
        if title.chars().count() + text.trim().chars().count() < MIN_CHARS {
            return None;
        }
        match languages.detect(title, text.trim()) {
            Detection::Identified { language, unsure: false, confidence } if confidence > 0.9 => {
                let said = configured.iter().find(|language| language.as_str() == tag)?;
                (said.code() != language.code()).then(|| language.to_string())
            }
            _ => None,
        }
    })
}
