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
mod holder;
mod lease;
mod requests;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::runtime::Runtime;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128, xxh3_128_with_seed};

use self::claims::Claims;
use self::lease::{Lease, own_attributes};
use self::requests::Requests;
use self::write::{Record, Upload, Writer};
use super::job::Job;
use super::manifest::{self, Manifest, ManifestEntry, ObjectEntry, Objects};
use super::pending::Pending;
use super::{Observer, Options, Outcome, compress, one, poisoned};
use crate::coding::CODINGS;
use crate::diagnostics::{Cause, Diagnostic, Location, sort};
use crate::limits::MAX_MANIFEST;
use crate::plan::{PlannedDocument, Stage};
use crate::render::Rendered;
use crate::site::{BodyLosses, Site};
use crate::storage::{Attributes, Condition, Fetched, Storage, Tag, Written};

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
                let (unchanged, untold) = (publication.job.files.len(), publication.untold(&Outcome::default()));
                Some(Outcome { unchanged, untold, ..Outcome::default() })
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

/// Remembers what is still to be told in the manifest. While another build is at work, that one tells it: it has read what this
/// one remembered.
///
/// # Errors
/// The manifest cannot be read or written.
pub fn remember(state: &Storage, untold: &Pending) -> Result<(), Diagnostic> {
    runtime(state)?.block_on(async {
        let (manifest, tag) = read_manifest(state).await?;
        let Some(tag) = tag.filter(|_| !manifest.is_unfinished()) else { return Ok(()) };
        let bytes = Bytes::from(manifest.with_untold(untold));
        state.put(manifest::NAME, bytes, &own_attributes(), &Condition::Unchanged(tag)).await.map(drop)
    })
}

/// The bytes of an object beside the documents; none if there is none.
///
/// # Errors
/// It cannot be read.
pub fn load_object(state: &Storage, name: &str) -> Result<Vec<u8>, Diagnostic> {
    Ok(match runtime(state)?.block_on(state.get(name, None, MAX_MANIFEST))? {
        Fetched::Object(bytes, _) => bytes.into(),
        Fetched::Missing | Fetched::NotModified => Vec::new(),
    })
}

/// Writes an object beside the documents, or removes it if there is nothing.
///
/// # Errors
/// It cannot be written or removed.
pub fn save_object(state: &Storage, name: &str, pending: &Pending) -> Result<(), Diagnostic> {
    runtime(state)?.block_on(async {
        match pending.is_empty() {
            true => state.delete(name).await,
            false => {
                let bytes = Bytes::from(pending.to_string());
                state.put(name, bytes, &own_attributes(), &Condition::Always).await.map(drop)
            }
        }
    })
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

/// What a compressed copy is made from.
fn input_hash_of_copy(content_hash: u128) -> u128 {
    xxh3_128_with_seed(&content_hash.to_le_bytes(), 1)
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
        let objects = Objects { by_path: objects, pending: BTreeMap::new(), untold: self.untold(&Outcome::default()) };
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
        let Some(tag) = self.write_manifest(unfinished, self.tag.as_ref())? else { return Ok(None) };
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
        outcome.untold = self.untold(&outcome);
        let objects = Objects { by_path: entries.objects, pending: claims.pending, untold: outcome.untold.clone() };
        let text = self.job.manifest(&entries.documents, &objects);
        if self.write_manifest(text, Some(&tag))?.is_none() {
            let message = "another build wrote this manifest while this one was at work";
            return Err(machine(self.state.location(manifest::NAME), message.to_owned()).help("run this again"));
        }
        // The publication is complete: here caches are purged and the hub is notified, in this order.
        Ok(Some(outcome))
    }

    /// What caches and the hub are still to be told, if a build does something.
    fn untold(&self, outcome: &Outcome) -> Pending {
        let mut untold = self.job.untold(&self.objects.untold, outcome.written.iter().chain(&outcome.removed));
        untold.topics.extend(self.job.topics(&outcome.written));
        untold
    }

    /// Writes the manifest if it has a tag, or none if there is to be none; returns the new tag, or `None` if it has not.
    fn write_manifest(&self, text: String, expected: Option<&Tag>) -> Result<Option<Tag>, Diagnostic> {
        let bytes = Bytes::from(text);
        let condition = expected.cloned().map_or(Condition::Missing, Condition::Unchanged);
        self.runtime.block_on(async {
            let put = self.state.put(manifest::NAME, bytes.clone(), &own_attributes(), &condition).await?;
            if let Written::Done(tag) = put {
                return Ok(Some(tag));
            }
            // The answer to an earlier try may have been lost; no other build writes these bytes.
            match self.state.get(manifest::NAME, None, MAX_MANIFEST).await? {
                Fetched::Object(now, info) if now == bytes => Ok(Some(info.tag)),
                _ => Ok(None),
            }
        })
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

    /// The object of a document that need not be written again.
    fn is_unchanged(&self, upload: &Upload, claims: &Claims) -> Option<&ObjectEntry> {
        let before = self.job.previous.document(&upload.path)?;
        let object = self.objects.by_path.get(&upload.path)?;
        let is_same = before.content_hash == upload.entry.content_hash && object.attributes == upload.attributes_hash;
        (is_same && !claims.is_differing(&upload.path)).then_some(object)
    }

    /// A rendered document, and its compressed copies.
    fn versions(
        &self,
        planned: &PlannedDocument,
        rendered: Rendered,
        claims: &Claims,
    ) -> Result<Vec<Upload>, Diagnostic> {
        let path = self.job.site.path(planned.key);
        let content_hash = xxh3_128(&rendered.bytes);
        let attributes = attributes(self.job.site, planned);
        let mut versions = Vec::new();
        if self.job.options.compress {
            for coding in CODINGS {
                let bytes = coding.encode(&rendered.bytes).map_err(|_| poisoned())?;
                let entry =
                    ManifestEntry { content_hash: xxh3_128(&bytes), input_hash: input_hash_of_copy(content_hash) };
                let attributes = Attributes { content_encoding: Some(coding.token()), ..attributes.clone() };
                versions.push(self.version(format!("{path}.{}", coding.extension()), bytes, entry, attributes, claims));
            }
        }
        let entry = ManifestEntry { content_hash, input_hash: planned.input_hash };
        versions.push(self.version(path, rendered.bytes, entry, attributes, claims));
        Ok(versions)
    }

    fn version(
        &self,
        path: String,
        bytes: Vec<u8>,
        entry: ManifestEntry,
        attributes: Attributes,
        claims: &Claims,
    ) -> Upload {
        let remembered = self.objects.by_path.get(&path).map(|object| Tag::new(&object.tag));
        let is_known = remembered.is_some() || (compress::is_copy(&path) && claims.contains(&path));
        Upload {
            expected: if is_known { claims.tag(&path, remembered) } else { None },
            is_known,
            attributes_hash: xxh3_64(format!("{attributes:?}").as_bytes()),
            path,
            bytes: bytes.into(),
            attributes,
            entry,
        }
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

    /// Renders what is out of date, and compares it with the manifest.
    fn compare(&self, observer: &dyn Observer) -> Result<Outcome, Diagnostic> {
        let outdated = self.job.outdated();
        let written = Mutex::new(Vec::new());
        let losses = self.job.site.render(&outdated, |planned, rendered| {
            observer.rendered(outdated.len());
            for upload in self.versions(planned, rendered, &Claims::default())? {
                if self.is_unchanged(&upload, &Claims::default()).is_none() {
                    written.lock().map_err(|_| poisoned())?.push(upload.path);
                }
            }
            Ok(())
        })?;
        let mut written = written.into_inner().map_err(|_| poisoned())?;
        written.sort();
        let mut removed = self.job.stale_paths.clone();
        removed.retain(|path| self.job.options.compress || !compress::is_copy(path));
        let differs = !written.is_empty() || !removed.is_empty();
        let has_same_input = self.job.previous.input_hash() == Some(self.job.site.input_hash());
        Ok(Outcome {
            unchanged: self.job.files.len().saturating_sub(written.len()),
            rendered: outdated.len(),
            time_alone: differs && has_same_input,
            written,
            removed,
            warnings: self.job.site.loss_warnings(&losses),
            ..Outcome::default()
        })
    }
}

/// Whether a compressed copy is stored that was made from a document.
fn is_current_copy(previous: &Manifest, objects: &Objects, copy: &str, document: ManifestEntry) -> bool {
    let expected = input_hash_of_copy(document.content_hash);
    previous.document(copy).is_some_and(|copy| copy.input_hash == expected) && objects.by_path.contains_key(copy)
}

/// What a store sends with a document.
fn attributes(site: &Site, planned: &PlannedDocument) -> Attributes {
    let (key, config) = (planned.key, site.config());
    Attributes {
        content_type: key.media_type(),
        content_language: key.content_language(config),
        content_encoding: None,
        cache_control: key.cache_control(config),
        cache_tags: key.cache_tags(config, &site.path(key)).join(","),
    }
}

/// The manifest of a store with its tag; empty if there is none.
async fn read_manifest(state: &Storage) -> Result<(Manifest, Option<Tag>), Diagnostic> {
    let (bytes, info) = match state.get(manifest::NAME, None, MAX_MANIFEST).await? {
        Fetched::Object(bytes, info) => (bytes, info),
        Fetched::Missing | Fetched::NotModified => return Ok((Manifest::default(), None)),
    };
    let manifest = Manifest::parse(bytes.into()).map_err(|damage| {
        let help = "remove it and build again; documents that are no longer published then stay until you remove them";
        Diagnostic::error(state.location(manifest::NAME), damage.message()).help(help)
    })?;
    Ok((manifest, Some(info.tag)))
}
