//! Caches are purged of what a build changed; what failed is remembered beside the publication, and repeated by the next build.

use chrono::Utc;

use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::publish::{Destination, Outcome};
use crate::purge::{Credentials, purge};
use crate::text::count;

/// Purges the caches of a site of what was written into a folder, and of what earlier builds could not tell. Returns warnings.
///
/// # Errors
/// What is pending cannot be read or written.
pub fn after_build(
    config: &Config,
    destination: &Destination,
    shown: &str,
    outcome: &Outcome,
    credentials: &Credentials,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let Some(caches) = &config.publish.purge else { return Ok(Vec::new()) };
    let mut pending = destination.pending()?;
    pending.purges.extend(outcome.written.iter().chain(&outcome.removed).cloned());
    if pending.purges.is_empty() {
        return Ok(Vec::new());
    }
    // A build that is killed now has told nobody.
    destination.remember(&pending)?;
    let paths: Vec<String> = pending.purges.iter().cloned().collect();
    let failures = purge(caches, credentials, &config.site.base_url, &paths, Utc::now());
    if failures.is_empty() {
        pending.purges.clear();
        destination.remember(&pending)?;
    }
    let warning = |failure: &crate::purge::PurgeFailure| {
        let message =
            format!("{} was not purged of {}: {}", failure.service, count(paths.len(), "document"), failure.why);
        Diagnostic::warning(Location::file(shown), message)
            .help("readers may get older documents until these expire; the next build repeats it")
    };
    Ok(failures.iter().map(warning).collect())
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
