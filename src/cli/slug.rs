//! The name of a story's file, from its title.

pub use crate::import::slug;
