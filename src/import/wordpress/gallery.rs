//! Owns galleries: their pictures are images of the story, and no part of its text.

use std::collections::HashSet;

use super::body::Resolver;
use super::media::Media;
use super::shortcodes::attribute;
use crate::import::entry::Image;
use crate::import::html_tag::{self, HtmlTag};
use crate::import::source_text::collapse_whitespace;
use crate::markup;

/// The pictures of a gallery block.
pub struct Gallery<'t> {
    pub images: Vec<Image>,
    /// What is written below all of them, as HTML.
    pub captions: Vec<&'t str>,
}

/// Reads `[gallery ids="1,2"]`; one without ids has the pictures that were uploaded to its post.
pub fn read_shortcode(attributes: &str, resolver: &mut Resolver<'_>) {
    let media = resolver.media;
    let ids = |name: &str| attribute(attributes, name).unwrap_or_default();
    let listed = Some(ids("ids")).filter(|ids| !ids.is_empty()).unwrap_or_else(|| ids("include"));
    if listed.is_empty() {
        let post = attribute(attributes, "id");
        let excluded = ids("exclude");
        let excluded: HashSet<&str> = excluded.split(',').map(str::trim).collect();
        let files = media.pictures_of_post(post.as_deref().unwrap_or(resolver.post));
        files.filter(|(id, _)| !excluded.contains(id)).for_each(|(_, file)| resolver.add_image(file.picture()));
        return;
    }
    for id in listed.split(',').map(str::trim).filter(|id| !id.is_empty()) {
        match media.get(id) {
            Some(file) => resolver.add_image(file.picture()),
            None => resolver.body.missing_files.push(id.to_owned()),
        }
    }
}

impl<'t> Gallery<'t> {
    /// Parses the content of a gallery block: pictures, each with its caption until its figure ends.
    pub fn parse(html: &'t str, media: &Media) -> Gallery<'t> {
        let mut gallery = Gallery { images: Vec::new(), captions: Vec::new() };
        let lower = html.to_ascii_lowercase();
        let mut is_in_figure = false;
        let mut at = 0;
        while let Some(next) = memchr::memchr(b'<', &html.as_bytes()[at..]) {
            at += next;
            let Some(tag) = HtmlTag::parse(&html[at..]) else {
                at += 1;
                continue;
            };
            let start = at;
            at += tag.length;
            if tag.is("img") {
                let picture = picture(&html[start..], &tag, media);
                is_in_figure = picture.is_some();
                gallery.images.extend(picture);
            } else if tag.is("figcaption") && !tag.is_end {
                let Some(end) = html_tag::end_tag(&lower[at..], "figcaption") else { break };
                gallery.add_caption(&html[at..at + end.start], is_in_figure);
                at += end.end;
            } else if tag.is_end && (tag.is("figure") || tag.is("li")) {
                is_in_figure = false;
            }
        }
        gallery
    }

    /// Gives a caption to the last picture, or to the gallery.
    fn add_caption(&mut self, html: &'t str, is_of_picture: bool) {
        let words = collapse_whitespace(&markup::visible_text(html));
        match self.images.last_mut() {
            _ if words.is_empty() => {}
            Some(image) if is_of_picture => image.caption = Some(words),
            _ => self.captions.push(html.trim()),
        }
    }
}

/// The picture of an `img`. Where the block says nothing, alternative text and caption are those of the file.
fn picture(text: &str, tag: &HtmlTag<'_>, media: &Media) -> Option<Image> {
    let value = |name: &str| {
        let (_, range) = tag.attributes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        let value = markup::decode_references(&text[range.clone()]).trim().to_owned();
        Some(value).filter(|value| !value.is_empty())
    };
    let of_class =
        || value("class")?.split_whitespace().find_map(|class| class.strip_prefix("wp-image-").map(str::to_owned));
    let file = value("data-id").or_else(of_class).and_then(|id| media.get(&id));
    let of_file = file.map(|file| file.picture()).unwrap_or_default();
    let url = of_file.url.or_else(|| value("data-full-url")).or_else(|| value("src"))?;
    Some(Image { url: Some(url), alt: value("alt").or(of_file.alt), caption: of_file.caption, ..Image::default() })
}
