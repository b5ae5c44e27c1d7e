//! Owns mapping pictures and attached files of RSS, Atom and their extension modules.

use super::base::Base;
use super::tree::{Element, Namespace};
use super::xml::{plain, some};
use crate::import::entry::{Enclosure, Image, ParsedEntry, duration, trimmed_credit};
use crate::import::source_text;

/// Fills the image with its alternative text and credit. Only of tidings' own feeds it is known that further pictures
/// are a gallery, and that a title is a caption: elsewhere they are other sizes of the first, or the author's.
pub fn media(item: &Element, base: &Base, is_own: bool, entry: &mut ParsedEntry) {
    let groups = groups(item);
    let all = |name: &'static str| groups.iter().flat_map(move |group| group.children_named(Namespace::Media, name));
    let is_image = |element: &&Element| {
        element.attribute("medium") == Some("image")
            || element.attribute("type").is_some_and(|kind| kind.starts_with("image/"))
            || element.attribute("medium").is_none()
                && element.attribute("type").is_none()
                && element.attribute("url").is_some_and(is_image_url)
    };
    let mut pictures = all("content").filter(is_image);
    // Of a feed that is not our own, the picture before a video plays is better than none.
    let poster = || all("content").find_map(|content| content.child(Namespace::Media, "thumbnail"));
    let thumbnail = all("thumbnail").next().or_else(|| if is_own { None } else { poster() });
    let podcast = item.child(Namespace::Itunes, "image");
    let Some(image) = pictures.next().or(thumbnail) else {
        entry.image = podcast
            .and_then(|image| Some(base.resolve(image, image.attribute("href")?)))
            .map(|url| Image { url: Some(url), ..Image::default() });
        return;
    };
    entry.image = picture(image, base, is_own, |name| all(name).next());
    if is_own {
        let gallery = pictures.filter(|picture| picture.attribute("medium") == Some("image"));
        entry.images = gallery.filter_map(|image| picture(image, base, is_own, |_| None)).collect();
    }
}

/// An entry and its groups, which have the elements of Media RSS.
fn groups(item: &Element) -> Vec<&Element> {
    [item].into_iter().chain(item.children_named(Namespace::Media, "group")).collect()
}

/// A picture. `beside`: an element with a name next to it, which counts if it has none of its own.
fn picture<'e>(
    image: &'e Element,
    base: &Base,
    is_own: bool,
    beside: impl Fn(&'static str) -> Option<&'e Element>,
) -> Option<Image> {
    let number = |name: &str| image.attribute(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    let text_of = |name: &'static str| {
        let inner = image.child(Namespace::Media, name).or_else(|| beside(name))?;
        // What looks like markup in our own feeds is text.
        let text = if is_own { inner.trimmed_text() } else { plain(inner) };
        some(source_text::collapse_whitespace(&text))
    };
    Some(Image {
        url: Some(base.resolve(image, image.attribute("url")?)),
        alt: text_of("description"),
        caption: if is_own { text_of("title") } else { None },
        credit: text_of("credit").and_then(|credit| if is_own { Some(credit) } else { trimmed_credit(&credit) }),
        width: number("width"),
        height: number("height"),
    })
}

/// Whether the path of an address has the extension of an image.
pub fn is_image_url(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif"].iter().any(|ending| path.ends_with(ending))
}

/// Fills the enclosures.
pub fn files(item: &Element, base: &Base, is_own: bool, entry: &mut ParsedEntry) {
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
            ..Enclosure::default()
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
    let image = entry.image.as_ref().and_then(|image| image.url.as_ref());
    for content in groups(item).iter().flat_map(|group| group.children_named(Namespace::Media, "content")) {
        let Some(url) = content.attribute("url").map(|url| base.resolve(content, url)) else { continue };
        let Some(file) = entry.enclosures.iter_mut().find(|file| file.url == url) else { continue };
        let address = |element: &Element, name: &str| Some(base.resolve(element, element.attribute(name)?));
        let mut subtitles = content.children_named(Namespace::Media, "subtitle");
        let captions = subtitles.find(|subtitle| subtitle.attribute("type") == Some("text/vtt"));
        let poster = content.child(Namespace::Media, "thumbnail").and_then(|poster| address(poster, "url"));
        file.duration = content.attribute("duration").and_then(|text| duration(text.parse().ok()?));
        file.captions = captions.and_then(|captions| address(captions, "href"));
        // Elsewhere the picture of the entry may be the poster: it is not shown twice.
        file.poster = poster.filter(|poster| is_own || Some(poster) != image);
    }
}
