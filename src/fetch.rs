//! Documents of other servers, in bounded time and size.

use std::fs::File;
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
    let mut bytes = Vec::new();
    open(url)?.take(most as u64 + 1).read_to_end(&mut bytes).map_err(broken_off)?;
    Ok(bytes)
}

/// What a server answers, in a temporary file.
///
/// # Errors
/// Why there is none, in a few words.
pub fn to_file(url: &str, most: u64) -> Result<File, String> {
    let mut file = tempfile::tempfile().map_err(|error| format!("no temporary file can be made: {error}"))?;
    let length = std::io::copy(&mut open(url)?.take(most + 1), &mut file).map_err(broken_off)?;
    if length > most {
        return Err(format!("the answer is longer than {} MB; save it to a file, and name that", most >> 20));
    }
    Ok(file)
}

fn open(url: &str) -> Result<impl Read, String> {
    let config = ureq::Agent::config_builder();
    let config = config.timeout_global(Some(TIME_OUT)).max_redirects(MOST_REDIRECTS).user_agent("tidings").build();
    let answer = ureq::Agent::new_with_config(config).get(url).call().map_err(|error| match error {
        ureq::Error::StatusCode(status) => format!("the server answered with status {status}"),
        error => error.to_string(),
    })?;
    Ok(answer.into_body().into_reader())
}

fn broken_off(error: std::io::Error) -> String {
    format!("the answer breaks off: {error}")
}
