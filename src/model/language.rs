//! Language tags (BCP 47): their script and direction, their own names, and how one stands for another.
//!
//! `oxilangtag` decides what a tag is, because `icu_locale` refuses valid ones (`zh-cmn-Hans`) and reorders variants and
//! extensions, and a tag is written as it is configured. The Unicode CLDR, by `icu_locale`, says what a tag means.

mod name;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use icu_locale::subtags::{Script, script};
use icu_locale::{Direction, LanguageIdentifier, Locale, LocaleCanonicalizer, LocaleDirectionality, LocaleExpander};
use oxilangtag::LanguageTag;

/// A language tag in canonical case, such as `pt-BR` or `zh-Hans`, with what it means.
///
/// Clones share their data. Two are equal if their tags are.
#[derive(Clone)]
pub struct Language(Arc<Meaning>);

/// What a tag means, found once because many entries ask.
struct Meaning {
    tag: String,
    /// The canonical locale: `he` for `iw`, `fa-AF` for `prs`.
    locale: Locale,
    /// The script of the tag, else the likely one.
    script: Option<Script>,
    is_right_to_left: bool,
}

impl Language {
    /// Parses a tag, ignoring case.
    ///
    /// # Errors
    /// Why it is invalid.
    pub fn parse(tag: &str) -> Result<Self, String> {
        let invalid = |why: &str| Err(format!("`{tag}` is not a language tag (BCP 47): {why}"));
        if tag.contains('_') {
            return invalid("write `-` instead of `_`");
        }
        let Ok(parsed) = LanguageTag::parse_and_normalize(tag) else {
            return invalid("a tag is like `en`, `pt-BR` or `zh-Hans`");
        };
        let primary = parsed.primary_language();
        if !(2..=3).contains(&primary.len()) || parsed.as_str().to_ascii_lowercase().starts_with("x-") {
            return invalid("it must begin with a language of two or three letters");
        }
        if primary == "mul" {
            return invalid("`mul` stands for the feeds that hold every language");
        }
        Ok(Language(Arc::new(Meaning::of(parsed))))
    }

    /// Parses a tag that others wrote: with `_` for `-`, or with something after it that is no part of a tag.
    pub fn parse_leniently(tag: &str) -> Option<Self> {
        let tag = tag.trim().replace('_', "-");
        truncations(&tag).find_map(|tag| Language::parse(tag).ok())
    }

    /// Whether a text is a tag for private use or one of the irregular old ones, which no edition can have.
    pub fn is_private(tag: &str) -> bool {
        let begins = tag.get(..2).is_some_and(|start| matches!(start, "x-" | "X-" | "i-" | "I-"));
        begins && LanguageTag::parse(tag).is_ok()
    }

    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0.tag
    }

    /// The locale for formatting numbers and dates.
    pub fn locale(&self) -> &Locale {
        &self.0.locale
    }

    /// The code of the language without script and region: ISO 639-1 where it has one.
    pub fn code(&self) -> &str {
        match self.0.locale.id.language.as_str() {
            // Norwegian is written in Bokmål where it is not said to be Nynorsk.
            "no" => "nb",
            code => code,
        }
    }

    /// The code of its script (ISO 15924), said or likely; `None` for a language that the CLDR does not know.
    pub fn script(&self) -> Option<&str> {
        self.0.script.as_ref().map(Script::as_str)
    }

    /// Whether the tag decides the script: by naming it, or by a region.
    pub fn says_script(&self) -> bool {
        let id = &self.0.locale.id;
        id.script.is_some() || id.region.is_some()
    }

    /// Whether its script runs from right to left.
    pub fn is_right_to_left(&self) -> bool {
        self.0.is_right_to_left
    }

    /// The direction of its script as HTML's `dir` has it.
    pub fn direction(&self) -> &'static str {
        if self.is_right_to_left() { "rtl" } else { "ltr" }
    }

    /// The language's own name, capitalized as in a menu; the tag if it is unknown.
    pub fn name(&self) -> String {
        name::of(self).unwrap_or_else(|| self.as_str().to_owned())
    }

    /// Looks up the known language that stands for this one: the same, else the most specific one that the tag begins with
    /// (RFC 4647 §3.4), else one by another tag for the same (`zh-Hant` for `zh-TW`, `he` for `iw-IL`).
    ///
    /// One in another script never does: who reads `zh-TW` may not read `zh`.
    pub fn lookup<'k>(&self, known: impl Iterator<Item = &'k Language> + Clone) -> Option<&'k Language> {
        let in_script = known.clone().filter(|other| other.0.script == self.0.script);
        let by_tag = |tag: &str| in_script.clone().find(|other| other.as_str().eq_ignore_ascii_case(tag));
        let own = &self.0.locale.id;
        let region = |other: &&Language| other.0.locale.id.region;
        let same = || in_script.clone().filter(|other| other.code() == self.code());
        truncations(self.as_str())
            .find_map(by_tag)
            .or_else(|| same().find(|other| region(other) == own.region))
            .or_else(|| same().find(|other| region(other).is_none()))
    }

    /// The known language that a text in this one most probably is in: as `lookup` finds it, else the only one of the same
    /// language whose script may be the same (`en-GB` for `en-US`). A tag that leaves open which of several is meant, such as
    /// `zh` beside `zh-Hans` and `zh-Hant`, means none of them.
    pub fn closest<'k>(&self, known: impl Iterator<Item = &'k Language> + Clone) -> Option<&'k Language> {
        let only = |is_possible: &dyn Fn(&Language) -> bool| {
            let mut possible = known.clone().filter(|other| other.code() == self.code() && is_possible(other));
            possible.next().filter(|_| possible.next().is_none())
        };
        if let Some(same) = known.clone().find(|other| *other == self) {
            return Some(same);
        }
        if !self.says_script() {
            return only(&|_| true);
        }
        self.lookup(known.clone()).or_else(|| only(&|other| other.0.script == self.0.script || !other.says_script()))
    }
}

/// A tag, and what is left of it when subtags are removed from its end, with a singleton that would end it (RFC 4647 §3.4).
fn truncations(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| {
        let (shorter, _) = tag.rsplit_once('-')?;
        Some(match shorter.rsplit_once('-') {
            Some((before, singleton)) if singleton.len() == 1 => before,
            _ => shorter,
        })
    })
}

impl Meaning {
    fn of(tag: LanguageTag<String>) -> Meaning {
        let locale = canonical(tag.parse().unwrap_or_else(|_| locale_of_parts(&tag)));
        let script = LocaleExpander::new_extended().get_likely_script(&locale.id);
        let is_right_to_left = script.is_some_and(is_right_to_left);
        Meaning { locale, script, is_right_to_left, tag: tag.into_inner() }
    }
}

fn canonical(mut locale: Locale) -> Locale {
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    locale
}

/// The locale of a tag that `icu_locale` does not parse, without variants and extensions. An extended language stands alone as
/// well (RFC 5646 §2.2.2), so that `zh-yue` is `yue`; one that the CLDR does not know leaves the primary language.
fn locale_of_parts(tag: &LanguageTag<String>) -> Locale {
    let locale = |language: &str| {
        let parts = [Some(language), tag.script(), tag.region()];
        let tag: Vec<&str> = parts.into_iter().flatten().collect();
        tag.join("-").parse::<Locale>().ok()
    };
    let is_known = |locale: &Locale| {
        let language = LanguageIdentifier::from(canonical(locale.clone()).id.language);
        LocaleExpander::new_extended().get_likely_script(&language).is_some()
    };
    let extended = tag.extended_language().and_then(locale).filter(is_known);
    extended.or_else(|| locale(tag.primary_language())).unwrap_or(Locale::UNKNOWN)
}

fn is_right_to_left(script: Script) -> bool {
    // Styles of a script have codes of their own (ISO 15924), which the CLDR has no direction for.
    let script = match script.as_str() {
        "Aran" => script!("Arab"),
        "Syre" | "Syrj" | "Syrn" => script!("Syrc"),
        _ => script,
    };
    let direction = LocaleDirectionality::new_extended().get(&LanguageIdentifier::from(Some(script)));
    direction == Some(Direction::RightToLeft)
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.0.tag == other.0.tag
    }
}

impl Eq for Language {}

impl PartialOrd for Language {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Language {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.tag.cmp(&other.0.tag)
    }
}

impl Hash for Language {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.tag.hash(state);
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Language").field(&self.0.tag).finish()
    }
}

impl fmt::Display for Language {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    fn languages(tags: &str) -> Vec<Language> {
        tags.split(' ').map(language).collect()
    }

    #[test]
    fn tags_are_parsed_ignoring_case() {
        for (tag, expected) in [
            ("PT-br", "pt-BR"),
            ("zh-hans", "zh-Hans"),
            ("ZH-CMN-hans-cn", "zh-cmn-Hans-CN"),
            ("zh-yue", "zh-yue"),
            ("IW", "iw"),
            ("sl-rozaj-biske-1994", "sl-rozaj-biske-1994"),
            ("en-u-nu-latn-ca-buddhist", "en-u-nu-latn-ca-buddhist"),
            ("de-DE-x-Goethe", "de-DE-x-goethe"),
        ] {
            assert_eq!(language(tag).as_str(), expected);
        }
        for invalid in ["en_US", "x-klingon", "", "e", "mul", "MUL", "english", "en-", "../x", "i-klingon"] {
            assert!(Language::parse(invalid).is_err(), "{invalid}");
        }
    }

    #[test]
    fn tags_of_others_are_parsed_as_far_as_they_go() {
        for (tag, expected) in [
            (" EN_us ", Some("en-US")),
            ("pt-br.utf8", Some("pt")),
            ("en-", Some("en")),
            ("mul", None),
            ("i-klingon", None),
            ("", None),
        ] {
            assert_eq!(Language::parse_leniently(tag).as_ref().map(Language::as_str), expected, "{tag}");
        }
        assert!(Language::is_private("x-klingon") && Language::is_private("i-klingon"));
        assert!(!Language::is_private("i-other") && !Language::is_private("en"));
    }

    #[test]
    fn directions_are_those_of_the_likely_script() {
        let right_to_left = "ar he-IL az-Arab pa-PK fa ur ps ckb ug yi dv syr nqo mzn lrc glk khw ks pnb arc iw uz-AF az-IR \
            ky-CN kk-CN prs pes arb arz apc ary skr azb sdh bal ota rhg bft snd ku-IQ ku-IR ar-u-nu-latn fa-x-latn \
            en-Adlm en-Aran en-Hebr en-Mand en-Mend en-Nkoo en-Rohg en-Samr en-Syrc en-Syre en-Thaa en-Yezi ar-arz zh-Arab";
        let left_to_right = "en ru zh-Hant ur-Latn pa ku en-x-arab az ar-Latn sr und xx de-Qaaa zh-cmn-Hans \
            zh-yue en-a-arab ks-Deva en-abc";
        for (tags, expected) in [(right_to_left, "rtl"), (left_to_right, "ltr")] {
            for tag in tags.split_whitespace() {
                assert_eq!(language(tag).direction(), expected, "{tag}");
            }
        }
    }

    #[test]
    fn scripts_are_said_or_likely() {
        for (tag, expected) in [
            ("zh", Some("Hans")),
            ("zh-TW", Some("Hant")),
            ("zh-cmn-Hant", Some("Hant")),
            ("zh-yue", Some("Hant")),
            ("sh", Some("Latn")),
            ("sr-ME", Some("Latn")),
            ("ja", Some("Jpan")),
            ("en-abc", Some("Latn")),
            ("xx", None),
        ] {
            assert_eq!(language(tag).script(), expected, "{tag}");
        }
    }

    #[test]
    fn lookup_finds_the_most_specific_known_language() {
        for (tag, known, expected) in [
            ("fr-FR", "en fr", Some("fr")),
            ("FR-fr", "fr fr-FR", Some("fr-FR")),
            ("zh-Hans-CN-x-a", "zh zh-Hans", Some("zh-Hans")),
            ("de-CH-1996", "de de-CH de-AT", Some("de-CH")),
            ("en-x-arab", "en", Some("en")),
            ("en-a-bcd", "en", Some("en")),
            ("zh-TW", "zh zh-Hant", Some("zh-Hant")),
            ("zh-TW", "zh", None),
            ("zh-CN", "zh-Hant zh", Some("zh")),
            ("zh", "zh-Hant zh-Hans", Some("zh-Hans")),
            ("iw-IL", "en he", Some("he")),
            ("cmn-Hant-HK", "zh-Hant", Some("zh-Hant")),
            ("prs", "fa", Some("fa")),
            ("no", "nb", Some("nb")),
            ("sr-Latn", "sr", None),
            ("sh", "sr sr-Latn", Some("sr-Latn")),
            ("az-Latn", "az", Some("az")),
            ("en", "en-GB", None),
            ("en-US", "en-GB", None),
        ] {
            let known = languages(known);
            assert_eq!(language(tag).lookup(known.iter()).map(Language::as_str), expected, "{tag}");
        }
    }

    #[test]
    fn the_closest_language_is_the_only_possible_one() {
        let known = languages("en-GB zh-Hans zh-Hant pt-BR pt-PT sr-Latn nb");
        for (tag, expected) in [
            ("en", Some("en-GB")),
            ("en-US", Some("en-GB")),
            ("zh-CN", Some("zh-Hans")),
            ("zh-TW", Some("zh-Hant")),
            ("zh", None),
            ("pt", None),
            ("pt-AO", None),
            ("pt-BR", Some("pt-BR")),
            ("sr", Some("sr-Latn")),
            ("sr-Cyrl", None),
            ("no", Some("nb")),
            ("fr", None),
        ] {
            assert_eq!(language(tag).closest(known.iter()).map(Language::as_str), expected, "{tag}");
        }
        for (tag, known, expected) in
            [("zh-TW", "zh", Some("zh")), ("zh-HK", "zh-CN zh-TW", Some("zh-TW")), ("sr-Latn", "sr", Some("sr"))]
        {
            assert_eq!(language(tag).closest(languages(known).iter()).map(Language::as_str), expected, "{tag}");
        }
    }
}
