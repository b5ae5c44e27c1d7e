//! The language of an entry: its own, else the detected one, else the default of the source or of `--language`.

use super::entry::ParsedEntry;
use crate::config::Config;
use crate::model::Language;
use crate::pairing::{Detection, Languages, Script};

/// Determines languages among the configured ones.
pub struct LanguageResolver<'a> {
    config: &'a Config,
    detector: Languages,
    /// The one of `--language`.
    default: Option<Language>,
}

/// A configured language, and how certain it is.
#[derive(Debug)]
pub struct Determined {
    pub language: Language,
    /// The confidence of the detection, from 0 to 1.
    pub confidence: Option<f64>,
    /// Why it should be checked, if it should.
    pub unsure: Option<String>,
}

impl LanguageResolver<'_> {
    pub fn new<'a>(config: &'a Config, default: Option<&str>) -> LanguageResolver<'a> {
        let configured: Vec<Language> = config.languages.iter().map(|edition| edition.language.clone()).collect();
        let default = default.and_then(|tag| Some(configured[usize::from(config.language(tag)?)].clone()));
        LanguageResolver { config, detector: Languages::new(&configured), default }
    }

    /// The entry's own language, else the detected one. `--language` decides when neither is certain, else the
    /// language of the source.
    pub fn determine(&self, entry: &ParsedEntry, title: &str, text: &str) -> Result<Determined, String> {
        let Some(own) = &entry.language else { return self.detect(entry.inherited_language.as_deref(), title, text) };
        let (language, unsure) = match (closest_language(self.config, own), &self.default) {
            (Some(language), _) => (language.clone(), None),
            (None, Some(default)) => {
                (default.clone(), Some(format!("as --language says, though it says `{own}` itself")))
            }
            (None, None) => {
                return Err(format!(
                    "its language, `{own}`, is not configured; configure it, or give one with --language"
                ));
            }
        };
        Ok(Determined { language, confidence: None, unsure })
    }

    /// Whether a tag means a configured language.
    pub fn is_configured(&self, tag: &str) -> bool {
        closest_language(self.config, tag).is_some()
    }

    fn detect(&self, inherited: Option<&str>, title: &str, text: &str) -> Result<Determined, String> {
        let detection = self.detector.detect(title, text);
        let is_possible = |own: &&Language| match &detection {
            Detection::Identified { language, .. } => share_a_script(own, language),
            _ => true,
        };
        let of_source = || inherited.and_then(|tag| closest_language(self.config, tag)).filter(is_possible);
        let default = self.default.clone().or_else(|| of_source().cloned());
        let says = if self.default.is_some() { "as --language says" } else { "as its feed says" };
        let (language, confidence, unsure) = match (detection, default) {
            (Detection::Identified { language, confidence, unsure: false }, _) => {
                // A text in a language that is not configured is always detected as a configured one.
                let foreign = inherited.filter(|tag| closest_language(self.config, tag).is_none());
                let unsure = foreign.map(|tag| format!("though its feed says `{tag}`, which is not configured"));
                (language, Some(confidence), unsure)
            }
            (Detection::Identified { language, confidence, .. }, None) => {
                (language, Some(confidence), Some(format!("{:.0} % sure", confidence * 100.0)))
            }
            (Detection::Identified { language, confidence, .. }, Some(default)) => {
                let unsure = (language != default).then(|| format!("{says}, though it looks like {language}"));
                (default, Some(confidence), unsure)
            }
            (_, Some(default)) => (default, None, Some(says.to_owned())),
            (Detection::NoLetters, None) => {
                return Err("its language cannot be found, because it has no letters; give one with --language".into());
            }
            (Detection::UnsupportedScript(script), None) => {
                let name = script.name();
                return Err(format!(
                    "none of the configured languages is written in its script ({name}); configure its language, or give one with --language"
                ));
            }
        };
        Ok(Determined { language, confidence, unsure })
    }
}

/// The configured language that a tag means.
pub fn closest_language<'c>(config: &'c Config, tag: &str) -> Option<&'c Language> {
    Language::parse_leniently(tag)?.closest(config.languages.iter().map(|edition| &edition.language))
}

fn share_a_script(one: &Language, other: &Language) -> bool {
    Script::of_language(one).iter().any(|script| Script::of_language(other).contains(script))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::config_with;

    #[test]
    fn tags_mean_the_closest_configured_language() {
        let config = config_with(&["en-GB", "zh-Hans", "zh-Hant", "pt-BR", "pt-PT", "sr-Latn", "nb"], "");
        for (tag, expected) in [
            ("en", Some("en-GB")),
            ("EN_us", Some("en-GB")),
            ("zh_CN", Some("zh-Hans")),
            ("zh-tw", Some("zh-Hant")),
            ("zh", None),
            ("pt", None),
            ("pt-br", Some("pt-BR")),
            ("sr", Some("sr-Latn")),
            ("sr-Cyrl", None),
            ("fr", None),
        ] {
            assert_eq!(closest_language(&config, tag).map(Language::as_str), expected, "{tag}");
        }
    }
}
