//! tidings.
