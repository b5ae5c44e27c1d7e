//! Owns finding the image of a post.

use super::inline_text;
use super::site::Kind;
use super::value::Value;
use crate::import::entry::Image;

/// Keys of a post's image; the most specific first.
const KEYS: [&str; 16] = [
    "image", "images", "featured_image", "featuredImage", "featureImage", "cover", "cover_image", "coverImage", "hero",
    "hero_image", "thumbnail", "teaser", "banner", "og_image", "header", "img",
];

/// The image that front matter names.
pub fn read(values: &Value) -> Option<Image> {
    let maps = [Some(values), values.get("params"), values.get("extra")];
    let named = maps.into_iter().flatten().find_map(|map| KEYS.iter().find_map(|key| from_value(map.get(key)?)));
    let mut picture = named.or_else(|| from_resources(values.get("resources")?))?;
    picture.alt = picture.alt.or_else(|| {
        let words = values.first_text(&["image_alt", "imageAlt", "featured_image_alt", "alt"])?;
        Some(inline_text::line(words))
    });
    Some(picture)
}

fn from_value(value: &Value) -> Option<Image> {
    let first = value.items().first()?;
    let text = |keys: &[&str]| first.first_text(keys).map(inline_text::line);
    match first {
        Value::Text(_) => picture(first.as_text()?, None, None),
        Value::Map(_) => {
            let keys =
                ["src", "url", "path", "image", "feature", "file", "teaser", "overlay_image", "og_image", "name"];
            picture(
                first.first_text(&keys)?,
                text(&["alt", "caption", "title"]),
                text(&["credit", "attribution", "attr"]),
            )
        }
        _ => None,
    }
}

/// An image, unless the value is no URL: a boolean, a colour, a template.
fn picture(url: &str, alt: Option<String>, credit: Option<String>) -> Option<Image> {
    let is_address = (url.contains('.') || url.contains('/')) && !url.contains(['{', '}', '<', '\n']);
    is_address.then(|| Image { url: Some(url.to_owned()), alt, credit, ..Image::default() })
}

/// The page resource named as the image.
fn from_resources(resources: &Value) -> Option<Image> {
    let words = ["hero", "feature", "cover", "thumbnail", "header", "banner", "image"];
    resources.items().iter().find_map(|resource| {
        let source = resource.text("src").filter(|source| is_image_path(source) && !source.contains('*'))?;
        let name = resource.text("name").unwrap_or(source).to_ascii_lowercase();
        let is_chosen = words.iter().any(|word| name.contains(word));
        let alt = resource.first_text(&["title", "alt"]).map(inline_text::line);
        is_chosen.then(|| picture(source, alt, None)).flatten()
    })
}

/// The attachment that Hugo themes take for the image by its name.
pub fn conventional_image(kind: Kind, attachments: &[String]) -> Option<&str> {
    if kind != Kind::Hugo {
        return None;
    }
    ["feature", "cover", "thumbnail"].iter().find_map(|word| {
        let named = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            name.contains(word) && is_image_path(&name)
        };
        attachments.iter().find(named).map(String::as_str)
    })
}

/// Whether a path has the extension of an image.
pub fn is_image_path(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(ending.as_str(), "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "avif")
}
