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
    /// The candidates of the scorer's columns.
    columns: Vec<usize>,
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
        if script == Script::Han
            && let Some(index) = self.chinese_variant(&choice.candidates, all)
        {
            return identified(index, share, is_mixed);
        }
        let Some(scorer) = &choice.scorer else {
            let index = choice.columns.first().or(choice.candidates.first()).copied();
            return identified(index.unwrap_or_default(), 0.5, true);
        };
        let Some((column, confidence)) = scorer.best(all) else {
            return identified(choice.columns.first().copied().unwrap_or_default(), 0.0, true);
        };
        let title_disagrees = scorer.best(title).is_some_and(|(other, confidence)| other != column && confidence > 0.9);
        // A candidate that the model lacks, or knows under the name of another one, was no alternative.
        let is_incomplete = choice.columns.len() < choice.candidates.len();
        let unsure =
            is_mixed || title_disagrees || is_incomplete || confidence < MIN_CONFIDENCE || letters < MIN_LETTERS;
        identified(choice.columns.get(column).copied().unwrap_or_default(), confidence * share.max(0.5), unsure)
    }

    /// Simplified or traditional Chinese, by characters that only one of them has.
    fn chinese_variant(&self, candidates: &[usize], text: &str) -> Option<usize> {
        let traditional = text.chars().filter(|letter| TRADITIONAL.contains(*letter)).count();
        let simplified = text.chars().filter(|letter| SIMPLIFIED.contains(*letter)).count();
        let is = |index: &usize, is_traditional: bool| {
            let script = self.configured.get(*index).and_then(Language::script);
            script == Some(if is_traditional { "Hant" } else { "Hans" })
        };
        let is_traditional = traditional > simplified;
        let find = |is_traditional| candidates.iter().copied().find(|index| is(index, is_traditional));
        find(is_traditional).or_else(|| find(!is_traditional))
    }
}

impl ScriptDetector {
    fn new(script: Script, candidates: Vec<usize>, configured: &[Language], model: Option<&Model>) -> ScriptDetector {
        let known = unicode_script(script);
        let Some((script, part)) =
            known.zip(model.zip(known).and_then(|(model, script)| model.part(script.short_name())))
        else {
            return ScriptDetector { candidates, scorer: None, columns: Vec::new() };
        };
        let (mut codes, mut columns): (Vec<&str>, Vec<usize>) = (Vec::new(), Vec::new());
        for &index in &candidates {
            let code = configured.get(index).map(model_code).filter(|code| part.codes.contains(code));
            if let Some(code) = code.filter(|code| !codes.contains(code)) {
                codes.push(code);
                columns.push(index);
            }
        }
        let scorer = (codes.len() > 1).then(|| Scorer::new(script, &part, &codes));
        ScriptDetector { candidates, scorer, columns }
    }
}

/// The scripts that the model has a part for.
fn unicode_script(script: Script) -> Option<UnicodeScript> {
    match script {
        Script::Latin => Some(UnicodeScript::Latin),
        Script::Cyrillic => Some(UnicodeScript::Cyrillic),
        Script::Arabic => Some(UnicodeScript::Arabic),
        Script::Devanagari => Some(UnicodeScript::Devanagari),
        _ => None,
    }
}

/// What the model calls a language.
fn model_code(language: &Language) -> &str {
    match language.code() {
        // The CLDR's code for Tagalog too.
        "fil" => "tl",
        code => code,
    }
}

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

const SIMPLIFIED: &str =
    "这国会时说对们学业发经问题关长门见车书东马语风电话与为从个样开间进还过现义务让认该达环护联组织应报产创实际动边区";
const TRADITIONAL: &str =
    "這國會時說對們學業發經問題關長門見車書東馬語風電話與為從個樣開間進還過現義務讓認該達環護聯組織應報產創實際動邊區";

#[cfg(test)]
mod tests {
    use super::*;

    fn languages(tags: &[&str]) -> Languages {
        Languages::new(&tags.iter().map(|tag| Language::parse(tag).unwrap()).collect::<Vec<_>>())
    }

    fn identified(detection: Detection) -> (String, bool) {
        match detection {
            Detection::Identified { language, unsure, .. } => (language.to_string(), unsure),
            other => (format!("{other:?}"), true),
        }
    }

    #[test]
    fn script_decides_first() {
        let all = languages(&["en", "fr", "es", "ru", "ar", "zh-Hans", "ja", "ko", "el", "he"]);
        for (text, language) in [
            ("Новая станция (High Lakes Station)", "ru"),
            ("محطة جديدة عند البحيرات العليا", "ar"),
            ("山水研究所在高山湖泊建立新站", "zh-Hans"),
            ("高山の湖に新しい観測所ができました", "ja"),
            ("산악 수자원 연구소", "ko"),
            ("Νέος σταθμός στις λίμνες", "el"),
            ("תחנה חדשה באגמים", "he"),
        ] {
            assert_eq!(identified(all.detect(text, "")).0, language, "{text}");
        }
    }

    #[test]
    fn the_model_decides_within_a_script() {
        let four = languages(&["en", "fr", "es", "ru"]);
        for (title, text, language) in [
            (
                "Institute opens station",
                "The station at the high lakes measures how fast the glaciers of the range are melting.",
                "en",
            ),
            (
                "L'institut ouvre une station",
                "La station des hauts lacs mesure la fonte des glaciers de la chaîne.",
                "fr",
            ),
            (
                "El instituto abre una estación",
                "La estación de los lagos altos mide el deshielo de los glaciares.",
                "es",
            ),
        ] {
            assert_eq!(identified(four.detect(title, text)), (language.to_owned(), false), "{title}");
        }
        assert!(identified(four.detect("Orla Vex 2", "")).1, "a bare name is unsure");
    }

    #[test]
    fn ambiguous_text_is_unsure() {
        assert_eq!(
            languages(&["en", "fr"]).detect("Новая станция", ""),
            Detection::UnsupportedScript(Script::Cyrillic)
        );
        assert_eq!(languages(&["en"]).detect("2019 / 2020", "…"), Detection::NoLetters);
        assert_eq!(
            identified(languages(&["pt-BR", "pt-PT"]).detect("O instituto abre uma estação", "")),
            ("pt-BR".into(), true)
        );
        assert_eq!(identified(languages(&["zh-Hant", "zh-Hans"]).detect("这个国家的语言", "")).0, "zh-Hans");
        assert_eq!(identified(languages(&["eo", "vo"]).detect("La instituto", "")), ("eo".into(), true));
    }
}
