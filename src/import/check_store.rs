//! Reads what an import would write as the store does, beside all that is there, before anything is written: what the
//! store accepted before an import it accepts afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::config::Config;
use crate::diagnostics::{Cause, Diagnostic, Location};
use crate::store::{Draft, Store};

/// How often stories that conflict are left out before the import is given up.
const MAX_ROUNDS: usize = 50;

/// Returns why each story cannot be written, by its index. `drafts`: the files of each story.
///
/// # Errors
/// The conflicts do not end.
pub fn refusals(config: &Config, store: &Store, drafts: &[Vec<Draft>]) -> Result<BTreeMap<usize, String>, Diagnostic> {
    let mut refused: BTreeMap<usize, String> = BTreeMap::new();
    for (index, files) in drafts.iter().enumerate() {
        if let Some(error) = files.iter().find_map(Draft::error) {
            refused.insert(index, error.message.clone());
        }
    }
    let mut by_path: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, files) in drafts.iter().enumerate() {
        for file in files {
            by_path.entry(file.path().display().to_string()).or_default().push(index);
        }
    }
    let mut before: Option<HashSet<String>> = None;
    for _ in 0..MAX_ROUNDS {
        let accepted = drafts.iter().enumerate().filter(|(index, _)| !refused.contains_key(index));
        let files: Vec<Draft> = accepted.flat_map(|(_, files)| files.iter().cloned()).collect();
        if files.is_empty() {
            return Ok(refused);
        }
        let (_, conflicts) = Catalog::new(&store.with_drafts(files), config);
        if conflicts.is_empty() {
            return Ok(refused);
        }
        let before = before.get_or_insert_with(|| Catalog::new(store, config).1.iter().map(describe).collect());
        let mut has_new = false;
        for conflict in conflicts.iter().filter(|conflict| !before.contains(&describe(conflict))) {
            let story = files_of(conflict).find_map(|file| {
                let stories = by_path.get(file)?;
                stories.iter().copied().find(|story| !refused.contains_key(story))
            });
            if let Some(story) = story {
                has_new = true;
                refused.insert(story, conflict.message.clone());
            }
        }
        if !has_new {
            return Ok(refused);
        }
    }
    let message = "what would be imported conflicts with the store, so nothing was written";
    Err(Diagnostic::error(None, message).help("run `tidings check`, and mend what it reports"))
}

/// The files of a conflict, that of the later record first.
fn files_of(conflict: &Diagnostic) -> impl Iterator<Item = &str> {
    let related = conflict.related.iter().map(|related| &*related.1.path);
    conflict.location.iter().map(|location| &*location.path).chain(related)
}

/// A conflict without its lines, which other changes move.
fn describe(conflict: &Diagnostic) -> String {
    let files: Vec<&str> = files_of(conflict).collect();
    format!("{}\n{}", conflict.message, files.join("\n"))
}

/// Refuses symbolic links on the way from a folder to the files of stories: through one a story would be written out of the
/// folder, or have two paths and so two ids.
pub fn refuse_links<'i>(folder: &Path, ids: impl Iterator<Item = &'i str>) -> Result<(), Diagnostic> {
    let folders: BTreeSet<&str> = ids.flat_map(|id| id.match_indices('/').map(|(at, _)| &id[..at])).collect();
    let is_link = |path: &PathBuf| path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    let Some(link) = folders.into_iter().map(|below| folder.join(below)).find(is_link) else { return Ok(()) };
    let message = "this is a symbolic link, and nothing is imported through links";
    let help = "replace it by the folder that it leads to, or import into another folder with --into";
    let diagnostic = Diagnostic::error(Location::file(link.display().to_string()), message).help(help);
    Err(Diagnostic { cause: Cause::Machine, ..diagnostic })
}

/// The path of a folder below the store, with `/` at its end; empty for the store itself and for another folder.
pub fn prefix(folder: &Path, store: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing =
        folder.ancestors().find_map(|part| Some((part.canonicalize().ok()?, folder.strip_prefix(part).ok()?)));
    let real = existing.map(|(real, rest)| real.join(rest));
    let below = absolute(folder).strip_prefix(absolute(store)).map(Path::to_owned).ok();
    let below = below.or_else(|| real?.strip_prefix(store.canonicalize().ok()?).map(Path::to_owned).ok());
    let parts = below.iter().flat_map(|below| below.components());
    parts.fold(String::new(), |prefix, part| format!("{prefix}{}/", part.as_os_str().to_string_lossy()))
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;
    use std::os::unix::fs::symlink;

    use crate::config::Config;
    use crate::diagnostics::{Cause, Diagnostic};
    use crate::import::{ImportOptions, Report, run};
    use crate::store::Store;

    const FEED: &str = r#"{"items": [
        {"id": "1", "title": "A bridge was opened in the valley", "date_published": "2026-01-05T10:00:00Z"},
        {"id": "2", "title": "A road was opened in the valley", "date_published": "2026-01-06T10:00:00Z"}]}"#;
    const CONFIG: &str = "[site]\nbase_url = 'https://e.example/'\nauthority = 'e.example,2014'\ntitle = 'E'\n";

    /// A store whose folder `2026` is a symbolic link.
    struct Linked {
        folder: tempfile::TempDir,
        config: Config,
    }

    impl Linked {
        fn new(target: &str, site: &str) -> Linked {
            let folder = tempfile::tempdir().unwrap();
            for name in ["stories/real", "ext"] {
                std::fs::create_dir_all(folder.path().join(name)).unwrap();
            }
            symlink(target, folder.path().join("stories/2026")).unwrap();
            let path = folder.path().join("tidings.toml");
            std::fs::write(&path, format!("{CONFIG}{site}[languages.en]\ntitle = 'E'\n")).unwrap();
            Linked { config: Config::load(path).unwrap(), folder }
        }

        fn import(&self) -> Result<Report, Vec<Diagnostic>> {
            let mut input = tempfile::tempfile().unwrap();
            input.write_all(FEED.as_bytes()).unwrap();
            let into = self.folder.path().join("stories");
            let folder = self.folder.path().to_owned();
            let options = ImportOptions { sources: vec!["-".into()], into, folder, ..ImportOptions::default() };
            run(&self.config, &Store::load(&self.config), &options, Some(&input), &|_| {})
        }

        /// The names of the story files of a folder.
        fn stories(&self, folder: &str) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
            let mut names: Vec<String> =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.retain(|name| name.ends_with(".toml"));
            names.sort();
            names
        }
    }

    #[test]
    fn nothing_is_written_through_a_linked_folder() {
        for (target, site) in [("real", ""), ("../ext", ""), ("../ext", "follow_links = true\n"), ("../none", "")] {
            let store = Linked::new(target, site);
            let errors = store.import().map(|_| ()).unwrap_err();
            assert!(errors[0].location.as_ref().unwrap().path.ends_with("stories/2026"), "{target}: {errors:?}");
            assert_eq!(errors[0].cause, Cause::Machine, "{target}");
            for folder in ["stories", "stories/real", "ext"] {
                assert_eq!(store.stories(folder), [""; 0], "{target}");
            }
        }
    }

    #[test]
    fn a_link_that_no_story_goes_through_does_no_harm() {
        let store = Linked::new("real", "");
        std::fs::rename(store.folder.path().join("stories/2026"), store.folder.path().join("stories/2025")).unwrap();
        store.import().unwrap();
        assert_eq!(store.stories("stories/2026").len(), 2);
    }
}
