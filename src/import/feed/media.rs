//! Owns mapping pictures and attached files of RSS, Atom and their extension modules.

use super::base::Base;
use super::tree::{Element, Namespace};
use super::xml::{plain, some};
use crate::import::entry::{Enclosure, Image, ParsedEntry};
use crate::import::source_text;

/// Fills the image with its alternative text and credit.
pub fn media(item: &Element, base: &Base, entry: &mut ParsedEntry) {
    let groups: Vec<&Element> = [item].into_iter().chain(item.children_named(Namespace::Media, "group")).collect();
    let all = |name: &'static str| groups.iter().flat_map(move |group| group.children_named(Namespace::Media, name));
    let is_image = |element: &&Element| {
        element.attribute("medium") == Some("image")
            || element.attribute("type").is_some_and(|kind| kind.starts_with("image/"))
            || element.attribute("medium").is_none()
                && element.attribute("type").is_none()
                && element.attribute("url").is_some_and(is_image_url)
    };
    let content = all("content").find(is_image);
    let thumbnail = all("thumbnail")
        .next()
        .or_else(|| all("content").find_map(|content| content.child(Namespace::Media, "thumbnail")));
    let podcast = item.child(Namespace::Itunes, "image");
    let Some(image) = content.or(thumbnail) else {
        entry.image = podcast
            .and_then(|image| Some(base.resolve(image, image.attribute("href")?)))
            .map(|url| Image { url: Some(url), ..Image::default() });
        return;
    };
    let number = |name: &str| image.attribute(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    let text_of = |name: &'static str| {
        let inner = image.child(Namespace::Media, name).or_else(|| all(name).next())?;
        some(source_text::collapse_whitespace(&plain(inner)))
    };
    entry.image = image.attribute("url").map(|url| Image {
        url: Some(base.resolve(image, url)),
        alt: text_of("description"),
        credit: text_of("credit"),
        width: number("width"),
        height: number("height"),
    });
}

fn is_image_url(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif"].iter().any(|ending| path.ends_with(ending))
}

/// Fills the enclosures.
pub fn files(item: &Element, base: &Base, entry: &mut ParsedEntry) {
    let mut add = |url: Option<&str>, element: &Element| {
        let Some(url) = url.map(|url| base.resolve(element, url)) else { return };
        if entry.enclosures.iter().any(|other| other.url == url) {
            return;
        }
        let media_type = element.attribute("type").map(str::to_owned);
        let length = element.attribute("length").or(element.attribute("filesize")).and_then(|text| text.parse().ok());
        entry.enclosures.push(Enclosure {
            url,
            media_type,
            length: length.filter(|length| *length > 0),
            title: element.attribute("title").map(str::to_owned),
        });
    };
    for element in item.elements() {
        match (element.namespace, element.name.as_str()) {
            (Namespace::Plain, "enclosure") => add(element.attribute("url"), element),
            (Namespace::Atom, "link") if element.attribute("rel") == Some("enclosure") => {
                add(element.attribute("href"), element)
            }
            (Namespace::Media, "content") => {
                let is_file =
                    element.attribute("medium").is_some_and(|medium| matches!(medium, "audio" | "video" | "document"))
                        || element
                            .attribute("type")
                            .is_some_and(|kind| kind.starts_with("audio/") || kind.starts_with("video/"));
                if is_file {
                    add(element.attribute("url"), element);
                }
            }
            _ => {}
        }
    }
}
