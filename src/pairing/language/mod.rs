//! Language identification among the configured languages.
//!
//! The script decides first. If several configured languages share it, an embedded [`model`] of n-grams decides among these
//! alone, which is far more reliable than a choice among all its languages. A language that the model lacks is chosen only
//! if it is the sole one of its script; beside others, every detection is unsure.

mod model;
mod ngrams;
mod scorer;

use std::collections::{BTreeMap, HashMap};

use icu_properties::props::{NamedEnumeratedProperty, Script as UnicodeScript};
use model::Model;
use scorer::Scorer;

use super::script::Script;
use crate::model::Language;

/// Below this confidence a detection is unsure.
const MIN_CONFIDENCE: f64 = 0.8;
/// With fewer letters, a detection by the model is unsure.
const MIN_LETTERS: usize = 12;
/// Text beyond this is not read.
const MAX_CHARS: usize = 1500;

/// A detector for the configured languages; costly to build.
pub struct Languages {
    configured: Vec<Language>,
    by_script: HashMap<Script, ScriptDetector>,
}

/// A detector for the configured languages of one script.
struct ScriptDetector {
    /// Indexes into `configured`.
    candidates: Vec<usize>,
    /// Absent if fewer than two candidates are in the model.
    scorer: Option<Scorer>,
    /// The candidates of the scorer's columns; one can have several.
    columns: Vec<usize>,
    /// Whether each candidate has a column of its own.
    is_complete: bool,
}

/// The result of language identification.
#[derive(Clone, Debug, PartialEq)]
pub enum Detection {
    Identified {
        language: Language,
        confidence: f64,
        unsure: bool,
    },
    /// The text has no letters.
    NoLetters,
    /// No configured language is written in this script.
    UnsupportedScript(Script),
}

impl Languages {
    /// Loads the model of the configured languages.
    pub fn new(configured: &[Language]) -> Languages {
        let mut candidates: BTreeMap<Script, Vec<usize>> = BTreeMap::new();
        for (index, language) in configured.iter().enumerate() {
            for script in Script::of_language(language) {
                candidates.entry(*script).or_default().push(index);
            }
        }
        let needs_model = candidates.values().any(|candidates| candidates.len() > 1);
        let model = needs_model.then(Model::load);
        let detector =
            |(script, candidates)| (script, ScriptDetector::new(script, candidates, configured, model.as_ref()));
        Languages { configured: configured.to_vec(), by_script: candidates.into_iter().map(detector).collect() }
    }

    /// Identifies the language of a story's title and text (without its caption, which may be in another language).
    pub fn detect(&self, title: &str, text: &str) -> Detection {
        let all: String = title.chars().chain(['\n']).chain(text.chars()).take(MAX_CHARS).collect();
        let letters = ScriptCounts::of(&all);
        let Some((mut script, _)) = letters.most_frequent(|_| true) else {
            return Detection::NoLetters;
        };
        // Texts of every script contain Latin names; the reverse is rare.
        if script == Script::Latin
            && let Some((other, _)) = letters.most_frequent(|script| script != Script::Latin)
            && letters.share(other) > 0.15
        {
            script = other;
        }
        if script == Script::Han && letters.share(Script::Kana) > 0.05 && self.by_script.contains_key(&Script::Kana) {
            script = Script::Kana;
        }
        let Some(detector) = self.by_script.get(&script) else {
            return Detection::UnsupportedScript(script);
        };
        let share = match script {
            Script::Kana => letters.share(Script::Kana) + letters.share(Script::Han),
            Script::Hangul => letters.share(Script::Hangul) + letters.share(Script::Han),
            other => letters.share(other),
        };
        self.detect_in_script(detector, script, title, &all, share, letters.total)
    }

    fn detect_in_script(
        &self,
        choice: &ScriptDetector,
        script: Script,
        title: &str,
        all: &str,
        share: f64,
        letters: usize,
    ) -> Detection {
        let is_mixed = share < 0.6;
        let identified = |index: usize, confidence: f64, unsure: bool| match self.configured.get(index) {
            Some(language) => {
                Detection::Identified { language: language.clone(), confidence: rounded(confidence), unsure }
            }
            None => Detection::UnsupportedScript(script),
        };
        if let [sole] = choice.candidates[..] {
            return identified(sole, share, is_mixed);
        }
        let Some(scorer) = &choice.scorer else {
            let index = choice.columns.first().or(choice.candidates.first()).copied();
            return identified(index.unwrap_or_default(), 0.5, true);
        };
        let best = |text: &str| scorer.best(text, &choice.columns);
        let Some((index, confidence)) = best(all) else {
            return identified(choice.columns.first().copied().unwrap_or_default(), 0.0, true);
        };
        let title_disagrees = best(title).is_some_and(|(other, confidence)| other != index && confidence > 0.9);
        // A candidate without a column was no alternative.
        let is_weak = confidence < MIN_CONFIDENCE || letters < MIN_LETTERS;
        let unsure = is_mixed || title_disagrees || is_weak || !choice.is_complete;
        identified(index, confidence * share.max(0.5), unsure)
    }
}

impl ScriptDetector {
    fn new(
        script: Script,
        mut candidates: Vec<usize>,
        configured: &[Language],
        model: Option<&Model>,
    ) -> ScriptDetector {
        if script == Script::Han {
            // Korean is hardly ever written in Han alone; it is chosen where no other language is written in Han.
            let is_korean = |index: &usize| configured.get(*index).is_some_and(|language| language.code() == "ko");
            if !candidates.iter().all(is_korean) {
                candidates.retain(|index| !is_korean(index));
            }
        }
        let known = unicode_script(script).filter(|_| candidates.len() > 1);
        let part = known.and_then(|script| model?.part(script.short_name()));
        let Some((script, part)) = known.zip(part) else {
            return ScriptDetector { candidates, scorer: None, columns: Vec::new(), is_complete: false };
        };
        let (mut codes, mut columns): (Vec<&str>, Vec<usize>) = (Vec::new(), Vec::new());
        let mut is_complete = true;
        for &index in &candidates {
            let code = configured.get(index).map(|language| model_code(language, script));
            match code.filter(|code| part.codes.contains(code) && !codes.contains(code)) {
                Some(code) => {
                    codes.push(code);
                    columns.push(index);
                }
                None => is_complete = false,
            }
        }
        // Where Chinese of one script is configured alone, it stands for the other one too.
        let missing: Vec<&str> = CHINESE.into_iter().filter(|code| !codes.contains(code)).collect();
        let chinese = codes.iter().zip(&columns).find(|(code, _)| CHINESE.contains(code)).map(|(_, index)| *index);
        if let ([missing], Some(index)) = (&missing[..], chinese) {
            codes.push(missing);
            columns.push(index);
        }
        let scorer = (codes.len() > 1).then(|| Scorer::new(script, &part, &codes));
        ScriptDetector { candidates, scorer, columns, is_complete }
    }
}

/// The scripts that the model has a part for.
fn unicode_script(script: Script) -> Option<UnicodeScript> {
    match script {
        Script::Latin => Some(UnicodeScript::Latin),
        Script::Cyrillic => Some(UnicodeScript::Cyrillic),
        Script::Arabic => Some(UnicodeScript::Arabic),
        Script::Devanagari => Some(UnicodeScript::Devanagari),
        Script::Hebrew => Some(UnicodeScript::Hebrew),
        Script::Ethiopic => Some(UnicodeScript::Ethiopic),
        Script::Bengali => Some(UnicodeScript::Bengali),
        Script::Han => Some(UnicodeScript::Han),
        _ => None,
    }
}

/// What the model calls a language.
fn model_code(language: &Language, script: UnicodeScript) -> &str {
    match language.code() {
        // The CLDR's code for Tagalog too.
        "fil" => "tl",
        "zh" if language.script() == Some("Hant") => "zh-Hant",
        "zh" => "zh-Hans",
        // Kurdish in Arabic letters is Sorani nearly always.
        "ku" if script == UnicodeScript::Arabic => "ckb",
        code => code,
    }
}

/// Chinese in the model.
const CHINESE: [&str; 2] = ["zh-Hans", "zh-Hant"];

/// Two decimals: further ones are noise, and a report must be reproducible.
fn rounded(confidence: f64) -> f64 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

/// How many letters of each script a text has.
struct ScriptCounts {
    counts: BTreeMap<Script, usize>,
    total: usize,
}

impl ScriptCounts {
    /// A CJK character counts as two letters of an alphabet.
    fn of(text: &str) -> ScriptCounts {
        let mut counts = BTreeMap::new();
        let mut total = 0;
        for script in text.chars().filter_map(Script::of) {
            let weight = if matches!(script, Script::Han | Script::Kana | Script::Hangul) { 2 } else { 1 };
            *counts.entry(script).or_insert(0) += weight;
            total += weight;
        }
        ScriptCounts { counts, total }
    }

    /// The script with the most letters among those that pass the filter.
    fn most_frequent(&self, filter: impl Fn(Script) -> bool) -> Option<(Script, usize)> {
        let counts = self.counts.iter().filter(|(script, _)| filter(**script));
        counts.max_by_key(|(_, count)| **count).map(|(script, count)| (*script, *count))
    }

    fn share(&self, script: Script) -> f64 {
        let count = self.counts.get(&script).copied().unwrap_or(0);
        if self.total == 0 { 0.0 } else { count as f64 / self.total as f64 }
    }
}

#[cfg(test)]
mod tests;
