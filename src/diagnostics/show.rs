//! The three written forms of a problem.

use std::fmt::Write;

use serde_json::json;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Place, Problem, Severity};

/// How problems are written.
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

/// Writes one problem, with its closing line break.
pub fn show(problem: &Problem, form: Form) -> String {
    match form {
        Form::Plain => people(problem, false),
        Form::Colour => people(problem, true),
        Form::Json => json_line(problem),
        Form::Github => annotation(problem),
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn people(problem: &Problem, colour: bool) -> String {
    let paint = |text: &str, code: &str| {
        if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let code = if problem.is_error() { "1;31" } else { "1;33" };
    let mut out = String::new();
    if let Some(place) = &problem.place {
        let _ = write!(out, "{}: ", paint(&position(place), "1"));
    }
    let _ = writeln!(out, "{}: {}", paint(word(problem.severity), code), harmless(&problem.message));
    if let Some(place) = &problem.place {
        out += &excerpt(place, |marks| paint(marks, code));
    }
    if let Some((label, place)) = problem.related.as_deref() {
        let _ = writeln!(out, "{}: note: {}", position(place), harmless(label));
        out += &excerpt(place, |marks| paint(marks, "1;36"));
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "  = help: {}", harmless(help));
    }
    out
}

fn position(place: &Place) -> String {
    format!("{}:{}:{}", harmless(&place.path), place.line, place.column)
}

/// The line of a place with the columns in question underlined.
fn excerpt(place: &Place, paint: impl Fn(&str) -> String) -> String {
    if place.text.trim().is_empty() {
        return String::new();
    }
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let line = harmless(&place.text.replace('\t', " "));
    let lead: String = line.chars().take(place.text_column).collect();
    let marked: usize = line.chars().skip(place.text_column).take(place.width).map(|c| c.width().unwrap_or(1)).sum();
    let marks = format!("{}{}", " ".repeat(lead.width()), paint(&"^".repeat(marked.max(1))));
    format!("{margin} |\n{number} | {}\n{margin} | {marks}\n", line.trim_end())
}

/// Text of a file as a terminal may show it: no control character acts, and no direction is turned.
fn harmless(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if c.is_control() || turns(c) { '\u{fffd}' } else { c }).collect()
}

fn json_line(problem: &Problem) -> String {
    let place = |place: &Place| json!({"path": place.path, "line": place.line, "column": place.column});
    let mut value = json!({
        "severity": word(problem.severity),
        "message": problem.message,
    });
    if let Some(found) = &problem.place {
        value["path"] = found.path.clone().into();
        value["line"] = found.line.into();
        value["column"] = found.column.into();
    }
    if let Some(help) = &problem.help {
        value["help"] = help.clone().into();
    }
    if let Some((label, found)) = problem.related.as_deref() {
        value["related"] = place(found);
        value["related"]["message"] = label.clone().into();
    }
    format!("{value}\n")
}

/// Workflow commands: `::error file=…,line=…,col=…::message`.
fn annotation(problem: &Problem) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut message = problem.message.clone();
    if let Some((label, place)) = problem.related.as_deref() {
        let _ = write!(message, "\n{}: {label}", position(place));
    }
    if let Some(help) = &problem.help {
        let _ = write!(message, "\n{help}");
    }
    let place = problem.place.as_ref().map_or(String::new(), |place| {
        format!(" file={},line={},col={}", property(&place.path), place.line, place.column)
    });
    format!("::{}{place}::{}\n", word(problem.severity), data(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem() -> Problem {
        let text = "a = 1\ntitel\t= \"x\"\n";
        Problem::error(Place::in_text("s/a.toml", text, 6..11), "unknown key `titel`, 100%")
            .help("did you mean `title`?")
    }

    #[test]
    fn people_see_the_line() {
        assert_eq!(
            show(&problem(), Form::Plain),
            "s/a.toml:2:1: error: unknown key `titel`, 100%\n  |\n2 | titel = \"x\"\n  | ^^^^^\n  = help: did you mean `title`?\n"
        );
    }

    #[test]
    fn scripts_see_json() {
        let value: serde_json::Value = serde_json::from_str(&show(&problem(), Form::Json)).unwrap();
        assert_eq!(value["line"], 2);
        assert_eq!(value["help"], "did you mean `title`?");
    }

    #[test]
    fn workflows_see_annotations() {
        assert_eq!(
            show(&problem(), Form::Github),
            "::error file=s/a.toml,line=2,col=1::unknown key `titel`, 100%25%0Adid you mean `title`?\n"
        );
    }
}
