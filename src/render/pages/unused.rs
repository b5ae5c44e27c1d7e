//! Files among the templates of a site that no page is made from: their names are mistaken, or what used them is gone.

use super::BUILT_IN;
use crate::config::TemplateOverride;
use crate::diagnostics::{Diagnostic, Location, suggestion};
use crate::model::Language;

/// A warning for each.
pub fn warnings(languages: &[Language], overrides: &[TemplateOverride]) -> Vec<Diagnostic> {
    let unused = overrides.iter().filter(|file| match words_tag(&file.name) {
        _ if BUILT_IN.iter().any(|(name, _)| *name == file.name) => false,
        Some(tag) => !are_used(tag, languages),
        None => !overrides.iter().any(|other| other.name != file.name && other.text.contains(&file.name)),
    });
    unused.map(|file| warning(languages, file)).collect()
}

/// The tag in the name of a file of words.
pub fn words_tag(name: &str) -> Option<&str> {
    name.strip_prefix("words/")?.strip_suffix(".toml")
}

/// Whether a language takes its words from those of a tag, as `fr-CA` does from `fr`.
fn are_used(tag: &str, languages: &[Language]) -> bool {
    let words = Language::parse(tag).ok();
    words.is_some_and(|words| languages.iter().any(|language| language.lookup(std::iter::once(&words)).is_some()))
}

fn warning(languages: &[Language], file: &TemplateOverride) -> Diagnostic {
    let (message, mut known) = match words_tag(&file.name) {
        Some(_) => ("no configured language uses these words", Vec::new()),
        None => ("no template uses this file", BUILT_IN.map(|(name, _)| name.to_owned()).to_vec()),
    };
    known.extend(languages.iter().map(|language| format!("words/{language}.toml")));
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let help = suggestion(&file.name, &known).unwrap_or_else(|| {
        "`tidings init --templates` shows which there are; others need a template that includes them".to_owned()
    });
    Diagnostic::warning(Location::file(&*file.path), message).help(help)
}
