//! Owns resolving the body of a post: shortcodes and the comments of blocks become what they show. Unknown ones are removed,
//! and the text between them stays. Nothing in code samples or in a tag counts.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use super::footnotes::{self, Footnote};
use super::media::Media;
use super::shortcodes::{self, Tag, attribute};
use super::{blocks, code_samples, embeds};
use crate::import::entry::Image;
use crate::import::html_code::CodeScanner;
use crate::import::html_tag::{self, HtmlTag};
use crate::import::source_text::collapse_whitespace;
use crate::markup;

/// What a body says.
#[derive(Debug, Default)]
pub struct ResolvedBody {
    /// Its HTML, in which blank lines are paragraphs still.
    pub html: String,
    /// The captions of `[caption]` as plain text, by the ids of the files that they belong to.
    pub captions: HashMap<String, String>,
    /// The pictures of its galleries, each once.
    pub images: Vec<Image>,
    /// The ids of pictures of galleries that the export does not have.
    pub missing_files: Vec<String>,
}

/// Resolves the shortcodes and block comments of the body of a post. `post`: its id.
pub fn resolve(html: &str, post: &str, media: &Media, footnotes: Vec<Footnote>) -> ResolvedBody {
    let body = ResolvedBody::default();
    let mut resolver = Resolver { post, media, footnotes, body, caption: None, shown: HashSet::new() };
    resolver.body.html.reserve(html.len());
    resolver.read(html);
    resolver.close_caption();
    footnotes::write_missing(&mut resolver.footnotes, &mut resolver.body.html);
    resolver.body
}

/// Writes a body.
pub struct Resolver<'m> {
    pub post: &'m str,
    pub media: &'m Media,
    /// The notes that are not written yet.
    pub footnotes: Vec<Footnote>,
    pub body: ResolvedBody,
    caption: Option<OpenCaption>,
    /// The addresses of the pictures of galleries.
    shown: HashSet<String>,
}

/// A `[caption]` that is open.
struct OpenCaption {
    /// The text of its attribute, for one without text behind the image.
    text: String,
    /// The file that it belongs to.
    file: Option<String>,
}

impl Resolver<'_> {
    fn read(&mut self, html: &str) {
        let end_tags = shortcodes::end_tags(html);
        let mut code = CodeScanner::new(html);
        let mut rest = html;
        while let Some(at) = rest.find(['<', '[']) {
            self.body.html.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(length) = blocks::write(rest, self).or_else(|| comment(rest)) {
                rest = &rest[length..];
            } else if let Some(length) = code_samples::write(&mut code, rest, &mut self.body.html) {
                rest = &rest[length..];
            } else if let Some(length) = code.length(rest).or_else(|| HtmlTag::parse(rest).map(|tag| tag.length)) {
                self.body.html.push_str(&rest[..length]);
                rest = &rest[length..];
            } else if let Some(inner) = rest.strip_prefix("[[") {
                // An escaped shortcode.
                let shown = shortcodes::tag(&rest[1..]).filter(|tag| rest[1 + tag.length..].starts_with(']'));
                let length = shown.map_or(1, |tag| tag.length);
                self.body.html.push_str(&rest[1..1 + length]);
                rest = &inner[length - 1..];
                rest = rest.strip_prefix(']').filter(|_| length > 1).unwrap_or(rest);
            } else if let Some(tag) = shortcodes::tag(rest).filter(|tag| tag.is_shortcode(&end_tags)) {
                rest = &rest[tag.length..];
                if let Some(embedded) = shortcodes::embedded(&tag, rest) {
                    embeds::link(&embedded.url, &mut self.body.html);
                    rest = &rest[embedded.length..];
                } else {
                    self.shortcode(&tag);
                }
            } else {
                self.body.html.push_str(&rest[..1]);
                rest = &rest[1..];
            }
        }
        self.body.html.push_str(rest);
    }

    /// Adds a picture of a gallery, unless it is in one already.
    pub fn add_image(&mut self, image: Image) {
        if image.url.as_ref().is_some_and(|url| self.shown.insert(url.clone())) {
            self.body.images.push(image);
        }
    }

    fn shortcode(&mut self, tag: &Tag<'_>) {
        match (tag.name, tag.is_end) {
            ("caption" | "wp_caption", false) => {
                self.close_caption();
                self.body.html.push_str("\n\n<figure>");
                let file = attribute(tag.attributes, "id");
                self.caption = Some(OpenCaption {
                    text: attribute(tag.attributes, "caption").unwrap_or_default(),
                    file: file.and_then(|id| Some(id.strip_prefix("attachment_")?.to_owned())),
                });
            }
            ("caption" | "wp_caption", true) => self.close_caption(),
            (_, true) => {}
            (_, false) => shortcodes::write(tag, self),
        }
    }

    /// Closes the figure of the open caption: the content after its image becomes its caption.
    fn close_caption(&mut self) {
        let Some(OpenCaption { text, file }) = self.caption.take() else { return };
        let words = close_figure(&mut self.body.html, &text);
        let words = collapse_whitespace(&markup::visible_text(&words));
        if let Some(file) = file.filter(|_| !words.is_empty()) {
            self.body.captions.entry(file).or_insert(words);
        }
    }
}

/// The length of the comment at the start of a text.
fn comment(text: &str) -> Option<usize> {
    text.starts_with("<!--").then(|| text.find("-->").map_or(text.len(), |end| end + 3))
}

/// Closes a figure, and returns its caption: the content after its image, else this text.
fn close_figure(out: &mut String, text: &str) -> String {
    let start = out.rfind("<figure>").map_or(out.len(), |at| at + "<figure>".len());
    let figure = out.split_off(start);
    let end = html_tag::last_start_tag(&figure, "img").map_or(0, |picture| {
        let behind = figure[picture.end..].trim_start();
        let link = HtmlTag::parse(behind).filter(|tag| tag.is_end && tag.is("a"));
        link.map_or(picture.end, |link| figure.len() - behind.len() + link.length)
    });
    let (picture, behind) = figure.split_at(end);
    let words = [behind.trim(), text.trim()].into_iter().find(|words| !words.is_empty()).unwrap_or_default();
    out.push_str(picture.trim());
    if !words.is_empty() {
        let _ = write!(out, "<figcaption>{words}</figcaption>");
    }
    out.push_str("</figure>\n\n");
    words.to_owned()
}
