//! What a publication consists of, for programs that look at it.

use chrono::{DateTime, FixedOffset};

use super::Site;
use crate::config::{LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::plan::{DocumentKey, FeedPlan};

/// A language of a site: all that is published in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition<'s> {
    /// The BCP 47 tag in canonical case, such as `pt-BR`.
    pub language: &'s str,
    /// The title of its feeds.
    pub title: &'s str,
    /// The language's own name, as in a menu.
    pub name: &'s str,
    /// The direction of its script: `ltr` or `rtl`.
    pub direction: &'static str,
}

/// A topic of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic<'s> {
    /// The id, which is the same in every language.
    pub id: &'s str,
    /// Its title in each language, in the order of [`Site::languages`].
    pub titles: Vec<&'s str>,
}

/// A feed: a language, or all of them, and a topic, or all of them, in each format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed<'s> {
    /// The tag of its language; `None` for the feeds with all languages (`mul`).
    pub language: Option<&'s str>,
    /// The id of its topic; `None` for all topics.
    pub topic: Option<&'s str>,
    /// The permanent id, a tag URI (RFC 4151).
    pub id: String,
    /// The edition's title, with the topic's where it has one.
    pub title: String,
    /// The path of its document in each format, in the configured order of formats.
    pub paths: Vec<String>,
    /// How many entries it has: at most `feeds.limit`.
    pub entry_count: usize,
    index: usize,
}

/// An entry of a feed: one translation of one story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The id that readers see: the translation's `guid`, else a tag URI (RFC 4151).
    pub id: String,
    /// The id of its story, which all translations share.
    pub story: String,
    /// The BCP 47 tag of its own language, which a fallback does not share with its feed.
    pub language: String,
    /// Plain text.
    pub title: String,
    /// Plain text.
    pub summary: Option<String>,
    /// Sanitized HTML with absolute addresses.
    pub content_html: Option<String>,
    /// An absolute URL.
    pub link: Option<String>,
    /// With the offset that `site.timezone` has then.
    pub published: DateTime<FixedOffset>,
    /// Never before `published`.
    pub updated: DateTime<FixedOffset>,
    /// The ids of its topics.
    pub topics: Vec<String>,
}

impl Site {
    /// The languages, in the configured order; the first is the default language.
    pub fn languages(&self) -> impl ExactSizeIterator<Item = Edition<'_>> {
        self.config.languages.iter().map(|edition| Edition {
            language: edition.language.as_str(),
            title: edition.title.as_str(),
            name: edition.name.as_str(),
            direction: edition.language.direction(),
        })
    }

    /// The topics, in the configured order.
    pub fn topics(&self) -> impl ExactSizeIterator<Item = Topic<'_>> {
        let topics = self.config.topics.iter();
        topics.map(|topic| Topic { id: &topic.id, titles: topic.titles.iter().map(|title| title.as_str()).collect() })
    }

    /// The feeds to subscribe to, without archives: those of each language, all topics first, then those of all languages.
    pub fn feeds(&self) -> impl Iterator<Item = Feed<'_>> {
        let feed_plans = self.plan.feed_plans.iter().enumerate();
        feed_plans
            .filter(|(_, feed_plan)| feed_plan.period.is_none())
            .map(|(index, feed_plan)| self.feed_contents(index, feed_plan))
    }

    fn feed_contents(&self, index: usize, feed_plan: &FeedPlan) -> Feed<'_> {
        let feed = feed_plan.feed;
        let path = |format| self.path(DocumentKey::Feed { feed, period: None, format });
        Feed {
            language: feed
                .language
                .map(|language: LanguageIndex| self.config.languages[usize::from(language)].language.as_str()),
            topic: feed.topic.map(|topic: TopicIndex| &*self.config.topics[usize::from(topic)].id),
            id: feed.id(&self.config),
            title: feed.title(&self.config).to_string(),
            paths: self.config.feeds.formats.iter().map(|format| path(*format)).collect(),
            entry_count: feed_plan.entries.len(),
            index,
        }
    }

    /// The entries of a feed, newest first. Their texts are read from the store.
    ///
    /// # Errors
    /// A file of the store could not be read again, or has changed meanwhile.
    pub fn entries(&self, feed: &Feed<'_>) -> Result<Vec<Entry>, Diagnostic> {
        let ids = self.plan.feed_plans.get(feed.index).map_or(&[][..], |feed_plan| &feed_plan.entries);
        let resolved = self.resolve_entries(ids, false, self.config.feeds.full_content)?;
        let entries = ids.iter().filter_map(|id| {
            let entry = self.entry(*id, &resolved)?;
            Some(Entry {
                story: self.catalog.story_id(&self.store, *id).to_owned(),
                id: entry.id,
                language: entry.language.to_string(),
                title: entry.title.to_string(),
                summary: entry.summary.map(|summary| summary.to_string()),
                content_html: entry.content.map(|content| content.as_str().to_owned()),
                link: entry.link.map(String::from),
                published: entry.published.date_time(),
                updated: entry.updated.date_time(),
                topics: entry.topics.into_iter().map(|topic| topic.id).collect(),
            })
        });
        Ok(entries.collect())
    }
}
