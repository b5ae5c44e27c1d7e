//! A publication over HTTP: a small caching server that follows its store.
//!
//! Owns: `run`, from a request to its response, conditional requests, reloads.
//! Never touches: what documents say.
//!
//! | file | what it does |
//! | --- | --- |
//! | `document` | one version of a document: its codings, entity tags and date, and deltas from earlier versions |
//! | `encoders` | encodes documents for requests, and keeps deltas |
//! | `resource` | a document at its path, with its response headers |
//! | `publication` | all documents of a moment; the next publication from the previous one |
//! | `lazy` | pages that are rendered on demand, and their cache |
//! | `accept`, `conditional` | content negotiation, and preconditions |
//! | `respond` | from a request to its response, a pure function |
//! | `server` | the state that connections share |
//! | `client` | the client of a request, also behind proxies |
//! | `listener`, `stream`, `connection`, `connection_slots`, `rate_limit` | sockets, time-outs and limits |
//! | `lru` | a map that evicts what was used least recently |
//! | `watch` | file events, debounced |
//! | `publisher` | renders a site and swaps the publication |
//! | `follower` | the thread that decides when to reload |
//! | `source` | what is loaded before the server runs |
//! | `replica` | follows a publication that another process writes, in the place of a store |
//! | `preview` | for editors: who may see it, and what an open page asks for |
//! | `purger`, `hub` | caches are purged, then the hub is notified (WebSub) |
//! | `pending` | what of that is still to be done, over a restart |
//! | `access_log` | a line for each request |
//! | `metrics`, `aggregators`, `admin` | the admin address |
//!
//! HTTP is that of RFC 9110, 9111 and 9112; each rule names its section.

mod accept;
mod access_log;
mod admin;
mod aggregators;
mod client;
mod conditional;
mod connection;
mod connection_slots;
mod control;
mod document;
mod encoders;
mod follower;
mod hub;
mod lazy;
mod listener;
mod lru;
mod metrics;
mod pending;
mod preview;
mod publication;
mod publisher;
mod purger;
mod rate_limit;
mod replica;
mod resource;
mod respond;
mod server;
mod source;
mod stream;
mod tasks;
#[cfg(test)]
mod tests;
mod watch;

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};

pub(crate) use access_log::ACCESS;
pub use follower::ReloadHandle;
pub(crate) use hub::{HubClient, Notified, RefusedTopic, displayed as displayed_hub};
pub use listener::{Listener, listen};
pub(crate) use purger::NotificationSettings;
pub(crate) use replica::LocalCopy;
use source::Followed;
pub use source::Source;

use self::control::Control;
use self::listener::Connections;
use self::publisher::Publisher;
use self::server::Server;
use tasks::Tasks;
pub(crate) use tasks::{RunTask, Task};

use crate::config::Preview;
use crate::diagnostics::Diagnostic;

/// Returns the current time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Serves a source until `shutdown` completes; then finishes the requests in progress.
///
/// # Errors
/// The admin address cannot be listened on.
pub async fn run(
    listener: impl Into<Listener>,
    source: Source,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Diagnostic> {
    let Source { followed, publication, counts, metrics, clock, tasks, admin_token, notification_settings } = source;
    let config = Arc::clone(&publication.config);
    let (tasks, _running) = tasks.map(|(tasks, run)| Tasks::start(tasks, run, Arc::clone(&clock))).unzip();
    let control = Control::new(followed.reload_handle(), admin_token, tasks);
    let server = Arc::new(Server::new(publication, counts, metrics, clock));
    if let Some(address) = config.server.admin.filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "the admin address {address} can be asked by other machines; if that is not meant, use 127.0.0.1"
        );
    }
    // A preview runs beside the server, with the same configuration.
    let admin = match config.server.admin.filter(|_| config.preview == Preview::Off) {
        Some(address) => {
            let listener = listen(address).await?;
            // With port 0 the system chooses one.
            if let Ok(address) = listener.local_addr() {
                tracing::info!("the admin address is http://{address}/");
            }
            Some(tokio::spawn(admin::serve(listener, Arc::clone(&server), Arc::new(control))))
        }
        None => None,
    };
    let listener = listener.into();
    let connections = Connections::new(Arc::clone(&server));
    let follower = match followed {
        Followed::Store { inputs, site, moment } => {
            follower::start(*inputs, Publisher::new(Arc::clone(&server), *site, moment, notification_settings))
        }
        Followed::Replica(inputs) => replica::start(*inputs, Arc::clone(&server)),
    };
    tokio::select! {
        biased;
        () = shutdown => {}
        () = listener.accept_all(&connections) => {}
    }
    tracing::info!("stopping");
    server.stopping.store(true, Ordering::Relaxed);
    // An inherited socket stays open until the end: its backlog is for the next process.
    let _inherited = listener.drain(&connections);
    drop(follower);
    connections.finish().await;
    if let Some(admin) = admin {
        admin.abort();
    }
    Ok(())
}
