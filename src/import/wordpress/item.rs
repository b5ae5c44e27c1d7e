//! Owns mapping an item of an export to an entry.

use std::collections::HashMap;

use chrono::{FixedOffset, TimeZone};

use super::footnotes::Footnote;
use super::media::{Attachment, Media};
use super::{body, footnotes, paragraphs, wp_text};
use crate::dates;
use crate::import::entry::{Author, Body, Category, Enclosure, EntryDate, Image, ParsedDate, ParsedEntry};
use crate::import::feed::tree::{Element, Namespace};
use crate::import::source_text;
use crate::markup;

/// Post types that WordPress and its plugins use internally.
const INTERNAL_POST_TYPES: [&str; 24] = [
    "", "acf-field", "acf-field-group", "attachment", "custom_css", "customize_changeset", "elementor_library",
    "feedback", "nav_menu_item", "oembed_cache", "revision", "spectra-popup", "user_request", "wp_block",
    "wp_font_face", "wp_font_family", "wp_global_styles", "wp_navigation", "wp_template", "wp_template_part",
    "wpcf7_contact_form", "polylang_mo", "jp_pay_order", "wpforms",
];

/// Whether posts of a type are content for readers.
pub fn is_content(kind: &str) -> bool {
    !INTERNAL_POST_TYPES.contains(&kind)
}

pub struct Item<'e> {
    pub element: &'e Element,
}

impl Item<'_> {
    /// The uploaded file that it describes.
    pub fn attachment(&self) -> Option<Attachment> {
        let plain = |text: String| {
            Some(source_text::collapse_whitespace(&markup::visible_text(&text))).filter(|text| !text.is_empty())
        };
        let excerpt = self.element.child(Namespace::Excerpt, "encoded").map(|text| text.text().into_owned());
        Some(Attachment {
            url: wp_text(self.element, "attachment_url")?,
            alt: self.meta("_wp_attachment_image_alt").and_then(plain),
            caption: excerpt.and_then(plain),
        })
    }

    /// Maps it to an entry.
    pub fn parse(
        &self,
        channel: Option<&Element>,
        authors: &HashMap<String, Author>,
        media: &Media,
        pages: bool,
    ) -> ParsedEntry {
        let text = |namespace, name| {
            Some(self.element.child(namespace, name)?.trimmed_text()).filter(|text: &String| !text.is_empty())
        };
        let kind = wp_text(self.element, "post_type").unwrap_or_default();
        let mut entry = ParsedEntry {
            line: self.element.line,
            guid: text(Namespace::Plain, "guid"),
            title: text(Namespace::Plain, "title")
                .map(|title| source_text::collapse_whitespace(&markup::visible_text(&title)))
                .filter(|title| !title.is_empty()),
            link: text(Namespace::Plain, "link"),
            base: channel.and_then(|channel| {
                wp_text(channel, "base_blog_url")
                    .or_else(|| Some(channel.child(Namespace::Plain, "link")?.trimmed_text()))
            }),
            inherited_language: channel
                .and_then(|channel| Some(channel.child(Namespace::Plain, "language")?.trimmed_text()))
                .filter(|tag| !tag.is_empty()),
            ..ParsedEntry::default()
        };
        self.dates(&mut entry);
        self.status(&mut entry);
        if kind == "page" && !pages {
            entry.unpublished_reason = Some("it is a page; --pages brings pages in too".to_owned());
        } else if kind != "post" && kind != "page" {
            entry.unpublished_reason =
                Some(format!("it is neither a post nor a page, but of the site's own kind `{kind}`"));
        }
        let creator = text(Namespace::Dc, "creator");
        entry.authors.extend(
            creator.map(|login| authors.get(&login).cloned().unwrap_or(Author { name: login, ..Author::default() })),
        );
        entry.summary =
            text(Namespace::Excerpt, "encoded").map(|html| markup::visible_text(&html)).filter(|text| !text.is_empty());
        let mut captions = HashMap::new();
        if let Some(written) = text(Namespace::Content, "encoded") {
            let post = wp_text(self.element, "post_id").unwrap_or_default();
            let resolved = body::resolve(&written, &post, media, self.footnotes(&mut entry));
            captions = resolved.captions;
            entry.images = resolved.images;
            if !resolved.missing_files.is_empty() {
                let files = resolved.missing_files.join(", ");
                entry
                    .remarks
                    .push(format!("pictures of its gallery that the export does not have, by their ids: {files}"));
            }
            let html = paragraphs::autop(&resolved.html);
            let has_content = source_text::has_content(&html);
            entry.body = Some(Body::Html(html)).filter(|_| has_content);
        }
        self.categories(&mut entry);
        self.language(&mut entry);
        entry.image = self.meta("_thumbnail_id").and_then(|id| {
            let picture = media.get(&id)?.picture();
            // A picture without a caption has the one that the body gives it.
            Some(Image { caption: picture.caption.or_else(|| captions.remove(&id)), ..picture })
        });
        entry.enclosures = self.metas("enclosure").filter_map(|text| enclosure(&text)).collect();
        entry
    }

    /// The notes of its body.
    fn footnotes(&self, entry: &mut ParsedEntry) -> Vec<Footnote> {
        let notes = self.meta("footnotes").map_or(Ok(Vec::new()), |field| footnotes::parse(&field));
        notes.unwrap_or_else(|why| {
            entry.remarks.push(format!("its footnotes are lost, because their list is malformed: {why}"));
            Vec::new()
        })
    }

    /// The values of its post meta with a key.
    fn metas<'m>(&'m self, key: &'m str) -> impl Iterator<Item = String> + 'm {
        self.element
            .children_named(Namespace::Wordpress, "postmeta")
            .filter(move |meta| wp_text(meta, "meta_key").as_deref() == Some(key))
            .filter_map(|meta| wp_text(meta, "meta_value"))
    }

    fn meta(&self, key: &str) -> Option<String> {
        self.metas(key).next()
    }

    /// Fills the dates, with the offset that the site had then.
    fn dates(&self, entry: &mut ParsedEntry) {
        entry.published = self.moment("post_date", "post_date_gmt").map(EntryDate::into);
        entry.updated = self.moment("post_modified", "post_modified_gmt").map(EntryDate::into);
        if entry.published.is_none() && entry.updated.is_some() {
            entry.published = entry.updated;
            entry.remarks.push("it has no date, so it takes that of its last change".to_owned());
        }
    }

    fn moment(&self, local: &str, universal: &str) -> Option<EntryDate> {
        let read = |name| match dates::parse(&wp_text(self.element, name)?)?.date? {
            ParsedDate::Exact(EntryDate::Local(at)) => Some(at),
            _ => None,
        };
        match (read(local), read(universal)) {
            (Some(local), Some(universal)) => {
                // Rounded to 15 minutes, because the two are not written at the same instant.
                let quarters = ((local - universal).num_seconds() as f64 / 900.0).round() as i32;
                let offset = FixedOffset::east_opt(quarters * 900);
                offset.map_or(Some(EntryDate::Local(local)), |offset| {
                    Some(EntryDate::Instant(offset.from_utc_datetime(&universal)))
                })
            }
            (Some(local), None) => Some(EntryDate::Local(local)),
            (None, universal) => universal.map(|universal| EntryDate::Instant(universal.and_utc().fixed_offset())),
        }
    }

    fn status(&self, entry: &mut ParsedEntry) {
        let status = wp_text(self.element, "status").unwrap_or_default();
        match status.as_str() {
            "publish" | "future" | "" => {}
            "trash" => entry.unpublished_reason = Some("it is in the trash".to_owned()),
            "auto-draft" | "inherit" => entry.unpublished_reason = Some("nobody ever saved it".to_owned()),
            status => {
                entry.is_draft = true;
                entry.remarks.push(format!("its status is `{status}`, so it comes in as a draft"));
            }
        }
        if wp_text(self.element, "post_password").is_some() {
            entry.is_draft = true;
            entry.remarks.push("it is protected by a password, so it comes in as a draft".to_owned());
        }
    }

    fn categories(&self, entry: &mut ParsedEntry) {
        for category in self.element.children_named(Namespace::Plain, "category") {
            let domain = category.attribute("domain").unwrap_or_default();
            let name = category.attribute("nicename").unwrap_or_default().to_owned();
            let label = source_text::collapse_whitespace(&markup::visible_text(&category.text()));
            let is_technical =
                matches!(domain, "language" | "post_translations" | "post_format" | "translation_priority");
            if is_technical || name == "uncategorized" || label.is_empty() {
                continue;
            }
            let category = Category { term: if name.is_empty() { label.clone() } else { name }, label: Some(label) };
            if !entry.categories.contains(&category) {
                entry.categories.push(category);
            }
        }
    }

    /// Fills language and translations from Polylang and WPML.
    fn language(&self, entry: &mut ParsedEntry) {
        let of_domain = |wanted: &str| {
            let mut all = self.element.children_named(Namespace::Plain, "category");
            let entry = all.find(|category| category.attribute("domain") == Some(wanted))?;
            entry.attribute("nicename").map(str::to_owned).or_else(|| Some(entry.trimmed_text()))
        };
        entry.language = of_domain("language").or_else(|| self.meta("_wpml_import_language_code"));
        let polylang = of_domain("post_translations").map(|group| format!("polylang {group}"));
        let wpml = || self.meta("_wpml_import_translation_group").map(|group| format!("wpml {group}"));
        entry.translation_key = polylang.or_else(wpml);
    }
}

/// Parses an enclosure: URL, length and media type, each on a line.
fn enclosure(text: &str) -> Option<Enclosure> {
    let mut lines = text.lines().map(str::trim);
    let url = lines.next().filter(|url| url.contains("://"))?.to_owned();
    let length = lines.next().and_then(|length| length.parse().ok()).filter(|length| *length > 0);
    let media_type = lines.next().filter(|kind| kind.contains('/')).map(str::to_owned);
    Some(Enclosure { url, media_type, length, ..Enclosure::default() })
}
