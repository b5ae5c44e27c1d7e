//! Conflicts between records, with the locations of both sides.

use super::EntryRow;
use crate::diagnostics::Diagnostic;
use crate::source::Step;
use crate::store::{MetaId, RecordId, Store};

/// Limits the conflicts that are reported, because each one reads two files again.
const MAX_CONFLICTS: usize = 50;

/// The conflicts between the records of a store.
pub struct Conflicts<'s> {
    store: &'s Store,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Conflicts<'s> {
    pub fn new(store: &'s Store) -> Self {
        Conflicts { store, diagnostics: Vec::new() }
    }

    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Reports two records of one story that differ in a key.
    pub fn different_key(&mut self, record: RecordId, first: RecordId, key: &str, message: &str) {
        if self.reserve() {
            let path = [Step::Key(key.to_owned())];
            self.push((record, &path), (first, &path), message);
        }
    }

    /// Reports two entries of one story in one language.
    pub fn same_language(&mut self, first: EntryRow, other: EntryRow) {
        if !self.reserve() {
            return;
        }
        let message = format!(
            "duplicate translation: the story `{}` has two in one language",
            self.store.story_id(other.record_id())
        );
        let path = |row: &EntryRow| self.translation_path(row.record_id(), row.meta);
        let (path, first_path) = (path(&other), path(&first));
        self.push((other.record_id(), &path), (first.record_id(), &first_path), &message);
    }

    /// Reports two entries with one id.
    pub fn same_guid(&mut self, first: MetaId, other: MetaId) {
        if !self.reserve() {
            return;
        }
        let locate = |meta: MetaId| {
            let record = self.store.record_of(meta);
            let mut path = self.translation_path(record, meta.index);
            path.push(Step::Key("guid".to_owned()));
            (record, path)
        };
        let ((record, path), (first_record, first_path)) = (locate(other), locate(first));
        self.push((record, &path), (first_record, &first_path), "duplicate id: another entry has the same one");
    }

    /// Whether another conflict may be reported. Asked before values are located, because that reads files.
    fn reserve(&mut self) -> bool {
        if self.diagnostics.len() == MAX_CONFLICTS {
            let diagnostic = Diagnostic::error(None, "there are more conflicts between stories");
            self.diagnostics.push(diagnostic.help("fix those above first"));
        }
        self.diagnostics.len() < MAX_CONFLICTS
    }

    fn push(&mut self, (record, path): (RecordId, &[Step]), (first, first_path): (RecordId, &[Step]), message: &str) {
        let diagnostic = Diagnostic::error(self.store.location(record, path), message)
            .related("the other is here", self.store.location(first, first_path));
        self.diagnostics.push(diagnostic);
    }

    /// The keys from a record to one of its translations; empty for a flat record.
    fn translation_path(&self, record: RecordId, meta: u32) -> Vec<Step> {
        let nth = meta as usize - self.store.record(record).entries().start;
        let tag = self.store.translation_key(record, nth);
        tag.map(|tag| vec![Step::Key("translations".to_owned()), Step::Key(tag)]).unwrap_or_default()
    }
}
