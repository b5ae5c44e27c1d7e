//! Diagnostics with their locations, and how they are formatted.
//!
//! Owns: the diagnostic type, locations in files, the output formats (text, JSON, GitHub), escaping of foreign text,
//! suggestions of names.
//! Never touches: what a diagnostic is about.

mod escape;
mod list;
mod show;

use std::ops::Range;

use escape::blank_secrets;

pub use escape::{escape, escape_json, escape_lines, is_active, mask_secrets};
pub use list::Diagnostics;
pub use show::{OutputFormat, show, show_colored};

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input cannot be published.
    Error,
    /// The input is published, but should be reviewed.
    Warning,
    /// There is nothing to correct.
    Note,
}

/// What has to be corrected; decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Stories, configuration or sources: exit status 1.
    Input,
    /// The command line: exit status 2.
    Usage,
    /// The system (disk space, permissions, an address in use): exit status 3.
    Machine,
}

/// A location in a file, with its source line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The path of the file as it is shown.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// How many characters to underline.
    pub width: usize,
    /// The source line, shortened around the column; empty if there is none.
    pub text: String,
    /// The start of the underline in `text`, in characters, counted from 0.
    pub text_column: usize,
}

/// The context that is shown of a long line on each side of the column, in characters.
const CONTEXT: usize = 60;

/// As far from the column as the secrets of addresses are looked for, in bytes; more than the context.
const MAX_SECRET: usize = 4096;

impl Location {
    /// The start of a file, without a source line.
    pub fn file(path: impl Into<String>) -> Self {
        Location { path: path.into(), line: 1, column: 1, width: 0, text: String::new(), text_column: 0 }
    }

    /// The location of a span of a file's text.
    pub fn in_text(path: impl Into<String>, text: &str, span: Range<usize>) -> Self {
        let start = floor_char_boundary(text, span.start);
        let end = floor_char_boundary(text, span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let column = text[line_start..start].chars().count();
        let skipped = column.saturating_sub(CONTEXT);
        // Secrets are found before the line is shortened, and keep their length.
        let from = floor_char_boundary(text, start.saturating_sub(MAX_SECRET)).max(line_start);
        let to = floor_char_boundary(text, start.saturating_add(MAX_SECRET)).clamp(start, line_end);
        let nearby = blank_secrets(&text[from..to]);
        let skipped_nearby = text[from..start].chars().count() - (column - skipped);
        let shown =
            nearby.chars().skip(skipped_nearby).take(column - skipped + CONTEXT).filter(|c| *c != '\r').collect();
        let width = text[start..end.min(line_end)].trim_end().chars().take(CONTEXT).count().max(1);
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
fn floor_char_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// An error or a warning: what happened, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether it is an error or a warning.
    pub severity: Severity,
    /// What has to be corrected; decides the exit status.
    pub cause: Cause,
    /// Its location, if it is about a file.
    pub location: Option<Box<Location>>,
    /// What happened, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A related location, with its label.
    pub related: Option<Box<(String, Location)>>,
}

impl Diagnostic {
    /// An error in the input.
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

    /// A warning about the input.
    pub fn warning(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(location, message) }
    }

    /// What a person should know, with nothing to correct.
    pub fn note(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Note, ..Diagnostic::error(location, message) }
    }

    /// An error in the command line.
    pub fn usage(location: impl Into<Option<Location>>, message: impl Into<String>) -> Self {
        Diagnostic { cause: Cause::Usage, ..Diagnostic::error(location, message) }
    }

    /// A system error: the file, the operation and the reason.
    pub fn machine(path: &std::path::Path, what: &str, error: &std::io::Error) -> Self {
        let location = Location::file(path.display().to_string());
        Diagnostic { cause: Cause::Machine, ..Diagnostic::error(location, format!("cannot {what}: {}", reason(error))) }
    }

    /// Adds help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a related location.
    pub fn related(mut self, label: impl Into<String>, location: Location) -> Self {
        self.related = Some(Box::new((label.into(), location)));
        self
    }

    /// Whether it prevents a publication.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The message of a system error, without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_lowercase(),
        None => text,
    }
}

/// Sorts diagnostics by location, those without one last, and removes duplicates.
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

/// The known name with the smallest edit distance, if it is small enough for a typing error.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= 1.max(name.chars().count().min(lower.chars().count()) / 3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Help for an unknown name: `did you mean …?`, or the known names if they are few.
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
    fn locations_count_characters_and_shorten_long_lines() {
        let text = format!("a\n{}é!é\n", "x".repeat(200));
        let at = text.find('!').unwrap();
        let location = Location::in_text("f", &text, at..at + 1);
        assert_eq!((location.line, location.column, location.width), (2, 202, 1));
        assert_eq!(location.text.chars().nth(location.text_column), Some('!'));
        assert!(location.text.chars().count() < 130);
    }

    #[test]
    fn only_a_similar_name_is_suggested() {
        assert_eq!(nearest("titel", ["title", "summary"]), Some("title"));
        assert_eq!(nearest("xyzzy", ["title", "summary"]), None);
    }
}
