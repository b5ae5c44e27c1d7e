//! One store of multilingual stories in, a feed for every language and every topic out.
//!
//! The data goes one way, and a module imports only what stands before it in this list:
//!
//! | module | owns |
//! | --- | --- |
//! | `diagnostics` | a diagnostic with its place, and how it is shown |
//! | `text` | counts with their plural, and text shortened for a message |
//! | `files` | the lock of a folder, atomic replacement of a file |
//! | `source` | text that a person wrote, read into serde types with the place of every value |
//! | `model` | clean text, instants, languages, entries and feeds as every format shows them |
//! | `config` | what was typed in `tidings.toml`, then what is usable |
//! | `store` | finding and reading stories; of each a few dozen bytes are kept, its text is read again when it is shown |
//! | `catalog` | unique ids, order, which texts are translations of each other |
//! | `plan` | which documents there are, which entries each holds, what each is made from |
//! | `render` | one file a format: from what a feed says to bytes |
//! | `site` | the one composition of load, catalog, plan and render |
//! | `coding` | content codings, each at one fixed quality |
//! | `publish` | documents to a destination by a manifest |
//! | `serve` | documents over HTTP: conditional requests, and the store as it changes |
//! | `fetch` | documents of other servers |
//! | `pairing` | entries in, languages and groups out, with evidence |
//! | `import` | what a newsroom already has, into story files |
//! | `lint` | feeds of any origin, judged by their specifications |
//! | `cli` | arguments to commands; the clock, the environment and the terminal |
//!
//! `publish` and `serve` are siblings: the one puts documents into a folder, the other answers requests with them.
//!
//! What holds throughout:
//!
//! - **Same input, same bytes.** No clock, no hash order and no thread order reaches a document; the moment is an argument.
//! - **Ids never change** when a title, a URL or a date does.
//! - **Every diagnostic is collected**, with its place, before anything is written.
//! - **What a feed says is decided once**, in `plan` and `site`, before any format.
//! - **A published file is replaced in one step or not at all**, and only where its bytes change.
//! - **What all stories need is small**; the text of a story is in memory only while it is rendered.
//!
//! # As a library
//!
//! ```
//! use tidings::{Config, Site};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::load("config/tidings.toml").map_err(|diagnostics| format!("{diagnostics:?}"))?;
//! let now = "2026-01-01T00:00:00Z".parse()?;
//! let (site, diagnostics) = Site::load(&config, now);
//! assert!(diagnostics.iter().all(|diagnostic| !diagnostic.is_error()));
//! for document in site.documents().map_err(|diagnostic| diagnostic.message)? {
//!     println!("{} ({}, {} bytes)", document.path, document.media_type, document.bytes.len());
//! }
//! # Ok(())
//! # }
//! ```

mod catalog;
mod cli;
mod coding;
mod config;
mod diagnostics;
mod fetch;
mod files;
mod import;
mod lint;
mod model;
mod pairing;
mod plan;
mod publish;
mod render;
pub mod serve;
mod site;
mod source;
mod store;
mod text;

pub use cli::run;
pub use config::Config;
pub use diagnostics::{Cause, Diagnostic, Location, OutputFormat, Severity, show};
pub use site::{Document, Site};
