//! HTML pages and stylesheets, from templates that a site can override.
//!
//! Owns: the template engine, the built-in templates and messages, and what a template is given ([`view`]).
//! Never touches: which pages there are, or where their texts come from.

mod budget;
mod guard;
mod i18n;
mod undefined;
mod unused;
pub mod view;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::ops::Range;
use std::sync::Arc;

use icu_locale::locale;
use minijinja::value::{Kwargs, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, escape_formatter};
use serde::Serialize;

use budget::Page;
use guard::{Guarded, Refused};
pub use i18n::{Arguments, Localizer};
use i18n::{Messages, Patterns};

use crate::config::TemplateOverride;
use crate::diagnostics::{Diagnostic, Location, suggestion};
use crate::limits::{MAX_PAGE, TEMPLATE_FUEL};
use crate::model::Language;

/// The built-in templates and messages by their names, under which a site can override them and `tidings init --templates`
/// writes them.
pub const BUILT_IN: [(&str, &str); 17] = [
    ("base.html", include_str!("templates/base.html")),
    ("home.html", include_str!("templates/home.html")),
    ("listing.html", include_str!("templates/listing.html")),
    ("404.html", include_str!("templates/404.html")),
    ("story.html", include_str!("templates/story.html")),
    ("month.html", include_str!("templates/month.html")),
    ("year.html", include_str!("templates/year.html")),
    ("subscribe.html", include_str!("templates/subscribe.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("style.css", include_str!("templates/style.css")),
    ("feed.css", include_str!("templates/feed.css")),
    ("words/ar.toml", include_str!("locales/ar.toml")),
    ("words/en.toml", include_str!("locales/en.toml")),
    ("words/es.toml", include_str!("locales/es.toml")),
    ("words/fr.toml", include_str!("locales/fr.toml")),
    ("words/ru.toml", include_str!("locales/ru.toml")),
    ("words/zh-Hans.toml", include_str!("locales/zh-Hans.toml")),
];

/// Parsed templates, with the messages of every language.
#[derive(Debug, Default)]
pub struct Templates {
    environment: Environment<'static>,
    localizers: Arc<Vec<Localizer>>,
    stylesheet: Option<String>,
    /// For the locations of diagnostics.
    overrides: Overrides,
    /// Of files that no page is made from.
    pub warnings: Vec<Diagnostic>,
}

/// The overrides of a site by their names.
type Overrides = BTreeMap<String, Override>;

/// A file that overrides a built-in one.
#[derive(Debug)]
struct Override {
    /// In diagnostics.
    path: String,
    text: String,
    /// What the engine is given, if it is a template.
    guarded: Option<Guarded>,
}

impl Templates {
    /// Parses the built-in templates and those that override them.
    ///
    /// # Errors
    /// Every error in the overrides, with its location.
    pub fn new(
        languages: &[Language],
        overrides: &[TemplateOverride],
        stylesheet: Option<&str>,
    ) -> Result<Templates, Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        let warnings = unused::warnings(languages, overrides);
        let overrides: Overrides = guarded(overrides, &mut diagnostics);
        let locales = parse_locales(&overrides, &mut diagnostics);
        let mut files: BTreeMap<&str, &str> = BUILT_IN.into_iter().collect();
        files.extend(overrides.iter().map(|(name, file)| (name.as_str(), file.text.as_str())));
        let localizers = Arc::new(localizers(languages, &locales));
        let mut environment = environment(&localizers);
        for (name, text) in files.iter().filter(|(name, _)| !name.ends_with(".toml")) {
            let guarded = overrides.get(*name).and_then(|file| file.guarded.as_ref());
            let text = guarded.map_or(*text, |guarded| &guarded.text);
            if let Err(error) = environment.add_template_owned((*name).to_owned(), text.to_owned()) {
                diagnostics.push(diagnostic(&error, &overrides));
            }
        }
        if diagnostics.is_empty() {
            Ok(Templates { environment, localizers, stylesheet: stylesheet.map(str::to_owned), overrides, warnings })
        } else {
            Err(diagnostics)
        }
    }

    /// The localizer of a language, by its index.
    pub fn localizer(&self, language: usize) -> &Localizer {
        &self.localizers[language]
    }

    /// Renders a page.
    ///
    /// # Errors
    /// An error in a template, with its location.
    pub fn page(&self, template: &str, view: &impl Serialize) -> Result<Vec<u8>, Diagnostic> {
        let mut page = Page::default();
        let rendered = self.environment.get_template(template);
        let rendered = rendered.and_then(|template| template.render_captured_to(view, &mut page).map(drop));
        match rendered {
            Ok(()) => Ok(page.bytes),
            Err(_) if page.is_too_large => {
                let location = self.overrides.get(template).map(|file| Location::file(&*file.path));
                let message = format!("the template `{template}` makes a page of more than {} MB", MAX_PAGE >> 20);
                Err(Diagnostic::error(location, message))
            }
            Err(error) => {
                let help = self.known_names(&error, view);
                let diagnostic = diagnostic(&error, &self.overrides);
                Err(Diagnostic { help: help.or(diagnostic.help), ..diagnostic })
            }
        }
    }

    /// Which names a template knows, if it uses one that it does not.
    fn known_names(&self, error: &Error, view: &impl Serialize) -> Option<String> {
        let error = innermost(error);
        let file = self.overrides.get(error.name()?).filter(|_| error.kind() == ErrorKind::UndefinedError)?;
        let text = file.guarded.as_ref().map_or(&file.text, |guarded| &guarded.text);
        undefined::help(text, error.range()?, &Value::from_serialize(view))
    }

    /// Renders the stylesheet of the pages: the built-in one, then the site's own.
    ///
    /// # Errors
    /// As for a page.
    pub fn stylesheet(&self, style: &view::Style) -> Result<Vec<u8>, Diagnostic> {
        let mut out = self.page("style.css", style)?;
        if let Some(stylesheet) = &self.stylesheet {
            out.push(b'\n');
            out.extend_from_slice(stylesheet.as_bytes());
        }
        Ok(out)
    }
}

/// Prepares the overrides, so that rendering them is bounded.
fn guarded(overrides: &[TemplateOverride], diagnostics: &mut Vec<Diagnostic>) -> Overrides {
    let own = overrides.iter().map(|file| (file.name.as_str(), file.text.as_str()));
    let pages = own.chain(BUILT_IN).filter(|(name, _)| name.ends_with(".html"));
    let largest = pages.map(|(_, text)| text.len()).max().unwrap_or_default();
    let mut guarded = |file: &TemplateOverride| match Guarded::new(&file.text, largest) {
        Ok(guarded) => Some(guarded),
        Err(Refused { span, message }) => {
            let location = Location::in_text(&*file.path, &file.text, span);
            let message = format!("the template `{}` cannot be used: {message}", file.name);
            diagnostics.push(Diagnostic::error(location, message).help("divide it, with `{% set %}` or a macro"));
            // The engine must not see it.
            Guarded::new("", 0).ok()
        }
    };
    let mut file = |file: &TemplateOverride| Override {
        guarded: if file.name.ends_with(".toml") { None } else { guarded(file) },
        path: file.path.clone(),
        text: file.text.clone(),
    };
    overrides.iter().map(|template| (template.name.clone(), file(template))).collect()
}

/// The message patterns of every language that has a file. A site's own file need not repeat every message of the built-in one.
fn parse_locales(overrides: &Overrides, diagnostics: &mut Vec<Diagnostic>) -> BTreeMap<Language, Patterns> {
    let built_in = BUILT_IN.into_iter().filter_map(|(name, text)| {
        let language = Language::parse(unused::words_tag(name)?).ok()?;
        Some((language, toml::from_str(text).unwrap_or_default()))
    });
    let mut out: BTreeMap<Language, Patterns> = built_in.collect();
    let known: Vec<String> = out.values().flat_map(Patterns::keys).cloned().collect();
    for (name, Override { path, text, .. }) in overrides {
        let Some(tag) = unused::words_tag(name) else { continue };
        let patterns: Patterns = match toml::from_str(text) {
            Ok(patterns) => patterns,
            Err(error) => {
                let location = Location::in_text(&**path, text, error.span().unwrap_or_default());
                diagnostics.push(Diagnostic::error(location, error.message().to_owned()));
                continue;
            }
        };
        for key in patterns.keys().filter(|key| !known.contains(key)) {
            let start = text.find(key.as_str()).unwrap_or_default();
            let location = Location::in_text(&**path, text, start..start + key.len());
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = suggestion(key, &known);
            diagnostics.push(Diagnostic { help, ..Diagnostic::error(location, unknown_message(key)) });
        }
        if let Ok(language) = Language::parse(tag) {
            out.entry(language).or_default().extend(patterns);
        }
    }
    out
}

fn unknown_message(key: &str) -> String {
    format!("the pages have no word `{key}`")
}

/// The localizer of each language, with the messages of the most specific tag that has some.
fn localizers(languages: &[Language], locales: &BTreeMap<Language, Patterns>) -> Vec<Localizer> {
    let of_tag =
        |tag| locales.iter().find(|(language, _)| language.as_str() == tag).map(|(_, patterns)| patterns.clone());
    let english = Arc::new(Messages::new(&locale!("en"), of_tag("en").unwrap_or_default()));
    let localizer = |language: &Language| {
        let own = language.lookup(locales.keys()).and_then(|known| locales.get(known)).cloned();
        Localizer::new(language, own.unwrap_or_default(), Arc::clone(&english))
    };
    languages.iter().map(localizer).collect()
}

fn environment(localizers: &Arc<Vec<Localizer>>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    // A misspelled name is an error, not empty text.
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(write);
    budget::limit(&mut environment);
    environment.add_filter("css", |text: &str| super::escape::css(text));
    for (name, is_html) in [("say", true), ("plain", false)] {
        let localizers = Arc::clone(localizers);
        environment.add_function(name, move |state: &State, key: &str, arguments: Kwargs| {
            translate(&localizers, state, key, &arguments, is_html)
        });
    }
    environment
}

/// Translates a message into the language of the page: as HTML, in which an English fallback is marked as English, or as
/// plain text.
fn translate(
    localizers: &[Localizer],
    state: &State,
    key: &str,
    arguments: &Kwargs,
    is_html: bool,
) -> Result<Value, Error> {
    let localizer = state.lookup("voice").and_then(|index| localizers.get(index.as_usize()?));
    let number = arguments.get::<Option<u64>>("number")?;
    let mut texts = Vec::new();
    for name in arguments.args().filter(|name| *name != "number") {
        texts.push((name, arguments.peek::<Value>(name)?.to_string()));
    }
    arguments
        .assert_all_used()
        .or_else(|_| arguments.args().try_for_each(|name| arguments.get::<Value>(name).map(drop)))?;
    let message = localizer.and_then(|localizer| localizer.translate(key, number, &texts));
    let message = message.ok_or_else(|| Error::new(ErrorKind::InvalidOperation, unknown_message(key)))?;
    if !is_html {
        return Ok(message.text.into());
    }
    let text = super::escape::escaped(&message.text);
    Ok(Value::from_safe_string(if message.is_fallback {
        format!("<span lang=\"en\" dir=\"ltr\">{text}</span>")
    } else {
        text
    }))
}

/// Writes a value; in HTML, text is escaped unless it is marked as safe.
fn write(out: &mut Output, state: &State, value: &Value) -> Result<(), Error> {
    budget::charge_written(state, value)?;
    match value.as_str().filter(|_| state.auto_escape() == AutoEscape::Html && !value.is_safe()) {
        Some(text) => out.write_str(&super::escape::escaped(text)).map_err(Error::from),
        None => escape_formatter(out, state, value),
    }
}

/// The innermost error, which has the location; those around it only name what included it.
fn innermost(error: &Error) -> &Error {
    let mut innermost = error;
    while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref::<Error>()) {
        innermost = inner;
    }
    innermost
}

/// An error of a template as a diagnostic, with a location if the template is an override.
fn diagnostic(error: &Error, overrides: &Overrides) -> Diagnostic {
    let innermost = innermost(error);
    let what = match innermost.detail() {
        _ if innermost.kind() == ErrorKind::OutOfFuel => {
            format!("it takes more than {TEMPLATE_FUEL} instructions; does a loop not end?")
        }
        Some(detail) => format!("{}: {detail}", innermost.kind()),
        None => innermost.kind().to_string(),
    };
    let Some((name, Override { path, text, guarded })) =
        innermost.name().and_then(|name| overrides.get_key_value(name))
    else {
        let location = innermost.name().map(|name| format!(" (`{name}`, line {})", innermost.line().unwrap_or(1)));
        return Diagnostic::error(None, format!("a template cannot be used: {what}{}", location.unwrap_or_default()))
            .help("the built-in templates are given what `tidings init --templates` shows; change yours accordingly");
    };
    let original = |range: Range<usize>| match guarded {
        Some(guarded) => guarded.original(range.start)..guarded.original(range.end),
        None => range,
    };
    let span = innermost.range().map(original).unwrap_or_else(|| {
        let line = innermost.line().unwrap_or(1).saturating_sub(1);
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start..start + text[start..].find('\n').unwrap_or(text.len() - start)
    });
    Diagnostic::error(Location::in_text(&**path, text, span), format!("the template `{name}` cannot be used: {what}"))
}

#[cfg(test)]
mod tests;
