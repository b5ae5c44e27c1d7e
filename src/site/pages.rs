//! Pages: which entries each shows, and rendering them, the stylesheets and the sitemap.

use std::collections::BTreeMap;

use super::Site;
use super::render::ResolvedEntries;
use super::view::ViewBuilder;
use crate::catalog::EntryId;
use crate::config::{Font, LanguageIndex};
use crate::diagnostics::Diagnostic;
use crate::model::Colour;
use crate::plan::{DocumentKey, FeedKey, PageKind, Period, Sitemap, SitemapPart, StoryKind, Style};
use crate::render::pages::view;
use crate::render::{SitemapUrl, sitemap, sitemap_index};

impl Site {
    /// The entries that a page shows, newest first.
    pub(super) fn page_entries(&self, key: DocumentKey) -> Vec<EntryId> {
        let listing = |feed: FeedKey| self.plan.listing(&self.config, feed);
        match key {
            DocumentKey::Home => {
                self.language_indices(None).flat_map(|language| self.home_entries(language)).copied().collect()
            }
            DocumentKey::Page { feed, kind: PageKind::Newest } => {
                listing(feed).map_or_else(Vec::new, |listing| listing.newest.to_vec())
            }
            DocumentKey::Page { feed, kind: PageKind::Period { period, part } } => {
                let month = listing(feed).and_then(|listing| Some(&listing.months[listing.month(period)?]));
                month.map_or_else(Vec::new, |month| month.part(part).to_vec())
            }
            _ => Vec::new(),
        }
    }

    /// The colours and letters of the pages, which can be read in light and dark.
    fn style(&self) -> view::Style {
        let theme = &self.config.site.theme;
        view::Style {
            accent: theme.accent.to_string(),
            on_accent: theme.accent.text_on().to_string(),
            link: theme.accent.readable_on(&Colour::LIGHT_PAPERS).to_string(),
            link_dark: theme.accent.readable_on(&Colour::DARK_PAPERS).to_string(),
            font: match theme.font {
                Font::Sans => "sans",
                Font::Serif => "serif",
            },
        }
    }

    /// Renders a page, a stylesheet or the sitemap.
    pub(super) fn page(&self, key: DocumentKey, parts: &ResolvedEntries) -> Result<Vec<u8>, Diagnostic> {
        let templates = &self.templates;
        match key {
            DocumentKey::Home => templates.page("home.html", &ViewBuilder::new(self, key, 0).home(parts)),
            DocumentKey::Subscribe(language) => {
                templates.page("subscribe.html", &ViewBuilder::new(self, key, language).subscribe())
            }
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
            DocumentKey::Style(Style::Pages) => templates.stylesheet(&self.style()),
            DocumentKey::Style(Style::Feeds(language)) => {
                templates.page("feed.css", &ViewBuilder::new(self, key, language).feed_style())
            }
            DocumentKey::SitemapPart(part) => Ok(self.sitemap(Some(part))),
            _ => Ok(self.sitemap(None)),
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
            DocumentKey::Subscribe(_) => Some(9),
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

    /// The sitemap, or a part of it.
    fn sitemap(&self, part: Option<SitemapPart>) -> Vec<u8> {
        if let (Sitemap::Index(parts), None) = (&self.plan.sitemap, part) {
            let parts = parts.iter().map(|(part, list)| SitemapUrl {
                url: DocumentKey::SitemapPart(*part).url(self.names()),
                updated: list.updated.map(|at| self.config.site.zone.moment(at)),
                alternates: Vec::new(),
            });
            return sitemap_index(&parts.collect::<Vec<_>>());
        }
        let pages = self.plan.sitemap.list(part).map_or(&[][..], |list| &list.pages);
        sitemap(&pages.iter().map(|page| self.sitemap_url(*page)).collect::<Vec<_>>())
    }

    /// A page with its languages.
    fn sitemap_url(&self, page: DocumentKey) -> SitemapUrl {
        let moment = |at| self.config.site.zone.moment(at);
        let tag = |language: LanguageIndex| self.config.languages[usize::from(language)].language.clone();
        let (updated, alternates): (_, Vec<(LanguageIndex, DocumentKey)>) = match page {
            DocumentKey::Page { feed, kind } => {
                let newest = self.plan.listing(&self.config, feed).filter(|_| kind == PageKind::Newest);
                let newest = newest.map(|listing| &self.plan.feed_plans[listing.feed_plan]);
                let updated = newest.filter(|newest| newest.has_news).map(|newest| moment(newest.updated));
                (updated, self.same_pages(page))
            }
            DocumentKey::Story { entry, .. } => {
                let meta = self.catalog.meta(entry);
                let listed = self.visible_translations(entry).filter_map(|sibling| {
                    Some((self.catalog.meta(sibling).language, self.plan.listed_story(self.names(), sibling)?))
                });
                (Some(moment(meta.updated)), listed.collect())
            }
            _ => (None, self.same_pages(page)),
        };
        let alternate = |(language, page): (LanguageIndex, DocumentKey)| (tag(language), page.page_url(self.names()));
        SitemapUrl {
            url: page.page_url(self.names()),
            updated,
            alternates: alternates.into_iter().map(alternate).collect(),
        }
    }

    /// A listing, or the page about feeds, in each language that has it.
    pub(super) fn same_pages(&self, page: DocumentKey) -> Vec<(LanguageIndex, DocumentKey)> {
        let in_language = |language: LanguageIndex| match page {
            DocumentKey::Page { feed, kind } if self.equivalent_kind(feed, kind, language) == kind => {
                Some((language, DocumentKey::Page { feed: FeedKey { language: Some(language), ..feed }, kind }))
            }
            DocumentKey::Subscribe(_) => Some((language, DocumentKey::Subscribe(language))),
            _ => None,
        };
        self.language_indices(None).filter_map(in_language).collect()
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
