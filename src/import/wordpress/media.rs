//! Owns the uploaded files of an export: by their ids, and by the posts that they were uploaded to.

use std::collections::HashMap;

use crate::import::entry::Image;
use crate::import::feed::is_image_url;

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
    /// By post: what was uploaded to it.
    by_post: HashMap<String, Vec<Upload>>,
}

/// A file that was uploaded to a post.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Upload {
    /// Its position among the others, as its editor set it.
    position: i64,
    /// The number in its id, which is the order of uploads.
    number: u64,
    id: String,
}

impl Media {
    pub fn insert(&mut self, id: String, file: Attachment) {
        self.by_id.insert(id, file);
    }

    /// Notes that a file was uploaded to a post.
    pub fn attach(&mut self, id: String, post: String, position: i64) {
        let number = id.parse().unwrap_or(u64::MAX);
        self.by_post.entry(post).or_default().push(Upload { position, number, id });
    }

    /// The pictures that were uploaded to a post, with their ids, in the order of WordPress.
    pub fn pictures_of_post(&self, post: &str) -> impl Iterator<Item = (&str, &Attachment)> {
        let mut uploads: Vec<&Upload> = self.by_post.get(post).into_iter().flatten().collect();
        uploads.sort();
        let files = uploads.into_iter().filter_map(|upload| Some((&*upload.id, self.get(&upload.id)?)));
        files.filter(|(_, file)| is_image_url(&file.url))
    }

    pub fn get(&self, id: &str) -> Option<&Attachment> {
        self.by_id.get(id)
    }
}
