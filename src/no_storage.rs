//! Object stores in a program without the feature `cloud`.

use crate::config::StoreAddress;
use crate::diagnostics::{Diagnostic, Location};

/// There is none.
#[derive(Debug, Clone)]
pub enum Storage {}

/// How a store is reached.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub endpoint: Option<url::Url>,
    pub region: Option<String>,
    pub variables: Vec<(String, String)>,
    /// Whether a store that does not answer is given up within seconds, by who asks again soon anyway.
    pub gives_up_soon: bool,
}

impl Storage {
    /// Refuses the address.
    ///
    /// # Errors
    /// Always.
    pub fn open_both(
        documents: &StoreAddress,
        _state: Option<&StoreAddress>,
        _settings: &Settings,
    ) -> Result<(Storage, Storage), Diagnostic> {
        let message = "this is an object store, and this program was built without the feature `cloud`";
        let help = "use the program of a release, or build one with `cargo build --release --features cloud`";
        Err(Diagnostic::usage(Location::file(documents.to_string()), message).help(help))
    }
}
