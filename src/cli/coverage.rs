//! `tidings coverage`.

use std::fmt::Write;
use std::path::Path;

use chrono::Utc;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::configuration;
use super::report::Report;
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::site::{Site, StoryCoverage};
use crate::text::count;

/// Reports which stories lack which languages.
pub fn run(config: Option<&Path>, report: &mut Report) -> u8 {
    let config = match configuration(config) {
        Ok(config) => config,
        Err(diagnostics) => {
            report.diagnostics(&diagnostics, false);
            return report.status();
        }
    };
    let (site, diagnostics) = Site::load(&config, Utc::now());
    report.diagnostics(&diagnostics, false);
    if report.has_errors() {
        return report.status();
    }
    let stories = site.coverage();
    let text = if report.is_json() { to_json(&config, &stories) } else { to_text(&config, &stories) };
    report.result(&text);
    report.status()
}

fn languages(config: &Config) -> impl Iterator<Item = LanguageIndex> + use<> {
    0..config.languages.len() as LanguageIndex
}

/// All stories (`None`), then each topic.
fn scopes(config: &Config) -> impl Iterator<Item = Option<TopicIndex>> + use<> {
    std::iter::once(None).chain((0..config.topics.len() as TopicIndex).map(Some))
}

/// The number of stories in a scope, and of those that have a language.
fn covered(stories: &[StoryCoverage<'_>], scope: Option<TopicIndex>, language: LanguageIndex) -> (usize, usize) {
    let in_scope = || stories.iter().filter(|story| scope.is_none_or(|topic| story.topics.contains(&topic)));
    (in_scope().count(), in_scope().filter(|story| story.languages.contains(&language)).count())
}

fn tag(config: &Config, language: LanguageIndex) -> &str {
    config.languages[usize::from(language)].language.as_str()
}

fn scope_name(config: &Config, scope: Option<TopicIndex>) -> &str {
    scope.map_or("all", |topic| config.topics[usize::from(topic)].id.as_str())
}

fn lacking<'a, 's>(
    stories: &'a [StoryCoverage<'s>],
    language: LanguageIndex,
) -> impl Iterator<Item = &'a StoryCoverage<'s>> + use<'a, 's> {
    stories.iter().filter(move |story| !story.languages.contains(&language))
}

fn day(config: &Config, story: &StoryCoverage<'_>) -> String {
    config.site.zone.moment(story.published).date_time().format("%Y-%m-%d").to_string()
}

fn names<'c>(config: &'c Config, story: &StoryCoverage<'_>) -> Vec<&'c str> {
    story.languages.iter().map(|language| tag(config, *language)).collect()
}

fn to_text(config: &Config, stories: &[StoryCoverage<'_>]) -> String {
    let mut out = table(config, stories);
    for language in languages(config) {
        let missing: Vec<_> = lacking(stories, language).collect();
        if missing.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{} lacks {}:", tag(config, language), count(missing.len(), "story"));
        for story in missing {
            let topics: Vec<&str> = story.topics.iter().map(|topic| scope_name(config, Some(*topic))).collect();
            let topics = if topics.is_empty() { String::new() } else { format!("  [{}]", topics.join(", ")) };
            let has = names(config, story).join(", ");
            let _ = writeln!(out, "  {}  {}  ({has}){topics}", day(config, story), story.id);
        }
    }
    out
}

/// The number of stories by topic and language.
fn table(config: &Config, stories: &[StoryCoverage<'_>]) -> String {
    let mut rows = vec![vec!["topic".to_owned(), "stories".to_owned()]];
    rows[0].extend(languages(config).map(|language| tag(config, language).to_owned()));
    for scope in scopes(config) {
        let total = covered(stories, scope, 0).0;
        let mut row = vec![scope_name(config, scope).to_owned(), total.to_string()];
        row.extend(languages(config).map(|language| covered(stories, scope, language).1.to_string()));
        rows.push(row);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut out = String::new();
    for row in &rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(out, "{cell:<width$}"),
                _ => write!(out, "  {cell:>width$}"),
            };
        }
        out.push('\n');
    }
    out
}

fn to_json(config: &Config, stories: &[StoryCoverage<'_>]) -> String {
    let by_topic = |language: LanguageIndex| -> Value {
        let topics = scopes(config).flatten().map(|topic| {
            let (stories, has) = covered(stories, Some(topic), language);
            (scope_name(config, Some(topic)).to_owned(), json!({"stories": stories, "covered": has}))
        });
        Value::Object(topics.collect())
    };
    let gap = |story: &StoryCoverage<'_>| {
        let topics: Vec<&str> = story.topics.iter().map(|topic| scope_name(config, Some(*topic))).collect();
        json!({"id": story.id, "published": day(config, story), "languages": names(config, story), "topics": topics})
    };
    let of_languages = languages(config).map(|language| {
        json!({
            "language": tag(config, language),
            "covered": covered(stories, None, language).1,
            "missing": lacking(stories, language).map(gap).collect::<Vec<_>>(),
            "topics": by_topic(language),
        })
    });
    format!("{}\n", json!({"stories": stories.len(), "languages": of_languages.collect::<Vec<_>>()}))
}
