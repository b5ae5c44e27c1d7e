//! Purging in a program without the feature `serve`, which refuses a configuration that asks for it.

use chrono::{DateTime, Utc};
use url::Url;

use crate::config::Purge;

/// There are none.
#[derive(Debug, Clone, Default)]
pub struct Credentials;

/// A service that could not be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeFailure {
    pub service: String,
    pub why: String,
}

/// Purges nothing.
pub fn purge(_: &Purge, _: &Credentials, _: &Url, _: &[String], _: DateTime<Utc>) -> Vec<PurgeFailure> {
    Vec::new()
}
