//! The one composition of load, catalog, plan and render, which `check`, `build` and `serve` share.
//!
//! Owns: the state of a store at a moment, and rendering the documents that are asked for.
//! Never touches: where documents go.

mod compare;
mod contents;
mod coverage;
#[cfg(feature = "pages")]
mod home_view;
mod list;
mod losses;
#[cfg(feature = "pages")]
mod metadata;
#[cfg(feature = "pages")]
mod page_view;
#[cfg_attr(not(feature = "pages"), path = "no_pages.rs")]
mod pages;
mod render;
mod resolve;
#[cfg(feature = "pages")]
mod story_view;
#[cfg(feature = "pages")]
mod subscribe_view;
#[cfg(feature = "pages")]
mod view;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use xxhash_rust::xxh3::xxh3_128_with_seed;

pub(crate) use self::compare::{Difference, PreviousEntry, truncated};
pub use self::contents::{Edition, Entry, Feed, Topic};
pub use self::coverage::StoryCoverage;
pub(crate) use self::list::{StoryState, StorySummary};
pub(crate) use self::losses::BodyLosses;
use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex, Lint, Target, TopicIndex};
use crate::diagnostics::{Diagnostic, Diagnostics, Location, sort, suggestion};
use crate::model::{Language, Timestamp};
use crate::plan::{DocumentKey, EntryState, FeedKey, Names, Plan, PlannedDocument};
use crate::render::pages::Templates;
use crate::store::{Changes, Store, StoryRecord, WrongLanguage};

/// How many documents [`Site::documents`] renders at once, so that feeds share their rendered entries.
const DOCUMENTS_AT_ONCE: usize = 32;

/// A store as it is published at one moment.
#[derive(Debug, Clone)]
pub struct Site {
    config: Arc<Config>,
    store: Arc<Store>,
    catalog: Arc<Catalog>,
    plan: Arc<Plan>,
    templates: Arc<Templates>,
    /// Whether the texts that feeds show are cached between renderings.
    caches_texts: bool,
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

/// What identifies a visible entry and its text, to compare one publication with the next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryFingerprint<'s> {
    pub story: &'s str,
    pub language: &'s str,
    /// The hash of its texts.
    pub text: u64,
    /// The hash of its guid, if it has one.
    pub guid: Option<u128>,
    pub topics: &'s [TopicIndex],
    pub entry: EntryId,
}

/// A change that time alone will make.
#[derive(Debug, Clone)]
pub(crate) struct NextChange {
    pub at: Timestamp,
    pub kind: ChangeKind,
    /// The story of the first entry that changes then.
    pub story: String,
    pub language: String,
}

impl NextChange {
    /// For scripts; `at` is its time as it is written.
    pub fn to_json(&self, at: String) -> serde_json::Value {
        serde_json::json!({ "at": at, "story": self.story, "language": self.language, "what": self.kind.verb() })
    }
}

/// What time does to an entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChangeKind {
    Appears,
    Expires,
    IsWithdrawn,
}

impl ChangeKind {
    /// The verb for it.
    pub fn verb(self) -> &'static str {
        match self {
            ChangeKind::Appears => "appears",
            ChangeKind::Expires => "expires",
            ChangeKind::IsWithdrawn => "is withdrawn",
        }
    }
}

impl Site {
    /// Reads a store as it is published at a moment. Returns what could be read, with every diagnostic.
    ///
    /// A site can be published if none of its diagnostics is an error.
    ///
    /// ```
    /// use tidings::{Config, Site};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = Config::load("config/tidings.toml")?;
    /// let (site, diagnostics) = Site::load(&config, "2026-01-01T00:00:00Z".parse()?);
    /// let site = diagnostics.check(site)?;
    /// assert!(site.document("en/all.atom.xml")?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn load(config: &Config, now: DateTime<Utc>) -> (Site, Diagnostics) {
        Site::of_store(Store::load(config), config, now)
    }

    /// Reads stories that are not in files, as they are published at a moment. Their texts stay in memory. Their order makes
    /// no difference.
    ///
    /// ```
    /// use tidings::{Config, Site, StoryRecord};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = Config::parse(
    ///     "[site]\nbase_url = 'https://news.example.org/'\nauthority = 'news.example.org,2014'\n[languages.en]\ntitle = 'News'",
    ///     ".",
    /// )?;
    /// let story = StoryRecord::json("17", r#"{"language": "en", "published": "2026-01-05", "title": "Water"}"#);
    /// let (site, diagnostics) = Site::from_stories(&config, [story], "2026-02-01T00:00:00Z".parse()?);
    /// let site = diagnostics.check(site)?;
    /// let feed = site.feeds().next().ok_or("no feed")?;
    /// assert_eq!(site.entries(&feed)?[0].title, "Water");
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_stories(
        config: &Config,
        stories: impl IntoIterator<Item = StoryRecord>,
        now: DateTime<Utc>,
    ) -> (Site, Diagnostics) {
        Site::of_store(Store::of_records(stories, config), config, now)
    }

    fn of_store(store: Store, config: &Config, now: DateTime<Utc>) -> (Site, Diagnostics) {
        let (templates, template_errors) = load_templates(config);
        let config = Arc::new(config.clone());
        let (catalog, conflicts) = Catalog::new(&store, &config);
        let names = Names { config: &config, catalog: &catalog, store: &store };
        let plan = Arc::new(Plan::new(names, Timestamp(now.timestamp())));
        let site = Site {
            config,
            store: Arc::new(store),
            catalog: Arc::new(catalog),
            plan,
            templates: Arc::new(templates),
            caches_texts: false,
        };
        let mut diagnostics = site.diagnostics(conflicts);
        let is_sound = template_errors.is_empty() && !diagnostics.iter().any(Diagnostic::is_error);
        diagnostics.extend(template_errors);
        if !site.config.allows(Lint::OtherFile) {
            diagnostics.extend(site.templates.warnings.iter().cloned());
        }
        if is_sound {
            diagnostics.extend(site.try_templates().err());
        }
        sort(&mut diagnostics);
        (site, diagnostics.into())
    }

    /// The site after changes of its store. Reads only the files that may have changed.
    pub(crate) fn after(&self, changes: &Changes, now: Timestamp) -> (Site, Vec<Diagnostic>) {
        let store = self.store.after(changes, &self.config);
        let (catalog, conflicts) = match self.catalog.after(&self.store, &store, &self.config) {
            Some(catalog) => (catalog, Vec::new()),
            None => Catalog::new(&store, &self.config),
        };
        let site = Site { store: Arc::new(store), catalog: Arc::new(catalog), ..self.clone() }.at(now);
        let diagnostics = site.diagnostics(conflicts);
        (site, diagnostics)
    }

    /// The same site as it is published at another moment.
    pub(crate) fn at(&self, now: Timestamp) -> Site {
        Site { plan: Arc::new(Plan::new(self.names(), now)), ..self.clone() }
    }

    /// The same site, and every later version of it, with the texts that feeds show cached between renderings.
    pub(crate) fn with_text_cache(self) -> Site {
        Site { caches_texts: true, ..self }
    }

    /// Every diagnostic of the store, the catalog and the configuration, sorted.
    fn diagnostics(&self, conflicts: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut diagnostics = self.store.diagnostics();
        diagnostics.extend(conflicts);
        diagnostics.extend(self.config.warnings.iter().cloned());
        diagnostics.extend(self.invalid_redirects());
        if !diagnostics.iter().any(Diagnostic::is_error) {
            diagnostics.extend(self.nothing_to_show());
        }
        sort(&mut diagnostics);
        diagnostics
    }

    /// What looks wrong in the texts of all stories. `wrong_language` says in which configured language a title with its text
    /// is, if that is certain, and is not the one with this tag.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub(crate) fn text_lints(
        &self,
        now: Timestamp,
        wrong_language: &WrongLanguage,
    ) -> Result<Vec<Diagnostic>, Diagnostic> {
        self.store.text_lints(&self.config, now, wrong_language)
    }

    /// A note of why nothing is published, if the store is empty or has drafts alone.
    fn nothing_to_show(&self) -> Option<Diagnostic> {
        let location = || Location::file(self.config.site.stories.display().to_string());
        let mut entries = self.catalog.entries().peekable();
        let (message, help) = if self.store.is_empty() {
            (
                "the store has no stories yet",
                "write one, such as `2026/first.toml`; `tidings init DIR` shows how it looks",
            )
        } else if entries.peek().is_some() && !self.config.drafts && entries.all(|entry| self.catalog.meta(entry).draft)
        {
            ("all stories are drafts, so none is published", "remove `draft = true` from those that are ready")
        } else {
            return None;
        };
        Some(Diagnostic::note(location(), message).help(help))
    }

    /// What appears or leaves by itself next, after this moment.
    pub(crate) fn next_change(&self, now: Timestamp) -> Option<NextChange> {
        let (at, entry) = self.plan.next_change(&self.catalog, now, self.config.drafts)?;
        let meta = self.catalog.meta(entry);
        let kind = match at {
            at if at == meta.published => ChangeKind::Appears,
            at if at == meta.withdrawn => ChangeKind::IsWithdrawn,
            _ => ChangeKind::Expires,
        };
        let (story, language) = self.key(entry);
        Some(NextChange { at, kind, story: story.to_owned(), language: language.to_owned() })
    }

    /// Diagnostics of redirects from a path that is published, or to one that is not.
    fn invalid_redirects(&self) -> Vec<Diagnostic> {
        let redirects = &self.config.redirects;
        if redirects.is_empty() {
            return Vec::new();
        }
        let planned = self.planned_documents();
        let documents = planned.iter().filter(|planned| !matches!(planned.key, DocumentKey::RedirectPage(_)));
        let paths: HashSet<String> = documents.map(|planned| self.path(planned.key)).collect();
        let is_published = |path: &str| {
            paths.contains(path)
                || paths.contains(&format!("{path}index.html"))
                || paths.contains(&format!("{path}/index.html"))
        };
        let mut diagnostics = Vec::new();
        for redirect in redirects {
            if self.is_story_page(&redirect.from) {
                let message = format!("`{}` is the page of a story, so it is not redirected", redirect.from);
                diagnostics.push(Diagnostic::warning(redirect.location.clone(), message).help("remove this redirect"));
            } else if is_published(&redirect.from) {
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
                let candidates: Vec<&str> = paths.iter().map(String::as_str).collect();
                diagnostics.push(Diagnostic { help: suggestion(to, &candidates), ..diagnostic });
            }
        }
        diagnostics
    }

    /// All documents of the publication, sorted by path, rendered as the iterator goes: a few dozen are in memory at once.
    ///
    /// An item is an error if a file of the store could not be read again, or has changed meanwhile; the iterator ends there.
    pub fn documents(&self) -> impl Iterator<Item = Result<Document, Diagnostic>> {
        let mut planned = self.planned_documents();
        planned.sort_by_cached_key(|planned| self.path(planned.key));
        let batches: Vec<Vec<PlannedDocument>> = planned.chunks(DOCUMENTS_AT_ONCE).map(<[_]>::to_vec).collect();
        let mut has_failed = false;
        batches.into_iter().flat_map(move |batch| {
            if has_failed {
                return Vec::new();
            }
            match self.rendered(&batch) {
                Ok(documents) => documents.into_iter().map(Ok).collect(),
                Err(diagnostic) => {
                    has_failed = true;
                    vec![Err(diagnostic)]
                }
            }
        })
    }

    /// The document at a path below the output, such as `en/all.atom.xml`; `None` if nothing is published there.
    ///
    /// # Errors
    /// A file of the store could not be read again, or has changed meanwhile.
    pub fn document(&self, path: &str) -> Result<Option<Document>, Diagnostic> {
        let planned = self.planned_documents().into_iter().find(|planned| self.path(planned.key) == path);
        let rendered = planned.map(|planned| self.rendered(&[planned])).transpose()?;
        Ok(rendered.and_then(|documents| documents.into_iter().next()))
    }

    /// Some documents, sorted by path.
    fn rendered(&self, planned: &[PlannedDocument]) -> Result<Vec<Document>, Diagnostic> {
        let documents = Mutex::new(Vec::with_capacity(planned.len()));
        self.render(planned, |planned, rendered| {
            let (path, media_type) = (self.path(planned.key), planned.key.media_type());
            let document = Document { path, media_type, bytes: rendered.bytes };
            documents.lock().unwrap_or_else(PoisonError::into_inner).push(document);
            Ok(())
        })?;
        let mut documents = documents.into_inner().unwrap_or_else(PoisonError::into_inner);
        documents.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(documents)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn shared_config(&self) -> Arc<Config> {
        Arc::clone(&self.config)
    }

    /// A fingerprint of the files on disk if they are not those that were read. Ignores files that are being written.
    pub(crate) fn differs_on_disk(&self, unfinished: &BTreeSet<PathBuf>) -> Option<u64> {
        self.store.differs_on_disk(&self.config, unfinished)
    }

    /// How many stories the store has, and how many translations of them are visible.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.catalog.story_count(), self.plan.visible)
    }

    /// How many visible translations have neither a link nor a page of their own.
    pub(crate) fn without_page(&self) -> usize {
        let visible = self.visible_entries();
        visible.filter(|entry| !self.catalog.meta(*entry).has_link && self.story_key(*entry).is_none()).count()
    }

    /// A hash of everything that the publication is rendered from except the moment. Moving a story to another file keeps it.
    pub(crate) fn input_hash(&self) -> u128 {
        let records = self.store.record_ids().map(|id| (self.store.story_id(id), self.store.record(id).hash));
        let hashes = records.map(|(id, hash)| xxh3_128_with_seed(id.as_bytes(), hash));
        hashes.fold(u128::from(self.config.fingerprint()), u128::wrapping_add)
    }

    /// Every document of the publication, with the hash of what it is rendered from.
    pub(crate) fn planned_documents(&self) -> Vec<PlannedDocument> {
        let mut documents = self.plan.documents(&self.config, &self.catalog);
        // The page of a story comes before a redirect from its path.
        documents.retain(|planned| match planned.key {
            DocumentKey::RedirectPage(index) => !self.is_story_page(&self.config.redirects[usize::from(index)].from),
            _ => true,
        });
        documents
    }

    pub(crate) fn path(&self, key: DocumentKey) -> String {
        key.path(self.names())
    }

    /// The page of an entry, if it has one.
    pub(super) fn story_key(&self, entry: EntryId) -> Option<DocumentKey> {
        self.plan.story_key(&self.config, &self.catalog, entry)
    }

    pub(super) fn names(&self) -> Names<'_> {
        Names { config: &self.config, catalog: &self.catalog, store: &self.store }
    }

    /// All entries that are visible, in no particular order.
    pub(crate) fn visible_entries(&self) -> impl Iterator<Item = EntryId> {
        self.catalog.entries().filter(|entry| self.plan.state(*entry) == EntryState::Visible)
    }

    /// The story and the language of an entry.
    pub(crate) fn key(&self, entry: EntryId) -> (&str, &str) {
        let language = usize::from(self.catalog.meta(entry).language);
        (self.catalog.story_id(&self.store, entry), self.config.languages[language].language.as_str())
    }

    /// What identifies an entry and its text.
    pub(crate) fn entry_fingerprint(&self, entry: EntryId) -> EntryFingerprint<'_> {
        let (story, language) = self.key(entry);
        let guid = self.catalog.guid_hash(&self.store, entry);
        let topics = self.catalog.topics(entry);
        EntryFingerprint { story, language, text: self.catalog.meta(entry).text_hash, guid, topics, entry }
    }

    /// The location of an entry in the store.
    pub(crate) fn location(&self, entry: EntryId) -> Location {
        self.store.location(self.catalog.record_id(entry), &[])
    }

    /// The paths of the feeds, in the first format, whose window an entry is too old for.
    pub(crate) fn feeds_past_window(&self, entry: EntryId) -> Vec<String> {
        let meta = self.catalog.meta(entry);
        let topics = self.catalog.topics(entry);
        let scopes = || std::iter::once(None).chain(topics.iter().map(|topic| Some(*topic)));
        let languages = [Some(meta.language), None].into_iter();
        let feeds = languages.flat_map(|language| scopes().map(move |topic| FeedKey { language, topic }));
        let past_window = feeds.filter(|feed| self.plan.is_older_than_window(*feed, entry, self.config.feeds.limit));
        let Some(format) = self.config.feeds.formats.first().copied() else { return Vec::new() };
        past_window.map(|feed| self.path(DocumentKey::Feed { feed, period: None, format })).collect()
    }

    /// The languages that a document is about, one or all.
    fn language_indices(&self, language: Option<LanguageIndex>) -> impl Iterator<Item = LanguageIndex> {
        let all = 0..self.config.languages.len() as LanguageIndex;
        all.filter(move |index| language.is_none_or(|wanted| wanted == *index))
    }

    /// The feeds of a language, all topics first.
    fn feeds_of(&self, language: Option<LanguageIndex>) -> impl Iterator<Item = FeedKey> {
        let topics = (0..self.config.topics.len()).map(|topic| Some(topic as TopicIndex));
        std::iter::once(None).chain(topics).map(move |topic| FeedKey { language, topic })
    }
}

/// Loads the templates of a site; if its overrides have errors, the built-in ones.
fn load_templates(config: &Config) -> (Templates, Vec<Diagnostic>) {
    let languages: Vec<Language> = config.languages.iter().map(|edition| edition.locale.clone()).collect();
    let theme = &config.site.theme;
    let style = theme.style.as_deref();
    Templates::new(&languages, &theme.templates, style).map_or_else(
        |diagnostics| (Templates::new(&languages, &[], style).unwrap_or_default(), diagnostics),
        |templates| (templates, Vec::new()),
    )
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const CONFIG: &str = "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n\
        [languages.en]\ntitle = \"A\"\n[languages.fr]\ntitle = \"B\"\nfallback = [\"en\"]\n[topics.x]\n[topics.y]\n[feeds]\nlimit = 5\n";

    /// A generator of numbers that are the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, most: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % most
        }
    }

    /// Some text of a story, whole or one record of it. There are few ids, so that stories join, move and conflict.
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

    /// However a store came to be what it is, it is published as if it had been loaded from scratch.
    #[test]
    fn incremental_changes_equal_a_reload() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("stories")).unwrap();
        std::fs::write(path("tidings.toml"), CONFIG).unwrap();
        let config = Config::load(path("tidings.toml")).unwrap();
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let at = Timestamp(now.timestamp());
        let mut site = Site::load(&config, now).0;
        let mut numbers = Numbers(7);
        let (mut sound, mut incremental) = (0, 0);
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
            incremental +=
                usize::from(site.catalog.after(&site.store, &site.store.after(&changes, &config), &config).is_some());
            let (after, diagnostics) = site.after(&changes, at);
            let (reloaded, expected) = Site::load(&config, now);
            assert_eq!(diagnostics, expected.to_vec());
            if expected.iter().all(|diagnostic| !diagnostic.is_error()) {
                assert_eq!(after.counts(), reloaded.counts());
                assert_eq!(after.input_hash(), reloaded.input_hash());
                assert!(after.documents().collect::<Result<Vec<_>, _>>() == reloaded.documents().collect());
                sound += 1;
            }
            site = after;
        }
        assert!(sound > 50 && incremental > 50, "{sound} {incremental}");
    }

    /// Every kind of document, in languages whose tags begin alike, with archives by month and a large sitemap's parts.
    #[test]
    fn the_path_of_a_document_gives_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let config = "[site]\nbase_url = 'https://a.example/'\nauthority = 'a.example,2014'\npage_size = 2\n\
             [languages.pt]\ntitle = 'A'\n[languages.pt-BR]\ntitle = 'B'\n[topics.x2]\n\
             [feeds]\nlimit = 1\narchives = 'month'\n[redirects]\n'old.html' = 'pt/'\n'old' = 'pt/'";
        let config = crate::config::Config::parse(config, folder.path()).unwrap();
        let stories = (0..40).map(|number| {
            let withdrawn = if number % 5 == 0 { r#", "withdrawn": {"on": "2020-03-01"}"# } else { "" };
            let language = ["pt", "pt-BR"][number % 2];
            let text = format!(
                r#"{{"language": "{language}", "published": "20{:02}-0{}-01", "title": "T", "topics": ["x2"]{withdrawn}}}"#,
                10 + number / 10,
                1 + number % 3
            );
            crate::store::StoryRecord::json(format!("a/{number}"), text)
        });
        let (site, diagnostics) = Site::from_stories(&config, stories, "2026-01-01T00:00:00Z".parse().unwrap());
        assert!(!diagnostics.has_errors(), "{diagnostics}");
        let planned = site.planned_documents();
        for planned in &planned {
            let path = site.path(planned.key);
            let known = |_: &str, _: &str| match planned.key {
                crate::plan::DocumentKey::Story { entry, kind, .. } => (entry, kind),
                _ => panic!("{path} is no story"),
            };
            assert_eq!(crate::plan::DocumentKey::of_path(&path, &config, known), Some(planned.key), "{path}");
        }
        assert!(planned.len() > 150, "{}", planned.len());
    }
}
