//! `tidings list`.

use std::fmt::Write;
use std::path::Path;

use chrono::Utc;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::args::{Form, ListOptions};
use super::report::Report;
use super::{configuration, csv};
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::site::{Site, StoryState, StorySummary};
use crate::text::count;

/// Lists the stories of the store, one a line.
pub fn run(config: Option<&Path>, options: &ListOptions, form: Form, report: &mut Report) -> u8 {
    let listed = configuration(config).map_err(Vec::from).and_then(|config| {
        let now = Utc::now();
        let (site, diagnostics) = Site::load(&config, now);
        report.diagnostics(&diagnostics, false);
        if report.has_errors() {
            return Ok(None);
        }
        let filter = Filter::new(&config, options).map_err(|diagnostic| vec![diagnostic])?;
        let stories = site.stories(Timestamp(now.timestamp())).map_err(|diagnostic| vec![diagnostic])?;
        let stories: Vec<_> = stories.into_iter().filter(|story| filter.matches(story)).collect();
        Ok(Some(match form {
            Form::Json => to_json(&config, &stories),
            Form::Csv => to_csv(&config, &stories),
            _ => to_text(&config, &stories),
        }))
    });
    match listed {
        Ok(text) => text.iter().for_each(|text| report.result(text)),
        Err(diagnostics) => report.diagnostics(&diagnostics, false),
    }
    report.status()
}

/// Which stories are listed.
struct Filter {
    state: Option<StoryState>,
    language: Option<u16>,
    topic: Option<u16>,
    since: Option<Timestamp>,
}

impl Filter {
    fn new(config: &Config, options: &ListOptions) -> Result<Filter, Diagnostic> {
        Ok(Filter {
            state: options.state,
            language: language(config, options.language.as_deref())?,
            topic: topic(config, options.topic.as_deref())?,
            since: since(config, options.since.as_deref())?,
        })
    }

    fn matches(&self, story: &StorySummary<'_>) -> bool {
        self.state.is_none_or(|state| state == story.state)
            && self.language.is_none_or(|language| story.languages.contains(&language))
            && self.topic.is_none_or(|topic| story.topics.contains(&topic))
            && self.since.is_none_or(|since| story.published >= since)
    }
}

/// The configured language of `--language`.
pub fn language(config: &Config, tag: Option<&str>) -> Result<Option<u16>, Diagnostic> {
    tag.map(|tag| {
        config.language(tag).ok_or_else(|| {
            let message = format!("--language {tag}: the configuration does not have this language");
            Diagnostic::usage(None, message).help(config.unconfigured_help(tag))
        })
    })
    .transpose()
}

/// The configured topic of `--topic`.
pub fn topic(config: &Config, id: Option<&str>) -> Result<Option<u16>, Diagnostic> {
    id.map(|id| {
        config.topic(id).ok_or_else(|| {
            let known: Vec<&str> = config.topics.iter().map(|topic| topic.id.as_str()).collect();
            let diagnostic =
                Diagnostic::usage(None, format!("--topic {id}: the configuration does not have this topic"));
            diagnostic.help(format!("it has {}", known.join(", ")))
        })
    })
    .transpose()
}

/// The instant of `--since`.
pub fn since(config: &Config, date: Option<&str>) -> Result<Option<Timestamp>, Diagnostic> {
    date.map(|date| {
        let read = config.site.zone.read(date);
        read.map_err(|why| Diagnostic::usage(None, format!("--since {date}: it {why}")))
    })
    .transpose()
}

fn day(config: &Config, story: &StorySummary<'_>) -> String {
    config.site.zone.moment(story.published).date_time().format("%Y-%m-%d").to_string()
}

fn tags<'c>(config: &'c Config, story: &StorySummary<'_>) -> Vec<&'c str> {
    story.languages.iter().map(|language| config.languages[usize::from(*language)].language.as_str()).collect()
}

fn topics<'c>(config: &'c Config, story: &StorySummary<'_>) -> Vec<&'c str> {
    story.topics.iter().map(|topic| config.topics[usize::from(*topic)].id.as_str()).collect()
}

fn to_text(config: &Config, stories: &[StorySummary<'_>]) -> String {
    let languages: Vec<String> = stories.iter().map(|story| tags(config, story).join(" ")).collect();
    let width = languages.iter().map(|tags| tags.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (story, languages) in stories.iter().zip(&languages) {
        let padding = " ".repeat(width - languages.width());
        let title = story.title.as_deref().unwrap_or("(no title)");
        let state = story.state.name();
        let _ = writeln!(out, "{state:<9}  {}  {languages}{padding}  {title}  ({})", day(config, story), story.file);
    }
    let _ = writeln!(out, "{}", count(stories.len(), "story"));
    out
}

fn to_json(config: &Config, stories: &[StorySummary<'_>]) -> String {
    let stories: Vec<_> = stories
        .iter()
        .map(|story| {
            json!({
                "id": story.id, "state": story.state.name(), "published": config.site.zone.moment(story.published).rfc3339(),
                "languages": tags(config, story), "topics": topics(config, story), "title": story.title, "file": story.file,
            })
        })
        .collect();
    format!("{}\n", json!(stories))
}

fn to_csv(config: &Config, stories: &[StorySummary<'_>]) -> String {
    let mut out = csv::row(["state", "published", "languages", "topics", "title", "id", "file"]);
    for story in stories {
        let title = story.title.as_deref().unwrap_or_default();
        let (day, languages, topics) =
            (day(config, story), tags(config, story).join(" "), topics(config, story).join(" "));
        out += &csv::row([story.state.name(), &day, &languages, &topics, title, story.id, &story.file]);
    }
    out
}
