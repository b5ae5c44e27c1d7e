//! Pages: which entries each shows, and rendering them, the stylesheets and the sitemap.

use std::collections::BTreeMap;

use super::Site;
use super::render::ResolvedEntries;
use super::view::ViewBuilder;
use crate::catalog::EntryId;
use crate::config::LanguageIndex;
use crate::diagnostics::Diagnostic;
use crate::plan::{DocumentKey, FeedKey, PageKind, Period, StoryKind, Style};
use crate::render::{SitemapUrl, sitemap};

/// The most URLs of a sitemap (sitemaps.org).
const MAX_SITEMAP_URLS: usize = 50_000;

impl Site {
    /// The entries that a page shows, newest first.
    pub(super) fn page_entries(&self, key: DocumentKey) -> &[EntryId] {
        let DocumentKey::Page { feed, kind } = key else { return &[] };
        let Some(listing) = self.plan.listing(&self.config, feed) else { return &[] };
        match kind {
            PageKind::Newest => &self.plan.feed_plans[listing.feed_plan].entries,
            PageKind::Period { period, part } => {
                listing.month(period).map_or(&[], |month| listing.months[month].part(part))
            }
        }
    }

    /// Renders a page, a stylesheet or the sitemap.
    pub(super) fn page(&self, key: DocumentKey, parts: &ResolvedEntries) -> Result<Vec<u8>, Diagnostic> {
        let templates = &self.templates;
        match key {
            DocumentKey::Home => templates.page("home.html", &ViewBuilder::new(self, key, 0).home()),
            DocumentKey::Page { feed, kind } => {
                let view = ViewBuilder::new(self, key, feed.interface_language());
                let Some(listing) = self.plan.listing(&self.config, feed) else { return Ok(Vec::new()) };
                match kind {
                    PageKind::Newest => templates.page("listing.html", &view.newest(listing, parts)),
                    PageKind::Period { period: period @ Period { month: None, .. }, .. } => {
                        templates.page("year.html", &view.year(listing, period))
                    }
                    PageKind::Period { period, part } => {
                        templates.page("month.html", &view.month(listing, period, part, parts))
                    }
                }
            }
            DocumentKey::NotFound(language) => {
                templates.page("404.html", &ViewBuilder::new(self, key, language.unwrap_or(0)).not_found())
            }
            DocumentKey::Robots => {
                let sitemap = DocumentKey::Sitemap.url(self.names());
                Ok(format!("# written by tidings\nUser-agent: *\nAllow: /\n\nSitemap: {sitemap}\n").into_bytes())
            }
            DocumentKey::Story { entry, language, .. } => {
                templates.page("story.html", &ViewBuilder::new(self, key, language).story(entry, parts))
            }
            DocumentKey::Style(Style::Pages) => templates.stylesheet(),
            DocumentKey::Style(Style::Feeds(language)) => {
                templates.page("feed.css", &ViewBuilder::new(self, key, language).style())
            }
            _ => Ok(sitemap(&self.sitemap_urls())),
        }
    }

    /// Renders one page of each kind if the site overrides templates, so that their errors are reported before a build.
    pub(super) fn try_templates(&self) -> Result<(), Diagnostic> {
        if self.config.site.theme.templates.is_empty() {
            return Ok(());
        }
        let kind = |key: DocumentKey| match key {
            DocumentKey::Home => Some(0),
            DocumentKey::Page { kind: PageKind::Newest, .. } => Some(1),
            DocumentKey::Page { kind: PageKind::Period { period, .. }, .. } => {
                Some(2 + u8::from(period.month.is_some()))
            }
            DocumentKey::Style(Style::Pages) => Some(4),
            DocumentKey::Style(Style::Feeds(_)) => Some(5),
            DocumentKey::Story { kind, .. } => Some(6 + u8::from(kind == StoryKind::Withdrawn)),
            DocumentKey::NotFound(_) => Some(8),
            _ => None,
        };
        let mut samples = BTreeMap::new();
        for planned in self.planned_documents() {
            if let Some(kind) = kind(planned.key) {
                samples.entry(kind).or_insert(planned);
            }
        }
        self.render(&samples.into_values().collect::<Vec<_>>(), |_, _| Ok(())).map(drop)
    }

    /// The pages in the sitemap. Listings come first, because the number of URLs is limited.
    fn sitemap_urls(&self) -> Vec<SitemapUrl> {
        let config = &self.config;
        let mut urls =
            vec![SitemapUrl { url: DocumentKey::Home.page_url(self.names()), updated: None, alternates: Vec::new() }];
        let alternates = |feed: FeedKey, kind: PageKind| {
            let languages =
                self.language_indices(None).filter(|language| self.equivalent_kind(feed, kind, *language) == kind);
            let alternate = |language: LanguageIndex| {
                let key = DocumentKey::Page { feed: FeedKey { language: Some(language), ..feed }, kind };
                (config.languages[usize::from(language)].language.clone(), key.page_url(self.names()))
            };
            languages.map(alternate).collect()
        };
        let sitemap_url = |feed: FeedKey, kind: PageKind| SitemapUrl {
            url: DocumentKey::Page { feed, kind }.page_url(self.names()),
            updated: None,
            alternates: alternates(feed, kind),
        };
        for listing in &self.plan.listings {
            let feed_plan = &self.plan.feed_plans[listing.feed_plan];
            let updated = feed_plan.has_news.then(|| config.site.zone.moment(feed_plan.updated));
            urls.push(SitemapUrl { updated, ..sitemap_url(listing.feed, PageKind::Newest) });
        }
        for listing in &self.plan.listings {
            let years = listing.years().into_iter().map(|year| (Period { year, month: None }, 1));
            let periods = years.chain(listing.months.iter().map(|month| (month.period, month.parts())));
            for (period, parts) in periods {
                urls.extend((0..parts).map(|part| sitemap_url(listing.feed, PageKind::Period { period, part })));
            }
        }
        let stories = self.plan.story_pages().filter_map(|page| self.story_url(page.entry));
        urls.extend(stories.take(MAX_SITEMAP_URLS));
        urls.truncate(MAX_SITEMAP_URLS);
        urls
    }

    /// The page of a story, unless it has another page or was withdrawn.
    fn story_url(&self, entry: EntryId) -> Option<SitemapUrl> {
        let is_listed = |key: &DocumentKey| matches!(key, DocumentKey::Story { kind: StoryKind::Visible, .. });
        let has_no_other = |entry: &EntryId| !self.catalog.meta(*entry).has_link;
        let key_of = |entry: EntryId| self.story_key(entry).filter(is_listed).filter(|_| has_no_other(&entry));
        let key = key_of(entry)?;
        let siblings = self.visible_translations(entry).filter_map(|sibling| Some((sibling, key_of(sibling)?)));
        let alternates = siblings.map(|(sibling, key)| {
            let language = self.catalog.meta(sibling).language;
            (self.config.languages[usize::from(language)].language.clone(), key.page_url(self.names()))
        });
        Some(SitemapUrl {
            url: key.page_url(self.names()),
            updated: Some(self.config.site.zone.moment(self.catalog.meta(entry).updated)),
            alternates: alternates.collect(),
        })
    }

    /// The kind of the same page in another language; the listing, if that language has no such page.
    pub(super) fn equivalent_kind(&self, feed: FeedKey, kind: PageKind, language: LanguageIndex) -> PageKind {
        let PageKind::Period { period, part } = kind else { return kind };
        let other = FeedKey { language: Some(language), ..feed };
        if feed.language == Some(language) {
            return kind;
        }
        match self.plan.has_page(&self.config, other, period) {
            // A month is split differently in each language.
            true if part == 0 => kind,
            true => PageKind::Period { period, part: 0 },
            false => PageKind::Newest,
        }
    }
}
