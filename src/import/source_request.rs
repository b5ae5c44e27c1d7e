//! How the addresses of a source are asked: with its credentials, and only for what was changed since the last import.

use std::io::{BufReader, Seek, SeekFrom};

use url::Url;

use super::ImportOptions;
use super::api::Page;
use super::slug::hash;
use super::source_id::SourceId;
use super::state::SourceState;
use crate::config::{Config, secret_prefix};
use crate::fetch::{self, FetchError, Fetched, Request};

/// The largest document that is fetched, in bytes.
const MAX_FETCHED: u64 = 256 << 20;
/// How often an address is asked again that is overloaded or breaks off.
const RETRIES: u32 = 3;

/// How a source is asked.
pub struct SourceRequest<'s> {
    options: &'s ImportOptions,
    /// How far it was read before, in the same way.
    pub known: Option<&'s SourceState>,
    /// Its name, if it is asked again and again.
    source: Option<SourceId>,
    /// A hash of how it is read.
    how: String,
    headers: Vec<(&'static str, String)>,
    is_from_public: bool,
}

impl<'s> SourceRequest<'s> {
    pub fn new(config: &Config, options: &'s ImportOptions, known: &'s [SourceState]) -> SourceRequest<'s> {
        let source = options.name.as_deref().filter(|_| options.is_repeated).map(SourceId::of_name);
        let languages: Vec<&str> = config.languages.iter().map(|edition| edition.language.as_str()).collect();
        let ImportOptions { sources, from, language, topics, selectors, records, .. } = options;
        let how = hash(format!("{sources:?} {from:?} {language:?} {topics:?} {selectors:?} {records:?} {languages:?}"));
        let known = known.iter().find(|known| source.as_ref() == Some(&known.source) && known.options == how);
        let etag = known.and_then(|known| known.etag.clone());
        let authorization = options.authorization.clone();
        let headers = [("authorization", authorization), ("if-none-match", etag)];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        SourceRequest { options, known, source, how, headers, is_from_public: false }
    }

    /// What is known of the source from now on; none if it is not asked again.
    pub fn state(&self, known: SourceState) -> Option<SourceState> {
        Some(SourceState { source: self.source.clone()?, options: self.how.clone(), ..known })
    }

    /// How a page is asked that another one named. The credentials are for the source's own host alone.
    pub fn of_page(&self, address: &str, is_from_public: bool) -> SourceRequest<'s> {
        let origin = |address: &str| Url::parse(address).ok().map(|url| url.origin());
        let own = self.options.sources.iter().filter_map(|source| origin(source.to_str()?));
        let is_own = own.into_iter().any(|own| origin(address) == Some(own));
        let authorization = self.headers.iter().filter(|(name, _)| is_own && *name == "authorization");
        SourceRequest {
            headers: authorization.cloned().collect(),
            source: None,
            how: String::new(),
            is_from_public,
            ..*self
        }
    }

    pub fn fetch(&self, url: &str) -> Result<Fetched, FetchError> {
        let fetched = fetch::to_file(&Request {
            url,
            limit: MAX_FETCHED,
            allow_private: self.options.allow_private,
            is_from_public: self.is_from_public,
            headers: &self.headers,
            retries: if self.options.is_repeated { RETRIES } else { 0 },
        });
        fetched.map_err(|mut failure| {
            if let (Some(401 | 403), Some(name)) = (failure.status, &self.options.name) {
                let prefix = secret_prefix(name);
                let help = format!("set {prefix}_TOKEN, or …_USER and …_PASSWORD, to those of somebody who may see it");
                failure.message = format!("{}; {help}", failure.message);
            }
            failure
        })
    }

    /// Fetches a page of an API. `is_from_public`: a public host has named an address; that this one is public is noted there.
    pub fn json(&self, address: &str, is_from_public: &mut bool) -> Result<Page, FetchError> {
        let mut fetched = self.of_page(address, *is_from_public).fetch(address)?;
        *is_from_public |= fetched.is_public;
        let failed = |error: &dyn std::fmt::Display| FetchError::from(format!("its answer is no JSON: {error}"));
        fetched.file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
        let document = serde_json::from_reader(BufReader::new(fetched.file)).map_err(|error| failed(&error))?;
        Ok(Page { document, next: fetched.next })
    }
}
