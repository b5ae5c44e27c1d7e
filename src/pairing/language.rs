//! Owns the language of a text, found among the configured ones only; never touches captions, files or topics.
//!
//! The script decides first. Where several configured languages share it, `lingua` decides among these alone, which is
//! far surer than a choice among all languages of the world. A language that `lingua` does not know can only be the
//! sole one of its script; beside others it is never chosen, and what is found among the others is unsure.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;

use lingua::{IsoCode639_1, Language, LanguageDetector, LanguageDetectorBuilder};

use super::script::Script;

/// Below this confidence a finding is unsure.
const SURE: f64 = 0.8;
/// With fewer letters than this, a finding of `lingua` is unsure whatever it says.
const FEW_LETTERS: usize = 12;
/// What is read of a text; more says nothing new.
const LONGEST: usize = 1500;

/// So much of it is read where that leaves no doubt.
const ENOUGH: usize = 300;

/// Finds languages; built once.
pub struct Languages {
    configured: Vec<String>,
    detectors: HashMap<Script, Choice>,
}

/// How a script's configured languages are told apart.
struct Choice {
    /// Positions in `configured`.
    candidates: Vec<usize>,
    detector: Option<LanguageDetector>,
    known: Vec<(Language, usize)>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub enum Detection {
    Identified {
        language: String,
        confidence: f64,
        unsure: bool,
    },
    /// No letters at all.
    NoLetters,
    /// None of the configured languages is written in this script.
    Foreign(Script),
}

impl Languages {
    /// Makes the configured languages ready.
    pub fn new(configured: &[String]) -> Languages {
        let mut by_script: BTreeMap<Script, Vec<usize>> = BTreeMap::new();
        for (place, tag) in configured.iter().enumerate() {
            for script in Script::of_language(tag) {
                by_script.entry(*script).or_default().push(place);
            }
        }
        let choice = |candidates: Vec<usize>| {
            let mut known: Vec<(Language, usize)> = Vec::new();
            for &place in &candidates {
                if let Some(language) = configured.get(place).and_then(|tag| lingua_language(tag))
                    && !known.iter().any(|(other, _)| *other == language)
                {
                    known.push((language, place));
                }
            }
            let languages: Vec<Language> = known.iter().map(|(language, _)| *language).collect();
            let detector = (languages.len() > 1).then(|| LanguageDetectorBuilder::from_languages(&languages).build());
            Choice { candidates, detector, known }
        };
        let detectors = by_script.into_iter().map(|(script, places)| (script, choice(places))).collect();
        Languages { configured: configured.to_vec(), detectors }
    }

    /// The language of a story's title and text (without its caption, which may be in another language).
    pub fn find(&self, title: &str, text: &str) -> Detection {
        let all: String = title.chars().chain(['\n']).chain(text.chars()).take(LONGEST).collect();
        let letters = Letters::count(&all);
        let Some((mut script, _)) = letters.most(|_| true) else {
            return Detection::NoLetters;
        };
        // Latin names stand in texts of every script; the other way round is rare.
        if script == Script::Latin
            && let Some((other, _)) = letters.most(|script| script != Script::Latin)
            && letters.share(other) > 0.15
        {
            script = other;
        }
        if script == Script::Han && letters.share(Script::Kana) > 0.05 && self.detectors.contains_key(&Script::Kana) {
            script = Script::Kana;
        }
        let Some(choice) = self.detectors.get(&script) else {
            return Detection::Foreign(script);
        };
        let share = match script {
            Script::Kana => letters.share(Script::Kana) + letters.share(Script::Han),
            Script::Hangul => letters.share(Script::Hangul) + letters.share(Script::Han),
            other => letters.share(other),
        };
        self.choose(choice, script, title, &all, share, letters.total)
    }

    fn choose(&self, choice: &Choice, script: Script, title: &str, all: &str, share: f64, letters: usize) -> Detection {
        let mixed = share < 0.6;
        let found = |place: usize, confidence: f64, unsure: bool| match self.configured.get(place) {
            Some(language) => {
                Detection::Identified { language: language.clone(), confidence: rounded(confidence), unsure }
            }
            None => Detection::Foreign(script),
        };
        if let [sole] = choice.candidates[..] {
            return found(sole, share, mixed);
        }
        if script == Script::Han
            && let Some(place) = self.chinese(&choice.candidates, all)
        {
            return found(place, share, mixed);
        }
        let Some(detector) = &choice.detector else {
            let place = choice.known.first().map(|(_, place)| *place).or(choice.candidates.first().copied());
            return found(place.unwrap_or_default(), 0.5, true);
        };
        let most = |text: &str| detector.compute_language_confidence_values(text).first().copied();
        // A few sentences nearly always say it, in a fraction of the time.
        let start = &all[..all.char_indices().nth(ENOUGH).map_or(all.len(), |(at, _)| at)];
        let at_once = most(start).filter(|(_, confidence)| *confidence > 0.99);
        let Some((language, confidence)) = at_once.or_else(|| most(all)) else {
            return Detection::NoLetters;
        };
        let title_says = most(title);
        let disagrees = title_says.is_some_and(|(other, confidence)| other != language && confidence > 0.9);
        // Tags that lingua cannot tell apart, or does not know, leave a doubt.
        let untold = choice.known.len() < choice.candidates.len();
        let unsure = mixed || disagrees || untold || confidence < SURE || letters < FEW_LETTERS;
        let place = choice.known.iter().find(|(known, _)| *known == language).map(|(_, place)| *place);
        found(place.unwrap_or_default(), confidence * share.max(0.5), unsure)
    }

    /// Simplified or traditional, by characters that only one of them has.
    fn chinese(&self, candidates: &[usize], text: &str) -> Option<usize> {
        let traditional = text.chars().filter(|letter| TRADITIONAL.contains(*letter)).count();
        let simplified = text.chars().filter(|letter| SIMPLIFIED.contains(*letter)).count();
        let is = |place: &usize, wanted: bool| {
            let tag = self.configured.get(*place).map(|tag| tag.to_ascii_lowercase()).unwrap_or_default();
            let chinese = ["zh", "yue", "wuu"].iter().any(|primary| tag.split('-').next() == Some(*primary));
            let written = ["hant", "tw", "hk", "mo"].iter().any(|part| tag.split('-').any(|piece| piece == *part));
            chinese && written == wanted
        };
        let wanted = traditional > simplified;
        let found = candidates.iter().copied().find(|place| is(place, wanted));
        found.or_else(|| candidates.iter().copied().find(|place| is(place, !wanted)))
    }
}

fn lingua_language(tag: &str) -> Option<Language> {
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    let code = match primary.as_str() {
        "no" => "nb",
        "iw" => "he",
        other => other,
    };
    IsoCode639_1::from_str(code).ok().map(|code| Language::from_iso_code_639_1(&code))
}

/// Two digits: what differs beyond them is noise, and a report should be the same each time.
fn rounded(confidence: f64) -> f64 {
    (confidence.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

/// How many letters of each script a text has.
pub struct Letters {
    counts: BTreeMap<Script, usize>,
    pub total: usize,
}

impl Letters {
    /// Counts; a Han letter stands for about two of an alphabet.
    pub fn count(text: &str) -> Letters {
        let mut counts = BTreeMap::new();
        let mut total = 0;
        for script in text.chars().filter_map(Script::of) {
            let weight = if matches!(script, Script::Han | Script::Kana | Script::Hangul) { 2 } else { 1 };
            *counts.entry(script).or_insert(0) += weight;
            total += weight;
        }
        Letters { counts, total }
    }

    /// The script with the most letters among those wanted.
    pub fn most(&self, wanted: impl Fn(Script) -> bool) -> Option<(Script, usize)> {
        let wanted = self.counts.iter().filter(|(script, _)| wanted(**script));
        wanted.max_by_key(|(_, count)| **count).map(|(script, count)| (*script, *count))
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
        Languages::new(&tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>())
    }

    fn found(finding: Detection) -> (String, bool) {
        match finding {
            Detection::Identified { language, unsure, .. } => (language, unsure),
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
            assert_eq!(found(all.find(text, "")).0, language, "{text}");
        }
    }

    #[test]
    fn lingua_decides_within_a_script() {
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
            assert_eq!(found(four.find(title, text)), (language.to_owned(), false), "{title}");
        }
        assert!(found(four.find("Orla Vex 2", "")).1, "a bare name is unsure");
    }

    #[test]
    fn what_cannot_be_told_is_said() {
        assert_eq!(languages(&["en", "fr"]).find("Новая станция", ""), Detection::Foreign(Script::Cyrillic));
        assert_eq!(languages(&["en"]).find("2019 / 2020", "…"), Detection::NoLetters);
        assert_eq!(
            found(languages(&["pt-BR", "pt-PT"]).find("O instituto abre uma estação", "")),
            ("pt-BR".into(), true)
        );
        assert_eq!(found(languages(&["zh-Hant", "zh-Hans"]).find("这个国家的语言", "")).0, "zh-Hans");
        assert_eq!(found(languages(&["eo", "vo"]).find("La instituto", "")), ("eo".into(), true));
    }
}
