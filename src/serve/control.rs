//! What the admin address may be asked to do, by who knows its token.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{self, HeaderMap};

use super::follower::ReloadHandle;
use super::tasks::Tasks;
use crate::model::Timestamp;

/// So many wrong tokens are looked at within a minute.
const MAX_WRONG: u32 = 10;
const MINUTE: i64 = 60;

/// Why a request may not do anything.
#[derive(Debug, PartialEq, Eq)]
pub enum AuthorizationError {
    /// There is no token that would allow it.
    NoToken,
    WrongToken,
    /// Too many wrong tokens: for so many seconds none is looked at.
    TooMany(i64),
}

/// Reloading, and the tasks.
pub struct Control {
    pub reload: ReloadHandle,
    pub tasks: Option<Arc<Tasks>>,
    token: Option<String>,
    wrong: Mutex<FailedAttempts>,
}

/// Wrong tokens within a minute.
#[derive(Debug, Default)]
struct FailedAttempts {
    since: i64,
    count: u32,
}

impl Control {
    pub fn new(reload: ReloadHandle, token: Option<String>, tasks: Option<Arc<Tasks>>) -> Control {
        Control { reload, tasks, token, wrong: Mutex::default() }
    }

    /// Whether a request has the token (RFC 6750 §2.1).
    ///
    /// # Errors
    /// Why it may not do anything.
    pub fn authorize(&self, headers: &HeaderMap, now: Timestamp) -> Result<(), AuthorizationError> {
        let token = self.token.as_ref().ok_or(AuthorizationError::NoToken)?;
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if now.0 >= wrong.since + MINUTE || now.0 < wrong.since {
            *wrong = FailedAttempts { since: now.0, count: 0 };
        }
        if wrong.count >= MAX_WRONG {
            return Err(AuthorizationError::TooMany(wrong.since + MINUTE - now.0));
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.split_once(' '));
        let given = given.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, given)| given.trim());
        if given.is_some_and(|given| is_equal(given.as_bytes(), token.as_bytes())) {
            return Ok(());
        }
        wrong.count += 1;
        Err(AuthorizationError::WrongToken)
    }
}

/// Compares in a time that does not tell how much of it is right.
fn is_equal(given: &[u8], token: &[u8]) -> bool {
    let differences = (0..token.len()).fold(given.len() ^ token.len(), |differences, index| {
        let given = given.get(index).copied().unwrap_or_default();
        std::hint::black_box(differences | usize::from(given ^ token[index]))
    });
    differences == 0
}
