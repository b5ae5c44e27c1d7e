//! The sources that `serve` imports: on their schedule, and when the admin address is asked for one.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::import::import_named;
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::files::FolderLock;
use crate::serve::{RunTask, Task};

/// The folder in the store whose lock has the server that imports.
const LOCK: &str = ".tidings-imports";

/// The sources as tasks, and what runs them.
///
/// # Errors
/// One on a schedule goes into a folder that cannot be written.
pub fn tasks(path: &Path, config: &Config) -> Result<(Vec<Task>, RunTask), Diagnostic> {
    for source in config.imports.iter().filter(|source| source.every.is_some()) {
        let what = format!("write into this folder, into which `serve` imports `{}`", source.name);
        let written = std::fs::create_dir_all(&source.into).and_then(|()| tempfile::tempfile_in(&source.into));
        written.map_err(|error| Diagnostic::machine(&source.into, &what, &error))?;
    }
    let task = |source: &crate::config::ImportSource| Task { name: source.name.clone(), every: source.every };
    let tasks = config.imports.iter().map(task).collect();
    Ok((tasks, run(path.to_owned(), config.site.stories.join(LOCK))))
}

/// Imports a source, while no other server imports into the same store.
fn run(path: PathBuf, lock: PathBuf) -> RunTask {
    let held: Mutex<Option<FolderLock>> = Mutex::new(None);
    Box::new(move |name, tell| {
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_none() {
            *held = FolderLock::try_acquire(&lock, "this folder").map_err(|diagnostic| diagnostic.message)?;
        }
        if held.is_none() {
            return Err("another server imports into this store".to_owned());
        }
        import_named(&path, name, tell)
    })
}
