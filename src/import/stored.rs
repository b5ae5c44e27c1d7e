//! Owns what becomes of each entry in the folder: new, unchanged, updated, edited by hand, deleted by hand; never
//! touches a file that a person edited, and never what it did not write.
//!
//! Order of writing: first the stories, each in one step, then the record. Killed in between, the next import finds files
//! that say what it would write, and takes them as its own.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::entries::Ready;
use super::names::{Naming, hash};
use super::recall::recall;
use super::record::{Origin, Record, Remembered};
use super::report::Outcome;
use super::story_file::Story;
use super::texts::Texts;
use super::{Progress, Standing, is_nothing, write};
use crate::diagnostics::Problem;

/// One import into one folder.
pub struct Run<'a> {
    pub into: &'a Path,
    pub dry_run: bool,
    pub standing: &'a Standing<'a>,
    /// What this import has read, as [`Ready::origin`] has it.
    pub read: &'a HashSet<String>,
    pub texts: &'a Texts,
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// The configured languages.
    pub languages: &'a [String],
}

/// The entries of one story, one a language.
pub struct Bundle<'a> {
    pub entries: Vec<&'a Ready>,
    /// The id that the story had where it comes from.
    pub id: Option<String>,
}

impl Bundle<'_> {
    /// The entry that gives the story its name.
    fn first(&self) -> &Ready {
        self.entries[0]
    }

    /// The story that these entries make.
    fn story(&self, run: &Run<'_>) -> Result<Story, Problem> {
        let mut stories = self.entries.iter().map(|entry| entry.story(run.texts));
        stories.try_fold(Story::default(), |all, story| Ok(story?.over(Some(all), run.languages)))
    }
}

/// What is to be done for a story.
enum Job {
    /// It is known: by its place in the record.
    Known(usize, Remembered),
    New(Name),
}

/// What was done for one: what became of it, and what is to be remembered, at which place of the record.
#[derive(Default)]
struct Brought {
    outcome: Option<Outcome>,
    remembered: Option<(Option<usize>, Remembered)>,
}

/// A new story's name.
#[derive(Default)]
struct Name {
    id: String,
    /// The file is there, word for word: an import was killed before it could remember.
    found: bool,
    /// Another file has the story.
    elsewhere: Option<PathBuf>,
}

impl Run<'_> {
    /// Brings stories into the folder, and tells what became of each.
    pub fn store(&self, bundles: Vec<Bundle<'_>>) -> Result<Vec<Outcome>, Problem> {
        // Held until the end; the system releases it with the process.
        let _lock = if self.dry_run || bundles.is_empty() { None } else { Some(self.lock()?) };
        let mut record = Record::load(self.into)?;
        let recalled = self.recall(&bundles, &record);
        let fresh: Vec<usize> = (0..bundles.len()).filter(|place| recalled[*place].is_none()).collect();
        let names = self.name(&fresh.iter().map(|place| &bundles[*place]).collect::<Vec<_>>(), &record)?;
        let mut names: HashMap<usize, Name> = fresh.into_iter().zip(names).collect();

        let jobs: Vec<(&Bundle<'_>, Job)> = bundles
            .iter()
            .enumerate()
            .map(|(place, bundle)| match (recalled[place], names.remove(&place)) {
                (Some(story), _) => (bundle, Job::Known(story, record.stories[story].clone())),
                (None, name) => (bundle, Job::New(name.unwrap_or_default())),
            })
            .collect();
        let (failed, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let brought: Vec<Result<Brought, Problem>> = jobs
            .into_par_iter()
            .map(|(bundle, job)| {
                // Where one cannot be written, nothing more is tried.
                if failed.load(Ordering::Relaxed) {
                    return Ok(Brought::default());
                }
                let brought = self.bring(bundle, job);
                failed.fetch_or(brought.is_err(), Ordering::Relaxed);
                (self.progress)(Progress::Stored(done.fetch_add(1, Ordering::Relaxed) + 1, bundles.len()));
                brought
            })
            .collect();
        let (mut outcomes, mut failure) = (Vec::new(), None);
        for brought in brought {
            match brought {
                Ok(Brought { outcome, remembered }) => {
                    outcomes.extend(outcome);
                    match remembered {
                        Some((Some(story), remembered)) => record.stories[story] = remembered,
                        Some((None, remembered)) => record.stories.push(remembered),
                        None => {}
                    }
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        // What was written before a failure is remembered too.
        let saved = if self.dry_run { Ok(()) } else { record.save(self.into) };
        match failure {
            Some(error) => Err(error),
            None => saved.map(|()| outcomes),
        }
    }

    fn bring(&self, bundle: &Bundle<'_>, job: Job) -> Result<Brought, Problem> {
        let (outcome, remembered) = match job {
            Job::Known(story, mut known) => {
                let outcome = self.bring_known(bundle, &mut known)?;
                (outcome, Some((Some(story), known)))
            }
            Job::New(Name { elsewhere: Some(path), .. }) => (Outcome::AlreadyThere { path }, None),
            Job::New(name) => {
                let (outcome, remembered) = self.bring_new(bundle, &name)?;
                (outcome, Some((None, remembered)))
            }
        };
        Ok(Brought { outcome: Some(outcome), remembered })
    }

    /// For each story its place in the record: that of the first of its entries that is known again, once.
    fn recall(&self, bundles: &[Bundle<'_>], record: &Record) -> Vec<Option<usize>> {
        let entries: Vec<&Ready> = bundles.iter().flat_map(|bundle| bundle.entries.iter().copied()).collect();
        let mut recalled = recall(&entries, record).into_iter();
        let mut used = HashSet::new();
        let mut of_bundle = |bundle: &Bundle<'_>| {
            let places: Vec<usize> = recalled.by_ref().take(bundle.entries.len()).flatten().collect();
            places.into_iter().find(|place| used.insert(*place))
        };
        bundles.iter().map(&mut of_bundle).collect()
    }

    /// Makes the folder if need be, and waits while another import is at work in it.
    fn lock(&self) -> Result<File, Problem> {
        let failed = |what: &'static str| move |error: std::io::Error| Problem::machine(self.into, what, &error);
        std::fs::create_dir_all(self.into).map_err(failed("make this folder"))?;
        let lock = File::open(self.into).map_err(failed("open this folder"))?;
        lock.lock().map_err(failed("lock this folder"))?;
        Ok(lock)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.into.join(format!("{id}.toml"))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Problem> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(Problem::machine(path, "read this file", &error)),
        }
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Problem> {
        if self.dry_run { Ok(()) } else { write::replace(path, text) }
    }

    fn bring_known(&self, bundle: &Bundle<'_>, known: &mut Remembered) -> Result<Outcome, Problem> {
        let file = known.file.clone();
        let id = file.strip_suffix(".toml").unwrap_or(&file);
        let path = self.path(id);
        let Some(bytes) = self.read(&path)? else {
            let moved = (self.standing.file)(id).map(|path| Outcome::AlreadyThere { path });
            return Ok(moved.unwrap_or(Outcome::Deleted { file }));
        };
        let there = bytes_hash(&bytes);
        // Texts that are not among these stay, where nobody has touched the file.
        let before = std::str::from_utf8(&bytes).ok().filter(|_| there == known.written);
        let before = before.and_then(|text| Story::from_toml(text, self.languages));
        let text = bundle.story(self)?.over(before, self.languages).to_toml(id);
        let wanted = hash(&text);
        // The text of a source that is not read now stays, or two sources would change the story in turn.
        let is_read = |origin: &Origin| self.read.contains(&origin.source);
        let is_same = |origin: &Origin| {
            let same = |entry: &Ready| {
                (origin.date, &*origin.title, &*origin.text) == (entry.date(), &*entry.title, &*entry.text)
            };
            bundle.entries.iter().any(|entry| same(entry))
        };
        if there != wanted
            && let Some(other) = known.entries.first()
            && !known.entries.iter().any(|origin| is_same(origin) || is_read(origin))
        {
            return Ok(Outcome::Superseded { by: other.source.clone(), by_line: None });
        }
        if there != wanted && there != known.written {
            return Ok(Outcome::Edited { file, correction_waits: wanted != known.written });
        }
        let outcome = if there == wanted {
            Outcome::Unchanged { file }
        } else {
            self.write(&path, &text)?;
            Outcome::Updated { file }
        };
        known.written = wanted;
        for entry in &bundle.entries {
            match known.entries.iter_mut().find(|origin| origin.language == entry.language) {
                Some(origin) => {
                    let is_other = (&*origin.title, &*origin.text) != (&*entry.title, &*entry.text);
                    if is_other || origin.date != entry.date() || origin.key != entry.key {
                        *origin = origin_of(entry);
                    }
                }
                None => known.entries.push(origin_of(entry)),
            }
        }
        Ok(outcome)
    }

    fn bring_new(&self, bundle: &Bundle<'_>, name: &Name) -> Result<(Outcome, Remembered), Problem> {
        let text = bundle.story(self)?.to_toml(&name.id);
        let file = format!("{}.toml", name.id);
        if !name.found {
            self.write(&self.path(&name.id), &text)?;
        }
        let entries = bundle.entries.iter().map(|entry| origin_of(entry)).collect();
        let remembered = Remembered { file: file.clone(), written: hash(&text), entries };
        Ok((if name.found { Outcome::Unchanged { file } } else { Outcome::Written { file } }, remembered))
    }

    /// Names new stories: each the nicest that neither another story nor a file has. What clashes goes on together to
    /// the next kind of name, so that the order of the entries does not matter.
    fn name(&self, bundles: &[&Bundle<'_>], record: &Record) -> Result<Vec<Name>, Problem> {
        let contents: Vec<String> = bundles
            .iter()
            .map(|bundle| {
                let entry = bundle.first();
                hash(&format!("{}\n{}\n{}\n{}", entry.date(), entry.language, entry.title, entry.text))
            })
            .collect();
        let candidates: Vec<Vec<String>> = bundles
            .iter()
            .zip(&contents)
            .map(|(bundle, content)| {
                let entry = bundle.first();
                let naming = Naming { date: entry.date(), language: &entry.language, title: &entry.title, content };
                bundle.id.iter().cloned().chain(naming.candidates()).collect()
            })
            .collect();
        let mut taken: HashSet<String> = record.stories.iter().map(|story| story.file.to_ascii_lowercase()).collect();
        let mut names: Vec<Option<Name>> = Vec::new();
        for (bundle, candidates) in bundles.iter().zip(&candidates) {
            let entry = bundle.first();
            let mut found = None;
            for id in candidates {
                let file = format!("{id}.toml").to_ascii_lowercase();
                if found.is_none()
                    && !taken.contains(&file)
                    && let Some(bytes) = self.read(&self.path(id))?
                    && bytes == bundle.story(self)?.to_toml(id).as_bytes()
                {
                    taken.insert(file);
                    found = Some(Name { id: id.clone(), found: true, elsewhere: None });
                }
            }
            for id in candidates {
                let file = format!("{id}.toml").to_ascii_lowercase();
                if found.is_none()
                    && !taken.contains(&file)
                    && let Some(path) = (self.standing.file)(id)
                    && (self.standing.says)(id, entry.date(), &entry.language, &entry.title)
                {
                    taken.insert(file);
                    found = Some(Name { id: id.clone(), found: false, elsewhere: Some(path) });
                }
            }
            names.push(found);
        }
        let kinds = candidates.iter().map(Vec::len).max().unwrap_or(0);
        for kind in 0..kinds {
            let ids: Vec<Option<&str>> =
                candidates.iter().map(|candidates| candidates.get(kind).map(String::as_str)).collect();
            let mut wanted: HashMap<&str, usize> = HashMap::new();
            for (id, _) in ids.iter().zip(&names).filter(|(_, name)| name.is_none()) {
                *wanted.entry(id.unwrap_or_default()).or_insert(0) += 1;
            }
            for (id, name) in ids.iter().zip(&mut names).filter(|(_, name)| name.is_none()) {
                let Some(id) = id else { continue };
                let file = format!("{id}.toml").to_ascii_lowercase();
                if wanted.get(id) == Some(&1) && !taken.contains(&file) && self.is_free(id) {
                    taken.insert(file);
                    *name = Some(Name { id: (*id).to_owned(), found: false, elsewhere: None });
                }
            }
        }
        // Made of all that the story says: who has it has the story.
        let last = |place: usize| {
            let id = format!("{}/{}", bundles[place].first().date().format("%Y"), contents[place]);
            Name { elsewhere: (self.standing.file)(&id), id, found: false }
        };
        Ok(names.into_iter().enumerate().map(|(place, name)| name.unwrap_or_else(|| last(place))).collect())
    }

    fn is_free(&self, id: &str) -> bool {
        (self.standing.file)(id).is_none()
            && ["toml", "json", "jsonl"].iter().all(|extension| !self.into.join(format!("{id}.{extension}")).exists())
    }
}

fn origin_of(entry: &Ready) -> Origin {
    Origin {
        date: entry.date(),
        language: entry.language.clone(),
        title: entry.title.clone(),
        text: entry.text.clone(),
        key: entry.key.clone(),
        // Not the whole path: the record goes where the store goes, to other machines too.
        source: entry.origin.clone(),
    }
}

fn bytes_hash(bytes: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}
