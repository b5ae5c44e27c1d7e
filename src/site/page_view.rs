//! Building what the templates of all pages are given.

use url::Url;

use super::metadata::{self, card, script_in_one_line, set_json_ld, set_scripts};
use super::view::{ViewBuilder, newest, scope};
use crate::config::{LanguageIndex, Preview};
use crate::plan::{DocumentKey, FeedKey, PREVIEW_STATE, PageKind};
use crate::render::pages::view;

/// Shows changes of the store and mistakes in it while a page is open.
const PREVIEW: &str = include_str!("../render/pages/templates/preview.js");

impl ViewBuilder<'_> {
    pub(super) fn page(&self, feed: FeedKey, heading: String, description: Option<String>) -> view::Page {
        let config = &self.site.config;
        let language = self.language_of(self.language);
        // The topic of a story is not its heading, that of a listing is.
        let is_topic = feed.topic.is_some() && heading == self.scope_title(feed);
        let edition = match feed.language {
            Some(_) if is_topic => FeedKey { topic: None, ..feed }.title(config),
            Some(_) => feed.title(config),
            None => config.site.title.clone(),
        };
        let title = if heading == edition.as_str() { heading.clone() } else { format!("{heading} – {edition}") };
        let (languages, alternates) = self.languages(feed);
        let mut page = view::Page {
            lang: language.to_string(),
            dir: language.direction(),
            title,
            heading,
            description,
            url: self.key.page_url(self.site.names()).to_string(),
            root: self.root.clone(),
            home: self.href(match self.language {
                0 => DocumentKey::Home,
                language => newest(FeedKey { language: Some(language), topic: None }),
            }),
            languages,
            topics: self.topics(FeedKey { language: Some(self.language), topic: feed.topic }),
            subscribe: self.subscribe_href(feed),
            alternates,
            noindex: false,
            card: view::Card::default(),
            json_ld: String::new(),
            scripts: String::new(),
            feeds: self.feeds(feed),
            other_feeds: self.other_feeds(feed),
            opml: self.href(DocumentKey::Opml(feed.language)),
            hub: config.feeds.hub.as_ref().map(ToString::to_string),
            preview: (config.preview != Preview::Off).then(|| view::Preview {
                state: format!("{}{PREVIEW_STATE}", self.root),
                script: script_in_one_line(PREVIEW),
            }),
            site: self.site_view(),
        };
        set_scripts(&mut page, &[]);
        page
    }

    /// How to follow the feeds of the language, at the place of the topic that a listing is about.
    fn subscribe_href(&self, feed: FeedKey) -> String {
        let page = self.href(DocumentKey::Subscribe(self.language));
        match (self.key, feed.topic) {
            (DocumentKey::Page { .. } | DocumentKey::Story { .. }, Some(_)) => {
                format!("{page}#feed-{}", scope(&self.site.config, feed))
            }
            _ => page,
        }
    }

    fn site_view(&self) -> view::Site {
        let site = &self.site.config.site;
        // A picture of another host would tell that host of every reader.
        let own = |url: &Option<Url>| {
            url.as_ref().filter(|url| url.origin() == site.base_url.origin()).map(ToString::to_string)
        };
        view::Site {
            title: site.title.to_string(),
            rights: site.rights.as_ref().map(ToString::to_string),
            icon: own(&site.icon),
            logo: own(&site.logo),
            accent: site.theme.accent.to_string(),
        }
    }

    /// The same page in each language, to choose from and for search engines.
    fn languages(&self, feed: FeedKey) -> (Vec<view::Link>, Vec<view::Alternate>) {
        let kind = match self.key {
            DocumentKey::Story { entry, .. } => return self.story_languages(entry),
            DocumentKey::Page { kind, .. } => kind,
            _ => PageKind::Newest,
        };
        let key_in = |language: LanguageIndex| match self.key {
            DocumentKey::Subscribe(_) => DocumentKey::Subscribe(language),
            _ => {
                let kind = self.site.equivalent_kind(feed, kind, language);
                DocumentKey::Page { feed: FeedKey { language: Some(language), ..feed }, kind }
            }
        };
        let name = |language: LanguageIndex| self.site.config.languages[usize::from(language)].name.to_string();
        let links = self.site.language_indices(None).map(|language| {
            let is_home = self.key == DocumentKey::Home && language == self.language;
            let link = self.link_in(key_in(language), name(language), language);
            view::Link { current: link.current || is_home, ..link }
        });
        let same = self.site.same_pages(self.key).into_iter();
        let alternates = same.map(|(language, key)| self.alternate(language, key));
        (links.collect(), alternates.collect())
    }

    pub(super) fn alternate(&self, language: LanguageIndex, key: DocumentKey) -> view::Alternate {
        let url = key.page_url(self.site.names()).to_string();
        view::Alternate { lang: self.language_of(language).to_string(), url }
    }

    /// The feed of all languages, where there are several.
    pub(super) fn everything(&self) -> Option<FeedKey> {
        (self.site.config.languages.len() > 1).then_some(FeedKey { language: None, topic: None })
    }

    /// The feed of all topics, those of the same scope in other languages, and the feed of everything.
    fn other_feeds(&self, feed: FeedKey) -> Vec<view::Feed> {
        let all = FeedKey { topic: None, ..feed };
        let others = self.site.language_indices(None).map(|other| FeedKey { language: Some(other), ..feed });
        let feeds = [all].into_iter().chain(others).chain(self.everything()).filter(|other| *other != feed);
        feeds.filter_map(|feed| self.feeds(feed).into_iter().next()).collect()
    }

    /// A page of several stories, with its card and metadata.
    pub(super) fn collection(&self, feed: FeedKey, heading: String, description: Option<String>) -> view::Page {
        let mut page = self.page(feed, heading, description);
        page.card = card("website", &page, None);
        let json_ld = metadata::collection(&self.site.config, &page);
        set_json_ld(&mut page, json_ld);
        page
    }
}
