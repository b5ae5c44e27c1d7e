//! Fastly: `POST /service/{id}/purge` with surrogate keys, softly.

use ureq::http::Request;

use super::request::{Agent, PurgeError, invalid};
use super::{Credentials, Job};

/// Keys of one request.
const MAX_KEYS: usize = 256;

pub fn purge(agent: &Agent, credentials: &Credentials, service: &str, job: &Job<'_>) -> Result<(), PurgeError> {
    let token = credentials.fastly_token.as_ref();
    let token = token.ok_or_else(|| PurgeError::lasting("the environment has no FASTLY_API_TOKEN"))?;
    let base =
        credentials.fastly_url.as_ref().map_or("https://api.fastly.com", |url| url.as_str().trim_end_matches('/'));
    for keys in job.tags.chunks(MAX_KEYS) {
        let body = serde_json::json!({ "surrogate_keys": keys }).to_string();
        let request = Request::post(format!("{base}/service/{service}/purge"))
            .header("fastly-key", token)
            .header("fastly-soft-purge", "1")
            .header("content-type", "application/json")
            .header("accept", "application/json");
        agent.send(request.body(body.into_bytes()).map_err(invalid)?)?;
    }
    Ok(())
}
