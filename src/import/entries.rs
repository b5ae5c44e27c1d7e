//! Owns the way from what a source says of an entry to what can be stored: its title, date, language, topics and texts, each
//! entry of the sources once; never touches the disk.

use std::collections::HashMap;
use std::path::Path;

use chrono::NaiveDate;
use toml::value::Datetime;
use url::Url;

use super::entry::{Author, Body, Enclosure, EntryDate, Image, ParsedEntry};
use super::report::{EntryReport, Outcome};
use super::slug::hash;
use super::story_file::{NO_DATE, Story, Text};
use super::texts::{Kept, Texts};
use super::topics::Topics;
use super::{Request, Setting};
use crate::diagnostics::Diagnostic;
use crate::model::absolute;
use crate::pairing::Script;
use crate::pairing::fold;
use crate::pairing::{Detection, Languages};

/// The longest title that is made of a text, in characters.
const LONGEST_TITLE: usize = 80;

/// An entry, its account begun, and its story where it has one.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub report: EntryReport,
    /// None where the account says why.
    pub ready: Option<Ready>,
}

/// An entry that can be stored.
#[derive(Clone, Debug)]
pub struct Ready {
    /// What it stands in, as far as that is the same on every machine: the name of a document, or the path in a tree.
    pub origin: String,
    /// How its source knows it: by an id that does not change, or by its place in a tree.
    pub key: Option<String>,
    /// The id by which subscribers know it.
    pub guid: Option<String>,
    /// What joins it with the entries of the same story in its source.
    pub story: Option<String>,
    /// The ids of its translations in the same source.
    pub translations: Vec<String>,
    /// Its source does not say which entries are one story.
    pub is_unmarked: bool,
    /// When it came out; none as long as that is left to its feed.
    pub published: Option<EntryDate>,
    pub updated: Option<EntryDate>,
    pub language: String,
    pub title: String,
    /// The hash of the text as it stood in the source; empty where it has none.
    pub text: String,
    pub topics: Vec<String>,
    /// Its page.
    pub link: Option<String>,
    /// Where the rest of it is kept.
    pub kept: Kept,
}

impl Ready {
    /// Its day where it was written.
    pub fn date(&self) -> NaiveDate {
        self.published.map(day).unwrap_or_default()
    }

    /// The story that it makes alone.
    pub fn story(&self, texts: &Texts) -> Result<Story, Diagnostic> {
        let text = texts.get(self.kept)?;
        let published = self.published.unwrap_or(EntryDate::Day(NaiveDate::default()));
        let updated = self.updated.filter(|updated| is_later(*updated, published)).map(datetime);
        let text = Text { published: datetime(published), updated, guid: self.guid.clone(), ..text };
        Ok(Story { topics: self.topics.clone(), texts: vec![text] })
    }
}

/// What entries of one source are read with.
pub struct Reading<'a> {
    pub request: &'a Request,
    pub setting: &'a Setting,
    pub languages: &'a Languages,
    pub topics: &'a Topics,
    pub source: &'a str,
}

impl Reading<'_> {
    /// Prepares an entry, and hands its text on to be kept.
    pub fn entry(&self, found: ParsedEntry) -> (Prepared, Option<Text>) {
        let seen = self.seen(&found);
        let title = found.title.clone().or_else(|| beginning(&seen));
        let language = self.language(&found, title.as_deref().unwrap_or_default(), &seen);
        let (topics, others) = self.topics(&found, title.as_deref().unwrap_or_default(), &seen);
        let picture = found.image.clone().unwrap_or_default();
        let mut report = EntryReport {
            source: found.file.as_ref().map_or_else(|| self.source.to_owned(), |file| self.path(file)),
            line: found.line,
            date: found.published.map(|date| day(date).to_string()),
            title: title.clone().unwrap_or_default(),
            language: None,
            confidence: None,
            unsure: None,
            topics: topics.clone(),
            other_categories: others,
            image_alt: picture.alt,
            image_credit: picture.credit,
            remarks: found.remarks.clone(),
            outcome: Outcome::LeftOut { reason: String::new() },
        };
        if !found.unreferenced_files.is_empty() {
            report
                .remarks
                .push(format!("files beside it that it does not show: {}", found.unreferenced_files.join(", ")));
        }
        let language = language.map(|told| {
            report.language = Some(told.language.clone());
            report.confidence = told.confidence;
            report.unsure = told.unsure;
            told.language
        });
        let without = |mut report: EntryReport, outcome: Outcome| {
            report.outcome = outcome;
            (Prepared { report, ready: None }, None)
        };
        let left_out = |report, reason: &str| without(report, Outcome::LeftOut { reason: reason.to_owned() });
        if let Some(reason) = &found.skip_reason {
            return left_out(report, reason);
        }
        if let Some(reason) = found.unpublished_reason.clone() {
            return without(report, Outcome::Unpublished { reason });
        }
        let Some(title) = title else { return left_out(report, "it has neither title nor text") };
        let language = match language {
            Ok(language) => language,
            Err(reason) => return left_out(report, &reason),
        };
        let Some(home) = self.setting.home(&language) else {
            return left_out(report, "the configuration names no address that its own could be against");
        };
        let text = self.content(&found, (&title, &language), home, &mut report.remarks);
        let hashed =
            found.fingerprint.clone().unwrap_or_else(|| if seen.is_empty() { String::new() } else { hash(&seen) });
        let ready = Ready {
            origin: found.file.clone().unwrap_or_else(|| name_of(self.source)),
            key: found.file.as_ref().map(|file| format!("{}/{file}", self.tree())).or_else(|| found.guid.clone()),
            guid: found.guid.clone(),
            story: found.translation_key.as_ref().map(|story| format!("{}\n{story}", self.source)),
            is_unmarked: false,
            translations: found.translations.iter().flat_map(|other| names(&found, other)).collect(),
            published: found.published,
            updated: found.updated,
            language,
            title,
            text: hashed,
            topics,
            link: text.link.clone(),
            kept: Kept::default(),
        };
        (Prepared { report, ready: Some(ready) }, Some(text))
    }

    /// A file of a tree as the person who named the tree can open it.
    fn path(&self, file: &str) -> String {
        Path::new(self.source).join(file).display().to_string()
    }

    /// What a tree is called, wherever it stands.
    fn tree(&self) -> String {
        std::path::absolute(self.source).map_or_else(|_| String::new(), |path| name_of(&path.display().to_string()))
    }

    /// What people read of its summary and its body.
    fn seen(&self, found: &ParsedEntry) -> String {
        let body = found.body.as_ref().map(Body::visible_text).unwrap_or_default();
        let summary = found.summary.as_deref().unwrap_or_default();
        [summary, &body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    /// The topics that its categories name and its words match, and the categories that are no topic.
    fn topics(&self, found: &ParsedEntry, title: &str, seen: &str) -> (Vec<String>, Vec<String>) {
        let (mut named, mut others) = (Vec::new(), Vec::new());
        for category in &found.categories {
            match self.topics.named(&category.term).or_else(|| self.topics.named(category.label.as_deref()?)) {
                Some(topic) => named.push(topic),
                None => others.push(category.label.clone().unwrap_or_else(|| category.term.clone())),
            }
        }
        // Who named topics has named all of them.
        if named.is_empty() {
            named = self.topics.of(&format!("{title}\n{seen}"));
        }
        let ids = self.setting.topics.iter().map(|topic| &topic.id);
        (ids.filter(|id| named.contains(id)).cloned().collect(), others)
    }

    fn content(
        &self,
        found: &ParsedEntry,
        (title, language): (&str, &str),
        home: &Url,
        remarks: &mut Vec<String>,
    ) -> Text {
        let base = found.base.as_deref().and_then(|base| home.join(base).ok()).unwrap_or_else(|| home.clone());
        let link = found.link.as_deref().and_then(|link| absolute(&base, link).ok());
        let base = link.clone().unwrap_or(base);
        let mut address = |written: &str, what: &str| {
            let url = absolute(&base, written);
            if url.is_err() {
                remarks.push(format!("{what} has no address that can be used: `{written}`"));
            }
            url.ok().map(String::from)
        };
        let image = found.image.as_ref().map(|picture| Image {
            url: picture.url.as_deref().and_then(|url| address(url, "its picture")),
            alt: picture.alt.clone(),
            credit: picture.credit.clone(),
            width: picture.width.filter(|width| *width > 0),
            height: picture.height.filter(|height| *height > 0),
        });
        let enclosures = found.enclosures.iter().filter_map(|file| {
            let url = address(&file.url, "a file that goes with it")?;
            let media_type = file.media_type.clone().filter(|kind| kind.contains('/'));
            Some(Enclosure { url, media_type, length: file.length, title: file.title.clone() })
        });
        let enclosures = enclosures.collect();
        let authors = found.authors.iter().filter(|author| !author.name.trim().is_empty()).map(|author| Author {
            name: author.name.clone(),
            url: author.url.as_deref().and_then(|url| absolute(&base, url).ok()).map(String::from),
            email: author.email.clone().filter(|email| crate::model::is_email(email)),
        });
        Text {
            language: language.to_owned(),
            title: title.to_owned(),
            published: NO_DATE,
            updated: None,
            expires: found.expires.map(datetime),
            is_draft: found.is_draft,
            link: link.map(String::from),
            guid: None,
            summary: found.summary.clone(),
            content: found.body.as_ref().filter(|body| !repeats(body, found)).map(|body| match body {
                Body::Html(html) => Body::Html(crate::store::sanitised(unwrapped(html), &base)),
                other => other.clone(),
            }),
            authors: authors.collect(),
            image: image.filter(|image| *image != Image::default()),
            enclosures,
        }
    }

    /// What it says itself, else what is found, else what `--language` says, which also decides where the finding is unsure.
    fn language(&self, found: &ParsedEntry, title: &str, text: &str) -> Result<Told, String> {
        let certain = |language: String| Ok(Told { language, confidence: None, unsure: None });
        if let Some(own) = &found.language {
            return match self.setting.language(own) {
                Some(language) => certain(language),
                None => match self.request.language.clone() {
                    Some(given) => Ok(Told {
                        language: given,
                        confidence: None,
                        unsure: Some(format!("as --language says, though it says `{own}` itself")),
                    }),
                    None => Err(format!(
                        "its language, `{own}`, is not configured; configure it, or give one with --language"
                    )),
                },
            };
        }
        let around = found.inherited_language.as_deref();
        let finding = self.languages.detect(title, text);
        let is_possible = |around: &String| match &finding {
            Detection::Identified { language, .. } => share_a_script(around, language),
            _ => true,
        };
        let around_it = || around.and_then(|tag| self.setting.language(tag)).filter(is_possible);
        let given = self.request.language.clone().or_else(around_it);
        let says = if self.request.language.is_some() { "as --language says" } else { "as its feed says" };
        match (finding, given) {
            (Detection::Identified { language, confidence, unsure: false }, _) => {
                // Among the configured languages alone, a text of another one is always found to be one of them.
                let foreign = around.filter(|tag| self.setting.language(tag).is_none());
                let unsure = foreign.map(|tag| format!("though its feed says `{tag}`, which is not configured"));
                Ok(Told { language, confidence: Some(confidence), unsure })
            }
            (Detection::Identified { language, confidence, .. }, None) => {
                let unsure = Some(format!("{:.0} % sure", confidence * 100.0));
                Ok(Told { language, confidence: Some(confidence), unsure })
            }
            (Detection::Identified { language, confidence, .. }, Some(given)) => {
                let unsure = (language != given).then(|| format!("{says}, though it looks like {language}"));
                Ok(Told { language: given, confidence: Some(confidence), unsure })
            }
            (_, Some(given)) => Ok(Told { language: given, confidence: None, unsure: Some(says.to_owned()) }),
            (Detection::NoLetters, None) => {
                Err("its language cannot be found, because it has no letters; give one with --language".to_owned())
            }
            (Detection::UnsupportedScript(script), None) => Err(format!(
                "none of the configured languages is written in its script ({}); configure its language, or give one with --language",
                script.name()
            )),
        }
    }
}

/// Whether a text that looks like one of two languages can be in the other.
fn share_a_script(one: &str, other: &str) -> bool {
    Script::of_language(one).iter().any(|script| Script::of_language(other).contains(script))
}

struct Told {
    language: String,
    confidence: Option<f64>,
    unsure: Option<String>,
}

/// What a translation may be called: as it is written, which can be an id, and as an address.
fn names(found: &ParsedEntry, other: &str) -> impl Iterator<Item = String> + use<> {
    let base = found.base.as_deref().and_then(|base| Url::parse(base).ok());
    let url = base.and_then(|base| base.join(other).ok()).map(String::from);
    [Some(other.to_owned()), url].into_iter().flatten()
}

/// Whether a body says what the summary or the title says, because its format demands one.
fn repeats(body: &Body, found: &ParsedEntry) -> bool {
    let Body::Text(text) = body else { return false };
    let said = found.summary.as_deref().or(found.title.as_deref());
    said.is_some_and(|said| said.trim() == text.trim())
}

/// A body without the element around it that says its language, which it is given again when it is published.
fn unwrapped(html: &str) -> &str {
    let html = html.trim();
    let inner = || {
        let (tag, inner) = html.strip_prefix("<div lang=\"")?.split_once('>')?;
        let inner = inner.strip_suffix("</div>")?;
        let is_all = tag.split('"').count() <= 4 && !inner.contains("<div") && !inner.contains("</div");
        is_all.then_some(inner)
    };
    inner().unwrap_or(html)
}

/// The beginning of a text as a title.
fn beginning(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    if line.chars().count() <= LONGEST_TITLE {
        return Some(line.to_owned());
    }
    let cut: String = line.chars().take(LONGEST_TITLE).collect();
    let words = cut.rsplit_once(char::is_whitespace).map_or(cut.as_str(), |(words, _)| words);
    Some(format!("{}…", words.trim_end_matches([',', ';', ':', '.', ' '])))
}

/// The day of a date where it was written.
fn day(when: EntryDate) -> NaiveDate {
    match when {
        EntryDate::Instant(at) => at.date_naive(),
        EntryDate::Local(at) => at.date(),
        EntryDate::Day(day) => day,
    }
}

fn is_later(one: EntryDate, other: EntryDate) -> bool {
    match (one, other) {
        (EntryDate::Instant(one), EntryDate::Instant(other)) => one > other,
        (EntryDate::Local(one), EntryDate::Local(other)) => one > other,
        (one, other) => day(one) > day(other),
    }
}

/// A date as TOML writes it.
fn datetime(when: EntryDate) -> Datetime {
    let text = match when {
        EntryDate::Instant(at) => at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        EntryDate::Local(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
        EntryDate::Day(day) => day.to_string(),
    };
    text.parse().unwrap_or(NO_DATE)
}

/// Gives the entries of a source that have no date the one of their feed, else the one that a person gave.
pub fn settle(prepared: &mut [Prepared], of_feed: Option<EntryDate>, given: Option<NaiveDate>) {
    for entry in prepared {
        let Some(ready) = entry.ready.as_mut().filter(|ready| ready.published.is_none()) else { continue };
        ready.published = of_feed.or(given.map(EntryDate::Day));
        match ready.published {
            Some(date) => {
                entry.report.date = Some(day(date).to_string());
                if of_feed.is_some() {
                    entry.report.remarks.push("it has no date, so it takes its feed's".to_owned());
                }
            }
            None => {
                let reason = "it has no date; give one for all that have none with --date".to_owned();
                entry.report.outcome = Outcome::LeftOut { reason };
                entry.ready = None;
            }
        }
    }
}

/// The name of a document without the folders that it is in.
pub fn name_of(source: &str) -> String {
    Path::new(source).file_name().map_or(source.into(), |name| name.to_string_lossy().into_owned())
}

/// One story for each entry, however often it stands in the sources: of the same date, title and text the first counts;
/// of the same date, language and title in different sources, the last source's text.
pub fn join_duplicates(prepared: &mut [Prepared]) {
    let mut same: HashMap<(Option<String>, NaiveDate, String, String), usize> = HashMap::new();
    let mut alike: HashMap<(Option<String>, NaiveDate, String, String), Vec<usize>> = HashMap::new();
    for place in 0..prepared.len() {
        let Some(ready) = prepared[place].ready.as_ref() else {
            continue;
        };
        let exact = (ready.key.clone(), ready.date(), ready.title.clone(), ready.text.clone());
        if let Some(&first) = same.get(&exact) {
            let (of, of_line) = whereabouts(&prepared[first]);
            prepared[place].report.outcome = Outcome::Duplicate { of, of_line };
            prepared[place].ready = None;
            continue;
        }
        same.insert(exact, place);
        let key = match &ready.key {
            Some(_) => (ready.key.clone(), NaiveDate::MIN, String::new(), String::new()),
            None => (None, ready.date(), ready.language.clone(), fold(&ready.title)),
        };
        let earlier = alike.entry(key).or_default();
        let source = prepared[place].report.source.clone();
        if let Some(position) = earlier.iter().position(|other| prepared[*other].report.source != source) {
            let other = earlier.remove(position);
            let (by, by_line) = whereabouts(&prepared[place]);
            prepared[other].report.outcome = Outcome::Superseded { by, by_line: Some(by_line) };
            prepared[other].ready = None;
        }
        let is_twice = !earlier.is_empty();
        earlier.push(place);
        // An id that stands twice in one source is nobody's.
        if let Some(ready) = prepared[place].ready.as_mut().filter(|ready| is_twice && ready.key.is_some()) {
            (ready.key, ready.guid) = (None, None);
            prepared[place]
                .report
                .remarks
                .push("its id stands twice in its source, so it comes without one".to_owned());
        }
    }
}

fn whereabouts(prepared: &Prepared) -> (String, usize) {
    (prepared.report.source.clone(), prepared.report.line)
}
