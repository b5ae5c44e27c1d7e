//! Rendering: from planned documents to bytes. Each text is read once, and each entry rendered once a format.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use super::Site;
use super::losses::BodyLosses;
use super::resolve::{ResolvedEntry, resolve};
use crate::catalog::EntryId;
use crate::config::LanguageIndex;
use crate::diagnostics::Diagnostic;
use crate::model::{Entry, Feed, Format, Person, Text};
use crate::plan::{DocumentKey, EntryState, FeedKey, FeedPlan, PageKind, Period, PlannedDocument, Style};
use crate::render::{self, EntryFragment, Opml, Outline, Rendered};
use crate::store::{Record, RecordId};

/// Records are read in batches of this many, so that one large file keeps all cores busy.
const READ_BATCH: usize = 128;

/// So many pages of stories are rendered at once, with their bodies in memory.
const STORY_BATCH: usize = 256;

/// The entries that a batch of documents needs, with the texts read.
pub(super) type ResolvedEntries = HashMap<EntryId, ResolvedEntry>;

/// Every entry of a batch, in every format that the batch needs.
type EntryFragments = HashMap<EntryId, Vec<(Format, EntryFragment)>>;

impl Site {
    /// Renders documents, and passes each to `emit` when it is ready, in no particular order.
    ///
    /// Feeds share most of their entries, and so do the archives of one language and period. These are rendered as one
    /// batch, each entry once a format; the memory of a batch is released before the next.
    ///
    /// Returns what the bodies lose that were read for it.
    ///
    /// # Errors
    /// A story could not be read again or has changed meanwhile, or what `emit` returns.
    pub(crate) fn render(
        &self,
        documents: &[PlannedDocument],
        emit: impl Fn(&PlannedDocument, Rendered) -> Result<(), Diagnostic> + Sync,
    ) -> Result<BodyLosses, Diagnostic> {
        let mut batches: BTreeMap<Option<(Option<LanguageIndex>, Period)>, Vec<&PlannedDocument>> = BTreeMap::new();
        let mut stories: Vec<&PlannedDocument> = Vec::new();
        for planned in documents {
            let batch = match planned.key {
                DocumentKey::Feed { feed, period, .. } => period.map(|period| (feed.language, period)),
                DocumentKey::Page { feed, kind: PageKind::Period { period, .. } } => {
                    period.month.map(|_| (feed.language, period))
                }
                _ => None,
            };
            match planned.key {
                DocumentKey::Story { .. } => stories.push(planned),
                _ => batches.entry(batch).or_default().push(planned),
            }
        }
        let mut losses = BodyLosses::default();
        for (period, batch) in batches {
            self.render_batch(&batch, period.is_none(), &emit, &mut losses)?;
        }
        for batch in stories.chunks(STORY_BATCH) {
            self.render_stories(batch, &emit, &mut losses)?;
        }
        Ok(losses)
    }

    fn render_batch(
        &self,
        batch: &[&PlannedDocument],
        is_newest: bool,
        emit: &(impl Fn(&PlannedDocument, Rendered) -> Result<(), Diagnostic> + Sync),
        losses: &mut BodyLosses,
    ) -> Result<(), Diagnostic> {
        let feed_plans =
            || batch.iter().filter_map(|planned| planned.feed_plan).map(|index| &self.plan.feed_plans[index]);
        let in_feeds = sorted(feed_plans().flat_map(|feed_plan| &feed_plan.entries).copied());
        let deleted = feed_plans().flat_map(|feed_plan| &feed_plan.deleted).copied();
        let on_pages = batch.iter().flat_map(|planned| self.page_entries(planned.key));
        let visible = sorted(in_feeds.iter().copied().chain(on_pages));
        let needed = sorted(deleted.chain(visible.iter().flat_map(|entry| self.visible_translations(*entry))));
        // Archives hold every entry and seldom change, so caching their texts would cost memory for nothing.
        let cache = self.caches_texts && is_newest;
        // Listings do not show bodies.
        let with_body = !in_feeds.is_empty() && self.config.feeds.full_content;
        let resolved = self.resolve_entries(&needed, cache, with_body)?;
        losses.add(&resolved);
        let mut formats: Vec<Format> = batch.iter().filter_map(|planned| format_of(planned.key)).collect();
        formats.sort_unstable();
        formats.dedup();
        let fragments = in_feeds.par_iter().filter_map(|index| {
            let entry = self.entry(*index, &resolved)?;
            Some((*index, formats.iter().map(|format| (*format, render::entry(&entry, *format))).collect()))
        });
        let fragments: EntryFragments = fragments.collect();
        batch.par_iter().try_for_each(|planned| emit(planned, self.render_document(planned, &resolved, &fragments)?))
    }

    /// Renders pages of stories. Of what is beside a story, its translations and neighbours, no body is read.
    fn render_stories(
        &self,
        batch: &[&PlannedDocument],
        emit: &(impl Fn(&PlannedDocument, Rendered) -> Result<(), Diagnostic> + Sync),
        losses: &mut BodyLosses,
    ) -> Result<(), Diagnostic> {
        let own = sorted(batch.iter().filter_map(|planned| match planned.key {
            DocumentKey::Story { entry, .. } => Some(entry),
            _ => None,
        }));
        let beside = own.iter().flat_map(|entry| {
            self.visible_translations(*entry).chain(self.plan.story_neighbours(*entry).into_iter().flatten())
        });
        let beside: Vec<EntryId> = sorted(beside.filter(|entry| own.binary_search(entry).is_err()));
        let mut resolved = self.resolve_entries(&own, false, true)?;
        losses.add(&resolved);
        resolved.extend(self.resolve_entries(&beside, false, false)?);
        batch.par_iter().try_for_each(|planned| emit(planned, self.page(planned.key, &resolved)?.into()))
    }

    fn render_document(
        &self,
        planned: &PlannedDocument,
        resolved: &ResolvedEntries,
        fragments: &EntryFragments,
    ) -> Result<Rendered, Diagnostic> {
        Ok(match (planned.key, planned.feed_plan) {
            (DocumentKey::Feed { format, .. }, Some(index)) => {
                let feed_plan = &self.plan.feed_plans[index];
                let in_format = |entry: &EntryId| {
                    let (_, fragment) = fragments.get(entry)?.iter().find(|(other, _)| *other == format)?;
                    Some(fragment)
                };
                let fragments: Vec<&EntryFragment> = feed_plan.entries.iter().filter_map(in_format).collect();
                render::document(&self.feed(feed_plan, format, resolved), &fragments, format)
            }
            (DocumentKey::Opml(language), _) => render::opml(&self.opml(language)).into(),
            (DocumentKey::Redirects, _) => {
                let redirects = self.config.redirects.iter();
                let absolute: Vec<_> = redirects.map(|redirect| redirect.absolute(&self.config)).collect();
                render::redirects(&absolute).into()
            }
            (DocumentKey::RedirectPage(index), _) => {
                let redirect = &self.config.redirects[usize::from(index)];
                render::redirect_page(&redirect.relative(), redirect.url(&self.config).as_str()).into()
            }
            (DocumentKey::Feed { .. }, None) => Rendered::default(),
            (key, _) => self.page(key, resolved)?.into(),
        })
    }

    /// The visible translations of an entry, and the entry itself.
    pub(super) fn visible_translations(&self, entry: EntryId) -> impl Iterator<Item = EntryId> {
        let all = self.catalog.translations(entry).iter().copied();
        all.filter(move |other| *other == entry || self.plan.state(*other) == EntryState::Visible)
    }

    /// Reads the texts of entries from the store, and resolves them.
    pub(super) fn resolve_entries(
        &self,
        entries: &[EntryId],
        cache: bool,
        with_body: bool,
    ) -> Result<ResolvedEntries, Diagnostic> {
        let mut sorted: Vec<(RecordId, EntryId)> =
            entries.iter().map(|entry| (self.catalog.record_id(*entry), *entry)).collect();
        sorted.par_sort_unstable();
        let of_files = sorted.chunk_by(|(one, _), (other, _)| one.file == other.file);
        let batches: Vec<_> = of_files.flat_map(|of_file| of_file.chunks(READ_BATCH)).collect();
        let read = batches.into_par_iter().map(|batch| {
            let records: Vec<&Record> = batch.iter().map(|(record, _)| self.store.record(*record)).collect();
            self.store.file(batch[0].0.file).read_again(&records, &self.config, cache, |index, story| {
                let entry = batch[index].1;
                let language = self.catalog.meta(entry).language;
                let translation = story.translations.iter().find(|translation| translation.language == language)?;
                let topics = self.catalog.topics(entry);
                let page = self.story_key(entry).map(|key| key.page_url(self.names()));
                Some((entry, resolve(&self.config, story.id, topics, translation, page, with_body)))
            })
        });
        let read: Result<Vec<_>, Diagnostic> = read.collect();
        Ok(read?.into_iter().flatten().flatten().collect())
    }

    /// An entry with the links to its translations.
    pub(super) fn entry(&self, index: EntryId, resolved: &ResolvedEntries) -> Option<Entry> {
        let mut entry = resolved.get(&index)?.entry.clone()?;
        let others = self.visible_translations(index).filter(|other| *other != index);
        entry.translations = others.filter_map(|other| Some(resolved.get(&other)?.sibling.clone())).collect();
        Some(entry)
    }

    fn feed(&self, feed_plan: &FeedPlan, format: Format, resolved: &ResolvedEntries) -> Feed {
        let (config, feed) = (&self.config, feed_plan.feed);
        let site = &config.site;
        let key = |period: Option<Period>| DocumentKey::Feed { feed, period, format };
        let address = |period: Option<Period>| key(period).url(self.names());
        let language = feed.interface_language();
        let stylesheet = DocumentKey::Style(Style::Feeds(language)).path(self.names());
        // Atom requires an author.
        let site_as_author = || vec![Person { name: site.title.clone(), url: None, email: None }];
        let deleted = feed_plan.deleted.iter().filter_map(|entry| Some(resolved.get(entry)?.deleted.clone()));
        Feed {
            id: feed.id(config),
            title: feed.title(config),
            description: feed.description(config),
            language: config.languages[usize::from(language)].language.clone(),
            is_one_language: feed.language.is_some(),
            url: address(feed_plan.period),
            style: format!("{}{stylesheet}", key(feed_plan.period).root(self.names())),
            home_page: feed.home_page(config),
            updated: site.zone.moment(feed_plan.updated),
            has_news: feed_plan.has_news,
            authors: if site.authors.is_empty() { site_as_author() } else { site.authors.clone() },
            rights: site.rights.clone(),
            icon: site.icon.clone(),
            logo: site.logo.clone(),
            hub: config.feeds.hub.clone(),
            ttl: (config.server.max_age / 60).max(1),
            current: feed_plan.period.map(|_| address(None)),
            previous: feed_plan.previous.map(|period| address(Some(period))),
            deleted: deleted.collect(),
        }
    }

    fn opml(&self, language: Option<LanguageIndex>) -> Opml {
        let config = &self.config;
        let outline = |feed: FeedKey| {
            let format = *config.feeds.formats.first()?;
            Some(Outline {
                title: feed.title(config),
                description: Text::line(feed.description(config).as_str())?,
                feed: DocumentKey::Feed { feed, period: None, format }.url(self.names()),
                page: feed.home_page(config),
            })
        };
        let groups = self.language_indices(language).map(|index| {
            let edition = &config.languages[usize::from(index)];
            (edition.language.clone(), edition.name.clone(), self.feeds_of(Some(index)).filter_map(outline).collect())
        });
        Opml {
            title: match language {
                Some(language) => config.languages[usize::from(language)].title.clone(),
                None => config.site.title.clone(),
            },
            modified: config.site.zone.moment(self.plan.newest(language)),
            groups: groups.collect(),
        }
    }
}

/// Sorts and deduplicates.
fn sorted(entries: impl Iterator<Item = EntryId>) -> Vec<EntryId> {
    let mut entries: Vec<EntryId> = entries.collect();
    entries.par_sort_unstable();
    entries.dedup();
    entries
}

fn format_of(key: DocumentKey) -> Option<Format> {
    match key {
        DocumentKey::Feed { format, .. } => Some(format),
        _ => None,
    }
}
