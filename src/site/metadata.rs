//! Pages for machines: cards, and schema.org in JSON-LD.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::diagnostics::escape_json;
use crate::model::{Entry, Person};
use crate::render::pages::view;

/// The metadata of a listing.
pub(super) fn collection(config: &Config, page: &view::Page) -> String {
    script(json!({
        "@context": "https://schema.org",
        "@type": "CollectionPage",
        "name": page.heading,
        "description": page.description,
        "url": page.url,
        "inLanguage": page.lang,
        "publisher": organization(config),
    }))
}

/// The metadata of a story's page.
pub(super) fn article(config: &Config, page: &view::Page, entry: &Entry) -> String {
    let authors: Vec<Value> = entry.authors.iter().map(|person| author(config, person)).collect();
    let translations: Vec<Value> = entry
        .translations
        .iter()
        .filter_map(|sibling| Some(json!({ "@id": sibling.url.as_ref()?.as_str(), "@type": "NewsArticle", "inLanguage": sibling.language.as_str() })))
        .collect();
    let topics: Vec<&str> = entry.topics.iter().map(|topic| topic.title.as_str()).collect();
    script(json!({
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "@id": page.url,
        "url": page.url,
        "mainEntityOfPage": page.url,
        "headline": entry.title.as_str(),
        "description": entry.summary.as_ref().map(|summary| summary.as_str()),
        "inLanguage": entry.language.as_str(),
        "datePublished": entry.published.rfc3339(),
        "dateModified": entry.updated.rfc3339(),
        "author": authors,
        "image": entry.image.as_ref().map(|image| json!({
            "@type": "ImageObject",
            "url": image.url.as_str(),
            "width": image.width.map(pixels),
            "height": image.height.map(pixels),
            "caption": image.caption.as_ref().or(image.alt.as_ref()).map(|text| text.as_str()),
            "creditText": image.credit.as_ref().map(|credit| credit.as_str()),
        })),
        "correction": entry.correction.as_ref().map(|correction| json!({
            "@type": "CorrectionComment",
            "text": correction.text.as_str(),
            "datePublished": correction.on.rfc3339(),
            "inLanguage": correction.language.as_str(),
        })),
        "articleSection": topics,
        "workTranslation": translations,
        "publisher": organization(config),
    }))
}

/// The site as the publisher.
fn organization(config: &Config) -> Value {
    let logo = config.site.logo.as_ref().or(config.site.icon.as_ref());
    json!({
        "@type": "Organization",
        "name": config.site.title.as_str(),
        "url": config.site.base_url.as_str(),
        "logo": logo.map(|logo| json!({ "@type": "ImageObject", "url": logo.as_str() })),
    })
}

/// A length in pixels, by its UN/CEFACT code.
fn pixels(number: u32) -> Value {
    json!({ "@type": "QuantitativeValue", "value": number, "unitCode": "E37" })
}

/// An author. Those of the site are offices of the organization.
fn author(config: &Config, person: &Person) -> Value {
    let kind = if config.site.authors.contains(person) { "Organization" } else { "Person" };
    json!({ "@type": kind, "name": person.name.as_str(), "url": person.url.as_ref().map(|url| url.as_str()) })
}

/// JSON within `<script>`: without what is empty, without `<`, with which an end tag would begin, and without characters that
/// HTML forbids.
fn script(value: Value) -> String {
    escape_json(&without_empty(value).to_string()).replace('<', "\\u003c")
}

fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().map(|(key, value)| (key, without_empty(value)));
            let kept =
                kept.filter(|(_, value)| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
            Value::Object(kept.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_empty).collect()),
        value => value,
    }
}

/// What a link to a page is shown with.
pub(super) fn card(kind: &'static str, page: &view::Page, image: Option<&view::Image>) -> view::Card {
    // Open Graph writes locales with an underscore.
    let locale = |tag: &str| tag.replace('-', "_");
    let others = page.alternates.iter().map(|alternate| &alternate.lang).filter(|other| **other != page.lang);
    view::Card {
        kind,
        title: page.heading.clone(),
        description: page.description.clone(),
        image: image.cloned(),
        locale: locale(&page.lang),
        other_locales: others.map(|other| locale(other)).collect(),
    }
}

/// Gives a page its metadata.
pub(super) fn set_json_ld(page: &mut view::Page, json_ld: String) {
    page.json_ld = json_ld;
    set_scripts(page, &[]);
}

/// A script in one line, because validators hash no script of several.
pub(super) fn script_in_one_line(script: &str) -> String {
    script.lines().map(str::trim).collect()
}

/// Lets the Content Security Policy of a page allow its metadata and these scripts, by their hashes.
pub(super) fn set_scripts(page: &mut view::Page, scripts: &[&str]) {
    let hash = |script: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script.as_bytes())));
    let json_ld = Some(page.json_ld.as_str()).filter(|json_ld| !json_ld.is_empty());
    let preview = page.preview.as_ref().map(|preview| preview.script.as_str());
    let scripts = json_ld.into_iter().chain(preview).chain(scripts.iter().copied());
    page.scripts = scripts.map(hash).collect::<Vec<_>>().join(" ");
}
