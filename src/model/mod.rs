//! The format-neutral model of feeds and entries.
//!
//! Owns: clean text, instants and time zones, languages, absolute URLs, entries and feeds.
//! Never touches: serde, formats, files.

mod colour;
mod feed;
mod language;
mod link;
mod media_type;
mod text;
mod time;

pub use colour::Colour;
pub use feed::{
    Correction, Deleted, Enclosure, Entry, Feed, Format, Image, Person, Sibling, TopicLabel, entry_tag_uri,
};
pub use language::Language;
pub use link::{absolute, is_plainly_absolute};
pub use media_type::{media_type_of, medium_of};
pub use text::{Html, Text, clean, forbidden, is_email};
pub use time::{Moment, Timestamp, Zone};
