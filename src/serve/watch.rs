//! File events of a configuration and its store, debounced, and checks for what the system does not report.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind, RenameMode};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::store::{Changes, FileFingerprint, is_hidden, is_story_path};

/// A change is due after this long without another event.
const DEBOUNCE: Duration = Duration::from_millis(20);
/// A change is due after this long at the latest.
const MAX_DELAY: Duration = Duration::from_millis(250);
/// When a new folder is read again: files may have been created before its own watch was.
const FOLDER_RECHECK: Duration = Duration::from_millis(700);

/// Receives file events.
pub type EventHandler = Arc<dyn Fn(notify::Result<Event>) + Send + Sync>;

/// Watches a store and a configuration.
pub struct Watch {
    root: PathBuf,
    watched_root: PathBuf,
    config: PathBuf,
    on_event: EventHandler,
    watcher: Option<RecommendedWatcher>,
    /// Device and inode of the store, links followed.
    root_identity: Option<(u64, u64)>,
    /// The configuration and the files that belong to it, with their fingerprints.
    config_files: Vec<(PathBuf, Option<FileFingerprint>)>,
    changes: Changes,
    has_config_changed: bool,
    /// When the first and the last of the pending changes were reported.
    reported: Option<(Instant, Instant)>,
    recheck_at: Option<Instant>,
    config_is_unfinished: bool,
}

/// What a reload has to read.
pub struct PendingReload {
    pub changes: Changes,
    pub config: bool,
}

impl Watch {
    /// Starts to watch a store, a configuration and its `other_files`.
    pub fn new(root: &Path, config: &Path, other_files: &[PathBuf], on_event: EventHandler) -> Watch {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let mut watch = Watch {
            root: root.to_owned(),
            watched_root: absolute(root),
            config: absolute(config),
            on_event,
            watcher: None,
            root_identity: None,
            config_files: [config]
                .into_iter()
                .chain(other_files.iter().map(PathBuf::as_path))
                .map(fingerprint)
                .collect(),
            changes: Changes::default(),
            has_config_changed: false,
            reported: None,
            recheck_at: None,
            config_is_unfinished: false,
        };
        watch.restart();
        watch
    }

    /// Whether the system reports changes.
    pub fn has_events(&self) -> bool {
        self.watcher.is_some()
    }

    /// Asks the system to report changes.
    fn restart(&mut self) {
        let on_event = Arc::clone(&self.on_event);
        self.root_identity = identity(&self.watched_root);
        let watcher = notify::recommended_watcher(move |event| on_event(event)).and_then(|mut watcher| {
            if let Some(folder) = self.config.parent() {
                watcher.watch(folder, RecursiveMode::NonRecursive)?;
            }
            watcher.watch(&self.watched_root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        if let Err(error) = &watcher {
            let root = self.root.display();
            tracing::warn!("the system reports no changes in {root} ({error}), so it is polled");
        }
        self.watcher = watcher.ok();
    }

    /// Marks everything as changed.
    pub fn mark_all(&mut self, now: Instant) {
        self.changes.anywhere = true;
        self.report(now);
    }

    /// Starts the debounce interval again.
    fn report(&mut self, now: Instant) {
        let first = self.reported.map_or(now, |(first, _)| first);
        self.reported = Some((first, now));
    }

    /// Records an event.
    pub fn record(&mut self, event: notify::Result<Event>, now: Instant) {
        let Some(event) = event.ok().filter(|event| !event.need_rescan()) else {
            // Events were lost, maybe those of files that were closed.
            self.changes.unfinished.clear();
            self.config_is_unfinished = false;
            return self.mark_all(now);
        };
        if event.kind == EventKind::Modify(ModifyKind::Name(RenameMode::Both)) {
            // Both ends of a rename are reported as well.
            return;
        }
        for path in &event.paths {
            if *path == self.config {
                self.record_config(event.kind, now);
            } else if let Ok(below) = path.strip_prefix(&self.watched_root) {
                self.record_below(event.kind, &self.root.join(below), now);
            }
        }
    }

    fn record_config(&mut self, kind: EventKind, now: Instant) {
        match kind {
            EventKind::Modify(ModifyKind::Data(_)) => self.config_is_unfinished = true,
            EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Modify(_) | EventKind::Remove(_) => {
                self.config_is_unfinished = false;
                self.check_config(now);
            }
            _ => {}
        }
    }

    fn record_below(&mut self, kind: EventKind, path: &Path, now: Instant) {
        let is_link = path.is_symlink();
        if is_story_path(&self.root, path) && !is_link {
            return self.record_story(kind, path, now);
        }
        let is_change = matches!(kind, EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(_));
        if !is_change || (!is_link && is_in_hidden(&self.root, path)) || path.is_file() && !is_link {
            return;
        }
        // A folder or a link: any file below it may have changed.
        if is_link {
            self.restart();
        }
        self.mark_all(now);
        self.recheck_at = Some(now + FOLDER_RECHECK);
    }

    /// A file counts as written when it is closed or renamed into place.
    fn record_story(&mut self, kind: EventKind, path: &Path, now: Instant) {
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

    /// Runs the cheap checks: whether the store was replaced, or the configuration changed.
    pub fn check(&mut self, now: Instant) {
        if self.recheck_at.is_some_and(|at| now >= at) {
            self.recheck_at = None;
            self.mark_all(now);
        }
        if identity(&self.watched_root) != self.root_identity {
            self.restart();
            self.changes.unfinished.clear();
            self.mark_all(now);
        }
        if !self.config_is_unfinished {
            self.check_config(now);
        }
    }

    fn check_config(&mut self, now: Instant) {
        let files: Vec<_> = self.config_files.iter().map(|(path, _)| fingerprint(path)).collect();
        if files != self.config_files {
            self.config_files = files;
            self.has_config_changed = true;
            self.report(now);
        }
    }

    /// Files that are being written.
    pub fn unfinished(&self) -> &BTreeSet<PathBuf> {
        &self.changes.unfinished
    }

    /// How long until a reload is due.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        let (first, last) = self.reported?;
        Some((last + DEBOUNCE).min(first + MAX_DELAY).saturating_duration_since(now))
    }

    /// Takes what a reload has to read, once it is due.
    pub fn take_pending(&mut self, now: Instant) -> Option<PendingReload> {
        self.wait(now).filter(Duration::is_zero)?;
        self.reported = None;
        let changes = Changes {
            anywhere: std::mem::take(&mut self.changes.anywhere),
            files: std::mem::take(&mut self.changes.files),
            unfinished: self.changes.unfinished.clone(),
        };
        Some(PendingReload { changes, config: std::mem::take(&mut self.has_config_changed) })
    }
}

/// Whether a new file is still open for writing; a hard link to an existing one is not.
fn is_being_written(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.nlink() == 1)
}

/// Whether a path is hidden from the store, or lies in a folder that is.
fn is_in_hidden(root: &Path, path: &Path) -> bool {
    path.strip_prefix(root).is_ok_and(|below| below.iter().any(is_hidden))
}

/// Device and inode.
fn identity(path: &Path) -> Option<(u64, u64)> {
    path.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

/// A file and its fingerprint.
fn fingerprint(path: &Path) -> (PathBuf, Option<FileFingerprint>) {
    (path.to_owned(), path.metadata().ok().map(|metadata| FileFingerprint::of(&metadata)))
}
