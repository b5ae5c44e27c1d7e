//! `tidings coverage`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use chrono::Utc;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use super::args::{CoverageOptions, Form};
use super::filter::{StoryFilter, day, language, language_tags, topic_ids};
use super::report::Report;
use super::{configuration, csv};
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::site::{Site, StoryCoverage};
use crate::text::count;

/// Reports which stories lack which languages.
pub fn run(config: Option<&Path>, options: &CoverageOptions, form: Form, report: &mut Report) -> u8 {
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
    let coverage = match Coverage::new(&config, &site, options) {
        Ok(coverage) => coverage,
        Err(diagnostic) => {
            report.diagnostics(&[diagnostic], false);
            return report.status();
        }
    };
    report.result(&match form {
        Form::Json => coverage.to_json(),
        Form::Csv => coverage.to_csv(),
        Form::Markdown => coverage.to_markdown(),
        Form::Html => coverage.to_html(),
        Form::Text | Form::Github => coverage.to_text(),
    });
    report.diagnostics(&coverage.shortfalls(options.fail_under), false);
    report.status()
}

/// What is asked for of the visible stories.
struct Coverage<'s> {
    config: &'s Config,
    /// Newest first.
    stories: Vec<StoryCoverage<'s>>,
    languages: Vec<LanguageIndex>,
    stale_only: bool,
}

impl<'s> Coverage<'s> {
    fn new(config: &'s Config, site: &'s Site, options: &CoverageOptions) -> Result<Coverage<'s>, Diagnostic> {
        let filter = StoryFilter::new(config, &options.filter)?;
        let mut stories = site.coverage();
        stories.retain(|story| filter.matches(story.topics, story.published));
        let languages = match language(config, options.language.as_deref())? {
            Some(language) => vec![language],
            None => (0..config.languages.len() as LanguageIndex).collect(),
        };
        Ok(Coverage { config, stories, languages, stale_only: options.stale })
    }

    /// All stories (`None`), then each topic.
    fn scopes(&self) -> impl Iterator<Item = Option<TopicIndex>> + use<> {
        std::iter::once(None).chain((0..self.config.topics.len() as TopicIndex).map(Some))
    }

    /// The number of stories in a scope, and of those that have a language.
    fn covered(&self, scope: Option<TopicIndex>, language: LanguageIndex) -> (usize, usize) {
        let in_scope = || self.stories.iter().filter(|story| scope.is_none_or(|topic| story.topics.contains(&topic)));
        (in_scope().count(), in_scope().filter(|story| story.languages.contains(&language)).count())
    }

    fn tag(&self, language: LanguageIndex) -> &'s str {
        self.config.languages[usize::from(language)].language.as_str()
    }

    fn scope_name(&self, scope: Option<TopicIndex>) -> &'s str {
        scope.map_or("all", |topic| self.config.topics[usize::from(topic)].id.as_str())
    }

    fn lacking(&self, language: LanguageIndex) -> Vec<&StoryCoverage<'s>> {
        let lacks = |story: &&StoryCoverage<'_>| !self.stale_only && !story.languages.contains(&language);
        self.stories.iter().filter(lacks).collect()
    }

    fn stale(&self, language: LanguageIndex) -> Vec<&StoryCoverage<'s>> {
        self.stories.iter().filter(|story| story.stale.contains(&language)).collect()
    }

    fn day(&self, story: &StoryCoverage<'_>) -> String {
        day(self.config, story.published)
    }

    fn names(&self, story: &StoryCoverage<'_>) -> Vec<&'s str> {
        language_tags(self.config, &story.languages)
    }

    fn topics(&self, story: &StoryCoverage<'_>) -> Vec<&'s str> {
        topic_ids(self.config, story.topics)
    }

    /// What is missing or stale in each language, with a heading for each list.
    fn lists(&self) -> impl Iterator<Item = (String, &'static str, LanguageIndex, Vec<&StoryCoverage<'s>>)> {
        self.languages.iter().flat_map(|language| {
            let (missing, stale) = (self.lacking(*language), self.stale(*language));
            let tag = self.tag(*language);
            let lacks = format!("{tag} lacks {}", count(missing.len(), "story"));
            let older = format!("{tag} has an older text in {}", count(stale.len(), "story"));
            [(lacks, "missing", *language, missing), (older, "stale", *language, stale)]
        })
    }

    fn to_text(&self) -> String {
        let mut out = self.table();
        for (heading, _, _, stories) in self.lists().filter(|(.., stories)| !stories.is_empty()) {
            let _ = writeln!(out, "\n{heading}:");
            for story in stories {
                let topics = self.topics(story);
                let topics = if topics.is_empty() { String::new() } else { format!("  [{}]", topics.join(", ")) };
                let has = self.names(story).join(", ");
                let _ = writeln!(out, "  {}  {}  ({has}){topics}", self.day(story), story.id);
            }
        }
        out
    }

    /// The rows of the table: the number of stories by topic and language.
    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![vec!["topic".to_owned(), "stories".to_owned()]];
        rows[0].extend(self.languages.iter().map(|language| self.tag(*language).to_owned()));
        for scope in self.scopes() {
            let total = self.covered(scope, 0).0;
            let mut row = vec![self.scope_name(scope).to_owned(), total.to_string()];
            row.extend(self.languages.iter().map(|language| self.covered(scope, *language).1.to_string()));
            rows.push(row);
        }
        rows
    }

    fn table(&self) -> String {
        let rows = self.rows();
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

    fn to_markdown(&self) -> String {
        let mut out = String::new();
        for (number, row) in self.rows().iter().enumerate() {
            let _ = writeln!(out, "| {} |", row.join(" | "));
            if number == 0 {
                let _ = writeln!(out, "| --- {}|", "| ---: ".repeat(row.len() - 1));
            }
        }
        for (heading, _, _, stories) in self.lists().filter(|(.., stories)| !stories.is_empty()) {
            let _ = writeln!(out, "\n### {heading}\n");
            for story in stories {
                let _ = writeln!(out, "- {} `{}` ({})", self.day(story), story.id, self.names(story).join(", "));
            }
        }
        out
    }

    fn to_csv(&self) -> String {
        let mut out = csv::row(["language", "state", "published", "id", "languages", "topics"]);
        for (_, state, language, stories) in self.lists() {
            for story in stories {
                let (has, topics) = (self.names(story).join(" "), self.topics(story).join(" "));
                out += &csv::row([self.tag(language), state, &self.day(story), story.id, &has, &topics]);
            }
        }
        out
    }

    /// A page with the number of stories by month and language, from the first month to the last.
    fn to_html(&self) -> String {
        let mut months: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for story in &self.stories {
            let month = self.day(story).chars().take(7).collect();
            let row = months.entry(month).or_insert_with(|| vec![0; self.languages.len()]);
            for (column, language) in self.languages.iter().enumerate() {
                row[column] += usize::from(story.languages.contains(language));
            }
        }
        let most = months.values().flatten().copied().max().unwrap_or(0).max(1);
        let title = html_escape::encode_text(self.config.site.title.as_str()).into_owned();
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>Coverage: {title}</title>\n<style>body{{font:1rem/1.5 system-ui,sans-serif;margin:2rem}}\
             th,td{{padding:.1rem .6rem;text-align:right}}th:first-child{{text-align:left}}\
             td span{{display:inline-block;block-size:.7em;background:#0a5ca8;margin-inline-end:.4em}}</style>\n\
             <h1>Stories by month and language</h1>\n<table>\n<thead><tr><th scope=\"col\">month"
        );
        for language in &self.languages {
            let _ = write!(out, "<th scope=\"col\" lang=\"{0}\">{0}", self.tag(*language));
        }
        out += "</thead>\n<tbody>\n";
        for (month, counts) in months.iter().rev() {
            let _ = write!(out, "<tr><th scope=\"row\">{month}");
            for number in counts {
                let width = (number * 60).div_ceil(most);
                let _ = write!(out, "<td><span style=\"inline-size:{width}px\"></span>{number}");
            }
            out.push('\n');
        }
        out + "</table>\n</html>\n"
    }

    fn to_json(&self) -> String {
        let by_topic = |language: LanguageIndex| -> Value {
            let topics = self.scopes().flatten().map(|topic| {
                let (stories, has) = self.covered(Some(topic), language);
                (self.scope_name(Some(topic)).to_owned(), json!({"stories": stories, "covered": has}))
            });
            Value::Object(topics.collect())
        };
        let gap = |story: &StoryCoverage<'_>| {
            json!({
                "id": story.id, "published": self.day(story), "languages": self.names(story), "topics": self.topics(story),
            })
        };
        let gaps = |stories: Vec<&StoryCoverage<'_>>| stories.into_iter().map(gap).collect::<Vec<_>>();
        let of_languages = self.languages.iter().map(|language| {
            json!({
                "language": self.tag(*language),
                "covered": self.covered(None, *language).1,
                "missing": gaps(self.lacking(*language)),
                "stale": gaps(self.stale(*language)),
                "topics": by_topic(*language),
            })
        });
        format!("{}\n", json!({"stories": self.stories.len(), "languages": of_languages.collect::<Vec<_>>()}))
    }

    /// Errors for the languages that fewer stories have than `percent`.
    fn shortfalls(&self, percent: Option<u8>) -> Vec<Diagnostic> {
        let Some(percent) = percent else { return Vec::new() };
        let shortfall = |language: &LanguageIndex| {
            let (stories, has) = self.covered(None, *language);
            (has * 100 < stories * usize::from(percent)).then(|| {
                let message = format!(
                    "{} of {} have `{}`, fewer than {percent} %",
                    has,
                    count(stories, "story"),
                    self.tag(*language)
                );
                Diagnostic::error(None, message).help("translate those that are listed, the newest first")
            })
        };
        self.languages.iter().filter_map(shortfall).collect()
    }
}
