//! Purging: caches between a publication and its readers forget what changed.
//!
//! Owns: the requests of each service, batches, and repeating what failed.
//! Never touches: what documents say, files.
//!
//! A document is purged by a tag of its own ([`crate::plan::document_tag`]), which `serve` sends and an object has as metadata.
//! Where more than [`MAX_DOCUMENTS`] changed, all kinds of documents are purged instead.

mod cloudflare;
mod cloudfront;
mod command;
mod fastly;
mod request;
mod varnish;

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use self::request::{Agent, PurgeError};
use crate::config::Purge;
use crate::plan::{document_tag, kind_tags};

/// The pauses between attempts.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(4), Duration::from_secs(16)];
/// The longest pause that a service can ask for.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// If more documents changed, their kinds are purged.
const MAX_DOCUMENTS: usize = 2_000;

/// What the environment says of the services.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub aws: Option<AwsCredentials>,
    pub cloudflare_token: Option<String>,
    pub fastly_token: Option<String>,
    /// Where the services are, if not at their own addresses.
    pub cloudfront_url: Option<Url>,
    pub cloudflare_url: Option<Url>,
    pub fastly_url: Option<Url>,
}

/// An access key of AWS.
#[derive(Debug, Clone)]
pub struct AwsCredentials {
    pub key_id: String,
    pub secret: String,
    pub session_token: Option<String>,
}

/// A service that could not be purged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurgeFailure {
    pub service: String,
    pub why: String,
}

/// What is purged.
struct Job<'a> {
    base_url: &'a Url,
    /// The paths of the documents, sorted.
    paths: &'a [String],
    tags: Vec<String>,
    now: DateTime<Utc>,
}

/// Purges documents from all caches. `paths` are sorted. Returns what failed after several attempts.
pub fn purge(
    purge: &Purge,
    credentials: &Credentials,
    base_url: &Url,
    paths: &[String],
    now: DateTime<Utc>,
) -> Vec<PurgeFailure> {
    let tags =
        if paths.len() > MAX_DOCUMENTS { kind_tags() } else { paths.iter().map(|path| document_tag(path)).collect() };
    let job = Job { base_url, paths, tags, now };
    if paths.is_empty() {
        return Vec::new();
    }
    let agent = Agent::default();
    let mut failures = Vec::new();
    let mut run = |service: String, send: &dyn Fn() -> Result<(), PurgeError>| {
        failures.extend(repeat(send).err().map(|why| PurgeFailure { service, why }));
    };
    for address in &purge.varnish {
        run(format!("Varnish at {address}"), &|| varnish::purge(&agent, address, &job));
    }
    if let Some(distribution) = &purge.cloudfront {
        run(format!("CloudFront {distribution}"), &|| cloudfront::purge(&agent, credentials, distribution, &job));
    }
    if let Some(zone) = &purge.cloudflare {
        run(format!("Cloudflare {zone}"), &|| cloudflare::purge(&agent, credentials, zone, &job));
    }
    if let Some(service) = &purge.fastly {
        run(format!("Fastly {service}"), &|| fastly::purge(&agent, credentials, service, &job));
    }
    if let Some((program, arguments)) = purge.command.split_first() {
        run(format!("the command {program}"), &|| command::purge(program, arguments, &job));
    }
    failures
}

/// Repeats what may succeed later. Purging twice does no harm.
fn repeat(send: &dyn Fn() -> Result<(), PurgeError>) -> Result<(), String> {
    for pause in PAUSES {
        match send() {
            Err(PurgeError { wait: Some(wait), .. }) => std::thread::sleep(pause.max(wait).min(MAX_PAUSE)),
            done => return done.map_err(|error| error.why),
        }
    }
    send().map_err(|error| error.why)
}
