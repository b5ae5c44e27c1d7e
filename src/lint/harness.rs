//! Shared by the tests of all formats: a valid feed, and assertions on the findings of a document.

use super::lint;
use crate::diagnostics::show;

/// A feed without findings, which a test changes in one place.
pub struct ValidFeed(pub &'static str);

impl ValidFeed {
    #[track_caller]
    pub fn is_valid(&self) {
        assert_eq!(findings(self.0), [""; 0]);
        assert_eq!(lint("f", self.0.as_bytes()).entries, 1);
    }

    /// The document with the first `from` replaced.
    #[track_caller]
    pub fn replace(&self, from: &str, to: &str) -> String {
        assert!(self.0.contains(from), "{from}");
        self.0.replacen(from, to, 1)
    }

    /// From the first `start` up to the first `end`.
    pub fn between(&self, start: &str, end: &str) -> &'static str {
        &self.0[self.0.find(start).unwrap()..self.0.find(end).unwrap()]
    }

    /// Asserts that this one replacement gives exactly one finding.
    #[track_caller]
    pub fn changed(&self, from: &str, to: &str, expected: &str) {
        assert_single(&self.replace(from, to), expected);
    }
}

/// The findings of a document, as in `f:line:column: severity: message`.
pub fn findings(document: &str) -> Vec<String> {
    let first_line = |diagnostic| show(diagnostic, Default::default()).lines().next().unwrap_or_default().to_owned();
    lint("f", document.as_bytes()).diagnostics.iter().map(first_line).collect()
}

/// Asserts that a document has exactly one finding, which contains `expected`.
#[track_caller]
pub fn assert_single(document: &str, expected: &str) {
    let findings = findings(document);
    assert!(findings.len() == 1 && findings[0].contains(expected), "{expected}: {findings:#?}");
}
