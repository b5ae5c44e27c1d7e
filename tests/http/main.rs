//! The server's HTTP contract: the program itself as a child process, asked over real sockets.
//!
//! | module | what it asks |
//! | --- | --- |
//! | `server`, `client` | the child process, and a client that writes and reads bytes as they stand |
//! | `requests` | odd, broken and hostile requests |
//! | `headers` | every field of each kind of response |
//! | `rate`, `connections`, `abandoned` | clients that ask too often, on too many connections, or not to the end |
//! | `admin`, `prometheus` | health and metrics, and the format of these |
//! | `access_log` | what is logged of a request, and what is not |
//! | `addresses`, `activation` | addresses that cannot be had, and what a service manager hands over and is told |
//! | `replica` | what `serve --from` serves of what another process publishes |
//! | `reload`, `two_changes` | changes, good and bad ones, and several within a second |
//! | `hub`, `ping`, `loopback_hub` | what the server and `tidings ping` tell a hub |
//! | `stories` | pages of stories, withdrawn ones, and what is not found |
//! | `stopping` | signals, and requests in progress |

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod abandoned;
mod access_log;
mod activation;
mod addresses;
mod admin;
mod client;
#[path = "../common/clocked.rs"]
mod clocked;
#[path = "../common/mod.rs"]
mod common;
mod connections;
mod headers;
mod hub;
mod loopback_hub;
mod ping;
mod prometheus;
mod rate;
mod reload;
mod replica;
mod requests;
mod server;
mod stopping;
mod stories;
mod two_changes;
