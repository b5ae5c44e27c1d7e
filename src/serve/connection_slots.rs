//! Connection slots: so many at a time, and so many of one client. Where none is free, the connection that has been
//! idle for longest is closed.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// How often a connection is looked for that became idle while none was.
const IDLE_RETRY: Duration = Duration::from_millis(50);

/// Whether a connection is idle, and since when.
#[derive(Debug)]
pub struct Activity {
    start: Instant,
    /// Nanoseconds from `start` to the end of the last response; 0 while there is a response.
    idle_since: AtomicU64,
    /// Whether a response is being made.
    is_responding: AtomicBool,
    /// Whether a request has arrived in part.
    has_partial_request: AtomicBool,
    /// The connection is closed for another one.
    pub evicted: Notify,
}

impl Activity {
    fn new(start: Instant) -> Activity {
        let activity = Activity {
            start,
            idle_since: AtomicU64::new(0),
            is_responding: AtomicBool::new(false),
            has_partial_request: AtomicBool::new(false),
            evicted: Notify::new(),
        };
        activity.flushed();
        activity
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    /// Bytes of a request were read.
    pub fn received(&self) {
        self.has_partial_request.store(true, Ordering::Relaxed);
    }

    /// A request is complete; with `is_ready` its response is ready to be written.
    pub fn requested(&self, is_ready: bool) {
        self.has_partial_request.store(false, Ordering::Relaxed);
        self.is_responding.store(!is_ready, Ordering::Relaxed);
        self.idle_since.store(0, Ordering::Release);
    }

    /// The response is ready to be written.
    pub fn responded(&self) {
        self.is_responding.store(false, Ordering::Release);
    }

    /// Part of a response was written, or could not be.
    pub fn written(&self) {
        if self.idle_since.load(Ordering::Relaxed) != 0 {
            self.idle_since.store(0, Ordering::Release);
        }
    }

    /// All that was to be written is written.
    pub fn flushed(&self) {
        if self.idle_since.load(Ordering::Relaxed) == 0 && !self.is_responding.load(Ordering::Acquire) {
            self.idle_since.store(self.now(), Ordering::Release);
        }
    }

    pub fn is_idle(&self) -> bool {
        self.idle_since.load(Ordering::Acquire) != 0
    }

    /// Whether the connection waits for the rest of a request.
    pub fn has_partial_request(&self) -> bool {
        self.has_partial_request.load(Ordering::Relaxed)
    }
}

/// The connections that are open, by client and by how long they have been idle.
#[derive(Debug)]
pub struct ConnectionSlots {
    limit: u32,
    free: Arc<Semaphore>,
    start: Instant,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    connections: HashMap<u64, Connection>,
    all: Order,
    by_client: HashMap<IpAddr, Order>,
    /// The number of the next connection.
    next: u64,
}

/// Connections by the time since which they were idle when last looked at, and by their number.
///
/// It is brought up to date only where a connection is to be closed, so that requests need no lock: the time in it is never
/// later than the true one.
type Order = BTreeSet<(u64, u64)>;

#[derive(Debug)]
struct Connection {
    seen: u64,
    client: Option<IpAddr>,
    activity: Arc<Activity>,
}

/// The slot of one connection, until it is dropped.
#[derive(Debug)]
pub struct ConnectionSlot {
    slots: Arc<ConnectionSlots>,
    number: u64,
    pub activity: Arc<Activity>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        self.slots.lock().remove(self.number);
    }
}

impl ConnectionSlots {
    pub fn new(limit: usize) -> ConnectionSlots {
        let limit = u32::try_from(limit.clamp(1, Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        let free = Arc::new(Semaphore::new(limit as usize));
        ConnectionSlots { limit, free, start: Instant::now(), open: Mutex::default() }
    }

    pub fn limit(&self) -> usize {
        self.limit as usize
    }

    /// A slot for a connection. `client` is the one whose own limit counts, if any. Waits while all connections have
    /// requests in progress.
    ///
    /// `None` where the client is at its own limit and none of its connections is idle.
    pub async fn take(self: &Arc<Self>, client: Option<(IpAddr, usize)>) -> Option<ConnectionSlot> {
        let mut has_evicted = match client {
            Some((client, limit)) => self.lock().make_place_of(client, limit)?,
            None => false,
        };
        let client = client.map(|(client, _)| client);
        loop {
            if let Some(slot) = self.try_take(client) {
                return Some(slot);
            }
            if !has_evicted {
                self.lock().evict_any();
            }
            has_evicted = false;
            // The slot of an evicted connection is free when its socket is closed.
            if let Ok(permit) = tokio::time::timeout(IDLE_RETRY, Arc::clone(&self.free).acquire_owned()).await {
                return Some(self.slot(permit.ok()?, client));
            }
        }
    }

    /// A slot, if one is free.
    pub fn try_take(self: &Arc<Self>, client: Option<IpAddr>) -> Option<ConnectionSlot> {
        Some(self.slot(Arc::clone(&self.free).try_acquire_owned().ok()?, client))
    }

    fn slot(self: &Arc<Self>, permit: OwnedSemaphorePermit, client: Option<IpAddr>) -> ConnectionSlot {
        let activity = Arc::new(Activity::new(self.start));
        let number = self.lock().add(client, Arc::clone(&activity));
        ConnectionSlot { slots: Arc::clone(self), number, activity, _permit: permit }
    }

    /// Waits until all slots are free.
    pub async fn all_free(&self) {
        drop(self.free.acquire_many(self.limit).await);
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn add(&mut self, client: Option<IpAddr>, activity: Arc<Activity>) -> u64 {
        let number = self.next;
        self.next += 1;
        let seen = activity.idle_since.load(Ordering::Acquire);
        self.all.insert((seen, number));
        if let Some(client) = client {
            self.by_client.entry(client).or_default().insert((seen, number));
        }
        self.connections.insert(number, Connection { seen, client, activity });
        number
    }

    fn remove(&mut self, number: u64) -> Option<Connection> {
        let connection = self.connections.remove(&number)?;
        self.all.remove(&(connection.seen, number));
        if let Some(client) = connection.client
            && let Some(order) = self.by_client.get_mut(&client)
        {
            order.remove(&(connection.seen, number));
            if order.is_empty() {
                self.by_client.remove(&client);
            }
        }
        Some(connection)
    }

    /// Moves a connection to a later time.
    fn see(&mut self, number: u64, seen: u64) {
        let Some(connection) = self.connections.get_mut(&number) else { return };
        let before = std::mem::replace(&mut connection.seen, seen);
        let client = connection.client.and_then(|client| self.by_client.get_mut(&client));
        for order in std::iter::once(&mut self.all).chain(client) {
            order.remove(&(before, number));
            order.insert((seen, number));
        }
    }

    /// Closes idle connections of a client until it may have another one. Whether one was closed; `None` where it may not.
    fn make_place_of(&mut self, client: IpAddr, limit: usize) -> Option<bool> {
        let mut has_evicted = false;
        while self.by_client.get(&client).is_some_and(|order| order.len() >= limit) {
            let first = |open: &Open| open.by_client.get(&client).and_then(|order| order.first().copied());
            if !self.evict(first, |activity| !activity.has_partial_request()) {
                return None;
            }
            has_evicted = true;
        }
        Some(has_evicted)
    }

    /// Closes the connection that has been idle for longest, also one that has sent a part of a request: otherwise a part
    /// of one would be enough to keep all slots.
    fn evict_any(&mut self) {
        self.evict(|open| open.all.first().copied(), |_| true);
    }

    /// Closes the first connection that is idle, and whether there was one.
    fn evict(&mut self, first: impl Fn(&Open) -> Option<(u64, u64)>, may_close: impl Fn(&Activity) -> bool) -> bool {
        let mut latest = None;
        while let Some((seen, number)) = first(self) {
            let Some(connection) = self.connections.get(&number) else { return false };
            let latest = *latest.get_or_insert_with(|| connection.activity.now());
            // All that follow were looked at already, or have been used meanwhile.
            if seen > latest {
                return false;
            }
            match connection.activity.idle_since.load(Ordering::Acquire) {
                0 => self.see(number, latest + 1),
                since if since > seen => self.see(number, since),
                _ if !may_close(&connection.activity) => self.see(number, latest + 1),
                _ => {
                    connection.activity.evicted.notify_one();
                    self.remove(number);
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    /// Ends the current request of a connection, so that it is idle from now on.
    fn use_now(slot: &ConnectionSlot) {
        std::thread::sleep(Duration::from_micros(10));
        slot.activity.requested(true);
        slot.activity.flushed();
    }

    fn is_evicted(slot: &ConnectionSlot) -> bool {
        !slot.slots.lock().connections.contains_key(&slot.number)
    }

    async fn take(slots: &Arc<ConnectionSlots>, client: IpAddr, limit: usize) -> Option<ConnectionSlot> {
        let taken = slots.take(Some((client, limit)));
        tokio::time::timeout(Duration::from_secs(5), taken).await.ok().flatten()
    }

    #[tokio::test]
    async fn the_longest_idle_connection_makes_place() {
        let slots = Arc::new(ConnectionSlots::new(3));
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(take(&slots, CLIENT, 9).await.unwrap());
        }
        use_now(&open[0]);
        open[1].activity.requested(false);
        // The third is idle for longest: the first was used since, and the second is in use.
        let next = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { take(&slots, OTHER, 9).await }
        });
        open[2].activity.evicted.notified().await;
        assert_eq!([is_evicted(&open[0]), is_evicted(&open[1]), is_evicted(&open[2])], [false, false, true]);
        assert_eq!(slots.free.available_permits(), 0);
        open.pop();
        assert!(next.await.unwrap().is_some());
    }

    #[tokio::test]
    async fn a_client_at_its_limit_loses_its_own_connection() {
        let slots = Arc::new(ConnectionSlots::new(10));
        let other = take(&slots, OTHER, 2).await.unwrap();
        let first = take(&slots, CLIENT, 2).await.unwrap();
        let second = take(&slots, CLIENT, 2).await.unwrap();
        use_now(&first);
        let third = take(&slots, CLIENT, 2).await.unwrap();
        assert_eq!([&other, &first, &second, &third].map(is_evicted), [false, false, true, false]);
        // One is in use, and the other has sent a part of a request.
        first.activity.requested(false);
        third.activity.received();
        assert!(take(&slots, CLIENT, 2).await.is_none());
        assert!(take(&slots, OTHER, 2).await.is_some());
        drop(third);
        assert!(take(&slots, CLIENT, 2).await.is_some());
        assert!(!is_evicted(&first));
    }

    #[tokio::test]
    async fn parts_of_requests_do_not_keep_all_places() {
        let slots = Arc::new(ConnectionSlots::new(2));
        let one = take(&slots, CLIENT, 9).await.unwrap();
        let two = take(&slots, CLIENT, 9).await.unwrap();
        one.activity.received();
        two.activity.requested(false);
        let next = tokio::spawn({
            let slots = Arc::clone(&slots);
            async move { take(&slots, OTHER, 9).await }
        });
        one.activity.evicted.notified().await;
        drop(one);
        assert!(next.await.unwrap().is_some());
        assert!(!is_evicted(&two));
    }

    #[tokio::test]
    async fn nothing_remains_of_connections_that_ended() {
        let slots = Arc::new(ConnectionSlots::new(4));
        for round in 0..100 {
            let slot = take(&slots, CLIENT, 3).await.unwrap();
            if round % 3 == 0 {
                use_now(&slot);
            }
        }
        let open = slots.lock();
        assert_eq!((open.connections.len(), open.all.len(), open.by_client.len()), (0, 0, 0));
    }
}
