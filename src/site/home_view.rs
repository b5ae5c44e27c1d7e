//! Building the template context of the home page.

use super::Site;
use super::render::ResolvedEntries;
use super::view::{ViewBuilder, newest};
use crate::catalog::EntryId;
use crate::config::LanguageIndex;
use crate::plan::FeedKey;
use crate::render::pages::view;

/// How many entries the home page has of the default language, and of each other.
const DEFAULT_ENTRIES: usize = 7;
const OTHER_ENTRIES: usize = 3;

impl Site {
    /// The entries of a language that the home page shows, newest first.
    pub(super) fn home_entries(&self, language: LanguageIndex) -> &[EntryId] {
        let most = if language == 0 { DEFAULT_ENTRIES } else { OTHER_ENTRIES };
        let listing = self.plan.listing(&self.config, all_of(language));
        listing.map_or(&[], |listing| &listing.newest[..most.min(listing.newest.len())])
    }
}

impl ViewBuilder<'_> {
    pub(super) fn home(&self, parts: &ResolvedEntries) -> view::Home {
        let config = &self.site.config;
        let description = config.languages[0].description.as_ref().map(ToString::to_string);
        let feed = FeedKey { language: None, topic: None };
        view::Home {
            page: self.collection(feed, config.site.title.to_string(), description),
            interface_language: usize::from(self.language),
            entries: self.entries_of(all_of(self.language), self.site.home_entries(self.language), parts),
            listing: self.whole_listing(),
            editions: self.site.language_indices(None).skip(1).map(|language| self.edition(language, parts)).collect(),
        }
    }

    fn edition(&self, language: LanguageIndex, parts: &ResolvedEntries) -> view::Edition {
        let edition = &self.site.config.languages[usize::from(language)];
        let own = ViewBuilder::new(self.site, self.key, language);
        view::Edition {
            lang: edition.language.to_string(),
            dir: edition.language.direction(),
            name: edition.name.to_string(),
            title: edition.title.to_string(),
            listing: own.whole_listing(),
            entries: own.entries_of(all_of(language), self.site.home_entries(language), parts),
        }
    }

    /// The listing of the language, with the number of its entries.
    fn whole_listing(&self) -> view::Link {
        let feed = all_of(self.language);
        let count = self.site.plan.listing(&self.site.config, feed).map_or(0, |listing| listing.count);
        self.link(newest(feed), self.count(count))
    }
}

fn all_of(language: LanguageIndex) -> FeedKey {
    FeedKey { language: Some(language), topic: None }
}
