//! Owns telling a body from the figures of a gallery that tidings publishes after it.

use url::Url;

use crate::import::entry::{Body, Image, ParsedEntry};
use crate::model::{self, Language, Text};
use crate::store::gallery;

/// Cuts the figures of the gallery off the body, because publishing adds them again. A body that does not end with
/// exactly them stays as it is.
pub fn cut_figures(entry: &mut ParsedEntry) {
    let Some(Body::Html(html)) = &entry.body else { return };
    let tag = entry.language.as_ref().or(entry.inherited_language.as_ref());
    let Some(language) = tag.and_then(|tag| Language::parse(tag).ok()) else { return };
    let before = |images: &[Image]| {
        let figures = gallery(&images.iter().filter_map(published).collect::<Vec<_>>(), &language)?;
        Some(html.trim_end().strip_suffix(&figures)?.to_owned())
    };
    let rest = before(&entry.images).or_else(|| {
        // The first picture of an Atom or RSS feed is the main one, unless the figures say that it is of the gallery.
        let all: Vec<Image> = entry.image.iter().chain(&entry.images).cloned().collect();
        let rest = before(&all)?;
        (entry.image, entry.images) = (None, all);
        Some(rest)
    });
    if let Some(rest) = rest {
        entry.body = Some(rest).filter(|rest| !rest.trim().is_empty()).map(Body::Html);
    }
}

/// A picture as it was published.
fn published(image: &Image) -> Option<model::Image> {
    let text = |text: &Option<String>| text.as_deref().and_then(Text::line);
    Some(model::Image {
        url: Url::parse(image.url.as_deref()?).ok()?,
        alt: text(&image.alt),
        caption: text(&image.caption),
        credit: text(&image.credit),
        width: image.width,
        height: image.height,
    })
}
