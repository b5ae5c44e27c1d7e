//! After a build, caches are purged of what changed, and then the hub is notified. What failed is remembered beside the
//! publication, and repeated by the next build.

use chrono::Utc;

use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::publish::{Destination, Outcome, Pending};
use crate::purge::{Credentials, purge};
use crate::text::count;

/// Tells what a build changed, and what earlier builds could not tell. Returns warnings.
///
/// # Errors
/// What is still to be told cannot be written.
pub fn after_build(
    config: &Config,
    destination: &Destination,
    shown: &str,
    outcome: &Outcome,
    credentials: &Credentials,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut pending = outcome.pending.clone();
    let mut warnings = purge_caches(config, shown, &mut pending, credentials);
    // A subscriber that asks a cache now would get the old document.
    if pending.purges.is_empty() {
        warnings.extend(notify_hub(config, &mut pending));
    }
    if pending != outcome.pending {
        destination.remember(&pending)?;
    }
    Ok(warnings)
}

fn purge_caches(config: &Config, shown: &str, pending: &mut Pending, credentials: &Credentials) -> Vec<Diagnostic> {
    let Some(caches) = config.publish.purge.as_ref().filter(|_| !pending.purges.is_empty()) else { return Vec::new() };
    let paths: Vec<String> = pending.purges.iter().cloned().collect();
    let failures = purge(caches, credentials, &config.site.base_url, &paths, Utc::now());
    if failures.is_empty() {
        pending.purges.clear();
    }
    let warning = |failure: &crate::purge::PurgeFailure| {
        let message =
            format!("{} was not purged of {}: {}", failure.service, count(paths.len(), "document"), failure.why);
        Diagnostic::warning(Location::file(shown), message)
            .help("readers may get older documents until these expire; the next build repeats it")
    };
    failures.iter().map(warning).collect()
}

#[cfg(feature = "serve")]
fn notify_hub(config: &Config, pending: &mut Pending) -> Vec<Diagnostic> {
    use crate::diagnostics::Cause;

    let Some(hub) = config.feeds.hub.as_ref().filter(|_| !pending.topics.is_empty()) else { return Vec::new() };
    let count = pending.topics.len();
    let notified = super::ping::notify(hub, &mut pending.topics);
    let diagnostics = super::ping::diagnostics(hub, &notified, pending.topics.len(), count);
    let to_warning = |diagnostic: Diagnostic| {
        let help = match diagnostic.cause {
            Cause::Machine => Some("the next build repeats it".to_owned()),
            _ => diagnostic.help.clone(),
        };
        Diagnostic { help, ..Diagnostic::warning(None, diagnostic.message) }
    };
    diagnostics.into_iter().map(to_warning).collect()
}

/// Without the feature `serve` no hub is notified.
#[cfg(not(feature = "serve"))]
fn notify_hub(_config: &Config, _pending: &mut Pending) -> Vec<Diagnostic> {
    Vec::new()
}

/// What the environment says of the services.
///
/// # Errors
/// A secret cannot be read.
#[cfg(feature = "serve")]
pub fn credentials() -> Result<Credentials, Diagnostic> {
    use super::secrets::secret;
    use crate::purge::AwsCredentials;

    let address = |name: &str| -> Result<Option<url::Url>, Diagnostic> {
        let Some(written) = std::env::var(name).ok().filter(|text| !text.is_empty()) else { return Ok(None) };
        let invalid = |error| Diagnostic::usage(None, format!("{name} is not an absolute URL ({error})"));
        url::Url::parse(&written).map(Some).map_err(invalid)
    };
    let session_token = secret("AWS_SESSION_TOKEN")?;
    let key = secret("AWS_ACCESS_KEY_ID")?.zip(secret("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials {
        aws: key.map(|(key_id, secret)| AwsCredentials { key_id, secret, session_token }),
        cloudflare_token: secret("CLOUDFLARE_API_TOKEN")?,
        fastly_token: secret("FASTLY_API_TOKEN")?,
        cloudfront_url: address("AWS_ENDPOINT_URL_CLOUDFRONT")?,
        cloudflare_url: address("CLOUDFLARE_BASE_URL")?,
        fastly_url: address("FASTLY_API_URL")?,
    })
}

/// Without the feature `serve` nothing is purged.
///
/// # Errors
/// None.
#[cfg(not(feature = "serve"))]
pub fn credentials() -> Result<Credentials, Diagnostic> {
    Ok(Credentials)
}
