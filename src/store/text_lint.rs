//! Warnings about texts and values that are valid, and probably not what was meant (`tidings check`).

use rayon::prelude::*;

use super::story::{Story, Translation};
use super::{FileId, Record, RecordId, Store};
use crate::config::{Config, Lint};
use crate::diagnostics::Diagnostic;
use crate::markup::{self, Content};
use crate::model::Timestamp;
use crate::source::Step;

/// A longer title is cut by most readers, in characters.
const LONG_TITLE: usize = 150;
/// A date further ahead is probably a typing error, in seconds.
const FAR_FUTURE: i64 = 366 * 86_400;
/// How many warnings of one lint are reported.
const MAX_OF_LINT: usize = 20;
/// Records are read in batches of this many.
const BATCH: usize = 128;

/// Says in which language a text is, if that is certain and is not the one that is named.
pub type WrongLanguage = dyn Fn(&str, &str, &str) -> Option<String> + Sync;

/// What a lint found in a translation.
struct Finding {
    lint: Lint,
    /// The keys to the value, within the translation or the story.
    keys: &'static [&'static str],
    message: String,
    help: String,
}

impl Store {
    /// What looks wrong in the texts of all stories. `wrong_language` is asked about a title and its text.
    ///
    /// # Errors
    /// A file could not be read again, or has changed meanwhile.
    pub fn text_lints(
        &self,
        config: &Config,
        now: Timestamp,
        wrong_language: &WrongLanguage,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        let batches: Vec<(FileId, Vec<RecordId>)> = (0..self.files.len())
            .map(FileId::new)
            .flat_map(|file| {
                let ids: Vec<RecordId> = self.records_of(file).collect();
                ids.chunks(BATCH).map(move |batch| (file, batch.to_vec())).collect::<Vec<_>>()
            })
            .collect();
        let found: Vec<(RecordId, usize, String, Finding)> = batches
            .into_par_iter()
            .map(|(file, ids)| {
                let records: Vec<&Record> = ids.iter().map(|id| self.record(*id)).collect();
                let mut found = Vec::new();
                self.file(file).read_again(&records, config, false, |index, story| {
                    found.extend(
                        in_story(story, config, now, wrong_language)
                            .into_iter()
                            .map(|(nth, tag, finding)| (ids[index], nth, tag, finding)),
                    );
                })?;
                Ok(found)
            })
            .collect::<Result<Vec<_>, Diagnostic>>()?
            .into_iter()
            .flatten()
            .collect();
        Ok(self.located(config, found))
    }

    /// The first findings of each lint with their places, and how many more there are.
    fn located(&self, config: &Config, found: Vec<(RecordId, usize, String, Finding)>) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        for (name, lint) in Lint::NAMES {
            if config.allows(lint) {
                continue;
            }
            let of_lint: Vec<_> = found.iter().filter(|(.., finding)| finding.lint == lint).collect();
            for (record, nth, tag, finding) in of_lint.iter().take(MAX_OF_LINT) {
                let location = self.location(*record, &self.path(*record, *nth, finding.keys));
                let message = format!("{} (`{tag}`)", finding.message);
                let help = format!("{}; or write `allow = [\"{name}\"]` in `[check]`", finding.help);
                out.push(Diagnostic::warning(location, message).help(help));
            }
            let more = of_lint.len().saturating_sub(MAX_OF_LINT);
            if more > 0 {
                out.push(Diagnostic::warning(None, format!("… and {more} more warnings of `{name}`")));
            }
        }
        out
    }

    /// The path to a value of a translation: its own, or that of the story.
    fn path(&self, record: RecordId, nth: usize, keys: &[&str]) -> Vec<Step> {
        let keys: Vec<Step> = keys.iter().map(|key| Step::Key((*key).to_owned())).collect();
        let Some(tag) = self.translation_key(record, nth) else { return keys };
        let own = [vec![Step::Key("translations".to_owned()), Step::Key(tag)], keys.clone()].concat();
        if self.file(record.file).has(self.record(record), &own) { own } else { keys }
    }
}

/// The findings in a story, each with the number and the tag of its translation.
fn in_story(
    story: &Story<'_>,
    config: &Config,
    now: Timestamp,
    wrong_language: &WrongLanguage,
) -> Vec<(usize, String, Finding)> {
    let mut found = Vec::new();
    for (nth, translation) in story.translations.iter().enumerate() {
        let tag = config.languages[usize::from(translation.language)].language.as_str();
        let others = &story.translations[..nth];
        let mut findings = in_texts(translation);
        findings.extend(in_values(translation, now));
        if let Some(other) = others.iter().find(|other| has_same_text(other, translation)) {
            let other = config.languages[usize::from(other.language)].language.as_str();
            findings.push(finding(
                Lint::SameText,
                &["title"],
                format!("title and text are those of `{other}`"),
                "translate them",
            ));
        }
        let text = visible(translation);
        if let Some(language) = wrong_language(tag, translation.title.unwrap_or_default(), &text) {
            let message = format!("this text looks like `{language}`");
            findings.push(finding(Lint::WrongLanguage, &["title"], message, "put it into the table of its language"));
        }
        found.extend(findings.into_iter().map(|finding| (nth, tag.to_owned(), finding)));
    }
    found
}

fn finding(lint: Lint, keys: &'static [&'static str], message: impl Into<String>, help: &str) -> Finding {
    Finding { lint, keys, message: message.into(), help: help.to_owned() }
}

/// The visible text of a translation's body.
fn visible(translation: &Translation<'_>) -> String {
    let body = match translation.content {
        Some(Content::Markdown(text)) => markup::visible_text(&markup::markdown(text)),
        Some(Content::Html(text)) => markup::visible_text(text),
        Some(Content::Text(text)) => text.to_owned(),
        None => String::new(),
    };
    format!("{}\n{body}", translation.summary.unwrap_or_default())
}

fn has_same_text(one: &Translation<'_>, other: &Translation<'_>) -> bool {
    let is_text = one.content.is_some() || one.summary.is_some();
    is_text && (one.title, one.summary, one.content) == (other.title, other.summary, other.content)
}

/// Findings in title and summary, which are plain text.
fn in_texts(translation: &Translation<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let texts: [(&'static [&'static str], Option<&str>); 2] =
        [(&["title"], translation.title), (&["summary"], translation.summary)];
    for (keys, text) in texts {
        let Some(text) = text else { continue };
        let is_markdown = text.contains("](") || (text.matches("**").count() > 1);
        if markup::has_tags(text) || has_entity(text) || is_markdown {
            let message = format!("`{}` is plain text, and this has markup", keys[0]);
            found.push(finding(
                Lint::MarkupInText,
                keys,
                message,
                "write the characters themselves, without tags or entities",
            ));
        }
        let is_odd = |letter: char| matches!(letter, '\u{80}'..='\u{9f}' | '\u{fffd}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if let Some(letter) = text.chars().find(|letter| is_odd(*letter)) {
            let message = format!("`{}` has a character that nobody sees (U+{:04X})", keys[0], u32::from(letter));
            found.push(finding(Lint::ControlCharacters, keys, message, "remove it, or copy the text anew"));
        }
    }
    let length = translation.title.map_or(0, |title| title.chars().count());
    if length > LONG_TITLE {
        let message = format!("the title has {length} characters, and readers show about {LONG_TITLE}");
        found.push(finding(Lint::LongTitle, &["title"], message, "shorten it, and put the rest into `summary`"));
    }
    found
}

/// Whether a text has a character reference, such as `&amp;`.
fn has_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let end = rest.find(';').filter(|end| (2..=10).contains(end));
        let name = end.map(|end| rest[..end].trim_start_matches('#'));
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    })
}

/// Findings in dates, links, the image and files.
fn in_values(translation: &Translation<'_>, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    let is_relative = |url: &str| !url.contains("://") && !url.starts_with("//");
    if translation.published.0 > now.0 + FAR_FUTURE {
        let message = "it is published more than a year from now";
        found.push(finding(Lint::FarFuture, &["published"], message, "see whether the year is right"));
    }
    if translation.written_update.is_some_and(|updated| updated < translation.published) {
        let message = "`updated` is before `published`, so it is ignored";
        found.push(finding(
            Lint::UpdatedBeforePublished,
            &["updated"],
            message,
            "write the day of the correction, or leave it out",
        ));
    }
    if translation.link.is_some_and(is_relative) {
        let message = "the link is relative, and is resolved against `base_url`";
        found.push(finding(Lint::RelativeLink, &["link"], message, "write the whole address, with `https://`"));
    }
    let has_no_alt = |alt: Option<&str>| alt.is_none_or(|alt| alt.trim().is_empty());
    if translation.image.url.is_some() && has_no_alt(translation.image.alt) {
        let message = "the image has no `alt`, which tells what it shows to those who do not see it";
        found.push(finding(Lint::MissingAlt, &["image"], message, "write one, in the language of the text"));
    }
    if translation.images.iter().any(|image| has_no_alt(image.alt)) {
        let message = "a picture of the gallery has no `alt`, which tells what it shows to those who do not see it";
        found.push(finding(Lint::MissingAlt, &["images"], message, "write one for each, in the language of the text"));
    }
    if translation.enclosures.iter().any(|file| file.length.is_none()) {
        let message = "a file has no `length`, which podcast programs need";
        found.push(finding(Lint::NoLength, &["enclosures"], message, "write its size in bytes"));
    }
    found
}
