//! What is known of the source of a replica.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::Timestamp;

/// So many seconds after a publication was first seen and still is the newest, whatever is written later has a later date.
const SETTLED_AFTER: i64 = 2;

/// The source of a replica: its address, the publication that it has, when it was last asked, and why it cannot be read.
#[derive(Debug)]
pub struct Upstream {
    address: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the manifest was written, by the clock of the source.
    written: Option<Timestamp>,
    /// When it was first seen, by the clock of this machine.
    seen: Option<Timestamp>,
    /// When the source last had it, by the clock of this machine.
    confirmed: Option<Timestamp>,
    reason: Option<String>,
}

impl Upstream {
    pub fn new(address: String) -> Upstream {
        Upstream { address, state: Mutex::default() }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records another publication, written at a time of the source and seen at one of this machine.
    pub fn replace(&self, written: Timestamp, seen: Timestamp) {
        let mut state = self.lock();
        (state.written, state.seen, state.confirmed) = (Some(written), Some(seen), Some(seen));
    }

    /// Records that the source still had the publication at a moment.
    pub fn confirm(&self, at: Timestamp) {
        let mut state = self.lock();
        state.confirmed = state.confirmed.max(Some(at));
    }

    /// Records why the source cannot be read, or that it can.
    pub fn set_reason(&self, reason: Option<String>) {
        self.lock().reason = reason;
    }

    pub fn reason(&self) -> Option<String> {
        self.lock().reason.clone()
    }

    /// How many seconds ago the source had the publication; `None` if it never had one.
    pub fn age(&self, now: Timestamp) -> Option<i64> {
        self.lock().confirmed.map(|confirmed| now.0.saturating_sub(confirmed.0).max(0))
    }

    /// The latest date that a document can be known by. Of one that was written in the same second as the manifest there may be
    /// a second version with the same date, which `If-Modified-Since` could not tell from the first, until the source was seen
    /// to have kept the publication for longer. Dates of two clocks are never compared.
    pub fn latest_date(&self, now: Timestamp) -> Timestamp {
        let state = self.lock();
        let (Some(written), Some(seen), Some(confirmed)) = (state.written, state.seen, state.confirmed) else {
            return Timestamp(i64::MIN);
        };
        let is_settled = confirmed.0.saturating_sub(seen.0) >= SETTLED_AFTER;
        let latest = if is_settled { written.0 } else { written.0.saturating_sub(1) };
        Timestamp(latest.min(now.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dates_of_a_publication_are_known_once_it_has_stayed() {
        let upstream = Upstream::new("folder".to_owned());
        assert_eq!(upstream.age(Timestamp(100)), None);
        assert!(upstream.latest_date(Timestamp(100)).0 < 0);
        // The clock of the source is late.
        upstream.replace(Timestamp(40), Timestamp(90));
        assert_eq!((upstream.age(Timestamp(100)), upstream.latest_date(Timestamp(100))), (Some(10), Timestamp(39)));
        upstream.confirm(Timestamp(91));
        assert_eq!(upstream.latest_date(Timestamp(100)), Timestamp(39));
        upstream.confirm(Timestamp(92));
        upstream.confirm(Timestamp(80));
        assert_eq!((upstream.age(Timestamp(100)), upstream.latest_date(Timestamp(100))), (Some(8), Timestamp(40)));
        // The next one; the clock of the source is ahead, and a document has no date of the future.
        upstream.replace(Timestamp(400), Timestamp(110));
        upstream.confirm(Timestamp(120));
        assert_eq!(upstream.latest_date(Timestamp(120)), Timestamp(120));
        // The clock was set back meanwhile.
        assert_eq!(upstream.age(Timestamp(50)), Some(0));
    }
}
