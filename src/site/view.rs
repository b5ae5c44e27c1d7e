//! Building the template context of one page.

use super::Site;
use super::metadata::card;
use super::render::ResolvedEntries;
use crate::catalog::EntryId;
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::model::{Enclosure, Entry, Language, Moment};
use crate::plan::{Badge, DocumentKey, FeedKey, Listing, PageKind, Period};
use crate::render::pages::{Arguments, Localizer, view};

/// Builds the view of one page.
pub(super) struct ViewBuilder<'s> {
    pub(super) site: &'s Site,
    pub(super) key: DocumentKey,
    /// The relative path from the page to the root.
    pub(super) root: String,
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
    pub(super) fn href(&self, key: DocumentKey) -> String {
        let path = key.path(self.site.names());
        let path = if key.is_page() { path.trim_end_matches("index.html") } else { &path };
        match format!("{}{path}", self.root) {
            here if here.is_empty() => "./".to_owned(),
            href => href,
        }
    }

    pub(super) fn message(&self, name: &str) -> String {
        self.formatted(name, None, &[])
    }

    /// A message with its number and its other values.
    fn formatted(&self, name: &str, number: Option<u64>, arguments: &Arguments<'_>) -> String {
        self.localizer.translate(name, number, arguments).map(|message| message.text).unwrap_or_default()
    }

    pub(super) fn link(&self, key: DocumentKey, text: String) -> view::Link {
        view::Link { href: self.href(key), text, current: key == self.key, ..view::Link::default() }
    }

    /// A link to a page in another language, with its text in that language.
    pub(super) fn link_in(&self, key: DocumentKey, text: String, language: LanguageIndex) -> view::Link {
        let (lang, dir) = self.marked(self.language_of(language));
        view::Link { hreflang: lang.clone(), lang, dir, ..self.link(key, text) }
    }

    /// The language and direction of a text, if they differ from the page's.
    pub(super) fn marked(&self, language: &Language) -> (Option<String>, Option<&'static str>) {
        let other = (language != self.language_of(self.language)).then_some(language);
        (other.map(Language::to_string), other.map(Language::direction))
    }

    /// A feed in its formats.
    pub(super) fn feeds(&self, feed: FeedKey) -> Vec<view::Feed> {
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

    pub(super) fn topic(&self, feed: FeedKey, topic: TopicIndex) -> view::Link {
        let configured = &self.site.config.topics[usize::from(topic)];
        let text = configured.titles[usize::from(self.language)].to_string();
        let feed = FeedKey { topic: Some(topic), ..feed };
        let key = newest(feed);
        let current = matches!(self.key, DocumentKey::Page { feed: here, .. } if here == feed);
        // A title in another language leads to a listing in this one.
        let link = |link: view::Link| view::Link { current, hreflang: None, ..link };
        match configured.title_languages[usize::from(self.language)] {
            Some(language) => link(self.link_in(key, text, language)),
            None => link(self.link(key, text)),
        }
    }

    /// All topics of a language.
    pub(super) fn topics(&self, feed: FeedKey) -> Vec<view::Link> {
        let all = newest(FeedKey { topic: None, ..feed });
        let topics = self.site.feeds_of(feed.language).filter_map(|other| other.topic);
        let mut links = vec![self.link(all, self.message("all_topics"))];
        links.extend(topics.map(|topic| self.topic(feed, topic)));
        if links.len() == 1 { Vec::new() } else { links }
    }

    fn listing(&self, page: view::Page, count: String) -> view::Listing {
        view::Listing {
            page,
            interface_language: usize::from(self.language),
            count,
            entries: Vec::new(),
            years: Vec::new(),
            older_count: 0,
            older: None,
            newer: None,
            parts: Vec::new(),
            listing: None,
        }
    }

    /// How many entries there are, in words.
    pub(super) fn count(&self, count: usize) -> String {
        self.formatted("stories", Some(count as u64), &[])
    }

    /// How many entries a listing has, and how many of them are in its own language if some are not.
    fn count_of(&self, listing: &Listing) -> String {
        let all = self.count(listing.count);
        if listing.own == listing.count {
            return all;
        }
        let language = self.site.config.languages[usize::from(self.language)].name.to_string();
        self.formatted("of_which", Some(listing.own as u64), &[("all", all), ("language", language)])
    }

    pub(super) fn newest(&self, listing: &Listing, parts: &ResolvedEntries) -> view::Listing {
        let (config, feed) = (&self.site.config, listing.feed);
        let language = usize::from(self.language);
        let description = match feed.topic {
            Some(topic) => &config.topics[usize::from(topic)].descriptions[language],
            None => &config.languages[language].description,
        };
        let (heading, description) = (self.scope_title(feed), description.as_ref().map(ToString::to_string));
        let years = listing.years().into_iter().map(|year| self.year_of(listing, year));
        view::Listing {
            entries: self.entries(feed, parts),
            years: years.collect(),
            older_count: listing.count.saturating_sub(listing.newest.len()) as u64,
            ..self.listing(self.collection(feed, heading, description), self.count_of(listing))
        }
    }

    /// The topic of a feed, or the title of its language's news.
    pub(super) fn scope_title(&self, feed: FeedKey) -> String {
        match feed.topic {
            Some(topic) => self.site.config.topics[usize::from(topic)].titles[usize::from(self.language)].to_string(),
            None => feed.title(&self.site.config).to_string(),
        }
    }

    /// What the pages of years and months have in common.
    fn period(&self, listing: &Listing, period: Period, count: usize) -> view::Listing {
        let feed = listing.feed;
        let back = newest(feed);
        view::Listing {
            listing: Some(self.link(back, self.scope_title(feed))),
            ..self.listing(self.collection(feed, self.localizer.period(period), None), self.count(count))
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
        let count = year.link.count.unwrap_or_default() as usize;
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
            let text = self.formatted("month_part", Some(number.into()), &[]);
            let key = DocumentKey::Page { feed: listing.feed, kind: PageKind::Period { period, part: other } };
            view::Link { current: other == part, ..self.link(key, text) }
        };
        let newest_first = std::iter::once(0).chain((1..month.parts()).rev());
        view::Listing {
            entries: self.entries(listing.feed, parts),
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

    /// A year with its months. Those that the listing shows itself lead there.
    fn year_of(&self, listing: &Listing, year: i32) -> view::Year {
        let of_page = listing.months_of(year).map(|month| {
            let count = month.entries.len();
            (month.period, count, self.period_link(listing, month.period, Some(count)))
        });
        let shown = listing.shown_months_of(year).map(|(month, count)| {
            let link = self.link(newest(listing.feed), self.localizer.period(*month));
            (*month, *count, view::Link { count: Some(*count as u64), ..link })
        });
        let mut months: Vec<_> = of_page.chain(shown).collect();
        months.sort_by_key(|(month, ..)| std::cmp::Reverse(*month));
        let count = months.iter().map(|(_, count, _)| count).sum();
        view::Year {
            link: self.period_link(listing, Period { year, month: None }, Some(count)),
            months: months.into_iter().map(|(_, _, link)| link).collect(),
        }
    }

    /// The entries of the page.
    fn entries(&self, feed: FeedKey, parts: &ResolvedEntries) -> Vec<view::Entry> {
        self.entries_of(feed, &self.site.page_entries(self.key), parts)
    }

    pub(super) fn entries_of(&self, feed: FeedKey, entries: &[EntryId], parts: &ResolvedEntries) -> Vec<view::Entry> {
        let entry = |index: &EntryId| Some(self.entry(feed, *index, self.site.entry(*index, parts)?));
        entries.iter().filter_map(entry).collect()
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
            let listing = newest(FeedKey { language: Some(language), ..feed });
            let name = config.languages[usize::from(language)].name.to_string();
            match (story_key(sibling), &translation.url) {
                (None, Some(url)) => view::Link { href: url.to_string(), ..self.link_in(listing, name, language) },
                (key, _) => self.link_in(key.unwrap_or(listing), name, language),
            }
        });
        let also: Vec<view::Link> = also.collect();
        let note = lang.as_ref().map(|_| {
            let language = config.languages[usize::from(own)].name.to_string();
            self.formatted("in_language", None, &[("language", language)])
        });
        view::Entry {
            also_in: self.formatted("also_in", Some(also.len() as u64), &[]),
            also,
            topics: self.site.catalog.topics(index).iter().map(|topic| self.topic(feed, *topic)).collect(),
            title: entry.title.to_string(),
            href: story_key(index).map(|key| self.href(key)).or_else(|| entry.link.as_ref().map(ToString::to_string)),
            note,
            badge: self
                .site
                .plan
                .badge(config, &self.site.catalog, index)
                .map(|badge| self.badge(badge, entry.published)),
            lang,
            dir,
            published: self.day(entry.published),
            medium: self.medium(&entry.enclosures),
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

    /// Why an entry is in a preview alone, in words.
    fn badge(&self, badge: Badge, published: Moment) -> String {
        let day = [("date", self.moment(published).text)];
        let key = match badge {
            Badge::Draft => "badge_draft",
            Badge::Scheduled => "badge_scheduled",
            Badge::Expired => "badge_expired",
        };
        self.formatted(key, None, &day)
    }

    /// The day of an instant.
    fn day(&self, at: Moment) -> view::Moment {
        let day = at.date_time().naive_local().date();
        view::Moment { date: day.to_string(), text: self.localizer.date(day) }
    }

    /// What a story offers beside its text: something to watch before something to hear, and that before a file.
    fn medium(&self, enclosures: &[Enclosure]) -> Option<view::Medium> {
        let of_kind = |kind: &str| enclosures.iter().find(|enclosure| enclosure.medium() == Some(kind));
        let played = |kind: &'static str, message: &str| {
            let enclosure = of_kind(kind)?;
            let length = enclosure.duration.map(|seconds| match seconds {
                0..60 => self.formatted("seconds", Some(seconds), &[]),
                _ => self.formatted("minutes", Some(seconds.div_ceil(60)), &[]),
            });
            let length = length.map(|length| format!(" · {length}")).unwrap_or_default();
            Some(view::Medium { kind, text: format!("{}{length}", self.message(message)) })
        };
        let document = || {
            let pdf = enclosures.iter().find(|enclosure| enclosure.media_type == "application/pdf")?;
            let size = pdf.length.map(|length| format!(" · {}", self.localizer.size(length))).unwrap_or_default();
            Some(view::Medium { kind: "file", text: format!("PDF{size}") })
        };
        played("video", "watch").or_else(|| played("audio", "listen")).or_else(document)
    }

    /// What is shown where nothing is.
    pub(super) fn not_found(&self) -> view::NotFound {
        let feed = FeedKey { language: Some(self.language), topic: None };
        let page = self.page(feed, self.message("not_found"), None);
        let page = view::Page { noindex: true, card: card("website", &page, None), ..page };
        let listing = newest(feed);
        view::NotFound {
            page,
            interface_language: usize::from(self.language),
            listing: self.link(listing, feed.title(&self.site.config).to_string()),
        }
    }

    /// The context of the stylesheet of feeds.
    pub(super) fn feed_style(&self) -> view::FeedStyle {
        let language = self.language_of(self.language);
        view::FeedStyle {
            page: view::FeedStylePage { lang: language.to_string(), dir: language.direction() },
            interface_language: self.language.into(),
        }
    }
}

/// The page of the newest entries of a feed.
pub(super) fn newest(feed: FeedKey) -> DocumentKey {
    DocumentKey::Page { feed, kind: PageKind::Newest }
}

/// The scope of a feed, as in its path.
pub(super) fn scope(config: &Config, feed: FeedKey) -> &str {
    feed.topic.map_or("all", |topic| &config.topics[usize::from(topic)].id)
}
