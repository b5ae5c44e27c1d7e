//! Owns the uploaded files of an export: by their ids, and by the posts that they were uploaded to.

use std::collections::HashMap;

use crate::import::entry::Image;

/// An uploaded file.
#[derive(Debug, Clone, Default)]
pub struct Attachment {
    pub url: String,
    pub alt: Option<String>,
    pub caption: Option<String>,
}

impl Attachment {
    pub fn picture(&self) -> Image {
        Image { url: Some(self.url.clone()), alt: self.alt.clone(), caption: self.caption.clone(), ..Image::default() }
    }
}

/// The uploaded files of an export.
#[derive(Debug, Default)]
pub struct Media {
    by_id: HashMap<String, Attachment>,
}

impl Media {
    pub fn insert(&mut self, id: String, file: Attachment) {
        self.by_id.insert(id, file);
    }

    pub fn get(&self, id: &str) -> Option<&Attachment> {
        self.by_id.get(id)
    }
}
