//! What changes on disk: reported by the system where it can, and looked for where it cannot.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::source::Message;
use crate::store::{Changes, FileFingerprint, can_be_story, is_hidden};

/// A change is taken up when nothing more was reported for this long, or at the latest after that long.
const QUIET: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(250);
/// What was reported of a folder is looked at once more: files may have come before its own watch did.
const AGAIN: Duration = Duration::from_millis(700);

/// Follows a store and a configuration.
pub struct Watch {
    root: PathBuf,
    watched_root: PathBuf,
    config: PathBuf,
    sender: Sender<Message>,
    watcher: Option<RecommendedWatcher>,
    /// What stands at the two paths, links followed.
    root_identity: Option<(u64, u64)>,
    /// The configuration and what it is read from besides, and how each looked.
    sources: Vec<(PathBuf, Option<FileFingerprint>)>,
    changes: Changes,
    is_config_changed: bool,
    /// When the first and the last of the changes were reported.
    reported: Option<(Instant, Instant)>,
    again: Option<Instant>,
    config_is_unfinished: bool,
}

/// What is to be read anew.
pub struct Due {
    pub changes: Changes,
    pub config: bool,
}

impl Watch {
    /// Begins to follow them.
    pub fn new(root: &Path, config: &Path, beside: &[PathBuf], sender: Sender<Message>) -> Watch {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut watch = Watch {
            root: root.to_owned(),
            watched_root: absolute(root),
            config: absolute(config),
            sender,
            watcher: None,
            root_identity: None,
            sources: [config].into_iter().chain(beside.iter().map(PathBuf::as_path)).map(seen).collect(),
            changes: Changes::default(),
            is_config_changed: false,
            reported: None,
            again: None,
            config_is_unfinished: false,
        };
        watch.begin();
        watch
    }

    /// Whether the system reports changes.
    pub fn is_told(&self) -> bool {
        self.watcher.is_some()
    }

    /// Asks the system to report changes.
    fn begin(&mut self) {
        let sender = self.sender.clone();
        self.root_identity = identity(&self.watched_root);
        let handler = move |event| drop(sender.send(Message::Event(event)));
        let watcher = notify::recommended_watcher(handler).and_then(|mut watcher| {
            if let Some(folder) = self.config.parent() {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            watcher.watch(&self.watched_root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        if let Err(error) = &watcher {
            let root = self.root.display();
            tracing::warn!("the system reports no changes in {root} ({error}), so it is looked at every now and then");
        }
        self.watcher = watcher.ok();
    }

    /// Everything may have changed.
    pub fn everything(&mut self, now: Instant) {
        self.changes.anywhere = true;
        self.report(now);
    }

    fn report(&mut self, now: Instant) {
        let first = self.reported.map_or(now, |(first, _)| first);
        self.reported = Some((first, now));
    }

    /// Takes note of what the system reports.
    pub fn note(&mut self, event: notify::Result<Event>, now: Instant) {
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            // Reports were lost, of files that were closed among them.
            self.changes.unfinished.clear();
            self.config_is_unfinished = false;
            return self.everything(now);
        };
        if event.kind == EventKind::Modify(ModifyKind::Name(RenameMode::Both)) {
            // Its halves are reported as well.
            return;
        }
        for path in &event.paths {
            if *path == self.config {
                self.note_config(event.kind, now);
            } else if let Ok(below) = path.strip_prefix(&self.watched_root) {
                self.note_below(event.kind, &self.root.join(below), now);
            }
        }
    }

    fn note_config(&mut self, kind: EventKind, now: Instant) {
        match kind {
            EventKind::Modify(ModifyKind::Data(_)) => self.config_is_unfinished = true,
            EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Modify(_) | EventKind::Remove(_) => {
                self.config_is_unfinished = false;
                self.look_at_config(now);
            }
            _ => {}
        }
    }

    fn note_below(&mut self, kind: EventKind, path: &Path, now: Instant) {
        let is_link = path.is_symlink();
        if can_be_story(&self.root, path) && !is_link {
            return self.note_story(kind, path, now);
        }
        let is_change = matches!(kind, EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(_));
        if !is_change || (!is_link && is_in_hidden(&self.root, path)) || path.is_file() && !is_link {
            return;
        }
        // A folder or a link: what is below it came, went or became something else.
        if is_link {
            self.begin();
        }
        self.everything(now);
        self.again = Some(now + AGAIN);
    }

    /// A file counts as written when it is closed or renamed into place (contract §6).
    fn note_story(&mut self, kind: EventKind, path: &Path, now: Instant) {
        match kind {
            EventKind::Create(_) if is_being_written(path) => drop(self.changes.unfinished.insert(path.to_owned())),
            EventKind::Modify(ModifyKind::Data(_)) => drop(self.changes.unfinished.insert(path.to_owned())),
            EventKind::Create(_)
            | EventKind::Modify(_)
            | EventKind::Remove(_)
            | EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                let is_attribute = matches!(kind, EventKind::Modify(ModifyKind::Metadata(_)));
                if !is_attribute {
                    self.changes.unfinished.remove(path);
                }
                self.changes.files.insert(path.to_owned());
                self.report(now);
            }
            _ => {}
        }
    }

    /// Looks at what costs next to nothing: whether another store or another configuration stands at its path.
    pub fn look(&mut self, now: Instant) {
        if self.again.is_some_and(|again| now >= again) {
            self.again = None;
            self.everything(now);
        }
        if identity(&self.watched_root) != self.root_identity {
            self.begin();
            self.changes.unfinished.clear();
            self.everything(now);
        }
        if !self.config_is_unfinished {
            self.look_at_config(now);
        }
    }

    fn look_at_config(&mut self, now: Instant) {
        let sources: Vec<_> = self.sources.iter().map(|(path, _)| seen(path)).collect();
        if sources != self.sources {
            self.sources = sources;
            self.is_config_changed = true;
            self.report(now);
        }
    }

    /// Files that somebody is writing.
    pub fn unfinished(&self) -> &BTreeSet<PathBuf> {
        &self.changes.unfinished
    }

    /// How long until something is due that was reported.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let (first, last) = self.reported?;
        Some((last + QUIET).min(first + LONGEST).saturating_duration_since(now))
    }

    /// What is to be read anew, once it is quiet.
    pub fn due(&mut self, now: Instant) -> Option<Due> {
        self.wait(now).filter(Duration::is_zero)?;
        self.reported = None;
        let changes = Changes {
            anywhere: std::mem::take(&mut self.changes.anywhere),
            files: std::mem::take(&mut self.changes.files),
            unfinished: self.changes.unfinished.clone(),
        };
        Some(Due { changes, config: std::mem::take(&mut self.is_config_changed) })
    }
}

/// Whether a file that was just made is still open for its writer; a link to one that exists is not.
fn is_being_written(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_file() && found.nlink() == 1)
}

/// Whether a path is hidden from the store, or lies in a folder that is.
fn is_in_hidden(root: &Path, path: &Path) -> bool {
    path.strip_prefix(root).is_ok_and(|below| below.iter().any(is_hidden))
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|found| (found.dev(), found.ino()))
}

/// A file and how it looks.
fn seen(path: &Path) -> (PathBuf, Option<FileFingerprint>) {
    (path.to_owned(), path.metadata().ok().map(|found| FileFingerprint::of(&found)))
}
