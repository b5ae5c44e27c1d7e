//! Varnish with its module `xkey`: `PURGE` with tags, as the rules of `tidings init --cdn varnish` understand it. What is purged
//! softly is still sent while it is fetched again.

use ureq::http::Request;
use url::Url;

use super::Job;
use super::request::{Agent, PurgeError, invalid};

/// Tags of one request: a header has at most 8 kB.
const MAX_TAGS: usize = 200;

pub fn purge(agent: &Agent, address: &Url, job: &Job<'_>) -> Result<(), PurgeError> {
    for tags in job.tags.chunks(MAX_TAGS) {
        let request = Request::builder().method("PURGE").uri(address.as_str());
        let request = request.header("host", job.base_url.authority()).header("xkey-softpurge", tags.join(" "));
        agent.send(request.body(Vec::new()).map_err(invalid)?)?;
    }
    Ok(())
}
