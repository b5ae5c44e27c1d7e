//! Diagnostics with their places, and how they are shown.
//!
//! Owns: what a diagnostic is, where it lies, and its three written forms (for people, JSON, GitHub).
//! Never touches: what a diagnostic is about.

mod show;

use std::ops::Range;

pub use show::{OutputFormat, show, show_colored};

/// How bad a diagnostic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What was read cannot be published.
    Error,
    /// It is published all the same; somebody should look.
    Warning,
}

/// Who has to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// What somebody wrote is wrong: exit status 1.
    Input,
    /// What was asked for is wrong: exit status 2.
    Usage,
    /// The machine failed (space, permission, address in use): exit status 3.
    Machine,
}

/// A location in a file: where a diagnostic is, with the line to show beneath it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file's path, as it is shown to people.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// How many characters to underline.
    pub width: usize,
    /// The line itself, shortened around the column; empty where there is none to show.
    pub text: String,
    /// Where in `text` the underlining begins, in characters, counted from 0.
    pub text_column: usize,
}

/// How much of a long line is shown on each side of the column.
const SHOWN: usize = 60;

impl Location {
    /// The beginning of a file of which no line can be shown.
    pub fn file(path: impl Into<String>) -> Self {
        Location { path: path.into(), line: 1, column: 1, width: 0, text: String::new(), text_column: 0 }
    }

    /// The location of a byte range of a file's text.
    pub fn in_text(path: impl Into<String>, text: &str, span: Range<usize>) -> Self {
        let start = floor(text, span.start);
        let end = floor(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = &text[line_start..start];
        let after = &text[start..line_end];
        let column = before.chars().count();
        let skipped = column.saturating_sub(SHOWN);
        let shown: String =
            before.chars().skip(skipped).chain(after.chars().take(SHOWN)).filter(|c| *c != '\r').collect();
        let width = text[start..end.min(line_end)].trim_end().chars().take(SHOWN).count().max(1);
        Location {
            path: path.into(),
            line: memchr::memchr_iter(b'\n', &text.as_bytes()[..start]).count() + 1,
            column: column + 1,
            width,
            text: shown,
            text_column: column - skipped,
        }
    }
}

/// The nearest character boundary at or before a byte offset.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Something that a person has to know: what, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// Who has to act.
    pub cause: Cause,
    /// Where it is.
    pub location: Option<Box<Location>>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Another location that belongs to it, with a word on why.
    pub related: Option<Box<(String, Location)>>,
}

impl Diagnostic {
    /// An error in what was read.
    pub fn error(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic {
            severity: Severity::Error,
            cause: Cause::Input,
            location: location.into().map(Box::new),
            message: message.into(),
            help: None,
            related: None,
        }
    }

    /// A warning about what was read.
    pub fn warning(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(location, message) }
    }

    /// An error in what was asked for.
    pub fn usage(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic { cause: Cause::Usage, ..Diagnostic::error(location, message) }
    }

    /// A failure of the machine: what was tried, on which file, and what the system said.
    pub fn machine(path: &std::path::Path, what: &str, error: &std::io::Error) -> Self {
        let location = Location::file(path.display().to_string());
        Diagnostic { cause: Cause::Machine, ..Diagnostic::error(location, format!("cannot {what}: {}", reason(error))) }
    }

    /// The same diagnostic, with advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same diagnostic, with another location that belongs to it.
    pub fn related(mut self, label: impl Into<String>, location: Location) -> Self {
        self.related = Some(Box::new((label.into(), location)));
        self
    }

    /// Whether this stops a publication.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What the system said, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// Sorts diagnostics by file and line, those without a location last, and drops those said twice.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    let key = |diagnostic: &Diagnostic| {
        let location = diagnostic.location.clone();
        (
            location.is_none(),
            location.map(|p| (p.path, p.line, p.column)),
            diagnostic.severity,
            diagnostic.message.clone(),
        )
    };
    diagnostics.sort_by_cached_key(key);
    diagnostics.dedup();
}

/// The known name that is nearest to what was written, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count().min(lower.chars().count()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `did you mean …?`, or the known names where none is near and they are few.
pub fn suggestion(written: &str, known: &[&str]) -> Option<String> {
    if written.len() > 200 {
        return None;
    }
    if let Some(name) = nearest(written, known.iter().copied()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let listed = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    (!known.is_empty() && known.len() <= 10).then(|| format!("known here: {}", listed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_shortens_long_lines() {
        let text = format!("a\n{}é!é\n", "x".repeat(200));
        let at = text.find('!').unwrap();
        let location = Location::in_text("f", &text, at..at + 1);
        assert_eq!((location.line, location.column, location.width), (2, 202, 1));
        assert_eq!(location.text.chars().nth(location.text_column), Some('!'));
        assert!(location.text.chars().count() < 130);
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("titel", ["title", "summary"]), Some("title"));
        assert_eq!(nearest("xyzzy", ["title", "summary"]), None);
    }
}
