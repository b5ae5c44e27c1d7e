//! What every destination shares: which documents there are, which are out of date, and how they differ from the previous
//! publication.

use std::collections::{BTreeMap, HashSet};

use rayon::iter::Either;
use rayon::prelude::*;

use super::Options;
use super::compare::{self, EntryChanges};
use super::compress;
use super::manifest::{self, Manifest, ManifestEntry, Objects};
use super::pending::Pending;
use crate::catalog::EntryId;
use crate::diagnostics::{Diagnostic, Location, sort};
use crate::plan::PlannedDocument;
use crate::site::{EntryFingerprint, Site, truncated};

/// One file of the new publication.
pub struct OutputFile {
    pub path: String,
    pub planned: PlannedDocument,
    /// The hash of its content, if it is up to date at the destination.
    pub up_to_date: Option<u128>,
}

/// A site compared with the previous publication at a destination.
pub struct Job<'a> {
    pub site: &'a Site,
    pub previous: Manifest,
    pub files: Vec<OutputFile>,
    /// The paths in the manifest that the new publication does not have, sorted.
    pub stale_paths: Vec<String>,
    pub options: Options,
    /// The visible entries, in the order of a manifest.
    entries: Vec<EntryId>,
}

impl<'a> Job<'a> {
    /// `up_to_date` returns the content hash of a document that need not be rendered: the manifest, its path, and what the
    /// manifest has of it, if it was made from the same input. What it fails with is returned beside the job.
    pub fn new(
        site: &'a Site,
        previous: Manifest,
        options: Options,
        up_to_date: impl Fn(&Manifest, &str, ManifestEntry) -> Result<Option<u128>, Diagnostic> + Sync,
    ) -> (Self, Vec<Diagnostic>) {
        let files = site.planned_documents().into_par_iter().map(|planned| {
            let path = site.path(planned.key);
            let before = previous.document(&path).filter(|before| before.input_hash == planned.input_hash);
            let up_to_date = match before {
                Some(before) => up_to_date(&previous, &path, before)?,
                None => None,
            };
            Ok(OutputFile { path, planned, up_to_date })
        });
        let (files, obstacles): (Vec<OutputFile>, Vec<Diagnostic>) =
            files.partition_map(|file: Result<OutputFile, Diagnostic>| match file {
                Ok(file) => Either::Left(file),
                Err(diagnostic) => Either::Right(diagnostic),
            });
        let mut entries: Vec<EntryId> = site.visible_entries().collect();
        entries.par_sort_unstable_by(|one, other| manifest::compare_keys(site.key(*one), site.key(*other)));
        let stale_paths = stale_paths(&previous, &files, options);
        (Job { site, previous, files, stale_paths, options, entries }, obstacles)
    }

    /// How the entries differ from those of the previous publication, with the warnings about that.
    pub fn compare_entries(&self) -> Result<(EntryChanges, Vec<Diagnostic>), Diagnostic> {
        let difference = compare::difference(&self.previous, self.entry_fingerprints());
        let changes = EntryChanges::of(&difference);
        let compared = compare::warnings(self.site, &self.previous, difference);
        let replaced = self.stale_paths.iter().filter_map(|path| self.site.replaced_page(path).transpose());
        let mut replaced: Vec<Diagnostic> = replaced.collect::<Result<_, _>>()?;
        sort(&mut replaced);
        Ok((changes, compared.into_iter().chain(truncated(replaced)).collect()))
    }

    /// The fingerprints of the visible entries, in the order of a manifest.
    fn entry_fingerprints(&self) -> impl Iterator<Item = EntryFingerprint<'a>> + Clone {
        self.entries.iter().map(|entry| self.site.entry_fingerprint(*entry))
    }

    /// The documents that are not up to date.
    pub fn outdated(&self) -> Vec<PlannedDocument> {
        self.files.iter().filter(|file| file.up_to_date.is_none()).map(|file| file.planned).collect()
    }

    /// The documents that are up to date, as the manifest has them.
    pub fn up_to_date(&self) -> impl Iterator<Item = (String, ManifestEntry)> {
        self.files.iter().filter_map(|file| {
            let entry = ManifestEntry { content_hash: file.up_to_date?, input_hash: file.planned.input_hash };
            Some((file.path.clone(), entry))
        })
    }

    /// What is to be told about changed paths, and what was before. Where nobody is configured to be told, nothing is.
    pub fn notifications<'p>(&self, before: &'p Pending, changed: impl Iterator<Item = &'p String>) -> Pending {
        let config = self.site.config();
        let mut pending = Pending::default();
        if !self.options.is_public {
            return pending;
        }
        if config.publish.purge.is_some() {
            pending.purges = before.purges.iter().chain(changed).cloned().collect();
        }
        if config.feeds.hub.is_some() {
            pending.topics.clone_from(&before.topics);
        }
        pending
    }

    /// The addresses of the feeds at changed paths, if there is a hub.
    #[cfg(feature = "cloud")]
    pub fn topics(&self, changed: &[String]) -> impl Iterator<Item = String> {
        let config = self.site.config();
        let changed: HashSet<&String> =
            changed.iter().filter(|_| config.feeds.hub.is_some() && self.options.is_public).collect();
        let feeds = self.files.iter().filter(move |file| file.planned.key.is_feed() && changed.contains(&file.path));
        feeds.map(|file| file.planned.key.url_of_path(config, &file.path).into())
    }

    /// The manifest of the new publication.
    pub fn manifest(&self, documents: &BTreeMap<String, ManifestEntry>, objects: &Objects) -> String {
        let config = self.site.config();
        let topic_id = |topic| config.topics[usize::from(topic)].id.as_str();
        let entries = self.entry_fingerprints();
        manifest::write(self.site.input_hash(), &config.site.authority, documents, objects, entries, topic_id)
    }
}

/// The paths in a manifest that a new publication does not have, sorted.
fn stale_paths(previous: &Manifest, files: &[OutputFile], options: Options) -> Vec<String> {
    let current: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let is_current = |path: &str| {
        current.contains(path)
            || (options.compress && compress::document_of(path).is_some_and(|path| current.contains(path)))
    };
    let mut paths: Vec<String> = previous.paths().filter(|path| !is_current(path)).map(str::to_owned).collect();
    paths.par_sort_unstable();
    paths
}

/// Whether a document names tidings as what wrote it. Every format has a field or a comment for it.
pub fn has_generator_marker(bytes: &[u8]) -> bool {
    let markers = ["<generator>tidings</generator>", "written by tidings"];
    markers.iter().any(|marker| memchr::memmem::find(bytes, marker.as_bytes()).is_some())
}

/// A warning about a document that is no longer published, but is not as a build left it.
pub fn kept(location: Location) -> Diagnostic {
    let message = "this document is no longer published, but it is not as a build left it, so it is kept";
    Diagnostic::warning(location, message).help("remove it if nobody needs it")
}
