//! `tidings list`.

use std::fmt::Write;
use std::path::Path;

use chrono::Utc;
use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::args::{Form, ListOptions};
use super::filter::{StoryFilter, day, language, language_tags, topic_ids};
use super::report::Report;
use super::{configuration, csv};
use crate::config::{Config, LanguageIndex};
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
    language: Option<LanguageIndex>,
    stories: StoryFilter,
}

impl Filter {
    fn new(config: &Config, options: &ListOptions) -> Result<Filter, Diagnostic> {
        Ok(Filter {
            state: options.state,
            language: language(config, options.language.as_deref())?,
            stories: StoryFilter::new(config, &options.filter)?,
        })
    }

    fn matches(&self, story: &StorySummary<'_>) -> bool {
        self.state.is_none_or(|state| state == story.state)
            && self.language.is_none_or(|language| story.languages.contains(&language))
            && self.stories.matches(story.topics, story.published)
    }
}

fn to_text(config: &Config, stories: &[StorySummary<'_>]) -> String {
    let languages: Vec<String> =
        stories.iter().map(|story| language_tags(config, &story.languages).join(" ")).collect();
    let width = languages.iter().map(|tags| tags.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (story, languages) in stories.iter().zip(&languages) {
        let padding = " ".repeat(width - languages.width());
        let title = story.title.as_deref().unwrap_or("(no title)");
        let state = story.state.name();
        let _ = writeln!(
            out,
            "{state:<9}  {}  {languages}{padding}  {title}  ({})",
            day(config, story.published),
            story.file
        );
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
                "languages": language_tags(config, &story.languages), "topics": topic_ids(config, story.topics), "title": story.title, "file": story.file,
            })
        })
        .collect();
    format!("{}\n", json!(stories))
}

fn to_csv(config: &Config, stories: &[StorySummary<'_>]) -> String {
    let mut out = csv::row(["state", "published", "languages", "topics", "title", "id", "file"]);
    for story in stories {
        let title = story.title.as_deref().unwrap_or_default();
        let (day, languages, topics) = (
            day(config, story.published),
            language_tags(config, &story.languages).join(" "),
            topic_ids(config, story.topics).join(" "),
        );
        out += &csv::row([story.state.name(), &day, &languages, &topics, title, story.id, &story.file]);
    }
    out
}
