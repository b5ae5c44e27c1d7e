//! One store of multilingual stories in, a feed for every language and every topic out.
//!
//! Data flows one way, and a module imports only modules above it in this list:
//!
//! | module | owns |
//! | --- | --- |
//! | `diagnostics` | errors and warnings with their locations, and their output formats |
//! | `limits` | the budgets of the program, in one table |
//! | `text` | plurals, and text shortened for a message |
//! | `files` | the lock of a folder, atomic replacement of a file, reading a regular file of bounded size |
//! | `source` | TOML and JSON read into serde types, with the span of every value |
//! | `model` | clean text, instants, languages, entries and feeds, independent of any format |
//! | `config` | the configuration as it is written, then validated |
//! | `store` | finding, reading and validating stories; a file index has a few dozen bytes of each, texts are read again |
//! | `catalog` | unique ids, publication order, translations of one story |
//! | `plan` | which documents there are, which entries each has, and the hash of its input |
//! | `render` | one file per format: from the model to bytes |
//! | `site` | composes store, catalog, plan and render for `check`, `build` and `serve` |
//! | `coding` | content codings, each at a fixed quality |
//! | `storage` | an object store: conditional requests, entity tags, what a store answers as diagnostics |
//! | `publish` | writing documents to a destination by a manifest |
//! | `purge` | caches between a publication and its readers forget what changed |
//! | `serve` | HTTP: conditional requests, and reloading a store that changes |
//! | `fetch` | an HTTP client with bounded time and size |
//! | `dates` | dates that others wrote, in listings, feeds and front matter |
//! | `pairing` | entries in, languages and groups of translations out, with evidence |
//! | `import` | feeds, exports and pages of other systems into story files: read, normalize, group, reconcile, report |
//! | `lint` | validating feeds by their specifications |
//! | `cli` | arguments to commands; the only reader of the clock, the environment and the terminal |
//!
//! `publish` writes documents to a destination, `serve` answers requests with them. All that `serve` has from `publish` is what a
//! replica reads: the manifest, and documents by their paths.
//!
//! # Invariants
//!
//! - **Same input, same bytes.** No clock, hash order or thread order affects a document; the time is an argument.
//! - **Ids never change** when a title, a URL or a date does.
//! - **All diagnostics are collected**, with their locations, before anything is written.
//! - **Content is decided once**, in `plan` and `site`, before any format.
//! - **A published file is replaced atomically**, and only if its bytes change.
//! - **Memory per story is small**; its text is in memory only while it is rendered.
//!
//! # Glossary
//!
//! | term | meaning |
//! | --- | --- |
//! | story | an event or subject, independent of language: id, dates, topics, media (`store::Story`) |
//! | translation | the text of a story in one language (`store::Translation`) |
//! | entry | a translation in a feed: Atom entry, RSS item, JSON Feed item (`model::Entry`) |
//! | flat record | a record that is one translation; records with the same id are one story |
//! | topic | a language-neutral id with a title in each language (`config::Topic`) |
//! | scope | all entries, or those of one topic |
//! | feed | language × scope (`plan::FeedKey`), in each format (`model::Format`) |
//! | window | the newest `limit` entries of a feed; older ones are in its archives |
//! | archive | the entries of a feed published in one period (RFC 5005; `plan::Period`) |
//! | edition | everything published in one language (`config::Edition`) |
//! | publication | all documents of a store, a configuration and a time (`serve::publication`) |
//! | diagnostic | an error or a warning with its location and help (`Diagnostic`) |
//! | span, location | a byte range of a text; a file, a line and a column (`Location`) |
//! | file index | the metadata of all records in a file, without their texts (`store::FileIndex`) |
//! | record | a story, or a part of one, in a file; its text is located by a record span (`store::RecordSpan`) |
//! | file id, record id, meta id | indexes into a `Store`: a file, a record, the metadata of an entry |
//! | entry id | the index of an entry in publication order (`catalog::EntryId`) |
//! | tag URI | the permanent id of an entry without a guid (RFC 4151; `model::entry_tag_uri`) |
//! | fallback | an entry shown in a language that its story lacks |
//! | feed plan | the entries of a feed or an archive (`plan::FeedPlan`) |
//! | document key | names every document: path, URL, media type (`plan::DocumentKey`); a page has a page kind (`plan::PageKind`) |
//! | input hash | the hash of everything a document is made from; equal hashes mean equal bytes |
//! | entry fingerprint | identifies a published entry in the next build (`site::EntryFingerprint`) |
//! | manifest | the published documents with their input and content hashes (`publish::manifest`) |
//! | entry fragment, feed envelope | a rendered entry, and the rendered feed around its entries (`render::EntryFragment`) |
//! | theme | the site's own templates and stylesheet; a template override replaces a built-in one (`config::Theme`) |
//! | localizer, message | translates the interface of the pages (`render::pages::Localizer`) |
//! | representation | the bytes and headers of a document in one coding (RFC 9110 §3.2; `serve::Representation`) |
//! | entity tag, precondition | the version of a representation, and a request header that compares it (RFC 9110 §8.8.3, §13) |
//! | delta | the entries that are new to a client, sent instead of the whole feed (RFC 3229) |
//! | lazy page | a page that is rendered on request; a page cache bounds the memory of all (`serve::LazyPage`) |
//! | replica | a server of what another process publishes (`serve::replica`); it reads from an origin (`publish::Origin`) |
//! | follower | the thread that watches and reloads the store; a publisher swaps the publication |
//! | source entry | an entry of another system that was imported before (`import::SourceEntry`) |
//! | source id | identifies where an entry is from: a kind (`name:`, `url:`, `feed:`, `path:`) and a text (`import::SourceId`) |
//! | spool | a temporary file of parsed entries, so that an import fits into memory (`import::Spool`) |
//! | reconcile | decide which story files an import creates, changes or leaves alone (`import::Reconciler`) |
//! | state | what an import wrote, in `_imported.toml` (`import::ImportState`) |
//! | slug | the readable part of a file name or an id |
//! | group | entries of an import that are translations of one story |
//! | feature, evidence | what two entries have in common, and its weight in a score (`pairing`) |
//!
//! # As a library
//!
//! [`Config`] and [`Site`] read what is published, [`Site::documents`] renders it, and [`serve::run`] serves it.
//!
//! ```
//! use tidings::{Config, Site};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = Config::load("config/tidings.toml")?;
//! let (site, diagnostics) = Site::load(&config, "2026-01-01T00:00:00Z".parse()?);
//! let site = diagnostics.check(site)?;
//! for document in site.documents() {
//!     let document = document?;
//!     println!("{} ({}, {} bytes)", document.path, document.media_type, document.bytes.len());
//! }
//! # Ok(())
//! # }
//! ```

// Without a feature, parts that only it uses are left.
#![cfg_attr(
    not(all(feature = "serve", feature = "import", feature = "pages", feature = "cloud")),
    allow(dead_code, unused_imports)
)]

mod catalog;
mod cli;
mod coding;
mod config;
#[cfg(test)]
mod damage;
#[cfg(feature = "import")]
mod dates;
mod diagnostics;
#[cfg_attr(not(any(feature = "import", feature = "serve")), path = "no_fetch.rs")]
mod fetch;
mod files;
#[cfg(feature = "import")]
mod import;
#[cfg_attr(not(feature = "import"), path = "no_json_path.rs")]
mod json_path;
mod limits;
mod lint;
mod markup;
mod model;
#[cfg(feature = "import")]
mod pairing;
mod plan;
mod publish;
#[cfg_attr(not(feature = "serve"), path = "no_purge.rs")]
mod purge;
mod render;
#[cfg(feature = "serve")]
pub mod serve;
mod site;
mod source;
#[cfg_attr(not(feature = "cloud"), path = "no_storage.rs")]
mod storage;
mod store;
mod text;

pub use cli::run;
pub use config::Config;
pub use diagnostics::{Cause, Diagnostic, Diagnostics, Location, OutputFormat, Severity, show};
pub use site::{Document, Edition, Entry, Feed, Site, Topic};
pub use store::StoryRecord;

/// Its examples are compiled and run as those of this crate are.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
struct LibraryGuide;
