//! Publishing to an object store.
//!
//! One GET of the manifest says what is out of date. If something is: the lease, the manifest marked as unfinished, the
//! documents in the order of [`Stage`](crate::plan::Stage), deletions, the manifest, the lease removed. Every write is
//! conditional on the entity tag that the manifest remembers, so that nothing is overwritten that another builder or a person
//! wrote.
//!
//! A builder that is paused may go on after its lease was taken over. What it then writes under a condition that still holds
//! is found later: the paths that it announced stay pending in the manifest until a build more than a minute later has seen
//! that they are as they should be.

mod claims;
mod compare;
mod holder;
mod lease;
mod objects;
mod requests;
mod versions;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use self::claims::Claims;
use self::lease::Lease;
pub use self::objects::{load_object, remember, save_object};
use self::objects::{read_manifest, write_manifest};
use self::requests::Requests;
use self::versions::is_current_copy;
use self::write::{Record, Writer};
use super::job::Job;
use super::manifest::{self, ManifestEntry, ObjectEntry, Objects};
use super::pending::Pending;
use super::{Observer, Options, Outcome, compress, one, poisoned};
use crate::diagnostics::{Cause, Diagnostic, Location, sort};
use crate::plan::{PlannedDocument, Stage};
use crate::site::{BodyLosses, Site};
use crate::storage::{Storage, Tag};
use tokio::runtime::Runtime;

/// How often a build begins again because another one finished in between.
const MAX_ATTEMPTS: usize = 3;

/// Of fewer documents than this, any number may be removed.
const MANY: usize = 100;

/// Publishes a site to an object store.
pub fn build(
    site: &Site,
    documents: &Storage,
    state: &Storage,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    let runtime = runtime(state).map_err(one)?;
    for _ in 0..MAX_ATTEMPTS {
        let publication = Publication::new(site, documents, state, options, &runtime).map_err(one)?;
        let (entries, mut warnings) = publication.job.compare_entries().map_err(one)?;
        if options.strict {
            warnings.extend(site.loss_warnings(&site.body_losses().map_err(one)?));
            if !warnings.is_empty() {
                return Err(warnings);
            }
        }
        publication.reject_many_removals().map_err(one)?;
        let outcome = match publication.is_current() {
            true => {
                let (unchanged, pending) =
                    (publication.job.files.len(), publication.notifications(&Outcome::default()));
                Some(Outcome { unchanged, pending, ..Outcome::default() })
            }
            false => publication.publish(observer).map_err(one)?,
        };
        if let Some(outcome) = outcome {
            return Ok(Outcome { entries, warnings: [warnings, outcome.warnings].concat(), ..outcome });
        }
    }
    let message = "other builds finished here again and again while this one began";
    Err(one(machine(state.location(manifest::NAME), message.to_owned()).help("run this again")))
}

/// Compares a site with what the manifest in an object store says, and writes nothing.
pub fn check(
    site: &Site,
    documents: &Storage,
    state: &Storage,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    let runtime = runtime(state).map_err(one)?;
    let publication = Publication::new(site, documents, state, options, &runtime).map_err(one)?;
    let (entries, mut warnings) = publication.job.compare_entries().map_err(one)?;
    if publication.job.previous.is_unfinished() {
        let message = "a publication is being written here, or was not finished";
        warnings.push(Diagnostic::warning(state.location(manifest::NAME), message).help("run `tidings build`"));
    }
    let outcome = publication.compare(observer).map_err(one)?;
    Ok(Outcome { entries, warnings: [warnings, outcome.warnings].concat(), ..outcome })
}

/// The threads that wait for a store.
///
/// # Errors
/// They cannot be started.
pub fn runtime(state: &Storage) -> Result<Runtime, Diagnostic> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| machine(state.location(""), format!("cannot start threads: {error}")))
}

/// An error that is the machine's or the store's.
fn machine(location: Location, message: String) -> Diagnostic {
    Diagnostic { cause: Cause::Machine, ..Diagnostic::error(location, message) }
}

/// A site compared with what the manifest in a store says.
struct Publication<'a> {
    job: Job<'a>,
    /// What the manifest says of the objects.
    objects: Objects,
    /// The tag of the manifest; `None` if there is none.
    tag: Option<Tag>,
    documents: &'a Storage,
    state: &'a Storage,
    runtime: &'a Runtime,
}

/// The documents and objects of the new manifest.
#[derive(Default)]
struct Entries {
    documents: BTreeMap<String, ManifestEntry>,
    objects: HashMap<String, ObjectEntry>,
}

impl Entries {
    fn insert(&mut self, path: String, entry: ManifestEntry, object: ObjectEntry) {
        self.objects.insert(path.clone(), object);
        self.documents.insert(path, entry);
    }
}

impl<'a> Publication<'a> {
    fn new(
        site: &'a Site,
        documents: &'a Storage,
        state: &'a Storage,
        options: Options,
        runtime: &'a Runtime,
    ) -> Result<Self, Diagnostic> {
        let (previous, tag) = runtime.block_on(read_manifest(state))?;
        let objects = previous.objects();
        let (job, mut failures) = Job::new(site, previous, options, |previous, path, before| {
            let has_copies = || compress::copies(path).all(|copy| is_current_copy(previous, &objects, &copy, before));
            let is_stored = objects.by_path.contains_key(path) && (!options.compress || has_copies());
            Ok(is_stored.then_some(before.content_hash))
        });
        match failures.pop() {
            Some(failure) => Err(failure),
            None => Ok(Publication { job, objects, tag, documents, state, runtime }),
        }
    }

    /// Refuses to remove most of a publication, as after a mistake in the configuration.
    fn reject_many_removals(&self) -> Result<(), Diagnostic> {
        let is_document = |path: &&str| !compress::is_copy(path);
        let all = self.job.previous.paths().filter(is_document).count();
        let removed = self.job.stale_paths.iter().map(String::as_str).filter(is_document).count();
        if self.job.options.delete_many || all <= MANY || removed * 3 <= all {
            return Ok(());
        }
        let message = format!("this build would remove {removed} of {all} documents, so nothing was written");
        let help = "look at what changed in the configuration and the store; if it is meant, add --delete-many";
        Err(Diagnostic::error(Location::file(self.documents.address().to_string()), message).help(help))
    }

    /// Whether there is nothing to write, to remove, or to look after.
    fn is_current(&self) -> bool {
        let job = &self.job;
        let is_whole = self.objects.pending.is_empty() && !job.previous.is_unfinished() && !job.options.overwrite;
        let has_changes = job.files.iter().any(|file| file.up_to_date.is_none()) || !job.stale_paths.is_empty();
        if self.tag.is_none() || !is_whole || has_changes {
            return false;
        }
        let Entries { documents, objects } = self.unchanged_entries(&Claims::default());
        let objects = Objects {
            by_path: objects,
            pending: BTreeMap::new(),
            notifications: self.notifications(&Outcome::default()),
        };
        job.manifest(&documents, &objects).as_bytes() == job.previous.bytes()
    }

    /// What is kept of the previous manifest.
    fn unchanged_entries(&self, claims: &Claims) -> Entries {
        let mut entries = Entries::default();
        for (path, entry) in self.job.up_to_date().filter(|(path, _)| !claims.differ_at(path)) {
            if self.job.options.compress {
                for copy in compress::copies(&path) {
                    let before = self.job.previous.document(&copy).zip(self.objects.by_path.get(&copy));
                    before.into_iter().for_each(|(entry, object)| entries.insert(copy.clone(), entry, object.clone()));
                }
            }
            let object = self.objects.by_path.get(&path).cloned();
            object.into_iter().for_each(|object| entries.insert(path.clone(), entry, object));
        }
        entries
    }

    /// Publishes under a lease; `None` if another build finished since the manifest was read.
    fn publish(&self, observer: &dyn Observer) -> Result<Option<Outcome>, Diagnostic> {
        let lease = Arc::new(self.runtime.block_on(Lease::acquire(self.state, self.announced()))?);
        let result = self.publish_under(&lease, observer);
        let Some(lease) = Arc::into_inner(lease) else { return result };
        match &result {
            Ok(Some(_)) => self.runtime.block_on(lease.release())?,
            // What another builder announced and did not finish is still to be looked after.
            Ok(None) if lease.inherited.is_empty() => self.runtime.block_on(lease.release())?,
            _ => self.runtime.block_on(lease.abandon()),
        }
        result
    }

    /// The paths that may be written or removed.
    fn announced(&self) -> BTreeSet<String> {
        let outdated = self.job.files.iter().filter(|file| file.up_to_date.is_none()).map(|file| &file.path);
        let mut announced: BTreeSet<String> = outdated.chain(&self.job.stale_paths).cloned().collect();
        if self.job.options.compress {
            announced.extend(announced.iter().flat_map(|path| compress::copies(path)).collect::<Vec<_>>());
        }
        announced
    }

    fn publish_under(&self, lease: &Arc<Lease>, observer: &dyn Observer) -> Result<Option<Outcome>, Diagnostic> {
        let is_first = self.tag.is_none();
        if is_first && !self.runtime.block_on(lease.store_honours_conditions())? {
            let message =
                "this store ignores the conditions of requests, so two builds at once would mix their documents";
            let help = "publish to a store that knows `If-None-Match` and `If-Match`, as Amazon S3, MinIO, Cloudflare R2 and \
                        Azure do; or build into a folder, and upload that";
            return Err(machine(Location::file(self.state.address().to_string()), message.to_owned()).help(help));
        }
        let authority = &self.job.site.config().site.authority;
        let unfinished = self.job.previous.to_unfinished(lease.id(), authority);
        let Some(tag) = self.runtime.block_on(write_manifest(self.state, unfinished, self.tag.as_ref()))? else {
            return Ok(None);
        };
        let claims = self.claims(lease)?;
        let writer = Arc::new(Writer {
            storage: self.documents.clone(),
            lease: Arc::clone(lease),
            overwrite: self.job.options.overwrite,
            record: Mutex::default(),
        });
        let requests = Requests::new(self.runtime);
        let rendering = Mutex::new((self.unchanged_entries(&claims), BodyLosses::default()));
        let rendered = self.upload(&writer, &requests, &claims, &rendering, observer);
        // What is still on its way is waited for, whatever happened.
        requests.wait().and(rendered)?;
        let removed = self.remove(&writer, &requests, &claims);
        requests.wait().and(removed)?;
        let (mut entries, losses) = rendering.into_inner().map_err(|_| poisoned())?;
        let record = std::mem::take(&mut *writer.record.lock().unwrap_or_else(PoisonError::into_inner));
        let mut outcome = self.outcome(record, &mut entries, &losses);
        outcome.pending = self.notifications(&outcome);
        let objects =
            Objects { by_path: entries.objects, pending: claims.pending, notifications: outcome.pending.clone() };
        let text = self.job.manifest(&entries.documents, &objects);
        if self.runtime.block_on(write_manifest(self.state, text, Some(&tag)))?.is_none() {
            let message = "another build wrote this manifest while this one was at work";
            return Err(machine(self.state.location(manifest::NAME), message.to_owned()).help("run this again"));
        }
        // The publication is complete: here caches are purged and the hub is notified, in this order.
        Ok(Some(outcome))
    }

    /// What caches and the hub are still to be told, if a build does something.
    fn notifications(&self, outcome: &Outcome) -> Pending {
        let mut pending =
            self.job.notifications(&self.objects.notifications, outcome.written.iter().chain(&outcome.removed));
        pending.topics.extend(self.job.topics(&outcome.written));
        pending
    }

    /// Renders the documents that are out of date, stage by stage, and writes those that differ.
    fn upload(
        &self,
        writer: &Arc<Writer>,
        requests: &Requests<'_>,
        claims: &Claims,
        rendering: &Mutex<(Entries, BodyLosses)>,
        observer: &dyn Observer,
    ) -> Result<(), Diagnostic> {
        let mut stages: BTreeMap<Stage, Vec<PlannedDocument>> = BTreeMap::new();
        let mut total = 0;
        for file in &self.job.files {
            if file.up_to_date.is_none() || claims.differ_at(&file.path) {
                stages.entry(file.planned.key.stage()).or_default().push(file.planned);
                total += 1;
            }
        }
        for documents in stages.values() {
            let losses = self.job.site.render(documents, |planned, rendered| {
                for upload in self.versions(planned, rendered, claims)? {
                    match self.is_unchanged(&upload, claims) {
                        Some(object) => {
                            let mut rendering = rendering.lock().map_err(|_| poisoned())?;
                            rendering.0.insert(upload.path, upload.entry, object.clone());
                        }
                        None => {
                            let writer = Arc::clone(writer);
                            requests.start(async move { writer.upload(upload).await })?;
                        }
                    }
                }
                observer.rendered(total);
                Ok(())
            });
            requests.wait()?;
            rendering.lock().map_err(|_| poisoned())?.1.merge(losses?);
        }
        Ok(())
    }

    /// Removes what is no longer published, and what a builder that did not finish left elsewhere.
    fn remove(&self, writer: &Arc<Writer>, requests: &Requests<'_>, claims: &Claims) -> Result<(), Diagnostic> {
        for path in &self.job.stale_paths {
            let remembered = self.objects.by_path.get(path).map(|object| Tag::new(&object.tag));
            let (writer, path) = (Arc::clone(writer), path.clone());
            let remembered = remembered.filter(|_| !claims.is_differing(&path));
            requests.start(async move { writer.remove(path, remembered).await })?;
        }
        let current: BTreeSet<&str> = self.job.files.iter().map(|file| file.path.as_str()).collect();
        let is_current = |path: &str| {
            let document = compress::document_of(path).filter(|_| self.job.options.compress).unwrap_or(path);
            current.contains(document) || current.contains(path)
        };
        let foreign = |path: &&String| !is_current(path) && self.job.previous.document(path).is_none();
        for path in claims.existing().filter(foreign) {
            let (writer, path) = (Arc::clone(writer), path.clone());
            requests.start(async move { writer.remove_unfinished(path).await })?;
        }
        Ok(())
    }

    /// Adds what was stored to the entries of the manifest.
    fn outcome(&self, record: Record, entries: &mut Entries, losses: &BodyLosses) -> Outcome {
        for (path, entry, object) in record.stored {
            entries.insert(path, entry, object);
        }
        // What somebody changed is tried again by each build, and so reported again.
        for path in record.kept {
            if let (Some(entry), Some(object)) = (self.job.previous.document(&path), self.objects.by_path.get(&path)) {
                entries.insert(path, ManifestEntry { input_hash: 0, ..entry }, object.clone());
            }
        }
        let mut warnings = record.warnings;
        sort(&mut warnings);
        warnings.extend(self.job.site.loss_warnings(losses));
        let documents_alone = |mut paths: Vec<String>| {
            paths.retain(|path| !compress::is_copy(path));
            paths.sort();
            paths
        };
        let written = documents_alone(record.written);
        Outcome {
            unchanged: self.job.files.len().saturating_sub(written.len()),
            rendered: self.job.files.iter().filter(|file| file.up_to_date.is_none()).count(),
            written,
            removed: documents_alone(record.removed),
            warnings,
            ..Outcome::default()
        }
    }
}
