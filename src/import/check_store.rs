//! Reads what an import would write as the store does, beside all that is there, before anything is written: what the
//! store accepted before an import it accepts afterwards.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use crate::catalog::Catalog;
use crate::config::Config;
use crate::diagnostics::Diagnostic;
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
