//! The review file: pairs of entries that may be one story, written with both titles, read back with the decisions.

use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use super::file_error;
use super::report::Pair;
use super::state::{Decision, EntryRef};
use super::toml_text::string;
use crate::diagnostics::{Diagnostic, Location};
use crate::files::{self, read_regular_file};
use crate::limits::MAX_RECORD;
use crate::source::{decode, undecodable};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    pairs: Vec<ReviewedPair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewedPair {
    same: toml::Spanned<toml::Value>,
    #[serde(rename = "score")]
    _score: Option<f64>,
    #[serde(rename = "reasons")]
    _reasons: Option<Vec<String>>,
    one: EntryRef,
    other: EntryRef,
}

/// Reads the decisions; a missing file has none.
///
/// # Errors
/// It cannot be read, or is no review file.
pub fn read(path: &Path) -> Result<Vec<Decision>, Diagnostic> {
    let Some(bytes) = read_regular_file(path, MAX_RECORD)? else { return Ok(Vec::new()) };
    let shown = path.display().to_string();
    let text = decode(&bytes).map_err(|error| undecodable(&shown, &bytes, 0, error))?;
    let invalid = |span, message: String| {
        let diagnostic = Diagnostic::error(Location::in_text(&*shown, text, span), message);
        diagnostic.help("change nothing but `same` in it, or name another file, which will be written anew")
    };
    let document: Document = toml::from_str(text).map_err(|error| {
        invalid(error.span().unwrap_or_default(), error.message().lines().collect::<Vec<_>>().join("; "))
    })?;
    let mut decisions = Vec::new();
    for pair in document.pairs {
        let same = match pair.same.get_ref() {
            toml::Value::Boolean(same) => *same,
            toml::Value::String(open) if open.trim() == "?" => continue,
            _ => return Err(invalid(pair.same.span(), "`same` is true, false or \"?\"".to_owned())),
        };
        decisions.push(Decision { same, entries: [pair.one, pair.other] });
    }
    Ok(decisions)
}

/// Writes the undecided pairs.
pub fn write(path: &Path, pairs: &[Pair]) -> Result<(), Diagnostic> {
    if path.is_dir() {
        return Err(file_error(path, "this is a folder").help("name a file with --review"));
    }
    let mut text = String::from(
        "# Pairs of entries that may be one story, the most probable first. Where they are, write `same = true`; where they are\n\
         # not, `same = false`; then import again with the same --review. What you decided is remembered.\n",
    );
    for Pair { score, reasons, one, other } in pairs {
        let reasons = reasons.iter().map(|reason| string(reason)).collect::<Vec<_>>().join(", ");
        let (one, other) = (one.id.to_toml(), other.id.to_toml());
        let _ = write!(
            text,
            "\n[[pairs]]\nsame    = \"?\"\none     = {one}\nother   = {other}\nscore   = {score:.2}\nreasons = [{reasons}]\n"
        );
    }
    files::replace(path, text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::super::report::Member;
    use super::*;

    fn entry_ref(language: &str) -> EntryRef {
        EntryRef { date: "2015-01-09".parse().unwrap(), language: language.to_owned(), title: "A \"title\"".to_owned() }
    }

    #[test]
    fn decisions_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("review.toml");
        assert_eq!(read(&path).unwrap(), []);
        let member = |language| Member { source: String::new(), line: 0, id: entry_ref(language) };
        let reasons = vec!["the same day".to_owned()];
        let open = Pair { score: 0.5, reasons, one: member("en"), other: member("fr") };
        write(&path, &[open.clone(), open]).unwrap();
        assert_eq!(read(&path).unwrap(), []);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("\"?\"", "true", 1).replacen("\"?\"", "false", 1)).unwrap();
        let decision = |same| Decision { same, entries: [entry_ref("en"), entry_ref("fr")] };
        assert_eq!(read(&path).unwrap(), [decision(true), decision(false)]);
        for (invalid, line) in [("[[pairs]]\nsame = 'x'\n", 2), ("[[pairs]]\nsam = 1\n", 2), ("pairs = 3", 1)] {
            let one = "one = { date = 2015-01-09, language = 'en', title = 'T' }\n";
            let text = if invalid.contains("'x'") {
                format!("{invalid}{one}{}", one.replace("one", "other"))
            } else {
                invalid.to_owned()
            };
            std::fs::write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap_err().location.unwrap().line, line, "{invalid}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_pairs_round_trip_and_a_damaged_file_is_read_or_reported(
            titles in prop::collection::vec(("\\PC{0,9}|[\"'\\\\\\n\u{7f}]{1,4}", "\\PC{0,9}"), 1..4),
            damage in Just(()).prop_flat_map(|()| crate::damage::damaged(EXAMPLE.as_bytes().to_vec())),
        ) {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("review.toml");
            let member = |title: &str| {
                let id = EntryRef { title: title.to_owned(), ..entry_ref("en") };
                Member { source: String::new(), line: 0, id }
            };
            let pairs = titles.iter().map(|(one, other)| {
                Pair { score: 0.5, reasons: vec![one.clone()], one: member(one), other: member(other) }
            });
            let pairs: Vec<Pair> = pairs.collect();
            prop_assert!(write(&path, &pairs).is_ok());
            let text = std::fs::read_to_string(&path)?.replace("same    = \"?\"", "same    = true");
            std::fs::write(&path, text)?;
            let decisions = pairs.iter().map(|pair| {
                Decision { same: true, entries: [pair.one.id.clone(), pair.other.id.clone()] }
            });
            prop_assert_eq!(read(&path).ok(), Some(decisions.collect::<Vec<_>>()));
            std::fs::write(&path, damage)?;
            if let Err(diagnostic) = read(&path) {
                prop_assert!(diagnostic.location.is_some());
            }
        }
    }

    const EXAMPLE: &str = "# Pairs\n\n[[pairs]]\nsame    = \"?\"\none     = { date = 2015-01-09, language = \"en\", title = \"A\" }\n\
        other   = { date = 2015-01-10, language = \"fr\", title = \"B \\\"x\\\"\" }\nscore   = 0.50\nreasons = [\"one day apart\"]\n";
}
