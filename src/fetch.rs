//! Documents of other servers, in bounded time and size.

use std::io::Read;
use std::time::Duration;

/// How long a server may take for a whole answer.
const TIME_OUT: Duration = Duration::from_secs(60);
const MOST_REDIRECTS: u32 = 10;

/// What a server answers: its bytes, no more than `most` and one.
///
/// # Errors
/// Why there are none, in a few words.
pub fn get(url: &str, most: usize) -> Result<Vec<u8>, String> {
    let config = ureq::Agent::config_builder();
    let config = config.timeout_global(Some(TIME_OUT)).max_redirects(MOST_REDIRECTS).user_agent("tidings").build();
    let answer = ureq::Agent::new_with_config(config).get(url).call().map_err(|error| match error {
        ureq::Error::StatusCode(status) => format!("the server answered with status {status}"),
        error => error.to_string(),
    })?;
    let mut bytes = Vec::new();
    let read = answer.into_body().into_reader().take(most as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("the answer breaks off: {error}"))?;
    Ok(bytes)
}
