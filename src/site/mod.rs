//! The one composition of load, catalog, plan and render, which `check`, `build` and `serve` share.
//!
//! Owns: the state of a store at a moment, and making the documents that are asked for.
//! Never touches: where documents go.

mod coverage;
mod pages;
mod resolve;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128_with_seed;

pub use self::coverage::Covered;
use self::resolve::Part;
use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex, Target, TopicIndex};
use crate::diagnostics::{Diagnostic, Location, sort, suggestion};
use crate::model::{Entry, Feed, Format, Language, Person, Text, Timestamp};
use crate::plan::{DocumentKey, FeedKey, Leaf, Period, Plan, Planned, Sheet, State, Style};
use crate::render::pages::Templates;
use crate::render::{self, Outline, Outlines, Piece, Rendered};
use crate::store::{Changes, Record, RecordId, Store};

/// A store as it is published at one moment.
#[derive(Debug, Clone)]
pub struct Site {
    config: Arc<Config>,
    store: Arc<Store>,
    catalog: Arc<Catalog>,
    plan: Arc<Plan>,
    templates: Arc<Templates>,
    /// Whether the texts that feeds show stay at hand.
    keeps_texts: bool,
}

/// A document of a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The path below the output, and below the address where it is published.
    pub path: String,
    /// The media type by which it is to be served.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// An entry that is shown, as a publication is compared with the one before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'s> {
    pub story: &'s str,
    pub language: &'s str,
    /// The hash of its texts.
    pub text: u64,
    /// The hash of its guid, where it has one.
    pub guid: Option<u128>,
    pub entry: EntryId,
}

/// Records are read again in portions of this many, so that one large file keeps all cores at work.
const PORTION: usize = 128;

impl Site {
    /// Reads a store as it is published at a moment, and returns what could be read, with every diagnostic.
    ///
    /// A site whose diagnostics are only warnings is fit to be published.
    pub fn load(config: &Config, now: DateTime<Utc>) -> (Site, Vec<Diagnostic>) {
        Site::anew(config, Timestamp(now.timestamp()), false)
    }

    /// The same of a site that is going to change, and to be rendered while its files do.
    pub(crate) fn load_live(config: &Config, now: Timestamp) -> (Site, Vec<Diagnostic>) {
        Site::anew(config, now, true)
    }

    fn anew(config: &Config, now: Timestamp, keeps_texts: bool) -> (Site, Vec<Diagnostic>) {
        let (templates, mistakes) = templates(config);
        let config = Arc::new(config.clone());
        let store = Store::load(&config);
        let (site, mut diagnostics) = Site::new(config, Arc::new(templates), store, None, now, keeps_texts);
        let is_sound = mistakes.is_empty() && !diagnostics.iter().any(Diagnostic::is_error);
        diagnostics.extend(mistakes);
        if is_sound {
            diagnostics.extend(site.try_templates().err());
        }
        sort(&mut diagnostics);
        (site, diagnostics)
    }

    /// A site of a store, with its catalog where it is known.
    fn new(
        config: Arc<Config>,
        templates: Arc<Templates>,
        store: Store,
        catalog: Option<Catalog>,
        now: Timestamp,
        keeps_texts: bool,
    ) -> (Site, Vec<Diagnostic>) {
        let mut diagnostics = store.diagnostics();
        let (catalog, contradictions) = match catalog {
            Some(catalog) => (catalog, Vec::new()),
            None => Catalog::new(&store, &config),
        };
        diagnostics.extend(contradictions);
        diagnostics.extend(config.warnings.iter().cloned());
        let plan = Arc::new(Plan::new(&config, &catalog, now));
        let site = Site { config, store: Arc::new(store), catalog: Arc::new(catalog), plan, templates, keeps_texts };
        diagnostics.extend(site.stray_redirects());
        sort(&mut diagnostics);
        (site, diagnostics)
    }

    /// The site after changes of its store, of which only what may be another than before is read.
    pub(crate) fn after(&self, changes: &Changes, now: Timestamp) -> (Site, Vec<Diagnostic>) {
        let store = self.store.after(changes, &self.config);
        let catalog = self.catalog.after(&self.store, &store, &self.config);
        let (config, templates) = (Arc::clone(&self.config), Arc::clone(&self.templates));
        Site::new(config, templates, store, catalog, now, self.keeps_texts)
    }

    /// The same site as it is published at another moment.
    pub(crate) fn at(&self, now: Timestamp) -> Site {
        Site { plan: Arc::new(Plan::new(&self.config, &self.catalog, now)), ..self.clone() }
    }

    /// The first moment after this one at which something appears or leaves by itself.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        self.plan.next_change(&self.catalog, now)
    }

    /// Redirects from where something is published, or to where nothing is.
    fn stray_redirects(&self) -> Vec<Diagnostic> {
        let redirects = &self.config.redirects;
        if redirects.is_empty() {
            return Vec::new();
        }
        let planned = self.planned();
        let documents = planned.iter().filter(|planned| !matches!(planned.key, DocumentKey::Moved(_)));
        let paths: HashSet<String> = documents.map(|planned| self.path(planned.key)).collect();
        let is_published = |path: &str| {
            paths.contains(path)
                || paths.contains(&format!("{path}index.html"))
                || paths.contains(&format!("{path}/index.html"))
        };
        let mut diagnostics = Vec::new();
        for redirect in redirects {
            if is_published(&redirect.from) {
                let diagnostic = Diagnostic::error(
                    redirect.location.clone(),
                    format!("`{}` is published, so it cannot be redirected", redirect.from),
                );
                diagnostics.push(diagnostic.help("remove this redirect"));
            }
            if let Target::Path(to) = &redirect.to
                && !is_published(to)
            {
                let diagnostic =
                    Diagnostic::warning(redirect.location.clone(), format!("nothing is published at `{to}`"));
                let known: Vec<&str> = paths.iter().map(String::as_str).collect();
                diagnostics.push(Diagnostic { help: suggestion(to, &known), ..diagnostic });
            }
        }
        diagnostics
    }

    /// All documents of the publication.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn documents(&self) -> Result<Vec<Document>, Diagnostic> {
        let documents = std::sync::Mutex::new(Vec::new());
        self.render(&self.planned(), |planned, rendered| {
            let (path, media_type) = (self.path(planned.key), planned.key.media_type());
            let document = Document { path, media_type, bytes: rendered.bytes };
            if let Ok(mut documents) = documents.lock() {
                documents.push(document);
            }
            Ok(())
        })?;
        let mut documents = documents.into_inner().unwrap_or_default();
        documents.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(documents)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn shared_config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    /// What the files of the store are by their looks, where they are not those that were read; those being written aside.
    pub(crate) fn differs_on_disk(&self, unfinished: &BTreeSet<PathBuf>) -> Option<u64> {
        self.store.differs_on_disk(&self.config.site.stories, unfinished)
    }

    /// How many stories the store has, and how many translations of them are shown.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.catalog.story_count(), self.plan.shown)
    }

    /// A hash of everything that the publication is made from but the moment, whatever files it lies in.
    pub(crate) fn sources(&self) -> u128 {
        let records = self.store.record_ids().map(|id| (self.store.story_id(id), self.store.record(id).hash));
        let hashes = records.map(|(id, hash)| xxh3_128_with_seed(id.as_bytes(), hash));
        hashes.fold(u128::from(self.config.fingerprint()), u128::wrapping_add)
    }

    /// Every document of the publication, with the hash of what it is made from.
    pub(crate) fn planned(&self) -> Vec<Planned> {
        self.plan.documents(&self.config)
    }

    pub(crate) fn path(&self, key: DocumentKey) -> String {
        key.path(&self.config)
    }

    /// All entries that are shown, in no particular order.
    pub(crate) fn shown(&self) -> impl Iterator<Item = EntryId> {
        self.catalog.entries().filter(|entry| self.plan.state(*entry) == State::Shown)
    }

    /// The story and the language of an entry.
    pub(crate) fn key(&self, entry: EntryId) -> (&str, &str) {
        let language = usize::from(self.catalog.meta(entry).language);
        (self.catalog.story_id(&self.store, entry), self.config.languages[language].language.as_str())
    }

    /// What is known of an entry.
    pub(crate) fn known(&self, entry: EntryId) -> Known<'_> {
        let (story, language) = self.key(entry);
        let guid = self.catalog.guid_hash(&self.store, entry);
        Known { story, language, text: self.catalog.meta(entry).text_hash, guid, entry }
    }

    /// Where an entry stands.
    pub(crate) fn location(&self, entry: EntryId) -> Location {
        self.store.location(self.catalog.record_id(entry), &[])
    }

    /// The feeds, in the first format, in which an entry is older than the window.
    pub(crate) fn feeds_that_miss(&self, entry: EntryId) -> Vec<String> {
        let meta = self.catalog.meta(entry);
        let topics = self.catalog.topics(entry);
        let scopes = || std::iter::once(None).chain(topics.iter().map(|topic| Some(*topic)));
        let languages = [Some(meta.language), None].into_iter();
        let feeds = languages.flat_map(|language| scopes().map(move |topic| FeedKey { language, topic }));
        let missed = feeds.filter(|feed| self.plan.is_older_than_window(*feed, entry, self.config.feeds.limit));
        missed
            .filter_map(|feed| Some(self.path(self.feed_document(feed, None, *self.config.feeds.formats.first()?))))
            .collect()
    }

    fn feed_document(&self, feed: FeedKey, period: Option<Period>, format: Format) -> DocumentKey {
        DocumentKey::Feed { feed, period, format }
    }

    /// Renders the documents asked for, and hands each to `take` as it is made, in no particular order.
    ///
    /// Feeds share most of their entries, and so do the archives of one language and period: these are made together, each
    /// entry once a format, and what was made is let go before the next.
    ///
    /// # Errors
    /// A story could not be read again or has changed meanwhile, or what `take` returns.
    pub(crate) fn render(
        &self,
        wanted: &[Planned],
        take: impl Fn(&Planned, Rendered) -> Result<(), Diagnostic> + Sync,
    ) -> Result<(), Diagnostic> {
        let mut batches: BTreeMap<Option<(Option<LanguageIndex>, Period)>, Vec<&Planned>> = BTreeMap::new();
        for planned in wanted {
            let batch = match planned.key {
                DocumentKey::Feed { feed, period, .. } => period.map(|period| (feed.language, period)),
                DocumentKey::Page { feed, leaf: Leaf::Period { period, .. } } => {
                    period.month.map(|_| (feed.language, period))
                }
                _ => None,
            };
            batches.entry(batch).or_default().push(planned);
        }
        batches.into_iter().try_for_each(|(period, batch)| self.render_batch(&batch, period.is_none(), &take))
    }

    fn render_batch(
        &self,
        batch: &[&Planned],
        is_newest: bool,
        take: &(impl Fn(&Planned, Rendered) -> Result<(), Diagnostic> + Sync),
    ) -> Result<(), Diagnostic> {
        let sheets = || batch.iter().filter_map(|planned| planned.sheet).map(|sheet| &self.plan.sheets[sheet]);
        let shown = sorted(sheets().flat_map(|sheet| &sheet.entries).copied());
        let deleted = sheets().flat_map(|sheet| &sheet.deleted).copied();
        let on_pages = batch.iter().flat_map(|planned| self.shown_on(planned.key)).copied();
        let seen = sorted(shown.iter().copied().chain(on_pages));
        let needed = sorted(deleted.chain(seen.iter().flat_map(|entry| self.shown_translations(*entry))));
        // Archives hold everything, and change seldom.
        let keeps = self.keeps_texts && is_newest;
        // Pages do without the bodies.
        let parts = self.parts(&needed, keeps, !shown.is_empty())?;
        let mut formats: Vec<Format> = batch.iter().filter_map(|planned| format_of(planned.key)).collect();
        formats.sort_unstable();
        formats.dedup();
        let rendered = shown.par_iter().filter_map(|entry| {
            let resolved = self.entry(*entry, &parts)?;
            Some((*entry, formats.iter().map(|format| (*format, render::entry(&resolved, *format))).collect()))
        });
        let pieces: HashMap<EntryId, Vec<(Format, Piece)>> = rendered.collect();
        batch.par_iter().try_for_each(|planned| take(planned, self.document(planned, &parts, &pieces)?))
    }

    fn document(
        &self,
        planned: &Planned,
        parts: &HashMap<EntryId, Part>,
        pieces: &HashMap<EntryId, Vec<(Format, Piece)>>,
    ) -> Result<Rendered, Diagnostic> {
        Ok(match (planned.key, planned.sheet) {
            (DocumentKey::Feed { format, .. }, Some(sheet)) => {
                let sheet = &self.plan.sheets[sheet];
                let of_format = |entry: &EntryId| {
                    let (_, piece) = pieces.get(entry)?.iter().find(|(other, _)| *other == format)?;
                    Some(piece)
                };
                let pieces: Vec<&Piece> = sheet.entries.iter().filter_map(of_format).collect();
                render::document(&self.feed(sheet, format, parts), &pieces, format)
            }
            (DocumentKey::Outlines(language), _) => render::outlines(&self.outlines(language)).into(),
            (DocumentKey::Redirects, _) => {
                let all: Vec<_> =
                    self.config.redirects.iter().map(|redirect| redirect.absolute(&self.config)).collect();
                render::redirects(&all).into()
            }
            (DocumentKey::Moved(index), _) => {
                let redirect = &self.config.redirects[usize::from(index)];
                render::moved(&redirect.relative(), redirect.url(&self.config).as_str()).into()
            }
            (DocumentKey::Feed { .. }, None) => Rendered::default(),
            (key, _) => self.page(key, parts)?.into(),
        })
    }

    /// An entry's translations that are shown, itself among them.
    fn shown_translations(&self, entry: EntryId) -> impl Iterator<Item = EntryId> {
        let all = self.catalog.translations(entry).iter().copied();
        all.filter(move |other| *other == entry || self.plan.state(*other) == State::Shown)
    }

    /// Reads the texts of entries again.
    fn parts(&self, needed: &[EntryId], keep: bool, with_body: bool) -> Result<HashMap<EntryId, Part>, Diagnostic> {
        let mut sorted: Vec<(RecordId, EntryId)> =
            needed.iter().map(|entry| (self.catalog.record_id(*entry), *entry)).collect();
        sorted.par_sort_unstable();
        let of_files = sorted.chunk_by(|(one, _), (other, _)| one.file == other.file);
        let portions = of_files.flat_map(|of_file| of_file.chunks(PORTION));
        let portions: Vec<_> = portions.collect();
        let read = portions.into_par_iter().map(|portion| {
            let records: Vec<&Record> = portion.iter().map(|(record, _)| self.store.record(*record)).collect();
            self.store.file(portion[0].0.file).read_again(&records, &self.config, keep, |index, story| {
                let entry = portion[index].1;
                let language = self.catalog.meta(entry).language;
                let translation = story.translations.iter().find(|translation| translation.language == language)?;
                let topics = self.catalog.topics(entry);
                Some((entry, resolve::part(&self.config, story.id, topics, translation, with_body)))
            })
        });
        let read: Result<Vec<_>, Diagnostic> = read.collect();
        Ok(read?.into_iter().flatten().flatten().collect())
    }

    fn entry(&self, entry: EntryId, parts: &HashMap<EntryId, Part>) -> Option<Entry> {
        let mut resolved = parts.get(&entry)?.entry.clone()?;
        let others = self.shown_translations(entry).filter(|other| *other != entry);
        resolved.translations = others.filter_map(|other| Some(parts.get(&other)?.sibling.clone())).collect();
        Some(resolved)
    }

    fn feed(&self, sheet: &Sheet, format: Format, parts: &HashMap<EntryId, Part>) -> Feed {
        let (config, feed) = (&self.config, sheet.feed);
        let site = &config.site;
        let address = |period: Option<Period>| self.feed_document(feed, period, format).url(config);
        let nobody = || vec![Person { name: site.title.clone(), url: None, email: None }];
        Feed {
            id: feed.id(config),
            title: feed.title(config),
            description: feed.description(config),
            language: config.languages[usize::from(feed.wording())].language.clone(),
            is_one_language: feed.language.is_some(),
            url: address(sheet.period),
            style: {
                let key = self.feed_document(feed, sheet.period, format);
                format!("{}{}", key.root(config), DocumentKey::Style(Style::Feeds(feed.wording())).path(config))
            },
            home_page: feed.home_page(config),
            updated: site.zone.moment(sheet.updated),
            has_news: sheet.has_news,
            authors: if site.authors.is_empty() { nobody() } else { site.authors.clone() },
            rights: site.rights.clone(),
            icon: site.icon.clone(),
            logo: site.logo.clone(),
            hub: config.feeds.hub.clone(),
            ttl: (config.server.max_age / 60).max(1),
            current: sheet.period.map(|_| address(None)),
            previous: sheet.previous.map(|period| address(Some(period))),
            deleted: sheet.deleted.iter().filter_map(|entry| Some(parts.get(entry)?.deleted.clone())).collect(),
        }
    }

    /// The languages that a document is about, one or all.
    fn languages(&self, language: Option<LanguageIndex>) -> impl Iterator<Item = LanguageIndex> {
        let all = 0..self.config.languages.len() as LanguageIndex;
        all.filter(move |index| language.is_none_or(|wanted| wanted == *index))
    }

    /// The feeds of a language, all topics first.
    fn feeds_of(&self, language: Option<LanguageIndex>) -> impl Iterator<Item = FeedKey> {
        let topics = (0..self.config.topics.len()).map(|topic| Some(topic as TopicIndex));
        std::iter::once(None).chain(topics).map(move |topic| FeedKey { language, topic })
    }

    fn outlines(&self, language: Option<LanguageIndex>) -> Outlines {
        let config = &self.config;
        let outline = |feed: FeedKey| {
            let format = *config.feeds.formats.first()?;
            Some(Outline {
                title: feed.title(config),
                description: Text::line(feed.description(config).as_str())?,
                feed: self.feed_document(feed, None, format).url(config),
                page: feed.home_page(config),
            })
        };
        let groups = self.languages(language).map(|index| {
            let edition = &config.languages[usize::from(index)];
            (edition.language.clone(), edition.name.clone(), self.feeds_of(Some(index)).filter_map(outline).collect())
        });
        Outlines {
            title: match language {
                Some(language) => config.languages[usize::from(language)].title.clone(),
                None => config.site.title.clone(),
            },
            modified: config.site.zone.moment(self.plan.newest(language)),
            groups: groups.collect(),
        }
    }
}

/// The templates of a site; with mistakes in its own, the built-in ones.
fn templates(config: &Config) -> (Templates, Vec<Diagnostic>) {
    let languages: Vec<Language> = config.languages.iter().map(|edition| edition.language.clone()).collect();
    let theme = &config.site.theme;
    let style = theme.style.as_deref();
    Templates::new(&languages, &theme.templates, style).map_or_else(
        |mistakes| (Templates::new(&languages, &[], style).unwrap_or_default(), mistakes),
        |templates| (templates, Vec::new()),
    )
}

/// Each entry once, in order.
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const CONFIG: &str = "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n\
        [languages.en]\ntitle = \"A\"\n[languages.fr]\ntitle = \"B\"\nfallback = [\"en\"]\n[topics.x]\n[topics.y]\n[feeds]\nlimit = 5\n";

    /// A source of numbers that are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, most: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % most
        }
    }

    /// Some text of a story, whole or a record of it, of few ids, so that stories join, move and contradict each other.
    fn story(numbers: &mut Numbers) -> String {
        let id = ["a", "b", "c", "d", "e", "E"][numbers.below(6) as usize];
        let kind = numbers.below(6).saturating_sub(3);
        let topics = ["[]", "[\"x\"]", "[\"x\", \"y\"]"][kind as usize];
        let head = format!("published = 2020-01-0{}\ntopics = {topics}\n", 1 + numbers.below(4));
        let own = if numbers.below(3) == 0 { format!("id = \"{id}\"\n") } else { String::new() };
        let guid = if numbers.below(5) == 0 { format!("guid = \"g{}\"\n", numbers.below(4)) } else { String::new() };
        let title = numbers.below(1000);
        match numbers.below(3) {
            0 => format!("{own}{head}language = \"en\"\ntitle = \"{title}\"\n{guid}"),
            1 => format!("{own}{head}language = \"fr\"\ntitle = \"{title}\"\n"),
            _ => format!(
                "{own}{head}[translations.en]\ntitle = \"{title}\"\n{guid}[translations.fr]\ntitle = \"F{title}\"\n"
            ),
        }
    }

    /// However a store came to be what it is, it is published as if it had been read anew.
    #[test]
    fn changes_lead_to_what_is_read_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("stories")).unwrap();
        std::fs::write(path("tidings.toml"), CONFIG).unwrap();
        let config = Config::load(path("tidings.toml")).unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let at = Timestamp(now.timestamp());
        let mut site = Site::load(&config, now).0;
        let mut numbers = Numbers(7);
        let (mut sound, mut followed) = (0, 0);
        for _ in 0..400 {
            let names: Vec<PathBuf> =
                (0..=numbers.below(2)).map(|_| path(&format!("stories/f{}.toml", numbers.below(8)))).collect();
            for name in &names {
                match numbers.below(3) {
                    0 => drop(std::fs::remove_file(name)),
                    _ => std::fs::write(name, story(&mut numbers)).unwrap(),
                }
            }
            let changes = Changes { files: names.into_iter().collect(), ..Changes::default() };
            followed +=
                usize::from(site.catalog.after(&site.store, &site.store.after(&changes, &config), &config).is_some());
            let (after, diagnostics) = site.after(&changes, at);
            let (anew, expected) = Site::load(&config, now);
            assert_eq!(diagnostics, expected);
            if expected.iter().all(|diagnostic| !diagnostic.is_error()) {
                assert_eq!(after.counts(), anew.counts());
                assert_eq!(after.sources(), anew.sources());
                assert!(after.documents().unwrap() == anew.documents().unwrap());
                sound += 1;
            }
            site = after;
        }
        assert!(sound > 50 && followed > 50, "{sound} {followed}");
    }
}
