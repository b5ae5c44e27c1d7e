//! An HTTP client with bounded time and size.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

/// Limits the time of a whole request, redirects included.
const TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: u32 = 10;

/// Downloads at most `limit + 1` bytes, so that the caller can tell when the limit is exceeded.
///
/// # Errors
/// Why the request failed.
pub fn get(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    open(url)?.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(interrupted)?;
    Ok(bytes)
}

/// Downloads into a temporary file.
///
/// # Errors
/// Why the request failed.
pub fn to_file(url: &str, limit: u64) -> Result<File, String> {
    let mut file = tempfile::tempfile().map_err(|error| format!("no temporary file can be made: {error}"))?;
    let length = std::io::copy(&mut open(url)?.take(limit + 1), &mut file).map_err(interrupted)?;
    if length > limit {
        return Err(format!("the answer is longer than {} MB; save it to a file, and name that", limit >> 20));
    }
    Ok(file)
}

fn open(url: &str) -> Result<impl Read, String> {
    let config = ureq::Agent::config_builder();
    let config = config.timeout_global(Some(TIMEOUT)).max_redirects(MAX_REDIRECTS).user_agent("tidings").build();
    let response = ureq::Agent::new_with_config(config).get(url).call().map_err(|error| match error {
        ureq::Error::StatusCode(status) => format!("the server answered with status {status}"),
        error => error.to_string(),
    })?;
    Ok(response.into_body().into_reader())
}

fn interrupted(error: std::io::Error) -> String {
    format!("the answer breaks off: {error}")
}
