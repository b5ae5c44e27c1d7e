//! Owns finding the image of a post.

use super::inline_text;
use super::site::Kind;
use super::value::Value;
use crate::import::entry::{Image, trimmed_credit};

/// Keys of a post's image; the most specific first.
const KEYS: [&str; 16] = [
    "image", "images", "featured_image", "featuredImage", "featureImage", "cover", "cover_image", "coverImage", "hero",
    "hero_image", "thumbnail", "teaser", "banner", "og_image", "header", "img",
];

/// The image that front matter names.
pub fn read(values: &Value) -> Option<Image> {
    let by_name =
        values.with_maps(&["params", "extra"]).find_map(|map| KEYS.iter().find_map(|key| from_value(map.get(key)?)));
    let mut image = by_name.or_else(|| from_resources(values.get("resources")?))?;
    image.alt = image.alt.or_else(|| {
        let names = values.first_text(&["image_alt", "imageAlt", "featured_image_alt", "alt"])?;
        Some(inline_text::line(names))
    });
    Some(image)
}

fn from_value(value: &Value) -> Option<Image> {
    let first = value.items().first()?;
    let text = |keys: &[&str]| first.first_text(keys).map(inline_text::line);
    match first {
        Value::Text(_) => image(first.as_text()?, None, None),
        Value::Map(_) => {
            let keys =
                ["src", "url", "path", "image", "feature", "file", "teaser", "overlay_image", "og_image", "name"];
            image(
                first.first_text(&keys)?,
                text(&["alt", "caption", "title"]),
                text(&["credit", "attribution", "attr"]).as_deref().and_then(trimmed_credit),
            )
        }
        _ => None,
    }
}

/// An image, unless the value is no URL: a boolean, a colour, a template.
fn image(url: &str, alt: Option<String>, credit: Option<String>) -> Option<Image> {
    let is_url = (url.contains('.') || url.contains('/')) && !url.contains(['{', '}', '<', '\n']);
    is_url.then(|| Image { url: Some(url.to_owned()), alt, credit, ..Image::default() })
}

/// The page resource named as the image.
fn from_resources(resources: &Value) -> Option<Image> {
    let names = ["hero", "feature", "cover", "thumbnail", "header", "banner", "image"];
    resources.items().iter().find_map(|resource| {
        let source = resource.text("src").filter(|source| is_image_path(source) && !source.contains('*'))?;
        let name = resource.text("name").unwrap_or(source).to_ascii_lowercase();
        let is_chosen = names.iter().any(|word| name.contains(word));
        let alt = resource.first_text(&["title", "alt"]).map(inline_text::line);
        is_chosen.then(|| image(source, alt, None)).flatten()
    })
}

/// The attachment that Hugo themes take for the image by its name.
pub fn conventional_image(kind: Kind, attachments: &[String]) -> Option<&str> {
    if kind != Kind::Hugo {
        return None;
    }
    ["feature", "cover", "thumbnail"].iter().find_map(|word| {
        let by_name = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            name.contains(word) && is_image_path(&name)
        };
        attachments.iter().find(by_name).map(String::as_str)
    })
}

/// Whether a path has the extension of an image.
pub fn is_image_path(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    matches!(ending.as_str(), "png" | "jpg" | "jpeg" | "gif" | "webp" | "svg" | "avif")
}
