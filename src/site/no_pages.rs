//! The pages in a program without the feature `pages`: there are none, but feeds have their stylesheets.

use super::Site;
use super::render::ResolvedEntries;
use crate::catalog::EntryId;
use crate::diagnostics::Diagnostic;
use crate::plan::{DocumentKey, Style};

impl Site {
    /// The entries that a page shows.
    pub(super) fn page_entries(&self, _key: DocumentKey) -> Vec<EntryId> {
        Vec::new()
    }

    /// Renders a stylesheet. A configuration with pages is refused.
    pub(super) fn page(&self, key: DocumentKey, _parts: &ResolvedEntries) -> Result<Vec<u8>, Diagnostic> {
        match key {
            DocumentKey::Style(Style::Feeds(language)) => Ok(self.templates.feed_style(usize::from(language))),
            _ => Err(Diagnostic::error(None, "this program was built without the feature `pages`")),
        }
    }

    /// There are no templates to try.
    pub(super) fn try_templates(&self) -> Result<(), Diagnostic> {
        Ok(())
    }
}
