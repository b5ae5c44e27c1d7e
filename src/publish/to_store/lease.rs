//! The lease of a publication: a small object that one builder holds at a time.
//!
//! It names its holder and the paths that the holder may write to. It is created, renewed and taken over by conditional
//! writes, each with other bytes, because some stores make the entity tag of the bytes alone. Whether it is dead is a
//! question of the store's clock, so that the clocks of machines need not agree.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::super::manifest::LEASE;
use super::holder::Holder;
use super::machine;
use crate::diagnostics::Diagnostic;
use crate::limits::MAX_MANIFEST;
use crate::model::Timestamp;
use crate::storage::{Attributes, Condition, Fetched, ObjectInfo, Storage, Tag, Written};

/// How often it is renewed.
const RENEWAL: Duration = Duration::from_secs(10);

/// It is dead when it was not renewed for longer.
const LIFETIME: Duration = Duration::from_secs(30);

/// An object that is written to learn the time of the store.
const CLOCK: &str = ".tidings-clock";

const HEAD: &str = "tidings-lease 1";

/// What a lease says.
#[derive(Debug, Clone)]
struct Record {
    /// Of one publication, never used again.
    id: String,
    /// The number of writes.
    number: u64,
    /// Whether its holder ended without finishing the publication.
    is_abandoned: bool,
    holder: Holder,
    /// The paths that may have been written.
    announced: BTreeSet<String>,
}

impl Record {
    fn new(announced: BTreeSet<String>) -> Record {
        let holder = Holder::current();
        let id = format!("{:016x}", RandomState::new().hash_one(holder.line()));
        Record { id, number: 0, is_abandoned: false, holder, announced }
    }

    fn bytes(&self) -> Bytes {
        let state = if self.is_abandoned { "abandoned" } else { "held" };
        let head = format!("{HEAD}\n{}\t{}\t{state}\n{}\n", self.id, self.number, self.holder.line());
        let paths = self.announced.iter().flat_map(|path| [path.as_str(), "\n"]);
        std::iter::once(head.as_str()).chain(paths).collect::<String>().into()
    }

    fn parse(bytes: &[u8]) -> Option<Record> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        lines.next().filter(|head| *head == HEAD)?;
        let mut fields = lines.next()?.split('\t');
        Some(Record {
            id: fields.next()?.to_owned(),
            number: fields.next()?.parse().ok()?,
            is_abandoned: fields.next()? == "abandoned",
            holder: Holder::parse(lines.next()?)?,
            announced: lines.map(str::to_owned).collect(),
        })
    }
}

/// A lease that this process holds, renewed in the background.
pub struct Lease {
    storage: Storage,
    id: String,
    state: Arc<Mutex<State>>,
    renewal: JoinHandle<()>,
    /// What the builder before announced and did not finish.
    pub inherited: BTreeSet<String>,
}

struct State {
    record: Record,
    tag: Tag,
    renewed: Instant,
    is_lost: bool,
}

impl Lease {
    /// Creates the lease, or takes over one that is dead.
    ///
    /// # Errors
    /// Another build holds it, or the store refuses.
    pub async fn acquire(storage: &Storage, announced: BTreeSet<String>) -> Result<Lease, Diagnostic> {
        let mut record = Record::new(announced);
        let started = Instant::now();
        let (bytes, info) = match create(storage, &record).await? {
            Created::New(tag) => return Ok(Lease::start(storage, record, tag, started, BTreeSet::new())),
            Created::Exists(bytes, info) => (bytes, info),
        };
        let before = Record::parse(&bytes);
        if !is_dead(storage, before.as_ref(), &record.holder, &info).await? {
            return Err(busy(storage, before.as_ref()));
        }
        let inherited = before.map(|before| before.announced).unwrap_or_default();
        record.announced.extend(inherited.iter().cloned());
        let started = Instant::now();
        let tag = match write(storage, &record, &Condition::Unchanged(info.tag)).await? {
            Written::Done(tag) => tag,
            Written::Refused => own_tag(storage, &record.id).await?.ok_or_else(|| busy(storage, None))?,
        };
        Ok(Lease::start(storage, record, tag, started, inherited))
    }

    fn start(storage: &Storage, record: Record, tag: Tag, renewed: Instant, inherited: BTreeSet<String>) -> Lease {
        let id = record.id.clone();
        let state = Arc::new(Mutex::new(State { record, tag, renewed, is_lost: false }));
        let (of_task, storage_of_task) = (Arc::clone(&state), storage.clone());
        let renewal = tokio::spawn(async move {
            loop {
                tokio::time::sleep(RENEWAL).await;
                // A store that cannot be reached for a moment is asked again: the lease lives for three renewals.
                let mut state = of_task.lock().await;
                let _ = tokio::time::timeout(RENEWAL, state.renew(&storage_of_task)).await;
                if state.is_lost {
                    return;
                }
            }
        });
        Lease { storage: storage.clone(), id, state, renewal, inherited }
    }

    /// What tells this publication from others.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Fails if the lease may have been taken over, as after a pause of this process. Whoever asks has no newer entity tag in
    /// hand: what it writes under an old one is refused where another builder has written.
    pub async fn check(&self) -> Result<(), Diagnostic> {
        let mut state = self.state.lock().await;
        if !state.is_lost && state.renewed.elapsed() >= LIFETIME {
            state.renew(&self.storage).await?;
        }
        if state.is_lost { Err(lost(&self.storage)) } else { Ok(()) }
    }

    /// Fails if the lease was taken over, on the word of the store. Needed between learning an entity tag and writing under it.
    pub async fn confirm(&self) -> Result<(), Diagnostic> {
        let mut state = self.state.lock().await;
        state.renew(&self.storage).await?;
        if state.is_lost { Err(lost(&self.storage)) } else { Ok(()) }
    }

    /// The time of the store: that of the last renewal, or a little before.
    pub async fn store_time(&self) -> Result<Timestamp, Diagnostic> {
        let info = self.storage.head(LEASE).await?;
        info.map(|info| info.last_modified).ok_or_else(|| lost(&self.storage))
    }

    /// Whether the store refuses what its conditions exclude.
    pub async fn store_honours_conditions(&self) -> Result<bool, Diagnostic> {
        let stale = self.state.lock().await.tag.clone();
        self.confirm().await?;
        let mut state = self.state.lock().await;
        for condition in [Condition::Missing, Condition::Unchanged(stale)] {
            state.record.number += 1;
            if let Written::Done(tag) = write(&self.storage, &state.record, &condition).await? {
                state.tag = tag;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Removes the lease: the publication is complete.
    pub async fn release(self) -> Result<(), Diagnostic> {
        self.renewal.abort();
        let mut state = self.state.lock().await;
        // Nobody takes over a lease that was renewed so recently; otherwise it might be another's that is removed.
        if state.renewed.elapsed() > LIFETIME / 2 {
            state.renew(&self.storage).await?;
        }
        match state.is_lost {
            true => Ok(()),
            false => self.storage.delete(LEASE).await,
        }
    }

    /// Leaves what was announced to the next build, which need not wait.
    pub async fn abandon(self) {
        self.renewal.abort();
        let mut state = self.state.lock().await;
        state.record.is_abandoned = true;
        // The error that matters is the one before; without this, the next build waits until the lease is dead.
        let _ = tokio::time::timeout(RENEWAL, state.renew(&self.storage)).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

impl State {
    async fn renew(&mut self, storage: &Storage) -> Result<(), Diagnostic> {
        for _ in 0..2 {
            self.record.number += 1;
            let started = Instant::now();
            match write(storage, &self.record, &Condition::Unchanged(self.tag.clone())).await? {
                Written::Done(tag) => {
                    (self.tag, self.renewed) = (tag, started);
                    return Ok(());
                }
                // The answer to an earlier try may have been lost.
                Written::Refused => match own_tag(storage, &self.record.id).await? {
                    Some(tag) => self.tag = tag,
                    None => break,
                },
            }
        }
        self.is_lost = true;
        Ok(())
    }
}

/// What stands where the lease is.
enum Created {
    New(Tag),
    Exists(Bytes, ObjectInfo),
}

/// Creates the lease, unless there is one.
async fn create(storage: &Storage, record: &Record) -> Result<Created, Diagnostic> {
    // Between the two requests, a lease may have been released.
    for _ in 0..3 {
        if let Written::Done(tag) = write(storage, record, &Condition::Missing).await? {
            return Ok(Created::New(tag));
        }
        if let Fetched::Object(bytes, info) = storage.get(LEASE, None, MAX_MANIFEST).await? {
            // The answer to the first try may have been lost.
            let is_own = Record::parse(&bytes).is_some_and(|before| before.id == record.id);
            return Ok(if is_own { Created::New(info.tag) } else { Created::Exists(bytes, info) });
        }
    }
    Err(busy(storage, None))
}

async fn write(storage: &Storage, record: &Record, condition: &Condition) -> Result<Written, Diagnostic> {
    storage.put(LEASE, record.bytes(), &own_attributes(), condition).await
}

/// The attributes of the objects that are not documents: no cache keeps them.
pub fn own_attributes() -> Attributes {
    Attributes {
        content_type: "text/plain; charset=utf-8",
        cache_control: "no-store".to_owned(),
        ..Attributes::default()
    }
}

/// The tag of the lease, if it is still that of a publication.
async fn own_tag(storage: &Storage, id: &str) -> Result<Option<Tag>, Diagnostic> {
    Ok(match storage.get(LEASE, None, MAX_MANIFEST).await? {
        Fetched::Object(bytes, info) => {
            Record::parse(&bytes).filter(|record| record.id == id && !record.is_abandoned).map(|_| info.tag)
        }
        Fetched::NotModified | Fetched::Missing => None,
    })
}

/// Whether a lease is dead: its holder says so, is a process of this machine that ended, or has not renewed it in time.
async fn is_dead(
    storage: &Storage,
    record: Option<&Record>,
    current: &Holder,
    info: &ObjectInfo,
) -> Result<bool, Diagnostic> {
    if record.is_some_and(|record| record.is_abandoned || record.holder.is_gone(current)) {
        return Ok(true);
    }
    storage.put(CLOCK, Bytes::new(), &own_attributes(), &Condition::Always).await?;
    let now = storage.head(CLOCK).await?;
    storage.delete(CLOCK).await?;
    let lifetime = i64::try_from(LIFETIME.as_secs()).unwrap_or(i64::MAX);
    Ok(now.is_some_and(|now| now.last_modified.0.saturating_sub(info.last_modified.0) > lifetime))
}

fn busy(storage: &Storage, record: Option<&Record>) -> Diagnostic {
    let holder = record.map_or_else(|| "another process".to_owned(), |record| record.holder.describe());
    let message = format!("another build is at work here: {holder}");
    machine(storage.location(LEASE), message).help(
        "run this again when it has finished; 30 seconds after it was killed or cut off, it is in nobody's way any more",
    )
}

fn lost(storage: &Storage) -> Diagnostic {
    let message =
        "this build was paused or cut off for so long that another one may be at work: it writes nothing more";
    machine(storage.location(LEASE), message.to_owned()).help("run this again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_read_as_it_was_written() {
        let mut record = Record::new(["en/all.json", "index.html"].map(str::to_owned).into());
        let first = record.bytes();
        record.number += 1;
        // The bytes of each renewal differ, and with them the entity tag.
        assert_ne!(first, record.bytes());
        let read = Record::parse(&record.bytes()).unwrap();
        assert_eq!((&read.id, &read.holder, &read.announced), (&record.id, &record.holder, &record.announced));
        assert!(!read.is_abandoned && Record::parse(b"").is_none() && Record::parse(b"tidings-lease 2\n").is_none());
        assert_ne!(Record::new(BTreeSet::new()).id, record.id);
    }
}
