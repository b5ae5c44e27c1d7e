//! The name of a language in the language itself.

use icu_locale::LocaleExpander;
use icu_locale::subtags::{Region, Script};

use super::Language;

/// The names of the Unicode CLDR by canonical tag, as `names.mjs` writes them.
const NAMES: &str = include_str!("names.tsv");

/// Those of languages that the CLDR has no names in.
const AUTONYMS: &str = include_str!("autonyms.tsv");

/// The name of a language; `None` if it is unknown.
pub fn of(language: &Language) -> Option<String> {
    let id = &language.locale().id;
    let code = id.language.as_str();
    let usual = LocaleExpander::new_extended().get_likely_script(&id.language.into());
    // `zh-TW` is named as `zh-Hant` is, because its script is not the usual one of `zh`.
    let script = id.script.or_else(|| language.script()?.parse().ok().filter(|script| usual != Some(*script)));
    let is_usual = script.is_none() || script == usual;
    let region = id.region.as_ref().map(Region::as_str).filter(|_| is_usual);
    let mut parts = [script.as_ref().map(Script::as_str), region].into_iter().flatten();
    let variety = parts.find_map(|part| of_cldr(&format!("{code}-{part}")));
    variety.or_else(|| of_cldr(code)).or_else(|| in_table(AUTONYMS, code)).map(str::to_owned)
}

fn of_cldr(tag: &str) -> Option<&'static str> {
    in_table(NAMES, tag)
}

fn in_table(table: &'static str, tag: &str) -> Option<&'static str> {
    table.lines().filter_map(|line| line.split_once('\t')).find(|(known, _)| *known == tag).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_have_their_own_names() {
        for (tag, expected) in [
            ("ar", "العربية"),
            ("es", "Español"),
            ("fr", "Français"),
            ("fr-FR", "Français"),
            ("fr-CA", "Français canadien"),
            ("ru", "Русский"),
            ("zh", "中文"),
            ("zh-Hans", "简体中文"),
            ("zh-Hant", "繁體中文"),
            ("zh-TW", "繁體中文"),
            ("zh-Hant-HK", "繁體中文"),
            ("cmn-Hans", "简体中文"),
            ("en", "English"),
            ("en-GB", "British English"),
            ("en-x-arab", "English"),
            ("de", "Deutsch"),
            ("de-CH-1996", "Schweizer Hochdeutsch"),
            ("pt", "Português"),
            ("pt-BR", "Português (Brasil)"),
            ("sr", "Српски"),
            ("sr-Latn", "Srpski (latinica)"),
            ("sh", "Srpski (latinica)"),
            ("sr-ME", "Srpski (latinica)"),
            ("sr-Cyrl-RS", "Српски (ћирилица)"),
            ("en-Latn-GB", "British English"),
            ("pl", "Polski"),
            ("az", "Azərbaycan"),
            ("ka", "ქართული"),
            ("zu", "isiZulu"),
            ("iw", "עברית"),
            ("prs", "دری"),
            ("aa", "Qafar"),
            ("av", "Авар мацӏ"),
            ("qaa", "qaa"),
            ("und", "und"),
        ] {
            assert_eq!(Language::parse(tag).unwrap().name(), expected, "{tag}");
        }
    }
}
