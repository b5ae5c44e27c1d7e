//! Cloudflare: `POST /zones/{id}/purge_cache` with tags.

use ureq::http::Request;

use super::request::{Agent, PurgeError, invalid};
use super::{Credentials, Job};

/// Tags of one request.
const MAX_TAGS: usize = 30;

pub fn purge(agent: &Agent, credentials: &Credentials, zone: &str, job: &Job<'_>) -> Result<(), PurgeError> {
    let token = credentials.cloudflare_token.as_ref();
    let token = token.ok_or_else(|| PurgeError::lasting("the environment has no CLOUDFLARE_API_TOKEN"))?;
    let base = credentials.cloudflare_url.as_ref();
    let base = base.map_or("https://api.cloudflare.com/client/v4", |url| url.as_str().trim_end_matches('/'));
    for tags in job.tags.chunks(MAX_TAGS) {
        let body = serde_json::json!({ "tags": tags }).to_string();
        let request = Request::post(format!("{base}/zones/{zone}/purge_cache"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json");
        let answer = agent.send(request.body(body.into_bytes()).map_err(invalid)?)?;
        let is_done = serde_json::from_str::<serde_json::Value>(&answer).is_ok_and(|answer| answer["success"] == true);
        if !is_done {
            return Err(PurgeError::passing(format!("it did not say that it is done: {answer}")));
        }
    }
    Ok(())
}
