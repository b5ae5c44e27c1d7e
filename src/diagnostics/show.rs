//! The three written forms of a diagnostic.

use std::fmt::Write;

use serde_json::json;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Diagnostic, Location, Severity};

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// `path:line:column: error: …`, with the line shown beneath; in colour on request.
    #[default]
    Plain,
    /// As `Plain`, in colour.
    Colour,
    /// One JSON object a line.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
}

/// Writes one diagnostic, with its closing line break.
pub fn show(diagnostic: &Diagnostic, form: Form) -> String {
    match form {
        Form::Plain => people(diagnostic, false),
        Form::Colour => people(diagnostic, true),
        Form::Json => json_line(diagnostic),
        Form::Github => annotation(diagnostic),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn people(diagnostic: &Diagnostic, colour: bool) -> String {
    let paint = |text: &str, code: &str| {
        if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let code = if diagnostic.is_error() { "1;31" } else { "1;33" };
    let mut out = String::new();
    if let Some(location) = &diagnostic.location {
        let _ = write!(out, "{}: ", paint(&position(location), "1"));
    }
    let _ = writeln!(out, "{}: {}", paint(word(diagnostic.severity), code), harmless(&diagnostic.message));
    if let Some(location) = &diagnostic.location {
        out += &excerpt(location, |marks| paint(marks, code));
    }
    if let Some((label, location)) = diagnostic.related.as_deref() {
        let _ = writeln!(out, "{}: note: {}", position(location), harmless(label));
        out += &excerpt(location, |marks| paint(marks, "1;36"));
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  = help: {}", harmless(help));
    }
    out
}

fn position(location: &Location) -> String {
    format!("{}:{}:{}", harmless(&location.path), location.line, location.column)
}

/// The line of a location with the columns in question underlined.
fn excerpt(location: &Location, paint: impl Fn(&str) -> String) -> String {
    if location.text.trim().is_empty() {
        return String::new();
    }
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let line = harmless(&location.text.replace('\t', " "));
    let lead: String = line.chars().take(location.text_column).collect();
    let marked: usize =
        line.chars().skip(location.text_column).take(location.width).map(|c| c.width().unwrap_or(1)).sum();
    let marks = format!("{}{}", " ".repeat(lead.width()), paint(&"^".repeat(marked.max(1))));
    format!("{margin} |\n{number} | {}\n{margin} | {marks}\n", line.trim_end())
}

/// Text of a file as a terminal may show it: no control character acts, and no direction is turned.
fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

fn json_line(diagnostic: &Diagnostic) -> String {
    let location =
        |location: &Location| json!({"path": location.path, "line": location.line, "column": location.column});
    let mut value = json!({
        "severity": word(diagnostic.severity),
        "message": diagnostic.message,
    });
    if let Some(found) = &diagnostic.location {
        value["path"] = found.path.clone().into();
        value["line"] = found.line.into();
        value["column"] = found.column.into();
    }
    if let Some(help) = &diagnostic.help {
        value["help"] = help.clone().into();
    }
    if let Some((label, found)) = diagnostic.related.as_deref() {
        value["related"] = location(found);
        value["related"]["message"] = label.clone().into();
    }
    format!("{value}\n")
}

/// Workflow commands: `::error file=…,line=…,col=…::message`.
fn annotation(diagnostic: &Diagnostic) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut message = diagnostic.message.clone();
    if let Some((label, location)) = diagnostic.related.as_deref() {
        let _ = write!(message, "\n{}: {label}", position(location));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(message, "\n{help}");
    }
    let location = diagnostic.location.as_ref().map_or(String::new(), |location| {
        format!(" file={},line={},col={}", property(&location.path), location.line, location.column)
    });
    format!("::{}{location}::{}\n", word(diagnostic.severity), data(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic() -> Diagnostic {
        let text = "a = 1\ntitel\t= \"x\"\n";
        Diagnostic::error(Location::in_text("s/a.toml", text, 6..11), "unknown key `titel`, 100%")
            .help("did you mean `title`?")
    }

    #[test]
    fn people_see_the_line() {
        assert_eq!(
            show(&diagnostic(), Form::Plain),
            "s/a.toml:2:1: error: unknown key `titel`, 100%\n  |\n2 | titel = \"x\"\n  | ^^^^^\n  = help: did you mean `title`?\n"
        );
    }

    #[test]
    fn scripts_see_json() {
        let value: serde_json::Value = serde_json::from_str(&show(&diagnostic(), Form::Json)).unwrap();
        assert_eq!(value["line"], 2);
        assert_eq!(value["help"], "did you mean `title`?");
    }

    #[test]
    fn workflows_see_annotations() {
        assert_eq!(
            show(&diagnostic(), Form::Github),
            "::error file=s/a.toml,line=2,col=1::unknown key `titel`, 100%25%0Adid you mean `title`?\n"
        );
    }
}
