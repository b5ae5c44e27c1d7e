//! The output formats of a diagnostic.

use std::fmt::{self, Display, Write};

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use super::escape::{escape, escape_each, escape_json, mask_secrets};
use super::{Diagnostic, Location, Severity};

/// How results and diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// For people: `path:line:column: error: …`, followed by the line itself.
    #[default]
    Text,
    /// For scripts: one JSON object per line.
    Json,
    /// Annotations of a GitHub workflow.
    Github,
}

/// Formats one diagnostic, with its final line break.
pub fn show(diagnostic: &Diagnostic, format: OutputFormat) -> String {
    match format {
        OutputFormat::Text => text(diagnostic, false),
        OutputFormat::Json => json_line(diagnostic),
        OutputFormat::Github => annotation(diagnostic),
    }
}

/// Formats one diagnostic as text with ANSI colors.
pub fn show_colored(diagnostic: &Diagnostic) -> String {
    text(diagnostic, true)
}

impl Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(text(self, false).trim_end())
    }
}

impl std::error::Error for Diagnostic {}

fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn text(diagnostic: &Diagnostic, color: bool) -> String {
    let paint = |text: &str, code: &str| {
        if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let code = match diagnostic.severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
        Severity::Note => "1;36",
    };
    let mut out = String::new();
    if let Some(location) = &diagnostic.location {
        let _ = write!(out, "{}: ", paint(&position(location), "1"));
    }
    let _ = writeln!(out, "{}: {}", paint(severity_name(diagnostic.severity), code), escape(&diagnostic.message));
    if let Some(location) = &diagnostic.location {
        out += &source_excerpt(location, |marks| paint(marks, code));
    }
    if let Some((label, location)) = diagnostic.related.as_deref() {
        let _ = writeln!(out, "{}: note: {}", position(location), escape(label));
        out += &source_excerpt(location, |marks| paint(marks, "1;36"));
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "  = help: {}", escape(help));
    }
    out
}

fn position(location: &Location) -> String {
    format!("{}:{}:{}", escape(&location.path), location.line, location.column)
}

/// The source line of a location, underlined.
fn source_excerpt(location: &Location, paint: impl Fn(&str) -> String) -> String {
    if location.text.trim().is_empty() {
        return String::new();
    }
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let chars: Vec<char> = location.text.replace('\t', " ").chars().collect();
    let shown = escape_each(&chars);
    let start = location.text_column.min(shown.len());
    let end = (start + location.width).min(shown.len());
    let marks = shown[start..end].concat().width().max(1);
    let marks = format!("{}{}", " ".repeat(shown[..start].concat().width()), paint(&"^".repeat(marks)));
    format!("{margin} |\n{number} | {}\n{margin} | {marks}\n", shown.concat().trim_end())
}

fn json_line(diagnostic: &Diagnostic) -> String {
    let to_json = |location: &Location| json!({"path": mask_secrets(&location.path), "line": location.line, "column": location.column});
    let mut value = json!({
        "severity": severity_name(diagnostic.severity),
        "message": mask_secrets(&diagnostic.message),
    });
    if let Some(location) = &diagnostic.location {
        value["path"] = mask_secrets(&location.path).into();
        value["line"] = location.line.into();
        value["column"] = location.column.into();
    }
    if let Some(help) = &diagnostic.help {
        value["help"] = mask_secrets(help).into();
    }
    if let Some((label, related)) = diagnostic.related.as_deref() {
        value["related"] = to_json(related);
        value["related"]["message"] = mask_secrets(label).into();
    }
    escape_json(&format!("{value}\n")).into_owned()
}

/// A workflow command: `::error file=…,line=…,col=…::message`.
fn annotation(diagnostic: &Diagnostic) -> String {
    let command = match diagnostic.severity {
        Severity::Note => "notice",
        severity => severity_name(severity),
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut message = escape(&diagnostic.message).into_owned();
    if let Some((label, location)) = diagnostic.related.as_deref() {
        let _ = write!(message, "\n{}: {}", position(location), escape(label));
    }
    if let Some(help) = &diagnostic.help {
        let _ = write!(message, "\n{}", escape(help));
    }
    let location = diagnostic.location.as_ref().map_or(String::new(), |location| {
        format!(" file={},line={},col={}", property(&escape(&location.path)), location.line, location.column)
    });
    format!("::{command}{location}::{}\n", data(&message))
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
    fn text_shows_the_source_line() {
        assert_eq!(
            show(&diagnostic(), OutputFormat::Text),
            "s/a.toml:2:1: error: unknown key `titel`, 100%\n  |\n2 | titel = \"x\"\n  | ^^^^^\n  = help: did you mean `title`?\n"
        );
    }

    #[test]
    fn foreign_text_is_escaped_and_underlined() {
        let text = "a\u{1b}[1m = \"\u{202e}x\" # ##[x]";
        let diagnostic = Diagnostic::error(Location::in_text("::s\u{7}.toml", text, 9..13), "a\n::error::b")
            .help("::c")
            .related("d\u{9b}", Location::file("e\re"));
        assert_eq!(
            show(&diagnostic, OutputFormat::Text),
            "\\::s\\u{7}.toml:1:10: error: a\\n::error::b\n  |\n1 | a\\u{1b}[1m = \"\\u{202e}x\" # #\\#[x]\n  |               ^^^^^^^^^\ne\\re:1:1: note: d\\u{9b}\n  = help: \\::c\n"
        );
        assert_eq!(
            show(&diagnostic, OutputFormat::Github),
            "::error file=\\%3A%3As\\u{7}.toml,line=1,col=10::a\\n::error::b%0Ae\\re:1:1: d\\u{9b}%0A\\::c\n"
        );
    }

    #[test]
    fn passwords_are_masked() {
        let text = format!("base_url = \"https://user:{}@news.example.org/\"", "p".repeat(99));
        let location = Location::in_text("https://u:p@host/a", &text, text.len() - 4..text.len());
        let diagnostic = Diagnostic::error(location, "http://a:b@c").help("//d:e@f");
        for format in [OutputFormat::Text, OutputFormat::Json, OutputFormat::Github] {
            let shown = show(&diagnostic, format);
            assert!(!["u:p", "a:b", "d:e", "pp"].iter().any(|secret| shown.contains(secret)), "{shown}");
        }
    }

    #[test]
    fn tokens_are_masked() {
        let text = format!("hub = \"https://hub.example/{}?token=s3cret#x\"", "p".repeat(99));
        for at in [7, text.len() - 8] {
            let location = Location::in_text("https://host/a?token=s3cret", &text, at..text.len());
            let diagnostic = Diagnostic::error(location.clone(), "http://a?key=s3cret")
                .help("//d?x&sig=s3cret")
                .related("/?auth=s3cret", location);
            for format in [OutputFormat::Text, OutputFormat::Json, OutputFormat::Github] {
                let shown = show(&diagnostic, format);
                assert!(!shown.contains("s3c"), "{shown}");
            }
        }
    }

    #[test]
    fn json_has_one_object_per_line() {
        let value: serde_json::Value = serde_json::from_str(&show(&diagnostic(), OutputFormat::Json)).unwrap();
        assert_eq!(value["line"], 2);
        assert_eq!(value["help"], "did you mean `title`?");
    }

    #[test]
    fn github_has_annotations() {
        assert_eq!(
            show(&diagnostic(), OutputFormat::Github),
            "::error file=s/a.toml,line=2,col=1::unknown key `titel`, 100%25%0Adid you mean `title`?\n"
        );
    }
}
