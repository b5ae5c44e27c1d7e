//! Building the template context of the page of a story.

use chrono::NaiveTime;
use percent_encoding::percent_decode_str;

use super::metadata::{self, card, set_json_ld};
use super::render::ResolvedEntries;
use super::view::{ViewBuilder, newest};
use crate::catalog::EntryId;
use crate::config::LanguageIndex;
use crate::diagnostics::is_active;
use crate::model::{Enclosure, Moment};
use crate::plan::{DocumentKey, FeedKey, StoryKind};
use crate::render::pages::view;
use crate::store::write_duration;

impl ViewBuilder<'_> {
    /// The page of a story.
    pub(super) fn story(&self, index: EntryId, parts: &ResolvedEntries) -> view::Story {
        let config = &self.site.config;
        let topic = self.site.catalog.topics(index).first().copied();
        let feed = FeedKey { language: Some(self.language), topic };
        let listing = newest(feed);
        let listing = self.link(listing, self.scope_title(feed));
        let entry = self.site.entry(index, parts);
        let is_withdrawn = matches!(self.key, DocumentKey::Story { kind: StoryKind::Withdrawn, .. });
        let heading = entry.as_ref().filter(|_| !is_withdrawn).map(|entry| entry.title.to_string());
        let heading = heading.unwrap_or_else(|| self.message("withdrawn"));
        let summary = entry.as_ref().filter(|_| !is_withdrawn).and_then(|entry| entry.summary.as_ref());
        let mut page = self.page(feed, heading, summary.map(ToString::to_string));
        let neighbours = self.site.plan.story_neighbours(index).map(|other| {
            let entry = self.site.entry(other?, parts)?;
            Some(self.link(self.site.story_key(other?)?, entry.title.to_string()))
        });
        let [newer, older] = neighbours;
        let (Some(entry), false) = (entry, is_withdrawn) else {
            page.noindex = true;
            page.alternates.clear();
            page.card = card("website", &page, None);
            let withdrawn = Some(self.withdrawn(index, parts));
            return view::Story { page, withdrawn, ..self.empty_story(listing) };
        };
        // With a link of its own, the page elsewhere is the one to be found.
        let own = self.key.page_url(self.site.names());
        if let Some(link) = entry.link.as_ref().filter(|link| **link != own) {
            page.url = link.to_string();
            page.alternates.clear();
        }
        let json_ld = metadata::article(config, &page, &entry);
        set_json_ld(&mut page, json_ld);
        let (media, files) = entry.enclosures.iter().map(|file| self.file(file)).partition(|file| file.kind != "file");
        let authors = entry.authors.iter().map(|author| view::Author {
            name: author.name.to_string(),
            url: author.url.as_ref().map(ToString::to_string),
        });
        let (published, updated) =
            (self.moment(entry.published), (entry.updated != entry.published).then(|| self.moment(entry.updated)));
        let (authors, body) = (authors.collect(), entry.content.as_ref().map(|content| content.as_str().to_owned()));
        let correction = entry.correction.as_ref().map(|correction| {
            let (lang, dir) = self.marked(&correction.language);
            view::Correction { on: self.moment(correction.on), text: correction.text.to_string(), lang, dir }
        });
        let entry = self.entry(feed, index, entry);
        page.card = card("article", &page, entry.image.as_ref());
        view::Story {
            page,
            body,
            correction,
            published,
            updated,
            authors,
            media,
            files,
            newer,
            older,
            entry,
            ..self.empty_story(listing)
        }
    }

    fn empty_story(&self, listing: view::Link) -> view::Story {
        view::Story {
            page: view::Page::default(),
            interface_language: usize::from(self.language),
            entry: view::Entry::default(),
            body: None,
            published: view::Moment::default(),
            updated: None,
            authors: Vec::new(),
            media: Vec::new(),
            files: Vec::new(),
            correction: None,
            withdrawn: None,
            newer: None,
            older: None,
            listing,
        }
    }

    /// Links from the page of a story to its pages in other languages, and these languages.
    pub(super) fn story_languages(&self, index: EntryId) -> (Vec<view::Link>, Vec<view::Alternate>) {
        let config = &self.site.config;
        let siblings = self.site.visible_translations(index);
        let keys: Vec<(LanguageIndex, DocumentKey)> = siblings
            .filter_map(|sibling| Some((self.site.catalog.meta(sibling).language, self.site.story_key(sibling)?)))
            .collect();
        let link = |language: LanguageIndex| {
            let listing = newest(FeedKey { language: Some(language), topic: None });
            let key = keys.iter().find(|(other, _)| *other == language).map_or(listing, |(_, key)| *key);
            self.link_in(key, config.languages[usize::from(language)].name.to_string(), language)
        };
        let links = self.site.language_indices(None).map(link).collect();
        (links, keys.iter().map(|(language, key)| self.alternate(*language, *key)).collect())
    }

    fn withdrawn(&self, index: EntryId, parts: &ResolvedEntries) -> view::Withdrawn {
        let reason = parts.get(&index).and_then(|resolved| resolved.deleted.reason.as_ref());
        let (lang, dir) = reason.map(|(_, language)| self.marked(language)).unwrap_or_default();
        view::Withdrawn { reason: reason.map(|(reason, _)| reason.to_string()), lang, dir }
    }

    /// A day, with the time unless it is midnight, as that of a bare date is.
    pub(super) fn moment(&self, at: Moment) -> view::Moment {
        let local = at.date_time().naive_local();
        let day = self.localizer.day(local.date());
        match local.time() == NaiveTime::MIN {
            true => view::Moment { date: local.date().to_string(), text: day },
            false => view::Moment { date: at.rfc3339(), text: format!("{day} {}", local.format("%H:%M")) },
        }
    }

    fn file(&self, file: &Enclosure) -> view::File {
        let name = || {
            let name = file.url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
            let decoded = percent_decode_str(name).decode_utf8_lossy();
            // A name may not turn the text around it.
            let is_plain =
                !decoded.contains(|letter: char| is_active(letter) || matches!(letter, '\u{200e}' | '\u{200f}'));
            if is_plain { decoded.into_owned() } else { name.to_owned() }
        };
        view::File {
            url: file.url.to_string(),
            title: file.title.as_ref().map(ToString::to_string).unwrap_or_else(name),
            kind: file.medium().unwrap_or("file"),
            media_type: file.media_type.clone(),
            label: label(file),
            size: file.length.map(|length| self.localizer.size(length)),
            duration: file.duration.map(write_duration),
            captions: file.captions.as_ref().map(ToString::to_string),
            poster: file.poster.as_ref().map(ToString::to_string),
        }
    }
}

/// The kind of a file in short: its extension, else its media type.
fn label(file: &Enclosure) -> String {
    let extension = file.url.path().rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_plain = (2..=4).contains(&extension.len()) && extension.chars().all(|letter| letter.is_ascii_alphanumeric());
    if is_plain { extension.to_ascii_uppercase() } else { file.media_type.clone() }
}
