//! What remains of the pages in a program without the feature `pages`: the stylesheets of feeds, which are the same.

use std::collections::BTreeMap;

use crate::config::TemplateOverride;
use crate::diagnostics::Diagnostic;
use crate::model::Language;

/// There are no templates to write.
pub const BUILT_IN: [(&str, &str); 0] = [];

const STYLE: &str = include_str!("pages/templates/feed.css");

/// The messages of the interface by language.
const LOCALES: [(&str, &str); 6] = [
    ("ar", include_str!("pages/locales/ar.toml")),
    ("en", include_str!("pages/locales/en.toml")),
    ("es", include_str!("pages/locales/es.toml")),
    ("fr", include_str!("pages/locales/fr.toml")),
    ("ru", include_str!("pages/locales/ru.toml")),
    ("zh-Hans", include_str!("pages/locales/zh-Hans.toml")),
];

/// The stylesheets of the feeds in each language.
#[derive(Debug, Default)]
pub struct Templates {
    styles: Vec<String>,
    /// None.
    pub warnings: Vec<Diagnostic>,
}

impl Templates {
    /// Renders them. A configuration with overrides needs the feature `pages`, and is refused before.
    ///
    /// # Errors
    /// None.
    pub fn new(
        languages: &[Language],
        _overrides: &[TemplateOverride],
        _stylesheet: Option<&str>,
    ) -> Result<Templates, Vec<Diagnostic>> {
        Ok(Templates { styles: languages.iter().map(style).collect(), warnings: Vec::new() })
    }

    /// The stylesheet of the feeds in a language, by its index.
    pub fn feed_style(&self, language: usize) -> Vec<u8> {
        self.styles.get(language).cloned().unwrap_or_default().into_bytes()
    }
}

/// The template of the stylesheet, filled in without an engine: it has a direction and three messages.
pub fn style(language: &Language) -> String {
    let locales: BTreeMap<Language, &str> =
        LOCALES.into_iter().filter_map(|(tag, text)| Some((Language::parse(tag).ok()?, text))).collect();
    let messages = |text: Option<&&str>| text.and_then(|text| toml::from_str::<toml::Table>(text).ok());
    let own = messages(language.lookup(locales.keys()).and_then(|known| locales.get(known))).unwrap_or_default();
    let english = messages(locales.values().nth(1)).unwrap_or_default();
    let message = |key: &str| {
        let text = own.get(key).or_else(|| english.get(key)).and_then(toml::Value::as_str);
        super::escape::css(text.unwrap_or_default())
    };
    // The engine leaves out the last line break.
    let mut style = STYLE.trim_end_matches('\n').replace("{{ page.dir }}", language.direction());
    for key in ["feed_is", "feeds_what", "feed_how"] {
        style = style.replace(&format!("{{{{ plain(\"{key}\")|css }}}}"), &message(key));
    }
    style
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::*;
    use crate::render::pages;

    /// The stylesheet of feeds is the same without the feature.
    #[test]
    fn stylesheets_are_those_of_the_template_engine() {
        #[derive(serde::Serialize)]
        struct Page {
            lang: &'static str,
            dir: &'static str,
        }
        #[derive(serde::Serialize)]
        struct View {
            page: Page,
            voice: usize,
        }
        let tags = ["en", "ar", "fr-CA", "zh-Hans", "de", "ru"];
        let languages: Vec<Language> = tags.iter().filter_map(|tag| Language::parse(tag).ok()).collect();
        let templates = pages::Templates::new(&languages, &[], None).unwrap_or_default();
        for (index, language) in languages.iter().enumerate() {
            let view = View { page: Page { lang: "", dir: language.direction() }, voice: index };
            let expected = templates.page("feed.css", &view).unwrap_or_default();
            assert_eq!(style(language), String::from_utf8_lossy(&expected), "{language}");
        }
    }
}
