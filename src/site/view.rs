//! Building the template context of one page.

use std::collections::BTreeMap;

use super::Site;
use super::metadata::{self, card, set_json_ld};
use super::render::ResolvedEntries;
use crate::catalog::EntryId;
use crate::config::{LanguageIndex, TopicIndex};
use crate::model::{Entry, Language};
use crate::plan::{DocumentKey, FeedKey, Listing, PageKind, Period};
use crate::render::pages::{Localizer, view};

/// Builds the view of one page.
pub(super) struct ViewBuilder<'s> {
    pub(super) site: &'s Site,
    pub(super) key: DocumentKey,
    /// The relative path from the page to the root.
    root: String,
    /// The language of the interface.
    pub(super) language: LanguageIndex,
    pub(super) localizer: &'s Localizer,
}

impl<'s> ViewBuilder<'s> {
    pub(super) fn new(site: &'s Site, key: DocumentKey, language: LanguageIndex) -> Self {
        let localizer = site.templates.localizer(usize::from(language));
        ViewBuilder { site, key, root: key.root(site.names()), language, localizer }
    }

    pub(super) fn language_of(&self, language: LanguageIndex) -> &'s Language {
        &self.site.config.languages[usize::from(language)].language
    }

    /// The relative path from this page to a document. Links to pages omit `index.html`.
    fn href(&self, key: DocumentKey) -> String {
        let path = key.path(self.site.names());
        let path = if key.is_page() { path.trim_end_matches("index.html") } else { &path };
        match format!("{}{path}", self.root) {
            here if here.is_empty() => "./".to_owned(),
            href => href,
        }
    }

    pub(super) fn message(&self, name: &str) -> String {
        self.localizer.translate(name, None, &[]).map(|message| message.text).unwrap_or_default()
    }

    pub(super) fn link(&self, key: DocumentKey, text: String) -> view::Link {
        view::Link { href: self.href(key), text, lang: None, dir: None, current: key == self.key, count: None }
    }

    /// A link whose text is in another language.
    pub(super) fn link_in(&self, key: DocumentKey, text: String, language: LanguageIndex) -> view::Link {
        let (lang, dir) = self.marked(self.language_of(language));
        view::Link { lang, dir, ..self.link(key, text) }
    }

    /// The language and direction of a text, if they differ from the page's.
    pub(super) fn marked(&self, language: &Language) -> (Option<String>, Option<&'static str>) {
        let other = (language != self.language_of(self.language)).then_some(language);
        (other.map(Language::to_string), other.map(Language::direction))
    }

    pub(super) fn page(&self, feed: FeedKey, heading: String, description: Option<String>) -> view::Page {
        let config = &self.site.config;
        let language = self.language_of(self.language);
        let edition = match feed.language {
            Some(_) => feed.title(config),
            None => config.site.title.clone(),
        };
        let title = if heading == edition.as_str() { heading.clone() } else { format!("{heading} – {edition}") };
        let kind = if let DocumentKey::Page { kind, .. } = self.key { kind } else { PageKind::Newest };
        let in_language = |other: LanguageIndex| {
            let kind = self.site.equivalent_kind(feed, kind, other);
            let key = DocumentKey::Page { feed: FeedKey { language: Some(other), ..feed }, kind };
            self.link_in(key, config.languages[usize::from(other)].name.to_string(), other)
        };
        // The feed of all topics, those of the same scope in other languages, and the feed of everything.
        let all = FeedKey { topic: None, ..feed };
        let others = self.site.language_indices(None).map(|other| FeedKey { language: Some(other), ..feed });
        let mut other_feeds: Vec<FeedKey> = [all].into_iter().chain(others).filter(|other| *other != feed).collect();
        other_feeds.push(FeedKey { language: None, topic: None });
        other_feeds.retain(|other| *other != feed);
        let in_first = |feed: FeedKey| self.feeds(feed).into_iter().next();
        let (languages, alternates) = match self.key {
            DocumentKey::Story { entry, .. } => self.story_languages(entry),
            _ => (self.site.language_indices(None).map(in_language).collect(), self.alternates(feed, kind)),
        };
        view::Page {
            lang: language.to_string(),
            dir: language.direction(),
            title,
            heading,
            description,
            url: self.key.page_url(self.site.names()).to_string(),
            root: self.root.clone(),
            languages,
            alternates,
            noindex: false,
            card: view::Card::default(),
            json_ld: String::new(),
            json_ld_hash: String::new(),
            feeds: self.feeds(feed),
            other_feeds: other_feeds.into_iter().filter_map(in_first).collect(),
            opml: self.href(DocumentKey::Opml(feed.language)),
            hub: config.feeds.hub.as_ref().map(ToString::to_string),
            site: view::Site {
                title: config.site.title.to_string(),
                rights: config.site.rights.as_ref().map(ToString::to_string),
                // A picture of another host would tell that host of every reader.
                icon: config
                    .site
                    .icon
                    .as_ref()
                    .filter(|icon| icon.origin() == config.site.base_url.origin())
                    .map(ToString::to_string),
            },
        }
    }

    /// A page of several stories, with its card and metadata.
    fn collection(&self, feed: FeedKey, heading: String, description: Option<String>) -> view::Page {
        let mut page = self.page(feed, heading, description);
        page.card = card("website", &page, None);
        let json_ld = metadata::collection(&self.site.config, &page);
        set_json_ld(&mut page, json_ld);
        page
    }

    /// The languages that have the same page.
    fn alternates(&self, feed: FeedKey, kind: PageKind) -> Vec<view::Alternate> {
        if !matches!(self.key, DocumentKey::Page { .. }) {
            return Vec::new();
        }
        let languages =
            self.site.language_indices(None).filter(|other| self.site.equivalent_kind(feed, kind, *other) == kind);
        let alternate = |other: LanguageIndex| {
            self.alternate(other, DocumentKey::Page { feed: FeedKey { language: Some(other), ..feed }, kind })
        };
        languages.map(alternate).collect()
    }

    pub(super) fn alternate(&self, language: LanguageIndex, key: DocumentKey) -> view::Alternate {
        let url = key.page_url(self.site.names()).to_string();
        view::Alternate { lang: self.language_of(language).to_string(), url }
    }

    /// A feed in its formats.
    fn feeds(&self, feed: FeedKey) -> Vec<view::Feed> {
        let config = &self.site.config;
        let formats = config.feeds.formats.iter().map(|format| {
            let key = DocumentKey::Feed { feed, period: None, format: *format };
            view::Feed {
                href: self.href(key),
                url: key.url(self.site.names()).to_string(),
                media_type: format.media_type(),
                format: format.name(),
                title: feed.title(config).to_string(),
                lang: feed.language.map(|language| self.language_of(language).to_string()),
            }
        });
        formats.collect()
    }

    fn topic(&self, feed: FeedKey, topic: TopicIndex) -> view::Link {
        let configured = &self.site.config.topics[usize::from(topic)];
        let text = configured.titles[usize::from(self.language)].to_string();
        let feed = FeedKey { topic: Some(topic), ..feed };
        let key = DocumentKey::Page { feed, kind: PageKind::Newest };
        let current = matches!(self.key, DocumentKey::Page { feed: here, .. } if here == feed);
        let link = |link: view::Link| view::Link { current, ..link };
        match configured.title_languages[usize::from(self.language)] {
            Some(language) => link(self.link_in(key, text, language)),
            None => link(self.link(key, text)),
        }
    }

    /// All topics of a language.
    fn topics(&self, feed: FeedKey) -> Vec<view::Link> {
        let all = DocumentKey::Page { feed: FeedKey { topic: None, ..feed }, kind: PageKind::Newest };
        let topics = self.site.feeds_of(feed.language).filter_map(|other| other.topic);
        let mut links = vec![self.link(all, self.message("all_topics"))];
        links.extend(topics.map(|topic| self.topic(feed, topic)));
        if links.len() == 1 { Vec::new() } else { links }
    }

    fn listing(&self, page: view::Page, count: usize, feed: FeedKey) -> view::Listing {
        view::Listing {
            page,
            interface_language: usize::from(self.language),
            count: count as u64,
            topics: self.topics(feed),
            days: Vec::new(),
            years: Vec::new(),
            older: None,
            newer: None,
            parts: Vec::new(),
            listing: None,
        }
    }

    pub(super) fn newest(&self, listing: &Listing, parts: &ResolvedEntries) -> view::Listing {
        let (config, feed) = (&self.site.config, listing.feed);
        let description = feed.description(config).to_string();
        let heading = feed.title(config).to_string();
        let description = Some(description).filter(|description| *description != heading);
        let years = listing.years().into_iter().map(|year| self.year_of(listing, year));
        view::Listing {
            days: self.days(feed, parts),
            years: years.collect(),
            ..self.listing(self.collection(feed, heading, description), listing.count, feed)
        }
    }

    /// What the pages of years and months have in common.
    fn period(&self, listing: &Listing, period: Period, count: usize) -> view::Listing {
        let feed = listing.feed;
        let back = DocumentKey::Page { feed, kind: PageKind::Newest };
        view::Listing {
            listing: Some(self.link(back, feed.title(&self.site.config).to_string())),
            ..self.listing(self.collection(feed, self.localizer.period(period), None), count, feed)
        }
    }

    pub(super) fn year(&self, listing: &Listing, period: Period) -> view::Listing {
        let year = self.year_of(listing, period.year);
        let years = listing.years();
        let here = years.iter().position(|year| *year == period.year).unwrap_or_default();
        let neighbour = |index: Option<usize>| {
            let period = Period { year: *years.get(index?)?, month: None };
            Some(self.period_link(listing, period, None))
        };
        let count = listing.months_of(period.year).map(|month| month.entries.len()).sum();
        view::Listing {
            newer: neighbour(here.checked_sub(1)),
            older: neighbour(Some(here + 1)),
            years: vec![year],
            ..self.period(listing, period, count)
        }
    }

    pub(super) fn month(&self, listing: &Listing, period: Period, part: u16, parts: &ResolvedEntries) -> view::Listing {
        let here = listing.month(period).unwrap_or_default();
        let month = &listing.months[here];
        let neighbour =
            |index: Option<usize>| Some(self.period_link(listing, listing.months.get(index?)?.period, None));
        let of_part = |other: u16| {
            // Parts are numbered from the oldest, but part 0 is the newest.
            let number = if other == 0 { month.parts() } else { other };
            let text = self.localizer.translate("month_part", Some(number.into()), &[]).map(|message| message.text);
            let key = DocumentKey::Page { feed: listing.feed, kind: PageKind::Period { period, part: other } };
            view::Link { current: other == part, ..self.link(key, text.unwrap_or_default()) }
        };
        let newest_first = std::iter::once(0).chain((1..month.parts()).rev());
        view::Listing {
            days: self.days(listing.feed, parts),
            newer: neighbour(here.checked_sub(1)),
            older: neighbour(Some(here + 1)),
            parts: if month.parts() > 1 { newest_first.map(of_part).collect() } else { Vec::new() },
            ..self.period(listing, period, month.entries.len())
        }
    }

    fn period_link(&self, listing: &Listing, period: Period, count: Option<usize>) -> view::Link {
        let key = DocumentKey::Page { feed: listing.feed, kind: PageKind::Period { period, part: 0 } };
        view::Link { count: count.map(|count| count as u64), ..self.link(key, self.localizer.period(period)) }
    }

    fn year_of(&self, listing: &Listing, year: i32) -> view::Year {
        let months: Vec<_> = listing.months_of(year).collect();
        let count = months.iter().map(|month| month.entries.len()).sum();
        view::Year {
            link: self.period_link(listing, Period { year, month: None }, Some(count)),
            months: months
                .iter()
                .map(|month| self.period_link(listing, month.period, Some(month.entries.len())))
                .collect(),
        }
    }

    /// The entries of the page, grouped by day.
    fn days(&self, feed: FeedKey, parts: &ResolvedEntries) -> Vec<view::Day> {
        let mut days: Vec<view::Day> = Vec::new();
        for index in self.site.page_entries(self.key) {
            let Some(entry) = self.site.entry(*index, parts) else { continue };
            let day = entry.published.date_time().date_naive();
            let date = day.to_string();
            if days.last().is_none_or(|last| last.date != date) {
                days.push(view::Day { date, text: self.localizer.day(day), entries: Vec::new() });
            }
            if let Some(last) = days.last_mut() {
                last.entries.push(self.entry(feed, *index, entry));
            }
        }
        days
    }

    pub(super) fn entry(&self, feed: FeedKey, index: EntryId, entry: Entry) -> view::Entry {
        let config = &self.site.config;
        let own = self.site.catalog.meta(index).language;
        let (lang, dir) = self.marked(self.language_of(own));
        // The page of a story here comes before its page elsewhere.
        let story_key = |entry: EntryId| self.site.story_key(entry);
        let siblings = self.site.visible_translations(index).filter(|sibling| *sibling != index);
        let also = siblings.zip(&entry.translations).map(|(sibling, translation)| {
            let language = self.site.catalog.meta(sibling).language;
            let listing =
                DocumentKey::Page { feed: FeedKey { language: Some(language), ..feed }, kind: PageKind::Newest };
            let name = config.languages[usize::from(language)].name.to_string();
            match (story_key(sibling), &translation.url) {
                (None, Some(url)) => view::Link { href: url.to_string(), ..self.link_in(listing, name, language) },
                (key, _) => self.link_in(key.unwrap_or(listing), name, language),
            }
        });
        view::Entry {
            also: also.collect(),
            topics: self.site.catalog.topics(index).iter().map(|topic| self.topic(feed, *topic)).collect(),
            title: entry.title.to_string(),
            href: story_key(index).map(|key| self.href(key)).or_else(|| entry.link.as_ref().map(ToString::to_string)),
            language: lang.as_ref().map(|_| config.languages[usize::from(own)].name.to_string()),
            lang,
            dir,
            summary: entry.summary.map(|summary| summary.to_string()),
            image: entry.image.map(|image| view::Image {
                url: image.url.into(),
                alt: image.alt.map(|alt| alt.to_string()).unwrap_or_default(),
                caption: image.caption.map(|caption| caption.to_string()),
                credit: image.credit.map(|credit| credit.to_string()),
                width: image.width,
                height: image.height,
            }),
        }
    }

    /// What is shown where nothing is.
    pub(super) fn not_found(&self) -> view::NotFound {
        let feed = FeedKey { language: Some(self.language), topic: None };
        let page = self.page(feed, self.message("not_found"), None);
        let page = view::Page { noindex: true, card: card("website", &page, None), ..page };
        let listing = DocumentKey::Page { feed, kind: PageKind::Newest };
        view::NotFound {
            page,
            interface_language: usize::from(self.language),
            listing: self.link(listing, feed.title(&self.site.config).to_string()),
            topics: self.topics(feed),
        }
    }

    /// The context of the stylesheet of feeds.
    pub(super) fn style(&self) -> view::Style {
        let language = self.language_of(self.language);
        view::Style {
            page: view::StylePage { lang: language.to_string(), dir: language.direction() },
            interface_language: self.language.into(),
        }
    }

    pub(super) fn home(&self) -> view::Home {
        let config = &self.site.config;
        let heading = config.site.title.to_string();
        let feed = FeedKey { language: None, topic: None };
        let edition = |index: LanguageIndex| {
            let edition = &config.languages[usize::from(index)];
            let feed = FeedKey { language: Some(index), topic: None };
            let count = self.site.plan.listing(config, feed).map_or(0, |listing| listing.count);
            let localizer = self.site.templates.localizer(usize::from(index));
            view::Edition {
                href: self.href(DocumentKey::Page { feed, kind: PageKind::Newest }),
                lang: edition.language.to_string(),
                dir: edition.language.direction(),
                name: edition.name.to_string(),
                title: edition.title.to_string(),
                description: edition.description.as_ref().map(ToString::to_string),
                count: localizer
                    .translate("stories", Some(count as u64), &[])
                    .map(|message| message.text)
                    .unwrap_or_default(),
            }
        };
        let topics = self.topics(FeedKey { language: Some(self.language), topic: None }).into_iter().skip(1);
        let topics = topics.zip(self.site.feeds_of(Some(self.language)).skip(1)).map(|(link, feed)| {
            let count = self.site.plan.listing(config, feed).map(|listing| listing.count as u64);
            view::Link { count, ..link }
        });
        view::Home {
            page: self.collection(feed, heading, config.languages[0].description.as_ref().map(ToString::to_string)),
            interface_language: usize::from(self.language),
            editions: self.site.language_indices(None).map(edition).collect(),
            topics: topics.collect(),
            coverage: self.coverage(),
        }
    }

    /// The chart of entries by month, up to the newest month with an entry.
    fn coverage(&self) -> Option<view::Coverage> {
        const MAX_MONTHS: i32 = 120;
        const LEFT: usize = 90;
        const WIDTH: usize = 630;
        const ROW: usize = 34;
        const BAR: usize = 24;
        let by_month = &self.site.plan.by_month;
        let number = |period: &Period| period.year * 12 + period.month.unwrap_or(1) as i32 - 1;
        let last = by_month.iter().filter_map(|months| months.keys().last()).map(number).max()?;
        let oldest = by_month.iter().filter_map(|months| months.keys().next()).map(number).min()?;
        let first = oldest.max(last - MAX_MONTHS + 1);
        let max_count = by_month.iter().flat_map(BTreeMap::values).max().copied().unwrap_or(1).max(1) as usize;
        let step = (WIDTH / (last - first + 1) as usize).clamp(2, 24);
        let x = |month: i32| LEFT + (month - first) as usize * step;
        let years: Vec<i32> = (first / 12..=last / 12).rev().collect();
        let rows = by_month.iter().enumerate().map(|(index, months)| {
            let edition = &self.site.config.languages[index];
            let base = (index + 1) * ROW;
            let bars = months.iter().filter(|(period, _)| number(period) >= first).map(|(period, count)| {
                let height = (*count as usize * BAR).div_ceil(max_count);
                let width = (step - 1).max(1);
                format!("M{} {base}v-{height}h{width}v{height}z", x(number(period)))
            });
            let of_year = |year: &i32| -> u64 {
                months.iter().filter(|(period, _)| period.year == *year).map(|(_, count)| u64::from(*count)).sum()
            };
            view::CoverageRow {
                lang: edition.language.to_string(),
                dir: edition.language.direction(),
                name: edition.name.to_string(),
                bars: bars.collect(),
                base,
                counts: years.iter().map(|year| self.localizer.number(of_year(year))).collect(),
                total: self.localizer.number(months.values().map(|count| u64::from(*count)).sum()),
            }
        });
        let period = |year: i32| self.localizer.period(Period { year, month: None });
        let marks = (first / 12..=last / 12).filter(|year| year * 12 >= first);
        Some(view::Coverage {
            width: LEFT + (last - first + 1) as usize * step,
            height: by_month.len() * ROW + 20,
            rows: rows.collect(),
            marks: marks.map(|year| view::Mark { x: x(year * 12), text: period(year) }).collect(),
            years: years.iter().map(|year| period(*year)).collect(),
        })
    }
}
