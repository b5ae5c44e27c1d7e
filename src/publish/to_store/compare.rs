//! Compares a site with the manifest of a store, and writes nothing.

use std::sync::Mutex;

use super::Publication;
use super::claims::Claims;
use crate::diagnostics::Diagnostic;
use crate::publish::{Observer, Outcome, compress, poisoned};

impl Publication<'_> {
    /// Renders what is out of date, and compares it with the manifest.
    pub fn compare(&self, observer: &dyn Observer) -> Result<Outcome, Diagnostic> {
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
