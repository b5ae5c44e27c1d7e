//! HTML pages and stylesheets, by templates that a site's owner can replace.
//!
//! Owns: the engine, the built-in templates and words, and what a template is given ([`view`]).
//! Never touches: which pages there are, or where their texts come from.

pub mod view;
mod voice;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter};
use serde::Serialize;

pub use voice::Voice;
use voice::{Speech, Words};

use crate::config::TemplateOverride;
use crate::diagnostics::{Diagnostic, Location, suggestion};
use crate::model::Language;

/// The built-in templates and words, which `tidings init --templates` writes.
pub const BUILT_IN: [(&str, &str); 14] = [
    ("base.html", include_str!("templates/base.html")),
    ("home.html", include_str!("templates/home.html")),
    ("listing.html", include_str!("templates/listing.html")),
    ("month.html", include_str!("templates/month.html")),
    ("year.html", include_str!("templates/year.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("style.css", include_str!("templates/style.css")),
    ("feed.css", include_str!("templates/feed.css")),
    ("words/ar.toml", include_str!("words/ar.toml")),
    ("words/en.toml", include_str!("words/en.toml")),
    ("words/es.toml", include_str!("words/es.toml")),
    ("words/fr.toml", include_str!("words/fr.toml")),
    ("words/ru.toml", include_str!("words/ru.toml")),
    ("words/zh-Hans.toml", include_str!("words/zh-Hans.toml")),
];

/// Templates that are ready to be used.
#[derive(Debug, Default)]
pub struct Templates {
    environment: Environment<'static>,
    voices: Arc<Vec<Voice>>,
    style: Option<String>,
    /// The site's own templates by name: path and text, for diagnostics.
    own: BTreeMap<String, (String, String)>,
}

impl Templates {
    /// Compiles the built-in templates and those that override them.
    ///
    /// # Errors
    /// Every mistake in them, with its place.
    pub fn new(
        languages: &[Language],
        overrides: &[TemplateOverride],
        style: Option<&str>,
    ) -> Result<Templates, Vec<Diagnostic>> {
        let own: BTreeMap<String, (String, String)> =
            overrides.iter().map(|file| (file.name.clone(), (file.path.clone(), file.text.clone()))).collect();
        let mut files: BTreeMap<&str, &str> = BUILT_IN.into_iter().collect();
        files.extend(own.iter().map(|(name, (_, text))| (name.as_str(), text.as_str())));
        let mut diagnostics = Vec::new();
        let words = words(&files, &own, &mut diagnostics);
        let voices = Arc::new(voices(languages, &words));
        let mut environment = environment(&voices);
        for (name, text) in files.iter().filter(|(name, _)| !name.ends_with(".toml")) {
            if let Err(error) = environment.add_template_owned((*name).to_owned(), (*text).to_owned()) {
                diagnostics.push(diagnostic(&error, &own));
            }
        }
        if diagnostics.is_empty() {
            Ok(Templates { environment, voices, style: style.map(str::to_owned), own })
        } else {
            Err(diagnostics)
        }
    }

    /// How pages of a language speak, by its index.
    pub fn voice(&self, language: usize) -> &Voice {
        &self.voices[language]
    }

    /// Renders a page.
    ///
    /// # Errors
    /// A mistake in a template, with its place.
    pub fn page(&self, template: &str, view: &impl Serialize) -> Result<Vec<u8>, Diagnostic> {
        let rendered = self.environment.get_template(template).and_then(|template| template.render(view));
        rendered.map(String::into_bytes).map_err(|error| diagnostic(&error, &self.own))
    }

    /// The stylesheet of the pages, the owner's last.
    ///
    /// # Errors
    /// As for a page.
    pub fn style(&self) -> Result<Vec<u8>, Diagnostic> {
        let mut out = self.page("style.css", &())?;
        if let Some(style) = &self.style {
            out.push(b'\n');
            out.extend_from_slice(style.as_bytes());
        }
        Ok(out)
    }
}

/// The words of every language that has some.
fn words(
    files: &BTreeMap<&str, &str>,
    own: &BTreeMap<String, (String, String)>,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Words> {
    let mut out = BTreeMap::new();
    let known: Words = toml::from_str(include_str!("words/en.toml")).unwrap_or_default();
    for (name, text) in files {
        let Some(tag) = name.strip_prefix("words/").and_then(|name| name.strip_suffix(".toml")) else { continue };
        let shown = own.get(*name).map_or(*name, |(shown, _)| shown);
        let words: Words = match toml::from_str(text) {
            Ok(words) => words,
            Err(error) => {
                let location = Location::in_text(shown, text, error.span().unwrap_or_default());
                diagnostics.push(Diagnostic::error(location, error.message().to_owned()));
                continue;
            }
        };
        for word in words.keys().filter(|word| !known.contains_key(*word)) {
            let start = text.find(word.as_str()).unwrap_or_default();
            let location = Location::in_text(shown, text, start..start + word.len());
            let names: Vec<&str> = known.keys().map(String::as_str).collect();
            let help = suggestion(word, &names);
            diagnostics
                .push(Diagnostic { help, ..Diagnostic::error(location, format!("the pages have no word `{word}`")) });
        }
        // Words that a file leaves out are the built-in ones.
        let built_in = BUILT_IN.iter().find(|(built_in, _)| built_in == name);
        let mut all: Words = built_in.and_then(|(_, text)| toml::from_str(text).ok()).unwrap_or_default();
        all.extend(words);
        out.insert(tag.to_ascii_lowercase(), all);
    }
    out
}

/// The voice of each language: the words of its tag, else of the tag without its last parts, but for its script.
fn voices(languages: &[Language], words: &BTreeMap<String, Words>) -> Vec<Voice> {
    let english = Arc::new(Speech::new("en", words.get("en").cloned().unwrap_or_default()));
    let voice = |language: &Language| {
        let tag = language.as_str().to_ascii_lowercase();
        // Chinese is written in two scripts, and which of them is meant goes without saying in some places.
        let tag = match tag.as_str() {
            "zh" | "zh-cn" | "zh-sg" => "zh-hans",
            "zh-tw" | "zh-hk" | "zh-mo" => "zh-hant",
            tag => tag,
        };
        let parts: Vec<&str> = tag.split('-').collect();
        let has_script = parts.get(1).is_some_and(|part| part.len() == 4);
        let fewest = if has_script { 2 } else { 1 };
        let own = (fewest..=parts.len()).rev().find_map(|count| words.get(&parts[..count].join("-"))).cloned();
        Voice::new(language, own.unwrap_or_default(), Arc::clone(&english))
    };
    languages.iter().map(voice).collect()
}

fn environment(voices: &Arc<Vec<Voice>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // A name that is written wrong is no empty text.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(write);
    environment.add_filter("css", css);
    for (name, is_marked) in [("say", true), ("plain", false)] {
        let voices = Arc::clone(voices);
        environment.add_function(name, move |state: &State, word: &str, values: Kwargs| {
            say(&voices, state, word, &values, is_marked)
        });
    }
    environment
}

/// A word of the interface: as HTML, where a word that the page's language lacks is marked as English, or as plain text.
fn say(voices: &[Voice], state: &State, word: &str, values: &Kwargs, is_marked: bool) -> Result<Value, Error> {
    let voice = state.lookup("voice").and_then(|voice| voices.get(voice.as_usize()?));
    let number = values.get::<Option<u64>>("number")?;
    let mut texts = Vec::new();
    for name in values.args().filter(|name| *name != "number") {
        texts.push((name, values.peek::<Value>(name)?.to_string()));
    }
    values.assert_all_used().or_else(|_| values.args().try_for_each(|name| values.get::<Value>(name).map(drop)))?;
    let said = voice.and_then(|voice| voice.say(word, number, &texts));
    let said =
        said.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("the pages have no word `{word}`")))?;
    if !is_marked {
        return Ok(said.text.into());
    }
    let text = super::escape::escaped(&said.text);
    Ok(Value::from_safe_string(if said.is_foreign {
        format!("<span lang=\"en\" dir=\"ltr\">{text}</span>")
    } else {
        text
    }))
}

/// Writes a value into a document, escaped where that is HTML and the value is text.
fn write(out: &mut Output, state: &State, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|_| state.auto_escape() == AutoEscape::Html && !value.is_safe()) {
        Some(text) => out.write_str(&super::escape::escaped(text)).map_err(Error::from),
        None => escape_formatter(out, state, value),
    }
}

/// Text as a string of a stylesheet (CSS Syntax §4.3.5).
fn css(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        '"' | '\\' | '<' | '\n' | '\r' | '\u{c}' => format!("\\{:x} ", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// What is wrong with a template, at its place if it is the owner's.
fn diagnostic(error: &Error, own: &BTreeMap<String, (String, String)>) -> Diagnostic {
    // The innermost error is where the mistake stands; those around it say what included it.
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref::<Error>()) {
        innermost = inner;
    }
    let what = innermost
        .detail()
        .map_or_else(|| innermost.kind().to_string(), |detail| format!("{}: {detail}", innermost.kind()));
    let Some((name, (shown, text))) = innermost.name().and_then(|name| own.get_key_value(name)) else {
        let place = innermost.name().map(|name| format!(" (`{name}`, line {})", innermost.line().unwrap_or(1)));
        return Diagnostic::error(None, format!("a template cannot be used: {what}{}", place.unwrap_or_default()))
            .help("the built-in templates are given what `tidings init --templates` shows; change yours accordingly");
    };
    let span = innermost.range().unwrap_or_else(|| {
        let line = innermost.line().unwrap_or(1).saturating_sub(1);
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start..start + text[start..].find('\n').unwrap_or(text.len() - start)
    });
    Diagnostic::error(Location::in_text(shown, text, span), format!("the template `{name}` cannot be used: {what}"))
}

#[cfg(test)]
mod tests;
