//! tidings.
mod diagnostics;
mod model;
mod source;
