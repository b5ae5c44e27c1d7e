//! Owns what becomes of each entry in the folder: new, unchanged, updated, edited by hand, deleted by hand; never
//! touches a file that a person edited, and never what it did not write.
//!
//! Order of writing: first the stories, each in one step, then the record. Killed in between, the next import finds files
//! that say what it would write, and takes them as its own.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::Error;
use super::entries::Ready;
use super::names::{Naming, hash};
use super::recall::recall;
use super::record::{Origin, Record, Remembered};
use super::report::Outcome;
use super::write;

/// Brings entries into a folder. `sources` names each entry's source.
pub fn store(entries: &[&Ready], sources: &[&str], into: &Path, dry_run: bool) -> Result<Vec<Outcome>, Error> {
    let mut record = Record::load(into)?;
    let recalled = recall(entries, &record);
    let folder = Folder { into, dry_run };
    let fresh: Vec<usize> = (0..entries.len()).filter(|place| recalled[*place].is_none()).collect();
    let names = folder.name(&fresh.iter().map(|place| entries[*place]).collect::<Vec<_>>(), &record)?;
    let mut names: HashMap<usize, Name> = fresh.into_iter().zip(names).collect();

    let mut outcomes = Vec::new();
    let mut failure = None;
    for (place, entry) in entries.iter().enumerate() {
        let source = sources.get(place).copied().unwrap_or_default();
        let outcome = match (recalled[place], names.remove(&place)) {
            (Some(story), _) => folder.bring_known(entry, &mut record.stories[story]),
            (None, Some(name)) => folder.bring_new(entry, source, &name, &mut record),
            (None, None) => continue,
        };
        match outcome {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    // What was written before a failure is remembered too.
    let saved = if dry_run { Ok(()) } else { record.save(into) };
    match failure {
        Some(error) => Err(error),
        None => saved.map(|()| outcomes),
    }
}

struct Folder<'a> {
    into: &'a Path,
    dry_run: bool,
}

/// A new story's name.
struct Name {
    id: String,
    /// The file is there, word for word: an import was killed before it could remember.
    found: bool,
}

impl Folder<'_> {
    fn path(&self, id: &str) -> PathBuf {
        self.into.join(format!("{id}.toml"))
    }

    fn read(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
                Ok(None)
            }
            Err(source) => Err(Error::Read { path: path.to_owned(), source }),
        }
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Error> {
        if self.dry_run { Ok(()) } else { write::replace(path, text) }
    }

    fn bring_known(&self, entry: &Ready, known: &mut Remembered) -> Result<Outcome, Error> {
        let file = known.file.clone();
        let id = file.strip_suffix(".toml").unwrap_or(&file);
        let path = self.path(id);
        let Some(bytes) = self.read(&path)? else {
            return Ok(Outcome::Deleted { file });
        };
        let text = entry.story().to_toml(id);
        let (wanted, there) = (hash(&text), bytes_hash(&bytes));
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
        for origin in &mut known.entries {
            *origin = origin_of(entry, &origin.source);
        }
        Ok(outcome)
    }

    fn bring_new(&self, entry: &Ready, source: &str, name: &Name, record: &mut Record) -> Result<Outcome, Error> {
        let text = entry.story().to_toml(&name.id);
        let file = format!("{}.toml", name.id);
        if !name.found {
            self.write(&self.path(&name.id), &text)?;
        }
        record.stories.push(Remembered {
            file: file.clone(),
            written: hash(&text),
            entries: vec![origin_of(entry, source)],
        });
        Ok(if name.found { Outcome::Unchanged { file } } else { Outcome::Written { file } })
    }

    /// Names new stories: each the nicest that neither another story nor a file has. What clashes goes on together to
    /// the next kind of name, so that the order of the entries does not matter.
    fn name(&self, entries: &[&Ready], record: &Record) -> Result<Vec<Name>, Error> {
        let contents: Vec<String> = entries
            .iter()
            .map(|entry| hash(&format!("{}\n{}\n{}\n{}", entry.date, entry.language, entry.title, entry.text)))
            .collect();
        let candidates: Vec<[String; 4]> = entries
            .iter()
            .zip(&contents)
            .map(|(entry, content)| {
                Naming { date: entry.date, language: &entry.language, title: &entry.title, content }.candidates()
            })
            .collect();
        let mut taken: HashSet<String> = record.stories.iter().map(|story| story.file.to_ascii_lowercase()).collect();
        let mut names: Vec<Option<Name>> = Vec::new();
        for (entry, candidates) in entries.iter().zip(&candidates) {
            let mut found = None;
            for id in candidates {
                let file = format!("{id}.toml");
                if found.is_none()
                    && !taken.contains(&file)
                    && self.read(&self.path(id))?.is_some_and(|bytes| bytes == entry.story().to_toml(id).as_bytes())
                {
                    taken.insert(file);
                    found = Some(Name { id: id.clone(), found: true });
                }
            }
            names.push(found);
        }
        for kind in 0..4 {
            let ids: Vec<&str> = candidates.iter().map(|candidates| candidates[kind].as_str()).collect();
            let mut wanted: HashMap<&str, usize> = HashMap::new();
            for (id, _) in ids.iter().zip(&names).filter(|(_, name)| name.is_none()) {
                *wanted.entry(id).or_insert(0) += 1;
            }
            for (id, name) in ids.iter().zip(&mut names).filter(|(_, name)| name.is_none()) {
                let file = format!("{id}.toml");
                if wanted.get(id) == Some(&1) && !taken.contains(&file) && self.is_free(id) {
                    taken.insert(file);
                    *name = Some(Name { id: (*id).to_owned(), found: false });
                }
            }
        }
        let last = |place: usize| Name {
            id: format!("{}/{}", entries[place].date.format("%Y"), contents[place]),
            found: false,
        };
        Ok(names.into_iter().enumerate().map(|(place, name)| name.unwrap_or_else(|| last(place))).collect())
    }

    fn is_free(&self, id: &str) -> bool {
        ["toml", "json", "jsonl"].iter().all(|extension| !self.into.join(format!("{id}.{extension}")).exists())
    }
}

fn origin_of(entry: &Ready, source: &str) -> Origin {
    Origin {
        date: entry.date,
        language: entry.language.clone(),
        title: entry.title.clone(),
        text: entry.text.clone(),
        // Not the path: the record goes where the store goes, to other machines too.
        source: Path::new(source).file_name().map_or(source.into(), |name| name.to_string_lossy().into_owned()),
    }
}

fn bytes_hash(bytes: &[u8]) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(bytes))
}
