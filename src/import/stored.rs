//! Owns what becomes of each entry in the folder: new, unchanged, updated, edited by hand, deleted by hand; never
//! touches a file that a person edited, and never what it did not write.
//!
//! Order of writing: first the stories, each in one step, then the record. Killed in between, the next import finds files
//! that say what it would write, and takes them as its own.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::entries::Ready;
use super::record::{Origin, Record, Remembered};
use super::report::Outcome;
use super::slug::{Naming, hash};
use super::story_file::Story;
use super::texts::Texts;
use super::{Progress, Standing, is_nothing};
use crate::diagnostics::Diagnostic;
use crate::files::{self, FolderLock};
use crate::model::entry_tag_uri;

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
    /// What mints the site's ids.
    pub authority: &'a str,
}

/// The entries of one story, one a language.
pub struct Bundle<'a> {
    pub entries: Vec<&'a Ready>,
    /// The id that the story had where it comes from.
    pub id: Option<String>,
    /// By entry, its story in the record. The first that no other bundle has is what this goes on being.
    pub recalled: Vec<Option<usize>>,
}

impl Bundle<'_> {
    /// The entry that gives the story its name.
    fn first(&self) -> &Ready {
        self.entries[0]
    }

    /// The story that these entries make.
    fn story(&self, run: &Run<'_>) -> Result<Story, Diagnostic> {
        let mut stories = self.entries.iter().map(|entry| entry.story(run.texts));
        stories.try_fold(Story::default(), |all, story| Ok(story?.over(Some(all), run.languages)))
    }
}

/// What is to be done for a story.
enum Job {
    Known(Box<KnownStory>),
    New(Name),
}

/// What is known of a story.
struct KnownStory {
    /// Its place in the record.
    story: usize,
    remembered: Remembered,
    /// The languages whose texts are another story's now.
    moved: Vec<String>,
    /// The stories that have come into it, with their places in the record.
    merged: Vec<(usize, Remembered)>,
}

impl KnownStory {
    /// What is known of a bundle's story, of the stories that have come into it, and of the texts that have left it.
    fn new(
        place: usize,
        story: usize,
        bundles: &[Bundle<'_>],
        claims: &HashMap<usize, Vec<usize>>,
        record: &Record,
    ) -> KnownStory {
        let others: BTreeSet<usize> = bundles[place].recalled.iter().flatten().copied().collect();
        // A story whose other texts are in another bundle goes on there.
        let is_all_here =
            |other: &usize| claims.get(other).is_none_or(|claims| claims.iter().all(|claim| *claim == place));
        let merged = others.into_iter().filter(|other| *other != story).filter(is_all_here);
        let elsewhere = claims.get(&story).into_iter().flatten().filter(|claim| **claim != place);
        let moved = elsewhere.flat_map(|claim| {
            let Bundle { entries, recalled, .. } = &bundles[*claim];
            let left = entries.iter().zip(recalled).filter(|(_, recalled)| **recalled == Some(story));
            left.map(|(entry, _)| entry.language.clone()).collect::<Vec<_>>()
        });
        KnownStory {
            story,
            remembered: record.stories[story].clone(),
            moved: moved.collect(),
            merged: merged.map(|other| (other, record.stories[other].clone())).collect(),
        }
    }
}

/// What was done for one: what became of it, and what is to be remembered, at which place of the record.
#[derive(Default)]
struct Brought {
    outcome: Option<Outcome>,
    remembered: Option<(Option<usize>, Remembered)>,
    /// The places of stories that are no more.
    merged: Vec<usize>,
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

/// The folder that is imported into, held as long as nobody else may import into it.
pub struct Folder {
    pub record: Record,
    _lock: Option<FolderLock>,
}

impl Folder {
    /// Makes the folder if something will be written, and waits while another import is at work in it.
    pub fn open(into: &Path, is_written: bool) -> Result<Folder, Diagnostic> {
        let lock = is_written.then(|| FolderLock::acquire(into, "this folder")).transpose()?;
        Ok(Folder { record: Record::load(into)?, _lock: lock })
    }
}

impl Run<'_> {
    /// Brings stories into the folder, and tells what became of each.
    pub fn store(&self, bundles: Vec<Bundle<'_>>, record: &mut Record) -> Result<Vec<Outcome>, Diagnostic> {
        let mut used = HashSet::new();
        let recalled: Vec<Option<usize>> = bundles
            .iter()
            .map(|bundle| bundle.recalled.iter().flatten().copied().find(|story| used.insert(*story)))
            .collect();
        let fresh: Vec<usize> = (0..bundles.len()).filter(|place| recalled[*place].is_none()).collect();
        let names = self.name(&fresh.iter().map(|place| &bundles[*place]).collect::<Vec<_>>(), record)?;
        let mut names: HashMap<usize, Name> = fresh.into_iter().zip(names).collect();
        let mut claims: HashMap<usize, Vec<usize>> = HashMap::new();
        for (place, bundle) in bundles.iter().enumerate() {
            bundle.recalled.iter().flatten().for_each(|story| claims.entry(*story).or_default().push(place));
        }

        let jobs: Vec<(&Bundle<'_>, Job)> = bundles
            .iter()
            .enumerate()
            .map(|(place, bundle)| match (recalled[place], names.remove(&place)) {
                (Some(story), _) => {
                    (bundle, Job::Known(Box::new(KnownStory::new(place, story, &bundles, &claims, record))))
                }
                (None, name) => (bundle, Job::New(name.unwrap_or_default())),
            })
            .collect();
        let (failed, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let brought: Vec<Result<Brought, Diagnostic>> = jobs
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
        let (mut outcomes, mut failure, mut gone) = (Vec::new(), None, HashSet::new());
        for brought in brought {
            match brought {
                Ok(Brought { outcome, remembered, merged }) => {
                    outcomes.extend(outcome);
                    gone.extend(merged);
                    match remembered {
                        Some((Some(story), remembered)) => record.stories[story] = remembered,
                        Some((None, remembered)) => record.stories.push(remembered),
                        None => {}
                    }
                }
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let mut place = 0..;
        record.stories.retain(|_| place.next().is_none_or(|place| !gone.contains(&place)));
        // What was written before a failure is remembered too.
        let saved = if self.dry_run { Ok(()) } else { record.save(self.into) };
        match failure {
            Some(error) => Err(error),
            None => saved.map(|()| outcomes),
        }
    }

    fn bring(&self, bundle: &Bundle<'_>, job: Job) -> Result<Brought, Diagnostic> {
        match job {
            Job::Known(known) => self.bring_known(bundle, *known),
            Job::New(Name { elsewhere: Some(path), .. }) => {
                Ok(Brought { outcome: Some(Outcome::AlreadyThere { path }), ..Brought::default() })
            }
            Job::New(name) => {
                let (outcome, remembered) = self.bring_new(bundle, &name)?;
                Ok(Brought { outcome: Some(outcome), remembered: Some((None, remembered)), ..Brought::default() })
            }
        }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.into.join(format!("{id}.toml"))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Diagnostic> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(Diagnostic::machine(path, "read this file", &error)),
        }
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        if self.dry_run { Ok(()) } else { files::replace(path, text.as_bytes()) }
    }

    fn bring_known(&self, bundle: &Bundle<'_>, known: KnownStory) -> Result<Brought, Diagnostic> {
        let KnownStory { story, mut remembered, moved, merged } = known;
        let file = remembered.file.clone();
        let id = file.strip_suffix(".toml").unwrap_or(&file);
        let path = self.path(id);
        let told = |outcome: Outcome, remembered: Remembered| {
            Ok(Brought { outcome: Some(outcome), remembered: Some((Some(story), remembered)), merged: Vec::new() })
        };
        let Some(bytes) = self.read(&path)? else {
            let elsewhere = (self.standing.file)(id).map(|path| Outcome::AlreadyThere { path });
            return told(elsewhere.unwrap_or(Outcome::Deleted { file }), remembered);
        };
        let there = bytes_hash(&bytes);
        // Texts that are not among these stay, where nobody has touched the file.
        let mut before = self.untouched(&bytes, &remembered);
        if let Some(before) = &mut before {
            before.texts.retain(|text| !moved.contains(&text.language));
        }
        remembered.entries.retain(|origin| !moved.contains(&origin.language));
        let mut gone = Vec::new();
        for (place, other) in merged {
            let path = self.into.join(&other.file);
            if let Some(bytes) = self.read(&path)? {
                let Some(texts) = self.untouched(&bytes, &other) else {
                    return told(Outcome::Edited { file: other.file, correction_waits: true }, remembered);
                };
                before = Some(before.unwrap_or_default().over(Some(texts), self.languages));
            }
            gone.push((place, path));
            let former = other.file.strip_suffix(".toml").map(str::to_owned);
            let moved = other.entries.into_iter().map(|origin| Origin { former: former.clone(), ..origin });
            remembered.entries.extend(moved);
        }
        let mut whole = bundle.story(self)?.over(before, self.languages);
        for text in whole.texts.iter_mut().filter(|text| text.guid.is_none()) {
            // Subscribers know it by the id that it had.
            let origin = remembered.entries.iter().find(|origin| origin.language == text.language);
            let former = origin.and_then(|origin| origin.former.as_ref());
            text.guid = former.map(|former| entry_tag_uri(self.authority, former, &text.language));
        }
        let text = whole.to_toml(id);
        let wanted = hash(&text);
        // The text of a source that is not read now stays, or two sources would change the story in turn.
        let is_read = |origin: &Origin| self.read.contains(&origin.source);
        let is_same = |origin: &Origin| {
            let same = |entry: &Ready| {
                (origin.date, &*origin.title, &*origin.text) == (entry.date(), &*entry.title, &*entry.text)
            };
            bundle.entries.iter().any(|entry| same(entry))
        };
        let is_told = |origin: &&Origin| bundle.entries.iter().any(|entry| entry.language == origin.language);
        let mut told_before = remembered.entries.iter().filter(is_told).peekable();
        if there != wanted
            && let Some(other) = told_before.peek().map(|origin| origin.source.clone())
            && !told_before.any(|origin| is_same(origin) || is_read(origin))
        {
            return told(Outcome::Superseded { by: other, by_line: None }, remembered);
        }
        if there != wanted && there != remembered.written {
            let correction_waits = wanted != remembered.written;
            return told(Outcome::Edited { file, correction_waits }, remembered);
        }
        let outcome = if there == wanted {
            Outcome::Unchanged { file }
        } else {
            self.write(&path, &text)?;
            Outcome::Updated { file }
        };
        remembered.written = wanted;
        for entry in &bundle.entries {
            match remembered.entries.iter_mut().find(|origin| origin.language == entry.language) {
                Some(origin) => {
                    let is_other = (&*origin.title, &*origin.text) != (&*entry.title, &*entry.text);
                    if is_other || origin.date != entry.date() || origin.key != entry.key {
                        *origin = Origin { former: origin.former.take(), ..origin_of(entry) };
                    }
                }
                None => remembered.entries.push(origin_of(entry)),
            }
        }
        for (_, path) in gone.iter().filter(|_| !self.dry_run) {
            let removed =
                std::fs::remove_file(path).or_else(|error| if is_nothing(&error) { Ok(()) } else { Err(error) });
            removed.map_err(|error| Diagnostic::machine(path, "remove this file", &error))?;
        }
        let merged = gone.into_iter().map(|(place, _)| place).collect();
        Ok(Brought { outcome: Some(outcome), remembered: Some((Some(story), remembered)), merged })
    }

    /// A story as an import left it; none where a person has edited it since.
    fn untouched(&self, bytes: &[u8], remembered: &Remembered) -> Option<Story> {
        let text = std::str::from_utf8(bytes).ok().filter(|_| bytes_hash(bytes) == remembered.written)?;
        Story::from_toml(text, self.languages)
    }

    fn bring_new(&self, bundle: &Bundle<'_>, name: &Name) -> Result<(Outcome, Remembered), Diagnostic> {
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
    fn name(&self, bundles: &[&Bundle<'_>], record: &Record) -> Result<Vec<Name>, Diagnostic> {
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
        former: None,
        // Not the whole path: the record goes where the store goes, to other machines too.
        source: entry.origin.clone(),
    }
}

fn bytes_hash(bytes: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}
