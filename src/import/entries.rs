//! Owns the way from a source's text to entries that can be stored: parsed, caption split off, language and topics
//! found, each entry of the sources once; never touches the disk.

use std::collections::HashMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::caption::{Caption, Credits};
use super::language::{Finding, Languages};
use super::listing::{self, Date, Listing};
use super::names::{folded, hash};
use super::report::{EntryReport, Outcome, Source, SourceLine, SourceReport};
use super::topics::Topics;
use super::write::{Story, Translation};
use super::{Request, Setting};

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
    pub date: NaiveDate,
    pub language: String,
    pub title: String,
    pub topics: Vec<String>,
    pub paragraphs: Vec<String>,
    pub caption: Option<Caption>,
    /// The hash of the text as it stood in the source, caption and all; empty where it has none.
    pub text: String,
}

impl Ready {
    /// The story that it makes.
    pub fn story(&self) -> Story {
        let translation = Translation {
            language: self.language.clone(),
            title: self.title.clone(),
            paragraphs: self.paragraphs.clone(),
            caption: self.caption.clone(),
        };
        Story { published: self.date, topics: self.topics.clone(), translations: vec![translation] }
    }
}

/// Reads all sources.
pub fn read(setting: &Setting, request: &Request, sources: &[Source]) -> (Vec<SourceReport>, Vec<Prepared>) {
    let languages = Languages::new(&setting.languages);
    let topics = Topics::new(&setting.topics);
    let mut accounts = Vec::new();
    let mut prepared: Vec<Prepared> = Vec::new();
    for source in sources {
        let listing = Listing::parse(&source.text);
        let credits =
            Credits::learn(listing.entries.iter().map(|entry| (entry.title.as_str(), entry.paragraphs.as_slice())));
        accounts.push(SourceReport {
            name: source.name.clone(),
            entries: listing.entries.len(),
            heading: listing.heading.into_iter().map(source_line).collect(),
            dated: listing.dated.into_iter().map(source_line).collect(),
            notes: listing.notes,
        });
        let read = Reading { request, languages: &languages, topics: &topics, credits: &credits, source: &source.name };
        let entries: Vec<Prepared> = listing.entries.par_iter().map(|entry| read.entry(entry)).collect();
        prepared.extend(entries);
    }
    join_duplicates(&mut prepared);
    (accounts, prepared)
}

fn source_line((line, text): (usize, String)) -> SourceLine {
    SourceLine { line, text }
}

struct Reading<'a> {
    request: &'a Request,
    languages: &'a Languages,
    topics: &'a Topics,
    credits: &'a Credits,
    source: &'a str,
}

impl Reading<'_> {
    fn entry(&self, entry: &listing::Entry) -> Prepared {
        let split = self.credits.split(&entry.paragraphs);
        let text = split.paragraphs.join("\n\n");
        let language = self.language(&entry.title, &text);
        let topics = self.topics.of(&format!("{}\n{text}", entry.title));
        let date = match entry.date {
            Date::Known(date) => Ok(date),
            Date::Missing => self.request.date.ok_or("it has no date; give one for all that have none with --date"),
            Date::Impossible => Err("there is no such day; correct the date in the source"),
        };
        let (alt, credit) = split.caption.clone().map_or((None, None), |caption| (caption.alt, caption.credit));
        let mut report = EntryReport {
            source: self.source.to_owned(),
            line: entry.line,
            date: date.ok().map(|date| date.to_string()),
            title: entry.title.clone(),
            language: None,
            confidence: None,
            unsure: None,
            topics: topics.clone(),
            image_alt: alt,
            image_credit: credit,
            outcome: Outcome::LeftOut { reason: String::new() },
        };
        let language = language.map(|told| {
            report.language = Some(told.language.clone());
            report.confidence = told.confidence;
            report.unsure = told.unsure;
            told.language
        });
        let left_out = |mut report: EntryReport, reason: &str| {
            report.outcome = Outcome::LeftOut { reason: reason.to_owned() };
            Prepared { report, ready: None }
        };
        if entry.title.is_empty() {
            return left_out(report, "it has neither title nor text");
        }
        let (date, language) = match (date, language) {
            (Err(reason), _) => return left_out(report, reason),
            (_, Err(reason)) => return left_out(report, &reason),
            (Ok(date), Ok(language)) => (date, language),
        };
        let original = entry.paragraphs.join("\n\n");
        let ready = Ready {
            date,
            language,
            title: entry.title.clone(),
            topics,
            paragraphs: split.paragraphs,
            caption: split.caption,
            text: if original.is_empty() { original } else { hash(&original) },
        };
        Prepared { report, ready: Some(ready) }
    }

    /// Found, else what `--language` says; `--language` also decides where the finding is unsure.
    fn language(&self, title: &str, text: &str) -> Result<Told, String> {
        let given = self.request.language.clone();
        match (self.languages.find(title, text), given) {
            (Finding::Found { language, confidence, unsure: false }, _) => {
                Ok(Told { language, confidence: Some(confidence), unsure: None })
            }
            (Finding::Found { language, confidence, .. }, None) => {
                let unsure = Some(format!("{:.0} % sure", confidence * 100.0));
                Ok(Told { language, confidence: Some(confidence), unsure })
            }
            (Finding::Found { language, confidence, .. }, Some(given)) => {
                let unsure =
                    (language != given).then(|| format!("as --language says, though it looks like {language}"));
                Ok(Told { language: given, confidence: Some(confidence), unsure })
            }
            (_, Some(given)) => {
                Ok(Told { language: given, confidence: None, unsure: Some("as --language says".to_owned()) })
            }
            (Finding::NoLetters, None) => {
                Err("its language cannot be found, because it has no letters; give one with --language".to_owned())
            }
            (Finding::Foreign(script), None) => Err(format!(
                "none of the configured languages is written in its script ({}); configure its language, or give one with --language",
                script.name()
            )),
        }
    }
}

struct Told {
    language: String,
    confidence: Option<f64>,
    unsure: Option<String>,
}

/// One story for each entry, however often it stands in the sources: of the same date, title and text the first counts;
/// of the same date, language and title in different sources, the last source's text.
fn join_duplicates(prepared: &mut [Prepared]) {
    let mut same: HashMap<(NaiveDate, String, String), usize> = HashMap::new();
    let mut alike: HashMap<(NaiveDate, String, String), Vec<usize>> = HashMap::new();
    for place in 0..prepared.len() {
        let Some(ready) = prepared[place].ready.as_ref() else {
            continue;
        };
        let exact = (ready.date, ready.title.clone(), ready.text.clone());
        if let Some(&first) = same.get(&exact) {
            let (of, of_line) = whereabouts(&prepared[first]);
            prepared[place].report.outcome = Outcome::Duplicate { of, of_line };
            prepared[place].ready = None;
            continue;
        }
        same.insert(exact, place);
        let key = (ready.date, ready.language.clone(), folded(&ready.title));
        let earlier = alike.entry(key).or_default();
        let source = prepared[place].report.source.clone();
        if let Some(position) = earlier.iter().position(|other| prepared[*other].report.source != source) {
            let other = earlier.remove(position);
            let (by, by_line) = whereabouts(&prepared[place]);
            prepared[other].report.outcome = Outcome::Superseded { by, by_line: Some(by_line) };
            prepared[other].ready = None;
        }
        earlier.push(place);
    }
}

fn whereabouts(prepared: &Prepared) -> (String, usize) {
    (prepared.report.source.clone(), prepared.report.line)
}
