//! Output of a command: results to standard output, diagnostics to standard error.

use std::io::{IsTerminal, Write};

use super::{MACHINE, PROBLEMS, SUCCESS, USAGE};
use crate::diagnostics::{Cause, Diagnostic, OutputFormat, Severity, escape_json, escape_lines, show, show_colored};
use crate::text::count;

/// Writes the output of a command, and determines its exit status.
pub struct Report {
    format: OutputFormat,
    is_colored: bool,
    status: u8,
    warnings: usize,
    errors: usize,
}

impl Report {
    pub fn new(format: OutputFormat) -> Self {
        let is_colored = format == OutputFormat::Text && stderr_has_color();
        Report { format, is_colored, status: SUCCESS, warnings: 0, errors: 0 }
    }

    pub fn is_text(&self) -> bool {
        self.format == OutputFormat::Text
    }

    pub fn is_json(&self) -> bool {
        self.format == OutputFormat::Json
    }

    /// Writes diagnostics; with `strict`, warnings are errors.
    pub fn diagnostics(&mut self, diagnostics: &[Diagnostic], strict: bool) {
        let mut text = String::new();
        for diagnostic in diagnostics {
            let mut diagnostic = diagnostic.clone();
            if strict && diagnostic.severity == Severity::Warning {
                diagnostic.severity = Severity::Error;
            }
            match (diagnostic.severity, diagnostic.cause) {
                (Severity::Note, _) => {}
                (Severity::Warning, _) => self.warnings += 1,
                (Severity::Error, Cause::Input) => self.fail(PROBLEMS),
                (Severity::Error, Cause::Usage) => self.fail(USAGE),
                (Severity::Error, Cause::Machine) => self.fail(MACHINE),
            }
            text += &if self.is_colored { show_colored(&diagnostic) } else { show(&diagnostic, self.format) };
        }
        // If standard error is closed, there is nowhere to report that.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a note at once, to standard error.
    pub fn note(&self, note: &Diagnostic) {
        let text = if self.is_colored { show_colored(note) } else { show(note, self.format) };
        // If standard error is closed, there is nowhere to report that.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn fail(&mut self, status: u8) {
        self.errors += 1;
        self.status = self.status.max(status);
    }

    /// Reports that the program was built without a feature. Returns the status.
    #[cfg(not(all(feature = "serve", feature = "import")))]
    pub fn without_feature(&mut self, feature: &str) -> u8 {
        let message = format!("this program was built without the feature `{feature}`");
        let diagnostic = Diagnostic::usage(None, message);
        self.diagnostics(&[diagnostic.help("use one that was built with it")], false);
        self.status()
    }

    /// Raises the exit status to at least this.
    pub fn raise_status(&mut self, status: u8) {
        self.status = self.status.max(status);
    }

    /// Writes a result, escaped in its format.
    pub fn result(&mut self, text: &str) {
        let text = if self.is_json() { escape_json(text).into_owned() } else { escape_lines(text) };
        self.write(&text);
    }

    /// Writes a file, which is nobody's but ours, as it is.
    pub fn write(&mut self, text: &str) {
        if let Err(error) = std::io::stdout().lock().write_all(text.as_bytes())
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            self.status = MACHINE;
        }
    }

    pub fn warnings(&self) -> usize {
        self.warnings
    }

    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    pub fn status(&self) -> u8 {
        self.status
    }

    /// `2 errors, 1 warning`; what is zero is left out.
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
