//! The budgets of the program: what bounds the memory, the time and the size of what it reads and writes.
//!
//! A budget that several modules share is a constant of this module; the others stand where they are used.
//!
//! | what | budget | what happens beyond it |
//! | --- | --- | --- |
//! | the configuration | [`MAX_CONFIG`] | it is refused |
//! | a template, a file of messages, the stylesheet | [`MAX_THEME_FILE`] | the configuration is refused |
//! | the theme: its files, and their bytes in total | [`MAX_THEME_FILES`], [`MAX_THEME`] | the configuration is refused |
//! | rendering one page: instructions of templates | [`TEMPLATE_FUEL`] | an error with the template's location |
//! | rendering one page: bytes of its output, and of the values it makes | [`MAX_PAGE`], [`MAX_TEMPLATE_VALUES`] | the same |
//! | rendering one page: one text or list that a template makes | [`MAX_TEMPLATE_TEXT`], [`MAX_TEMPLATE_ITEMS`] | the same |
//! | the record of an import, a review file | [`MAX_RECORD`] | the import is refused |
//! | the manifest of a publication, the journal of a build | [`MAX_MANIFEST`] | the build is refused |
//! | folders of the output that are open at a time | 64 (`publish::tree`) | the others are opened again |
//! | warnings of one kind about the entries of two publications | 20 (`site::compare`) | one line that there are more |
//! | a feed or page that is fetched | 256 MB (`import::read`, `lint`) | an error |
//! | fetching: the time with all redirects, their number | 60 s, 10 (`fetch`) | an error |
//! | a listing or an HTML page that is imported, an entry of a feed | 64 MB each (`import`) | an error |
//! | an HTML page that is imported: depth; elements and attributes as in a story | 2,000 (`import::html`) | an error |
//! | an element of a feed that is imported: depth, attributes | 200, 100 (`import::feed`) | what is beyond it is ignored |
//! | a Markdown file that is imported | 16 MB (`import::markdown`) | it is left out, and reported |
//! | the files of a tree of Markdown | 4,000,000 (`import::markdown`) | the others are not looked at |
//! | front matter: depth, the growth by aliases | 64, 1 MB (`import::markdown`) | the file is left out, and reported |
//! | translations of an import in memory | 32 MB (`import::spool`) | the others are in a temporary file |
//! | dropping values of an imported story that the store refuses | 8 rounds (`import::story_file`) | the story is left out, and reported |
//! | leaving out imported stories that conflict with others | 50 rounds (`import::check_store`) | the import is refused |
//! | imported stories whose names differ by a number alone | 100,000 (`import::assign_ids`) | the import fails |
//! | diagnostics of a file | 200 errors, 200 warnings (`store::read`) | one line that there are more |
//! | errors of one text, nesting of a TOML or JSON file | 100, 64 (`source`) | the others are not shown; an error |
//! | conflicts between stories | 50 (`catalog`) | the others are not shown |
//! | a feed that is checked: elements or values, depth, findings | 8,000,000, 256, 100 of each kind (`lint`) | an error; one line that there are more |
//! | the body of a story: depth, elements, attributes of one, elements that formatting reopens | 200, 400,000, 1,000, a million (`store`) | it is shown as text, markup and all |
//! | connections | `max_connections`, and the limit of open files less a quarter, at least [`MIN_RESERVED_FILES`] | the one that was idle for longest is closed |
//! | connections of one client | `max_connections_per_client`; a tenth of all, at least [`MIN_CONNECTIONS_PER_CLIENT`] | its own idle ones are closed, else the new one |
//! | the buckets of the rate limit | 100,000 (`serve::rate_limit`) | the least recently used is forgotten |
//! | connections of the admin address | half of [`MIN_RESERVED_FILES`] | the oldest is closed |
//! | an idle or slow connection | 30 s without a request, four times less than 5 kB in 5 s (`serve::connection`) | it is closed |
//! | a request: header, path | 32 kB, 8 kB (`serve`) | 431, 414 |
//! | pages that are rendered on request, or fetched by a replica | 32 MB (`serve::lazy`) | the least recently used are made again |
//! | a document that a replica fetches; how many at a time | [`MAX_DOCUMENT`]; 16 (`serve::replica`) | it is not served; others wait |
//! | requests to an object store: at a time; one, and its repetitions | 16; 60 s, 25 s, of a replica 10 s, 2 s (`publish::to_store`, `storage`) | the others wait; the build fails, the replica asks again |
//! | a publication in an object store of which the builder is not heard | 30 s (`publish::to_store`) | another build may take over |
//! | documents that are purged one by one | 2,000 (`purge`) | all kinds of documents are purged |
//! | purging one service: a request, attempts, waiting until it is done | 15 s, 4, 2 min (`purge`) | the next build repeats it; it is taken for done |
//! | previous versions of a feed | 100 (`serve::document`) | the full feed instead of a delta |
//! | deltas of all feeds in memory | [`MAX_DELTAS`] | the least recently used are made again, or the full feed is sent |
//! | encoders, renderers of pages at a time | the cores, 2 (`serve`) | the full feed, or without a coding; pages wait |
//! | an aggregator's reports, for each feed | 100 names of 64 bytes, 31 days, a billion subscribers (`serve::aggregators`) | the least recently used of the client with the most names is forgotten |
//! | feeds that wait for the hub | 100,000 (`serve::hub`) | the hub is not notified of further ones, which are counted |
//! | a response of the hub | 64 kB, 10 s (`serve::hub`) | it is tried again |
//! | lines that wait for the access log | 10,000 (`cli::log`) | further ones are dropped |

/// The configuration, in bytes.
pub const MAX_CONFIG: u64 = 1 << 20;

/// One template, file of messages or stylesheet, in bytes.
pub const MAX_THEME_FILE: u64 = 1 << 20;

/// The files of a theme.
pub const MAX_THEME_FILES: usize = 1000;

/// All files of a theme, in bytes.
pub const MAX_THEME: usize = 16 << 20;

/// The instructions of templates that one page may take. The largest pages of a large site take a tenth of it.
pub const TEMPLATE_FUEL: u64 = 10_000_000;

/// A page, in bytes.
pub const MAX_PAGE: usize = 64 << 20;

/// The texts and lists that templates make while they render a page, in bytes.
pub const MAX_TEMPLATE_VALUES: usize = 64 << 20;

/// One text that a template makes, in bytes.
pub const MAX_TEMPLATE_TEXT: usize = 4 << 20;

/// One list that a template makes, in items.
pub const MAX_TEMPLATE_ITEMS: usize = 100_000;

/// The record of an import (`_imported.toml`), and a review file, in bytes.
pub const MAX_RECORD: u64 = 256 << 20;

/// The manifest of a publication, and the journal of a build, in bytes.
pub const MAX_MANIFEST: u64 = 1 << 30;

/// A document of a publication that another process wrote, in bytes.
pub const MAX_DOCUMENT: u64 = 256 << 20;

/// The open files that connections leave to the store, the admin address and the hub.
pub const MIN_RESERVED_FILES: u64 = 32;

/// Connections of one client, where not configured.
pub const MIN_CONNECTIONS_PER_CLIENT: usize = 20;

/// The deltas of all feeds that are in memory, in bytes.
pub const MAX_DELTAS: usize = 32 << 20;
