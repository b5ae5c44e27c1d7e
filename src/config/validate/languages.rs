//! Languages and topics.

use std::collections::BTreeMap;

use super::{Validator, keys};
use crate::config::raw::{RawConfig, RawTopic};
use crate::config::{Edition, Topic};
use crate::diagnostics::suggestion;
use crate::model::{Language, Text};
use crate::source::Step;

/// Topic ids that would collide with other paths.
const RESERVED: [&str; 9] = ["all", "index", "feeds", "mul", "stories", "subscribe", "assets", "preview", "404"];

/// A language with its most likely region.
fn example_locale(language: &Language) -> String {
    let mut likely = language.locale().id.clone();
    icu_locale::LocaleExpander::new_extended().maximize(&mut likely);
    likely.script = language.locale().id.script;
    likely.to_string()
}

impl Validator<'_> {
    pub(super) fn languages(&mut self, raw: &RawConfig) -> Vec<Edition> {
        if raw.languages.0.is_empty() && (self.document.errors.is_empty() || !self.is_written(&[], "languages")) {
            self.error(&[], "at least one language is needed, such as `[languages.en]` with a `title`");
        }
        if raw.languages.0.len() >= usize::from(u16::MAX) || raw.topics.0.len() >= usize::from(u16::MAX) {
            self.error(&[], "there are too many languages or topics");
            return Vec::new();
        }
        let mut editions: Vec<Edition> = Vec::new();
        for (tag, language) in &raw.languages.0 {
            let path = ["languages", tag.as_str()];
            let parsed = match Language::parse(tag) {
                Ok(parsed) => parsed,
                Err(why) => {
                    self.error(&path, why);
                    continue;
                }
            };
            if editions.iter().any(|edition| edition.language == parsed) {
                self.error(&path, format!("the language `{parsed}` is configured twice"));
                continue;
            }
            let title = language.title.as_deref().and_then(Text::line);
            if title.is_none() && (language.title.is_some() || !self.is_written(&path, "title")) {
                self.error(&path, format!("the language `{parsed}` has no `title`"));
            }
            let unnamed = || Text::line(parsed.as_str());
            let name = language.name.as_deref().and_then(Text::line).or_else(|| Text::line(&parsed.name()));
            let (Some(title), Some(name)) = (title.or_else(unnamed), name) else { continue };
            let locale = self.locale(&path, language.locale.as_deref(), &parsed);
            editions.push(Edition {
                title,
                locale,
                description: language.description.as_deref().and_then(Text::block),
                name,
                fallback: Vec::new(),
                language: parsed,
            });
        }
        disambiguate_names(&mut editions);
        let tags: Vec<String> = editions.iter().map(|edition| edition.language.to_string()).collect();
        for (tag, language) in &raw.languages.0 {
            let Some(own) = position(&tags, tag) else { continue };
            let mut fallback = Vec::new();
            for (index, other) in language.fallback.iter().enumerate() {
                match position(&tags, other) {
                    Some(other) if other == own => self.error_at(
                        &[keys(&["languages", tag, "fallback"]), vec![Step::Index(index)]].concat(),
                        format!("`{tag}` cannot fall back to itself"),
                        None,
                    ),
                    Some(other) if !fallback.contains(&(other as u16)) => fallback.push(other as u16),
                    Some(_) => {}
                    None => self.unconfigured(
                        &[keys(&["languages", tag, "fallback"]), vec![Step::Index(index)]].concat(),
                        other,
                        &tags,
                    ),
                }
            }
            editions[own].fallback = fallback;
        }
        editions
    }

    /// The locale of a language's pages; the language itself unless one is configured.
    fn locale(&mut self, path: &[&str], written: Option<&str>, language: &Language) -> Language {
        let path = [path, &["locale"]].concat();
        let Some(written) = written else { return language.clone() };
        match Language::parse(written) {
            Ok(locale) if locale.locale().id.language == language.locale().id.language => locale,
            Ok(locale) => {
                let message = format!("the locale `{locale}` is of another language than `{language}`");
                let help = format!("write one of its own, such as `{}`", example_locale(language));
                self.error_at(&keys(&path), message, Some(help));
                language.clone()
            }
            Err(why) => {
                self.error(&path, why);
                language.clone()
            }
        }
    }

    fn unconfigured(&mut self, path: &[Step], tag: &str, tags: &[String]) {
        let known: Vec<&str> = tags.iter().map(String::as_str).collect();
        self.error_at(path, format!("the language `{tag}` is not configured"), suggestion(tag, &known));
    }

    pub(super) fn topics(&mut self, raw: &RawConfig, languages: &[Edition]) -> Vec<Topic> {
        let tags: Vec<String> = languages.iter().map(|edition| edition.language.to_string()).collect();
        let mut topics = Vec::new();
        for (id, topic) in &raw.topics.0 {
            if let Err(why) = topic_id(id) {
                let first = tags.first().map(String::as_str).unwrap_or_default();
                let help = format!(
                    "give it another id; where it was published before, its addresses stay with a line in [redirects] for each, \
                     such as `\"{first}/{id}.atom.xml\" = \"{first}/{id}-news.atom.xml\"`"
                );
                self.error_at(&keys(&["topics", id]), format!("the topic id `{id}` {why}"), Some(help));
                continue;
            }
            let Some(title) = self.in_languages(id, "title", topic, &tags) else { continue };
            let Some(description) = self.in_languages(id, "description", topic, &tags) else { continue };
            let Some(fallback) = title.first().cloned().flatten().or_else(|| Text::line(id)) else { continue };
            topics.push(Topic {
                id: id.clone(),
                title_languages: title
                    .iter()
                    .enumerate()
                    .map(|(index, own)| own.as_ref().map(|_| index as u16).or(title[0].as_ref().map(|_| 0)))
                    .collect(),
                titles: title.into_iter().map(|title| title.unwrap_or_else(|| fallback.clone())).collect(),
                descriptions: description,
                words: topic.words.clone(),
            });
        }
        topics
    }

    /// A text of a topic, by language.
    fn in_languages(&mut self, id: &str, key: &str, topic: &RawTopic, tags: &[String]) -> Option<Vec<Option<Text>>> {
        let texts: &BTreeMap<String, String> = if key == "title" { &topic.title } else { &topic.description };
        let mut out = vec![None; tags.len()];
        for (tag, text) in texts {
            match position(tags, tag) {
                Some(index) => out[index] = if key == "title" { Text::line(text) } else { Text::block(text) },
                None => self.unconfigured(&keys(&["topics", id, key, tag]), tag, tags),
            }
        }
        Some(out)
    }
}

/// Adds the tag to equal language names, such as those of `zh-Hans` and `zh-Hant`.
fn disambiguate_names(editions: &mut [Edition]) {
    let names: Vec<Text> = editions.iter().map(|edition| edition.name.clone()).collect();
    for edition in editions {
        if names.iter().filter(|name| **name == edition.name).count() > 1
            && let Some(name) = Text::line(&format!("{} ({})", edition.name, edition.language))
        {
            edition.name = name;
        }
    }
}

fn position(tags: &[String], tag: &str) -> Option<usize> {
    tags.iter().position(|known| known.eq_ignore_ascii_case(tag))
}

/// Validates a topic id: `[a-z0-9][a-z0-9-]*`, short, and not a name that paths use.
fn topic_id(id: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(allowed) || id.starts_with('-') {
        return Err("must be made of `a` to `z`, `0` to `9` and `-`, and not begin with `-`");
    }
    if id.len() > 64 {
        return Err("is longer than 64 characters");
    }
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_period =
        digits(id, 4) || id.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
    if RESERVED.contains(&id) || is_period {
        return Err("is reserved: paths use it for something else");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_ids_do_not_collide_with_paths() {
        for good in ["blue-heart", "2014-report", "x", "201"] {
            assert!(topic_id(good).is_ok(), "{good}");
        }
        for bad in RESERVED {
            assert!(topic_id(bad).is_err(), "{bad}");
        }
        for bad in ["2014", "2014-11", "A", "-a", "", "a/b", "é"] {
            assert!(topic_id(bad).is_err(), "{bad}");
        }
    }
}
