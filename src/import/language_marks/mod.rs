//! Splits what holds several languages in the marks of qTranslate into one entry for each language. They become one story.
//!
//! Marks are HTML comments as well, which readers drop with the markup. So feeds and exports are split before their texts are
//! read ([`parse_each`]), and everything else after it ([`split`]).

pub mod ids;
mod marks;

use super::entry::{Body, Category, Image, ParsedEntry};
use super::feed::tree::{Element, Node};
use super::slug::hash;
use super::source_text::{collapse_whitespace, has_content};
use marks::{MarkedText, Markup};

/// Splits an entry. One without marks stays as it is.
pub fn split(entry: ParsedEntry) -> Vec<ParsedEntry> {
    let body = entry.body.as_ref().map(|body| match body {
        Body::Html(text) => (text, Markup::Html),
        Body::Markdown(text) => (text, Markup::Markdown),
        Body::Text(text) => (text, Markup::None),
    });
    let texts = [entry.title.as_ref(), entry.summary.as_ref()].into_iter().flatten().map(|text| (text, Markup::None));
    let texts = texts.chain(body).filter_map(|(text, markup)| MarkedText::parse(text, markup));
    match languages(&texts.collect::<Vec<_>>()) {
        None => vec![entry],
        Some(languages) => joined(languages.iter().map(|language| in_language(entry.clone(), language))),
    }
}

/// Parses the element of an entry, once for each language that its texts have.
pub fn parse_each(element: &Element, parse: impl Fn(&Element) -> ParsedEntry) -> Vec<ParsedEntry> {
    let is_text = |element: &&Element| {
        matches!(element.name.as_str(), "title" | "description" | "summary" | "content" | "encoded")
    };
    let texts: Vec<_> = element.elements().filter(is_text).map(Element::text).collect();
    let marked: Vec<_> = texts.iter().filter_map(|text| MarkedText::parse(text, Markup::Html)).collect();
    match languages(&marked) {
        None => vec![parse(element)],
        Some(languages) => joined(languages.iter().map(|language| {
            // Texts in several elements have marks still.
            in_language(parse(&element_in_language(element, language)), language)
        })),
    }
}

/// The languages in which texts say something of their own, in the order of the marks. `None` without marks; an empty language
/// stands for what is outside of all marks, if nothing is in them.
fn languages<'t>(texts: &[MarkedText<'t>]) -> Option<Vec<&'t str>> {
    let mut languages: Vec<&str> = Vec::new();
    for (text, language) in texts.iter().flat_map(|text| text.languages().into_iter().map(move |of| (text, of))) {
        if !languages.contains(&language) && has_content(&text.own(language)) {
            languages.push(language);
        }
    }
    let is_marked = !texts.is_empty();
    is_marked.then(|| if languages.is_empty() { vec![""] } else { languages })
}

/// Makes the entries of an item in several languages translations of each other. The one in the language of the source has the
/// id, else the first, unless another had it in an earlier import ([`ids`]). The others have keys made from it, so that the next import knows them.
fn joined(entries: impl Iterator<Item = ParsedEntry>) -> Vec<ParsedEntry> {
    let mut entries: Vec<ParsedEntry> = entries.collect();
    if entries.iter().any(|entry| entry.title.is_some() || entry.body.is_some()) {
        entries.retain(|entry| entry.title.is_some() || entry.body.is_some());
    }
    if let Some(main) = entries.iter().position(is_in_language_of_source) {
        entries[..=main].rotate_right(1);
    }
    let said: Vec<_> = entries.iter().map(|entry| (entry.line, &entry.guid, &entry.title, &entry.body)).collect();
    let shared_key = format!("marks {}", hash(format!("{said:?}")));
    for (index, entry) in entries.iter_mut().enumerate() {
        entry.translation_key.get_or_insert_with(|| shared_key.clone());
        let language = entry.language.as_deref().unwrap_or_default();
        entry.fingerprint = entry.fingerprint.take().map(|of_all| hash(format!("{language}\n{of_all}")));
        if index > 0 {
            let guid = entry.guid.take();
            let of_item = entry.file.as_ref().or(entry.key.as_ref()).or(guid.as_ref());
            entry.key = of_item.map(|of_item| format!("{of_item}#{language}"));
        }
    }
    entries
}

fn is_in_language_of_source(entry: &ParsedEntry) -> bool {
    let (Some(own), Some(of_source)) = (&entry.language, &entry.inherited_language) else { return false };
    let rest =
        of_source.get(..own.len()).filter(|start| start.eq_ignore_ascii_case(own)).map(|_| &of_source[own.len()..]);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// An element with its texts in one language.
fn element_in_language(element: &Element, language: &str) -> Element {
    let child = |node: &Node| match node {
        Node::Element(element) => Node::Element(element_in_language(element, language)),
        Node::Text(text) => Node::Text(text_in(text, Markup::Html, language)),
    };
    Element {
        namespace: element.namespace,
        name: element.name.clone(),
        attributes: element.attributes.clone(),
        children: element.children.iter().map(child).collect(),
        line: element.line,
    }
}

/// An entry with its texts in one language.
fn in_language(entry: ParsedEntry, language: &str) -> ParsedEntry {
    let plain = |text: Option<String>| {
        let text = text_in(&text?, Markup::None, language).trim().to_owned();
        Some(text).filter(|text| !text.is_empty())
    };
    let line = |text: Option<String>| plain(text).map(|text| collapse_whitespace(&text));
    let body = |body: Body| match body {
        Body::Html(text) => Body::Html(text_in(&text, Markup::Html, language)),
        Body::Markdown(text) => Body::Markdown(text_in(&text, Markup::Markdown, language)),
        Body::Text(text) => Body::Text(text_in(&text, Markup::None, language)),
    };
    let is_blank = |body: &Body| {
        let (Body::Html(text) | Body::Markdown(text) | Body::Text(text)) = body;
        text.trim().is_empty()
    };
    let image = |image: Image| Image { alt: line(image.alt), caption: line(image.caption), ..image };
    let category = |Category { term, label }: Category| Some(Category { term: line(Some(term))?, label: line(label) });
    ParsedEntry {
        language: Some(language.to_owned()).filter(|language| !language.is_empty()).or(entry.language),
        title: line(entry.title),
        summary: plain(entry.summary),
        body: entry.body.map(body).filter(|body| !is_blank(body)),
        image: entry.image.map(image),
        images: entry.images.into_iter().map(image).collect(),
        categories: entry.categories.into_iter().filter_map(category).collect(),
        ..entry
    }
}

fn text_in(text: &str, markup: Markup, language: &str) -> String {
    MarkedText::parse(text, markup).map_or_else(|| text.to_owned(), |marked| marked.in_language(language))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
