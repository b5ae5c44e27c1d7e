//! Which stories a command is about, and how it names their languages, topics and days.

use super::args::FilterOptions;
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;

/// `--topic` and `--since`.
pub struct StoryFilter {
    topic: Option<TopicIndex>,
    since: Option<Timestamp>,
}

impl StoryFilter {
    pub fn new(config: &Config, options: &FilterOptions) -> Result<StoryFilter, Diagnostic> {
        Ok(StoryFilter {
            topic: topic(config, options.topic.as_deref())?,
            since: since(config, options.since.as_deref())?,
        })
    }

    /// Whether a story with these topics and this date is meant.
    pub fn matches(&self, topics: &[TopicIndex], published: Timestamp) -> bool {
        self.topic.is_none_or(|topic| topics.contains(&topic)) && self.since.is_none_or(|since| published >= since)
    }
}

/// The configured language of `--language`.
pub fn language(config: &Config, tag: Option<&str>) -> Result<Option<LanguageIndex>, Diagnostic> {
    tag.map(|tag| {
        config.language(tag).ok_or_else(|| {
            let message = format!("--language {tag}: the configuration does not have this language");
            Diagnostic::usage(None, message).help(config.unconfigured_help(tag))
        })
    })
    .transpose()
}

/// The configured topic of `--topic`.
pub fn topic(config: &Config, id: Option<&str>) -> Result<Option<TopicIndex>, Diagnostic> {
    id.map(|id| {
        config.topic(id).ok_or_else(|| {
            let known: Vec<&str> = config.topics.iter().map(|topic| topic.id.as_str()).collect();
            let diagnostic =
                Diagnostic::usage(None, format!("--topic {id}: the configuration does not have this topic"));
            diagnostic.help(format!("it has {}", known.join(", ")))
        })
    })
    .transpose()
}

/// The instant of `--since`.
fn since(config: &Config, date: Option<&str>) -> Result<Option<Timestamp>, Diagnostic> {
    date.map(|date| {
        let read = config.site.zone.read(date);
        read.map_err(|why| Diagnostic::usage(None, format!("--since {date}: it {why}")))
    })
    .transpose()
}

/// The day of an instant in the site's time zone.
pub fn day(config: &Config, at: Timestamp) -> String {
    config.site.zone.moment(at).date_time().format("%Y-%m-%d").to_string()
}

/// The tags of languages.
pub fn language_tags<'c>(config: &'c Config, languages: &[LanguageIndex]) -> Vec<&'c str> {
    languages.iter().map(|language| config.languages[usize::from(*language)].language.as_str()).collect()
}

/// The ids of topics.
pub fn topic_ids<'c>(config: &'c Config, topics: &[TopicIndex]) -> Vec<&'c str> {
    topics.iter().map(|topic| config.topics[usize::from(*topic)].id.as_str()).collect()
}
