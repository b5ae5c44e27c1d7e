//! The client of a store, from its address, the configuration and the environment.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::{BackoffConfig, ClientOptions, HeaderValue, ObjectStore, RetryConfig};
use url::Url;

use crate::config::{StoreAddress, StoreKind};

/// How a store is reached, beside its address.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub endpoint: Option<Url>,
    pub region: Option<String>,
    /// The variables of the environment that begin with `AWS_` or `AZURE_`: credentials and options.
    pub variables: Vec<(String, String)>,
    /// Whether a store that does not answer is given up within seconds, by who asks again soon anyway.
    pub gives_up_soon: bool,
}

/// A request is given up after this time.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Where a store is given up soon.
const SHORT_TIMEOUT: Duration = Duration::from_secs(10);

pub fn open(address: &StoreAddress, settings: &Settings) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    match address.kind {
        StoreKind::S3 => s3(address, settings),
        StoreKind::Azure => azure(address, settings),
    }
}

fn s3(address: &StoreAddress, settings: &Settings) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let mut builder = AmazonS3Builder::new().with_client_options(client_options(settings)).with_retry(retry(settings));
    for (name, value) in &settings.variables {
        if let Some(key) = key::<AmazonS3ConfigKey>(name, "AWS_") {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = &settings.endpoint {
        // It takes precedence over that of the environment, of which there are two.
        for key in [AmazonS3ConfigKey::Endpoint, AmazonS3ConfigKey::S3Endpoint] {
            builder = builder.with_config(key, endpoint.as_str().trim_end_matches('/'));
        }
        builder = builder.with_allow_http(endpoint.scheme() == "http");
    }
    if let Some(region) = &settings.region {
        builder = builder.with_region(region);
    }
    // Not every store has the request that deletes many.
    Ok(Arc::new(builder.with_bucket_name(&address.bucket).with_disable_bulk_delete(true).build()?))
}

fn azure(address: &StoreAddress, settings: &Settings) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
    let mut builder =
        MicrosoftAzureBuilder::new().with_client_options(client_options(settings)).with_retry(retry(settings));
    for (name, value) in &settings.variables {
        if let Some(key) = key::<AzureConfigKey>(name, "AZURE_") {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/').to_owned());
        builder = builder.with_allow_http(endpoint.scheme() == "http");
    }
    Ok(Arc::new(builder.with_container_name(&address.bucket).build()?))
}

/// The option that a variable sets, if it is one of this kind of store.
fn key<K: std::str::FromStr>(name: &str, prefix: &str) -> Option<K> {
    name.starts_with(prefix).then(|| name.to_ascii_lowercase().parse().ok()).flatten()
}

fn client_options(settings: &Settings) -> ClientOptions {
    let agent = HeaderValue::from_static(concat!("tidings/", env!("CARGO_PKG_VERSION")));
    let timeout = if settings.gives_up_soon { SHORT_TIMEOUT } else { REQUEST_TIMEOUT };
    ClientOptions::new().with_user_agent(agent).with_timeout(timeout)
}

/// For server errors and requests to slow down. The lease is lost after thirty seconds, so a longer wait would be in vain.
fn retry(settings: &Settings) -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(4), base: 2.0 };
    let (max_retries, seconds) = if settings.gives_up_soon { (2, 2) } else { (10, 25) };
    RetryConfig { backoff, max_retries, retry_timeout: Duration::from_secs(seconds) }
}
