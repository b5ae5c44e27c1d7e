//! tidings.
mod config;
mod diagnostics;
mod model;
mod source;
