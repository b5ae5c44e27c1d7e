//! What is known of the source of a replica.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::model::Timestamp;

/// So many seconds after it was written, a document that its source still has is not replaced within the same second. More
/// than the clocks of two machines should differ.
const SETTLED_AFTER: i64 = 2;

/// The source of a replica: its address, when it was last asked, and why it cannot be read.
#[derive(Debug)]
pub struct Upstream {
    address: String,
    confirmed: AtomicI64,
    reason: Mutex<Option<String>>,
}

impl Upstream {
    pub fn new(address: String) -> Upstream {
        Upstream { address, confirmed: AtomicI64::new(i64::MIN), reason: Mutex::default() }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// Records that the source had the publication at a moment.
    pub fn confirm(&self, at: Timestamp) {
        self.confirmed.fetch_max(at.0, Ordering::Relaxed);
    }

    /// Records why the source cannot be read, or that it can.
    pub fn set_reason(&self, reason: Option<String>) {
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }

    pub fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many seconds ago the source had the publication; `None` if it never had one.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        let confirmed = self.confirmed.load(Ordering::Relaxed);
        (confirmed != i64::MIN).then(|| now.0.saturating_sub(confirmed).max(0))
    }

    /// The latest date that a document can be known by. Of a younger one there may be a second version with the same date, which
    /// `If-Modified-Since` could not tell from the first.
    pub fn latest_date(&self, now: Timestamp) -> Timestamp {
        Timestamp(self.confirmed.load(Ordering::Relaxed).saturating_sub(SETTLED_AFTER).min(now.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_known_once_the_source_was_asked_later() {
        let upstream = Upstream::new("folder".to_owned());
        assert_eq!(upstream.age(Timestamp(100)), None);
        assert!(upstream.latest_date(Timestamp(100)).0 < 0);
        upstream.confirm(Timestamp(90));
        upstream.confirm(Timestamp(80));
        assert_eq!(upstream.age(Timestamp(100)), Some(10));
        assert_eq!(upstream.latest_date(Timestamp(100)), Timestamp(88));
        // The clock was set back meanwhile.
        assert_eq!((upstream.age(Timestamp(50)), upstream.latest_date(Timestamp(50))), (Some(0), Timestamp(50)));
    }
}
