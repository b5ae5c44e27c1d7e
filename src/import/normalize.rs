//! Step 2, normalize: title, date, language and topics of every entry, with its text in the spool.

use std::path::Path;

use chrono::NaiveDate;
use rayon::prelude::*;
use url::Url;

use super::dates::{self, Dates};
use super::duplicates::{join_own_ids, skip_duplicates};
use super::entry::{Author, Body, Enclosure, EntryDate, Image, ParsedDate, ParsedEntry, datetime};
use super::language::LanguageResolver;
use super::read::{Batch, Kind};
use super::report::{EntryReport, Outcome, SourceReport};
use super::slug::{hash, is_portable_id};
use super::source_id::SourceId;
use super::source_text::{has_visible_letter, title_from_text};
use super::spool::{Spool, SpoolRange};
use super::state::SourceEntry;
use super::story_file::{Story, Translation};
use super::topics::TopicMatcher;
use super::{ImportOptions, Progress, source_text};
use crate::config::{Config, LanguageIndex};
use crate::diagnostics::Diagnostic;
use crate::markup::{self, Content};
use crate::model::absolute;

/// A longer value is shortened in a warning.
const MAX_SHOWN: usize = 120;

/// An entry whose title, date, language and topics are decided.
#[derive(Clone, Debug)]
pub struct NormalizedEntry {
    /// What is reported of it: title, language and topics too. Its outcome is set as soon as it is skipped.
    pub report: EntryReport,
    pub source: SourceId,
    /// The source as version 1 of the record wrote it: the name of its document, or its path in a tree.
    pub segment: String,
    /// Whether ids that this site minted count in its source.
    pub is_own: bool,
    /// Its stable id in its source: its guid, or its path in a tree.
    pub key: Option<String>,
    /// The id that subscribers have seen.
    pub guid: Option<String>,
    /// Whether its guid is its story's; another story has the same one if not.
    pub keeps_guid: bool,
    /// Its outcome if it is a story of the store that no import wrote, unless its file is of an interrupted import.
    pub existing: Option<Outcome>,
    /// The story of a guid that this site minted.
    pub story_id: Option<String>,
    /// The language that it had in an earlier import, if that was another one.
    pub previous_language: Option<String>,
    /// Entries with the same key are one story.
    pub translation_key: Option<String>,
    /// The same within its source, if later imports may bring further translations of it.
    pub record_id: Option<String>,
    /// Guids or links of its translations.
    pub translations: Vec<String>,
    /// Whether its source says which entries are one story; otherwise they are paired by what they say.
    pub is_grouped_by_source: bool,
    pub published: Option<EntryDate>,
    pub updated: Option<EntryDate>,
    pub expires: Option<EntryDate>,
    pub link: Option<String>,
    /// A hash of the text in the source; empty for an entry without text.
    pub text_hash: String,
    /// Its translation in the spool; none if it was skipped.
    pub text: Option<SpoolRange>,
}

impl NormalizedEntry {
    /// Whether no story is made from it.
    pub fn is_skipped(&self) -> bool {
        self.report.outcome.is_some()
    }

    /// Imports it without its guid, and reports why.
    pub fn drop_guid(&mut self, why: &str) {
        self.keeps_guid = false;
        self.report.warnings.push(format!("imported without its id, because {why}"));
    }

    /// Imports it without a guid that this site minted, and reports why.
    pub fn drop_own_id(&mut self, why: &str) {
        (self.guid, self.story_id, self.keeps_guid) = (None, None, false);
        self.report.warnings.push(format!("imported without its id, because {why}"));
    }

    /// Whether its date, title and text are those of an earlier import.
    pub fn is_unchanged(&self, earlier: &SourceEntry) -> bool {
        (self.date(), self.title(), &*self.text_hash) == (earlier.date, &*earlier.title, &*earlier.text_hash)
    }

    /// Its day, in the time zone of its source.
    pub fn date(&self) -> NaiveDate {
        self.published.map(EntryDate::day).unwrap_or_default()
    }

    pub fn title(&self) -> &str {
        &self.report.title
    }

    /// The tag of a configured language; empty if it was skipped.
    pub fn language(&self) -> &str {
        self.report.language.as_deref().unwrap_or_default()
    }

    /// Its translation, complete.
    pub fn translation(&self, spool: &Spool) -> Result<Option<Translation>, Diagnostic> {
        let Some(range) = self.text else { return Ok(None) };
        let published = self.published.unwrap_or(EntryDate::Day(NaiveDate::default()));
        let updated = self.updated.filter(|updated| updated.is_after(published)).and_then(datetime);
        let (published, expires) = (datetime(published), self.expires.and_then(datetime));
        let guid = self.guid.clone().filter(|_| self.keeps_guid);
        Ok(Some(Translation { published, updated, expires, guid, ..spool.get(range)? }))
    }
}

/// Normalizes the entries of all sources, batch by batch.
pub struct Normalizer<'a> {
    config: &'a Config,
    /// By language: what relative URLs are resolved against.
    home_pages: Vec<Url>,
    default_date: Option<NaiveDate>,
    languages: LanguageResolver<'a>,
    topics: TopicMatcher,
    /// Those that the source gives to all its stories.
    source_topics: Vec<String>,
    spool: Spool,
    entries: Vec<NormalizedEntry>,
    /// By entry: its dates, until those of the whole source tell the order of day and month.
    dates: Vec<Dates>,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// All entries of all sources, in their order.
pub struct Normalized {
    pub entries: Vec<NormalizedEntry>,
    pub spool: Spool,
}

impl Normalized {
    /// The entries that become stories, with their indices.
    pub fn imported(&self) -> impl Iterator<Item = (usize, &NormalizedEntry)> {
        self.entries.iter().enumerate().filter(|(_, entry)| !entry.is_skipped())
    }
}

impl<'a> Normalizer<'a> {
    pub fn new(config: &'a Config, options: &ImportOptions, progress: &'a (dyn Fn(Progress) + Sync)) -> Normalizer<'a> {
        let languages = 0..config.languages.len() as LanguageIndex;
        let home_page = |language| config.home_page(language).unwrap_or_else(|| config.site.base_url.clone());
        Normalizer {
            config,
            home_pages: languages.map(home_page).collect(),
            default_date: options.date,
            languages: LanguageResolver::new(config, options.language.as_deref()),
            topics: TopicMatcher::new(config),
            source_topics: options.topics.clone(),
            spool: Spool::new(),
            entries: Vec::new(),
            dates: Vec::new(),
            progress,
        }
    }

    /// Normalizes a batch on all cores, and moves the texts to the spool.
    pub fn push(&mut self, Batch { source, kind, entries }: Batch<'_>) -> Result<(), Diagnostic> {
        let normalized: Vec<_> = entries.into_par_iter().map(|entry| self.normalize(source, kind, entry)).collect();
        for (mut entry, dates, translation) in normalized {
            self.dates.push(dates);
            entry.text = translation.map(|translation| self.spool.push(&translation)).transpose()?;
            self.entries.push(entry);
        }
        (self.progress)(Progress::Read(self.entries.len()));
        Ok(())
    }

    /// Decides the dates, each source by all of its own, gives undated entries the default date, and skips duplicates.
    pub fn finish(mut self, sources: &mut [SourceReport]) -> Normalized {
        let config = self.config;
        let (mut rest, mut dates) = (&mut self.entries[..], &self.dates[..]);
        for source in sources {
            let length = source.entries.min(rest.len());
            let (of_source, others) = rest.split_at_mut(length);
            let (dates_of_source, other_dates) = dates.split_at(length);
            source.notes.extend(dates::resolve(of_source, dates_of_source));
            for entry in &mut *of_source {
                (entry.source, entry.is_own) = (source.id.clone(), source.is_own);
            }
            let of_feed = source.default_date.map(ParsedDate::day_first).filter(|date| is_date(config, *date));
            apply_default_date(of_source, of_feed, self.default_date);
            (rest, dates) = (others, other_dates);
        }
        skip_duplicates(&mut self.entries);
        join_own_ids(&mut self.entries);
        Normalized { entries: self.entries, spool: self.spool }
    }

    /// Decides what an entry leaves open; without a translation the entry is skipped.
    fn normalize(
        &self,
        source: &str,
        kind: Kind,
        mut entry: ParsedEntry,
    ) -> (NormalizedEntry, Dates, Option<Translation>) {
        let text = visible_text(&entry);
        let written = entry.title.clone().filter(|title| has_visible_letter(title));
        let title = written.or_else(|| title_from_text(&text));
        if entry.published.is_some_and(|date| !is_date(self.config, date.day_first())) {
            entry.published = None;
            entry.remarks.push("its date lies outside the years 1 to 9999, so it counts as none".to_owned());
        }
        let determined = self.languages.determine(&entry, title.as_deref().unwrap_or_default(), &text);
        let searched = format!("{}\n{text}", title.as_deref().unwrap_or_default());
        let (mut topics, other_categories) = self.topics.topics(&entry.categories, &searched);
        topics.extend(self.source_topics.iter().filter(|topic| !topics.contains(topic)).cloned().collect::<Vec<_>>());
        let left_out = |reason: &str| Some(Outcome::LeftOut { reason: reason.to_owned() });
        let outcome = match (&entry.skip_reason, &entry.unpublished_reason, &title, &determined) {
            (Some(reason), ..) => left_out(reason),
            (_, Some(reason), ..) => Some(Outcome::Unpublished { reason: reason.clone() }),
            (_, _, None, _) => left_out("it has neither title nor text"),
            (.., Err(reason)) => left_out(reason),
            _ => None,
        };
        let determined = determined.ok();
        let mut report = EntryReport {
            source: entry.file.as_ref().map_or_else(|| source.to_owned(), |file| path_in(source, file)),
            line: entry.line,
            date: None,
            title: title.unwrap_or_default(),
            language: determined.as_ref().map(|determined| determined.language.to_string()),
            confidence: determined.as_ref().and_then(|determined| determined.confidence),
            unsure: determined.and_then(|determined| determined.unsure),
            topics,
            other_categories,
            image_alt: entry.image.as_ref().and_then(|image| image.alt.clone()),
            image_credit: entry.image.as_ref().and_then(|image| image.credit.clone()),
            remarks: entry.remarks.clone(),
            warnings: entry.warnings.clone(),
            outcome,
        };
        if !entry.unreferenced_files.is_empty() {
            let files = entry.unreferenced_files.join(", ");
            report.remarks.push(format!("files beside it that it does not show: {files}"));
        }
        let translation = report.outcome.is_none().then(|| self.translation(&entry, &mut report));
        let translation = translation.and_then(|translation| self.accepted(translation, &mut entry, &mut report));
        let story_id = entry.guid.as_deref().and_then(|guid| self.story_id(guid));
        let is_record = matches!(kind, Kind::Json | Kind::Csv | Kind::Xlsx | Kind::Drupal | Kind::WordpressApi);
        let dates = Dates { published: entry.published, updated: entry.updated, expires: entry.expires };
        let normalized = NormalizedEntry {
            key: key(&entry, source),
            translation_key: entry.translation_key.as_ref().map(|key| format!("{source}\n{key}")),
            translations: entry.translations.iter().flat_map(|other| translation_names(&entry, other)).collect(),
            record_id: entry.translation_key.clone().filter(|_| is_record),
            // Whether the ids of records are those of stories is seen when all are read.
            is_grouped_by_source: matches!(kind, Kind::Markdown | Kind::Wordpress)
                || entry.translation_key.is_some() && !is_record
                || !entry.translations.is_empty(),
            story_id,
            published: None,
            updated: None,
            expires: None,
            link: translation.as_ref().and_then(|translation| translation.link.clone()),
            text_hash: entry.fingerprint.unwrap_or_else(|| if text.is_empty() { text } else { hash(&text) }),
            source: SourceId::default(),
            segment: entry.file.unwrap_or_else(|| file_name(source)),
            is_own: false,
            keeps_guid: true,
            existing: None,
            previous_language: None,
            guid: entry.guid,
            report,
            text: None,
        };
        (normalized, dates, translation)
    }

    /// The entry as a translation, without its dates; what cannot be used is remarked on.
    fn translation(&self, entry: &ParsedEntry, report: &mut EntryReport) -> Translation {
        let language = report.language.clone().unwrap_or_default();
        let home = &self.home_pages[self.config.language(&language).map_or(0, usize::from)];
        let base = entry.base.as_deref().and_then(|base| home.join(base).ok()).unwrap_or_else(|| home.clone());
        let body_base = entry.body_base.as_deref().and_then(|body_base| base.join(body_base).ok());
        let mut warnings = Vec::new();
        let mut usable = |base: &Url, written: &str, what: &str| {
            let url = absolute(base, written);
            if url.is_err() {
                let written = crate::text::ellipsis(written, MAX_SHOWN);
                warnings.push(format!("{what} is no address that can be used, and is dropped: `{written}`"));
            }
            url.ok()
        };
        let link = entry.link.as_deref().and_then(|link| usable(&base, link, "its link"));
        let base = link.clone().unwrap_or(base);
        let mut resolve = |written: &str, what: &str| usable(&base, written, what).map(String::from);
        let mut picture = |image: &Image, what: &str| Image {
            url: image.url.as_deref().and_then(|url| resolve(url, what)),
            width: image.width.filter(|width| *width > 0),
            height: image.height.filter(|height| *height > 0),
            ..image.clone()
        };
        let image = entry.image.as_ref().map(|image| picture(image, "the URL of its picture"));
        let images = entry.images.iter().map(|image| picture(image, "the URL of a picture of its gallery"));
        let images = images.filter(|image| image.url.is_some()).collect();
        let enclosures = entry.enclosures.iter().filter_map(|file| {
            let url = resolve(&file.url, "the URL of a file that goes with it")?;
            let media_type = file.media_type.as_ref().map(|media_type| media_type.trim().to_owned());
            let media_type = media_type.filter(|media_type| !media_type.is_empty());
            let captions = file.captions.as_deref().and_then(|url| resolve(url, "the URL of a file's captions"));
            let poster = file.poster.as_deref().and_then(|url| resolve(url, "the URL of a file's poster"));
            Some(Enclosure { url, media_type, captions, poster, ..file.clone() })
        });
        let enclosures = enclosures.collect();
        let named = entry.authors.iter().map(|author| (plain(&author.name), author));
        let authors = named.filter(|(name, _)| !name.is_empty()).map(|(name, author)| Author {
            name,
            url: author.url.as_deref().and_then(|url| resolve(url, "the URL of an author")),
            email: author.email.clone().filter(|email| crate::model::is_email(email)),
        });
        let authors = authors.collect();
        report.warnings.extend(warnings);
        let content = entry.body.as_ref().filter(|body| !repeats(body, entry)).map(|body| match body {
            Body::Html(html) => {
                let html = without_language_wrapper(html, &language);
                let sanitized = markup::sanitize(Content::Html(html), body_base.as_ref().unwrap_or(&base), "");
                report
                    .remarks
                    .extend(markup::Loss::one_of_each(&sanitized.losses).map(|loss| format!("in its body {loss}")));
                Body::Html(sanitized.html)
            }
            other => other.clone(),
        });
        Translation {
            title: report.title.clone(),
            expires: entry.expires.map(ParsedDate::day_first).and_then(datetime),
            draft: entry.is_draft,
            link: link.map(String::from),
            summary: entry.summary.clone(),
            content,
            language,
            authors,
            image: image.filter(|image| *image != Image::default()),
            images,
            enclosures,
            ..Translation::default()
        }
    }

    /// The story of a guid that this site minted: `tag:{authority}:{story}/{language}`.
    fn story_id(&self, guid: &str) -> Option<String> {
        let rest = guid.strip_prefix(&own_tag_prefix(self.config))?;
        let (story, language) = rest.rsplit_once('/')?;
        (is_portable_id(story) && self.languages.is_configured(language)).then(|| story.to_owned())
    }

    /// What the store's reader accepts of a translation. Values that it refuses are dropped, and the entry is left out
    /// where it cannot do without one.
    fn accepted(
        &self,
        translation: Translation,
        entry: &mut ParsedEntry,
        report: &mut EntryReport,
    ) -> Option<Translation> {
        let published = entry.published.map_or(EntryDate::Day(NaiveDate::default()), ParsedDate::day_first);
        let updated = entry.updated.map(ParsedDate::day_first).filter(|updated| updated.is_after(published));
        let updated = updated.and_then(datetime);
        let has_updated = updated.is_some();
        // Ids that this site mints are judged with the source.
        let own_guid = entry.guid.take_if(|guid| guid.starts_with(&own_tag_prefix(self.config)));
        let own = Translation { published: datetime(published), updated, guid: entry.guid.clone(), ..translation };
        let mut story = Story { topics: report.topics.clone(), translations: vec![own] };
        match story.drop_refused(self.config) {
            Ok(dropped) => report.warnings.extend(dropped),
            Err(why) => {
                report.outcome = Some(Outcome::LeftOut { reason: format!("the store would refuse it: {why}") });
                return None;
            }
        }
        let own = story.translations.pop()?;
        if has_updated && own.updated.is_none() {
            entry.updated = None;
        }
        if own.expires.is_none() {
            entry.expires = None;
        }
        entry.guid = own_guid.or(own.guid);
        Some(Translation { published: None, updated: None, expires: None, guid: None, ..own })
    }
}

/// Whether the store accepts a date.
fn is_date(config: &Config, date: EntryDate) -> bool {
    datetime(date).is_some_and(|date| config.site.zone.read(&date.to_string()).is_ok())
}

/// What the ids begin with that this site mints.
pub fn own_tag_prefix(config: &Config) -> String {
    format!("tag:{}:", config.site.authority)
}

/// The text of the summary and the body.
fn visible_text(entry: &ParsedEntry) -> String {
    let body = entry.body.as_ref().map(Body::visible_text).unwrap_or_default();
    let summary = entry.summary.as_deref().unwrap_or_default();
    [summary, &body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// A name without the markup that some systems write into it.
fn plain(name: &str) -> String {
    if markup::has_tags(name) {
        source_text::collapse_whitespace(&markup::visible_text(name))
    } else {
        name.trim().to_owned()
    }
}

/// A file of a tree as the user can open it.
fn path_in(tree: &str, file: &str) -> String {
    Path::new(tree).join(file).display().to_string()
}

/// The stable id of an entry in its source.
fn key(entry: &ParsedEntry, source: &str) -> Option<String> {
    let own = entry.key.as_ref();
    match &entry.file {
        Some(file) => Some(key_in_tree(source, own.unwrap_or(file))),
        None => own.or(entry.guid.as_ref()).cloned(),
    }
}

/// A file's key: its path below the tree's own name, which is the same wherever the tree is.
fn key_in_tree(tree: &str, file: &str) -> String {
    let name = std::path::absolute(tree).map_or_else(|_| String::new(), |path| file_name(&path.display().to_string()));
    format!("{name}/{file}")
}

/// The name of a source without its folders.
pub fn file_name(source: &str) -> String {
    Path::new(source).file_name().map_or(source.into(), |name| name.to_string_lossy().into_owned())
}

/// A reference to a translation as it is written, which can be a guid, and as a URL.
fn translation_names(entry: &ParsedEntry, other: &str) -> impl Iterator<Item = String> + use<> {
    let base = entry.base.as_deref().and_then(|base| Url::parse(base).ok());
    let url = base.and_then(|base| base.join(other).ok()).map(String::from);
    [Some(other.to_owned()), url].into_iter().flatten()
}

/// Whether a body only repeats the summary or the title, because its format requires a body.
fn repeats(body: &Body, entry: &ParsedEntry) -> bool {
    let Body::Text(text) = body else { return false };
    let other = entry.summary.as_deref().or(entry.title.as_deref());
    other.is_some_and(|other| other.trim() == text.trim())
}

/// A body without the `div` that says its language and direction, if it says the entry's, because publishing adds that again.
fn without_language_wrapper<'b>(html: &'b str, language: &str) -> &'b str {
    // Earlier versions gave the direction only where it is right to left.
    let is_own = |wrapped: &source_text::Wrapped<'_>| {
        wrapped.language.eq_ignore_ascii_case(language) && source_text::is_balanced(wrapped.inner, "div")
    };
    source_text::wrapped(html, "div").filter(is_own).map_or(html.trim(), |wrapped| wrapped.inner)
}

/// Gives the undated entries of a source the date of their feed, else the one of `--date`, else skips them.
fn apply_default_date(entries: &mut [NormalizedEntry], of_feed: Option<EntryDate>, default: Option<NaiveDate>) {
    for entry in entries.iter_mut().filter(|entry| !entry.is_skipped() && entry.published.is_none()) {
        entry.published = of_feed.or(default.map(EntryDate::Day));
        match entry.published {
            Some(date) => {
                entry.report.date = Some(date.day().to_string());
                if of_feed.is_some() {
                    entry.report.remarks.push("it has no date, so it takes its feed's".to_owned());
                }
            }
            None => {
                let reason = "it has no date; give one for all that have none with --date".to_owned();
                entry.report.outcome = Some(Outcome::LeftOut { reason });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrapper_of_published_bodies_is_taken_off() {
        for (body, inner) in [
            ("<div lang=\"en\" dir=\"ltr\"><p>a</p></div>", "<p>a</p>"),
            (" <div lang=\"en\" dir=\"rtl\">a</div>\n", "a"),
            ("<div lang=\"en\">a</div>", "a"),
            ("<div lang=\"en\" dir=\"ltr\"><div>a</div><DIV>b</DIV></div>", "<div>a</div><DIV>b</DIV>"),
        ] {
            assert_eq!(without_language_wrapper(body, "en"), inner);
        }
        for other in [
            "<p>a</p>",
            "<div lang=\"fr\" dir=\"ltr\">a</div>",
            "<div lang=\"en\" dir=\"auto\">a</div>",
            "<div lang=\"en\" dir=\"ltr\" class=\"b\">a</div>",
            "<div lang=\"en\" dir=\"ltr\">a</div><div>b</div>",
            "<div lang=\"en\" dir=\"ltr\">a",
        ] {
            assert_eq!(without_language_wrapper(other, "en"), other);
        }
    }
}
