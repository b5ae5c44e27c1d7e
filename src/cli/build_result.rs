//! What `tidings build` reports of a publication: for people, for scripts, and for a pull request.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::diagnostics::escape;
use crate::publish::{EntryChanges, EntryKey, Outcome};
use crate::site::{NextChange, Site};
use crate::text::count;

/// How many stories are listed for each kind of change; the others are counted.
const MAX_LISTED: usize = 10;

/// A publication that was made, or with `--check` compared.
pub struct BuildResult<'a> {
    pub site: &'a Site,
    pub outcome: &'a Outcome,
    pub next_change: Option<NextChange>,
    pub is_check: bool,
    pub warnings: usize,
    pub duration: Duration,
}

/// The result of `--check` in words.
pub fn status_message(outcome: &Outcome) -> &'static str {
    match (outcome.is_current(), outcome.time_alone) {
        (true, _) => "the output is up to date",
        (false, true) => "the output is not up to date; time alone made the difference",
        (false, false) => "the output is not up to date",
    }
}

/// The lists of changed entries, by what happened to them.
fn kinds(changes: &EntryChanges) -> [(&'static str, &[EntryKey]); 3] {
    [("new", &changes.added), ("changed", &changes.changed), ("gone", &changes.removed)]
}

/// The languages of each story.
fn by_story(entries: &[EntryKey]) -> BTreeMap<&str, Vec<&str>> {
    let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (story, language) in entries {
        out.entry(story).or_default().push(language);
    }
    out
}

impl BuildResult<'_> {
    pub fn to_json(&self) -> String {
        let outcome = self.outcome;
        let base = &self.site.config().site.base_url;
        let urls = |paths: &[String]| {
            paths.iter().filter_map(|path| base.join(path).ok()).map(String::from).collect::<Vec<_>>()
        };
        let entries = kinds(&outcome.entries).map(|(kind, entries)| {
            let entries = entries.iter().map(|(story, language)| json!({ "story": story, "language": language }));
            (kind.to_owned(), entries.collect::<Value>())
        });
        let (stories, translations) = self.site.counts();
        let mut value = json!({
            "stories": stories,
            "translations": translations,
            "written": outcome.written.len(),
            "unchanged": outcome.unchanged,
            "removed": outcome.removed.len(),
            "rendered": outcome.rendered,
            "warnings": self.warnings,
            "changed_urls": urls(&outcome.written),
            "removed_urls": urls(&outcome.removed),
            "entries": entries.into_iter().collect::<Value>(),
            "next_change": self.next_change.as_ref().map(|next| next.to_json(self.time(next))),
        });
        if self.is_check {
            value["up_to_date"] = outcome.is_current().into();
            value["time_alone"] = outcome.time_alone.into();
        }
        format!("{value}\n")
    }

    pub fn to_text(&self) -> String {
        let outcome = self.outcome;
        let (stories, translations) = self.site.counts();
        let mut out = format!("{}, {} shown\n", count(stories, "story"), count(translations, "translation"));
        if self.is_check {
            for path in &outcome.written {
                let _ = writeln!(out, "  not up to date: {}", escape(path));
            }
            for path in &outcome.removed {
                let _ = writeln!(out, "  no longer published: {}", escape(path));
            }
            let _ = writeln!(out, "{}", status_message(outcome));
        } else {
            let (written, removed, unchanged) = (outcome.written.len(), outcome.removed.len(), outcome.unchanged);
            let documents = count(written + unchanged, "document");
            let _ = writeln!(out, "{documents}: {written} written, {unchanged} unchanged, {removed} removed");
        }
        let counts = kinds(&outcome.entries).map(|(kind, entries)| format!("{} {kind}", entries.len()));
        let _ = writeln!(out, "entries: {}", counts.join(", "));
        // All entries of a first publication are new.
        let EntryChanges { added, changed, removed } = &outcome.entries;
        if added.len() < translations || !changed.is_empty() || !removed.is_empty() {
            for (kind, entries) in kinds(&outcome.entries) {
                for line in listed(entries, |story, languages| format!("{story} ({languages})")) {
                    let _ = writeln!(out, "  {kind}: {}", escape(&line));
                }
            }
        }
        if let Some(next) = &self.next_change {
            let (what, story) = (next.kind.verb(), escape(&next.story));
            let _ = writeln!(out, "next: {story} ({}) {what} at {}", next.language, self.time(next));
        }
        let _ = writeln!(out, "{}, {:.2} s", count(self.warnings, "warning"), self.duration.as_secs_f64());
        out
    }

    /// A table of the changes by language, and the stories below it.
    pub fn to_markdown(&self) -> String {
        let changes = &self.outcome.entries;
        if kinds(changes).iter().all(|(_, entries)| entries.is_empty()) {
            let documents = count(self.outcome.differing(), "document");
            return format!("No entry is new, changed or gone; {documents} differ.\n");
        }
        let mut out = "| language | new | changed | gone |\n| --- | ---: | ---: | ---: |\n".to_owned();
        let mut languages: Vec<&str> = kinds(changes)
            .iter()
            .flat_map(|(_, entries)| entries.iter().map(|(_, language)| language.as_str()))
            .collect();
        languages.sort_unstable();
        languages.dedup();
        for language in languages {
            let counts = kinds(changes)
                .map(|(_, entries)| entries.iter().filter(|(_, other)| other == language).count().to_string());
            let _ = writeln!(out, "| {language} | {} |", counts.join(" | "));
        }
        for (kind, entries) in kinds(changes) {
            let lines = listed(entries, |story, languages| format!("`{story}` ({languages})"));
            if !lines.is_empty() {
                let _ = write!(out, "\n{kind}:\n\n");
                lines.iter().for_each(|line| {
                    let _ = writeln!(out, "- {line}");
                });
            }
        }
        if !self.outcome.warnings.is_empty() {
            let _ = write!(out, "\nwarnings:\n\n");
        }
        for warning in &self.outcome.warnings {
            let help = warning.help.as_ref().map(|help| format!(" – {help}")).unwrap_or_default();
            let _ = writeln!(out, "- {}", escape(&format!("{}{help}", warning.message)));
        }
        out
    }

    /// When a change comes, in the site's time zone.
    fn time(&self, next: &NextChange) -> String {
        self.site.config().site.zone.moment(next.at).rfc3339()
    }
}

/// The first stories with their languages, and how many more there are.
fn listed(entries: &[EntryKey], line: impl Fn(&str, &str) -> String) -> Vec<String> {
    let stories = by_story(entries);
    let first = stories.iter().take(MAX_LISTED);
    let mut lines: Vec<String> = first.map(|(story, languages)| line(story, &languages.join(", "))).collect();
    let more = stories.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        lines.push(format!("and {}", count(more, "more story")));
    }
    lines
}
