//! Encodes documents for requests: each representation once, so many at a time, and without a thread for those that wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::document::{Document, Representation};
use super::lru::LruMap;
use crate::limits::MAX_DELTAS;

/// How long a request waits for an encoder where it can be answered without.
const PATIENCE: Duration = Duration::from_millis(250);

/// What the budget of deltas is counted in.
const BUDGET_UNIT: usize = 1 << 10;

/// Why there are no bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailable {
    /// All encoders are busy, or there is no memory for another delta.
    Saturated,
    /// An encoder failed.
    Failed,
}

/// The bytes of a representation, once there are any.
type Outcome = Option<Result<Bytes, Unavailable>>;

/// The hash of the document, and which representation of it.
type Key = (u128, Representation);

/// The encoders of a server.
#[derive(Debug)]
pub struct Encoders {
    /// Those of full documents.
    full: Arc<Semaphore>,
    /// Those of deltas, so that full documents never wait for these.
    delta: Arc<Semaphore>,
    running: Mutex<HashMap<Key, watch::Receiver<Outcome>>>,
    deltas: DeltaCache,
}

impl Default for Encoders {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Encoders {
            full: Arc::new(Semaphore::new(cores.max(2))),
            delta: Arc::new(Semaphore::new(cores)),
            running: Mutex::default(),
            deltas: DeltaCache::new(MAX_DELTAS),
        }
    }
}

impl Encoders {
    /// The bytes of a representation that is encoded already.
    pub fn encoded(&self, document: &Document, representation: Representation) -> Option<Bytes> {
        match representation.base {
            None => document.encoded(representation),
            Some(_) => self.deltas.get(&(document.hash(), representation)),
        }
    }

    /// The bytes of a representation, encoded if need be. A delta does not wait for an encoder, and a full document only for a
    /// moment, unless it `must_wait`.
    ///
    /// # Errors
    /// No encoder is free, or it failed.
    pub async fn encode(
        self: &Arc<Self>,
        document: &Arc<Document>,
        representation: Representation,
        must_wait: bool,
    ) -> Result<Bytes, Unavailable> {
        let key = (document.hash(), representation);
        let running = self.running().get(&key).cloned();
        let mut outcome = match (self.encoded(document, representation), running) {
            (Some(bytes), _) => return Ok(bytes),
            (None, Some(running)) => running,
            (None, None) => {
                let permit = self.permit(representation, must_wait).await.ok_or(Unavailable::Saturated)?;
                self.start(key, document, permit)
            }
        };
        let outcome = outcome.wait_for(Option::is_some).await;
        // Without an outcome, the encoder panicked.
        outcome.ok().and_then(|outcome| outcome.clone()).unwrap_or(Err(Unavailable::Failed))
    }

    async fn permit(&self, representation: Representation, must_wait: bool) -> Option<OwnedSemaphorePermit> {
        if representation.base.is_some() {
            return Arc::clone(&self.delta).try_acquire_owned().ok();
        }
        let permit = Arc::clone(&self.full).acquire_owned();
        match must_wait {
            true => permit.await.ok(),
            false => tokio::time::timeout(PATIENCE, permit).await.ok()?.ok(),
        }
    }

    /// Starts an encoder, unless another request has done so meanwhile.
    fn start(
        self: &Arc<Self>,
        key: Key,
        document: &Arc<Document>,
        permit: OwnedSemaphorePermit,
    ) -> watch::Receiver<Outcome> {
        let mut running = self.running();
        if let Some(running) = running.get(&key) {
            return running.clone();
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(key, receiver.clone());
        // The job takes this lock when it ends.
        drop(running);
        let job = Job { encoders: Arc::clone(self), key, sender };
        let document = Arc::clone(document);
        tokio::task::spawn_blocking(move || {
            let outcome = job.encoders.encode_now(key, &document);
            job.sender.send_replace(Some(outcome));
            drop((job, permit));
        });
        receiver
    }

    fn encode_now(&self, key: Key, document: &Document) -> Result<Bytes, Unavailable> {
        // Another job may have ended just before this one was started.
        if let Some(bytes) = self.encoded(document, key.1) {
            return Ok(bytes);
        }
        let bytes = document.encode(key.1).map_err(|_| Unavailable::Failed)?;
        match key.1.base {
            None => Ok(bytes),
            Some(_) => self.deltas.insert(key, bytes).ok_or(Unavailable::Saturated),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Outcome>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An encoder at work.
struct Job {
    encoders: Arc<Encoders>,
    key: Key,
    sender: watch::Sender<Outcome>,
}

impl Drop for Job {
    fn drop(&mut self) {
        self.encoders.running().remove(&self.key);
    }
}

/// Deltas of all feeds. The budget is that of all that are in memory, so also of those that slow clients have yet to read.
#[derive(Debug)]
struct DeltaCache {
    budget: Arc<Semaphore>,
    deltas: Mutex<LruMap<Key, Bytes>>,
}

/// The bytes of a delta, and its part of the budget.
struct Budgeted(Bytes, #[expect(dead_code, reason = "dropped with the bytes")] OwnedSemaphorePermit);

impl AsRef<[u8]> for Budgeted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl DeltaCache {
    fn new(max_bytes: usize) -> DeltaCache {
        DeltaCache { budget: Arc::new(Semaphore::new(max_bytes / BUDGET_UNIT)), deltas: Mutex::default() }
    }

    fn get(&self, key: &Key) -> Option<Bytes> {
        self.lock().get(key).cloned()
    }

    /// Adds a delta, for which others are evicted. `None` where it is too large, or too many are being sent.
    fn insert(&self, key: Key, bytes: Bytes) -> Option<Bytes> {
        let units = u32::try_from(bytes.len() / BUDGET_UNIT + 1).ok()?;
        let mut deltas = self.lock();
        let permit = loop {
            match Arc::clone(&self.budget).try_acquire_many_owned(units) {
                Ok(permit) => break permit,
                Err(_) => drop(deltas.evict()?),
            }
        };
        let bytes = Bytes::from_owner(Budgeted(bytes, permit));
        deltas.insert(key, bytes.clone());
        Some(bytes)
    }

    fn lock(&self) -> MutexGuard<'_, LruMap<Key, Bytes>> {
        self.deltas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::Coding;
    use crate::model::Timestamp;
    use crate::render::Rendered;

    fn key(number: u128) -> Key {
        (number, Representation { base: Some(1), coding: None })
    }

    #[test]
    fn the_budget_is_that_of_all_deltas_in_memory() {
        let cache = DeltaCache::new(4 * BUDGET_UNIT);
        let delta = |number| cache.insert(key(number), Bytes::from(vec![0; BUDGET_UNIT]));
        // Each takes two units.
        let held = delta(1).unwrap();
        assert!(delta(2).is_some() && cache.get(&key(1)).is_some());
        assert!(delta(3).is_some());
        assert!(cache.get(&key(2)).is_none() && cache.get(&key(3)).is_some());
        // The first one is evicted and still being sent.
        assert!(delta(4).is_some() && cache.get(&key(1)).is_none());
        let also = cache.get(&key(4)).unwrap();
        assert!(delta(5).is_none());
        drop((held, also));
        assert!(delta(5).is_some());
        assert!(cache.insert(key(6), Bytes::from(vec![0; 9 * BUDGET_UNIT])).is_none());
        assert_eq!(cache.lock().len(), 0);
        assert_eq!(cache.budget.available_permits(), 4);
    }

    fn document(text: &str) -> Arc<Document> {
        let rendered = Rendered { bytes: text.as_bytes().to_vec(), entry_ranges: Vec::new() };
        Arc::new(Document::new(rendered, None, Timestamp(0)))
    }

    #[tokio::test]
    async fn requests_wait_together_and_not_for_long() {
        let encoders = Arc::new(Encoders::default());
        let (one, two) = (document(&"one ".repeat(50_000)), document("two"));
        let gzip = Representation { base: None, coding: Some(Coding::Gzip) };
        let waiting: Vec<_> = (0..700)
            .map(|_| {
                let (encoders, one) = (Arc::clone(&encoders), Arc::clone(&one));
                tokio::spawn(async move { encoders.encode(&one, gzip, true).await.unwrap() })
            })
            .collect();
        let first = encoders.encode(&one, gzip, true).await.unwrap();
        for waiting in waiting {
            assert_eq!(waiting.await.unwrap().as_ptr(), first.as_ptr());
        }
        assert!(encoders.running().is_empty());
        let busy =
            Arc::clone(&encoders.full).acquire_many_owned(encoders.full.available_permits() as u32).await.unwrap();
        assert_eq!(encoders.encode(&one, gzip, false).await.unwrap().as_ptr(), first.as_ptr());
        assert_eq!(encoders.encode(&two, gzip, false).await, Err(Unavailable::Saturated));
        let delta = Representation { base: Some(1), coding: None };
        assert!(encoders.encode(&two, delta, false).await.is_ok());
        drop(busy);
        assert!(encoders.encode(&two, gzip, false).await.is_ok());
        let permits = encoders.delta.available_permits() as u32;
        let _busy = Arc::clone(&encoders.delta).acquire_many_owned(permits).await.unwrap();
        assert_eq!(encoders.encode(&one, delta, true).await, Err(Unavailable::Saturated));
        assert!(encoders.encode(&two, delta, false).await.is_ok());
    }
}
