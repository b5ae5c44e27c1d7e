//! A request to a service, and why it failed.

use std::time::Duration;

use ureq::http::Request;

const TIMEOUT: Duration = Duration::from_secs(15);
/// How much of an answer is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;
/// How much of an answer is shown, in characters.
const MAX_SHOWN: usize = 200;

/// The client of all services.
pub struct Agent(ureq::Agent);

/// Why a service was not purged.
pub struct PurgeError {
    pub why: String,
    /// At least so long it is of no use to try again; `None`: for ever.
    pub wait: Option<Duration>,
}

impl PurgeError {
    /// It fails again.
    pub fn lasting(why: impl Into<String>) -> PurgeError {
        PurgeError { why: why.into(), wait: None }
    }

    /// It may succeed later.
    pub fn passing(why: impl Into<String>) -> PurgeError {
        PurgeError { why: why.into(), wait: Some(Duration::ZERO) }
    }
}

impl Default for Agent {
    fn default() -> Self {
        // `PURGE` is no method that ureq knows.
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).user_agent("tidings");
        let config = config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        Agent(ureq::Agent::new_with_config(config.allow_non_standard_methods(true).build()))
    }
}

impl Agent {
    /// Sends a request. Returns the body of the answer, whose status says that it was accepted.
    pub fn send(&self, request: Request<Vec<u8>>) -> Result<String, PurgeError> {
        let mut response = self.0.run(request).map_err(|error| PurgeError::passing(error.to_string()))?;
        let body =
            response.body_mut().with_config().limit(MAX_ANSWER).lossy_utf8(true).read_to_string().unwrap_or_default();
        let status = response.status();
        if status.is_success() {
            return Ok(body);
        }
        let said: String = body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_SHOWN).collect();
        let why =
            if said.is_empty() { format!("it answered {status}") } else { format!("it answered {status}: {said}") };
        // RFC 9110 §10.2.3.
        let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let is_passing = matches!(status.as_u16(), 408 | 429)
            || status.is_server_error()
            || body.contains("TooManyInvalidationsInProgress");
        Err(PurgeError { why, wait: is_passing.then(|| Duration::from_secs(seconds.unwrap_or(0))) })
    }
}

/// A request that cannot be made: an address or a token with a sign that HTTP does not allow.
pub fn invalid(error: ureq::http::Error) -> PurgeError {
    PurgeError::lasting(format!("the request cannot be made: {error}"))
}
