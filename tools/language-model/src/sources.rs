//! The languages of the model, and what their statistics come from.

use std::error::Error;

use icu_properties::props::Script;

use crate::lingua;
use crate::statistics::{LetterCounts, Statistics};

/// The scripts that several languages share, in the order of the model.
pub const SCRIPTS: &[Script] = &[Script::Latin, Script::Cyrillic, Script::Arabic, Script::Devanagari];

/// A language in one script.
pub struct Language {
    pub code: &'static str,
    pub statistics: Statistics,
}

/// The languages of a script, in the order of their codes.
pub fn of_script(script: &Script) -> Result<Vec<Language>, Box<dyn Error>> {
    let mut languages = Vec::new();
    for model in lingua::MODELS.iter().filter(|model| model.script == *script) {
        let file = model.folder.get_file("ngrams.fst").ok_or("a model of lingua lacks ngrams.fst")?;
        let counts = LetterCounts::read(file.contents())?;
        languages.push(Language { code: model.code, statistics: Statistics::of_counts(&counts) });
    }
    Ok(languages)
}
