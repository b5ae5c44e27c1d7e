//! What a command says: results to standard output, diagnostics to standard error.

use std::io::{IsTerminal, Write};

use super::{DONE, MACHINE, PROBLEMS, USAGE};
use crate::diagnostics::{Cause, Diagnostic, OutputFormat, Severity, show, show_colored};
use crate::text::count;

/// Gathers how a command ends while it speaks.
pub struct Report {
    format: OutputFormat,
    is_colored: bool,
    status: u8,
    warnings: usize,
    errors: usize,
}

impl Report {
    /// A report in a format; colour only where a person looks.
    pub fn new(format: OutputFormat) -> Self {
        let is_colored = format == OutputFormat::Text && stderr_has_color();
        Report { format, is_colored, status: DONE, warnings: 0, errors: 0 }
    }

    /// Whether people read the results, and not scripts or a workflow.
    pub fn is_for_people(&self) -> bool {
        self.format == OutputFormat::Text
    }

    /// Whether scripts read the results.
    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// Names diagnostics; with `strict`, warnings are errors.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], strict: bool) {
        let mut text = String::new();
        for diagnostic in diagnostics {
            let mut diagnostic = diagnostic.clone();
            if strict {
                diagnostic.severity = Severity::Error;
            }
            match (diagnostic.severity, diagnostic.cause) {
                (Severity::Warning, _) => self.warnings += 1,
                (Severity::Error, Cause::Input) => self.fail(PROBLEMS),
                (Severity::Error, Cause::Usage) => self.fail(USAGE),
                (Severity::Error, Cause::Machine) => self.fail(MACHINE),
            }
            text += &if self.is_colored { show_colored(&diagnostic) } else { show(&diagnostic, self.format) };
        }
        // There is nobody to tell if standard error is closed.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn fail(&mut self, status: u8) {
        self.errors += 1;
        self.status = self.status.max(status);
    }

    /// Ends the command with at least this status.
    pub fn end_with(&mut self, status: u8) {
        self.status = self.status.max(status);
    }

    /// Writes a result.
    pub fn result(&mut self, text: &str) {
        if let Err(error) = std::io::stdout().lock().write_all(text.as_bytes())
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            self.status = MACHINE;
        }
    }

    /// How many warnings there were.
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// Whether an error was named.
    pub fn failed(&self) -> bool {
        self.errors > 0
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        self.status
    }

    /// `2 errors, 1 warning`, as far as there are any.
    pub fn counts(&self) -> String {
        let mut parts = Vec::new();
        if self.errors > 0 {
            parts.push(count(self.errors, "error"));
        }
        if self.warnings > 0 || self.errors == 0 {
            parts.push(count(self.warnings, "warning"));
        }
        parts.join(", ")
    }
}

/// Whether standard error is a terminal that shows color, and the user has not set `NO_COLOR` (<https://no-color.org>).
pub fn stderr_has_color() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}
