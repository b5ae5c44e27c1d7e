//! Object stores with what the environment says of them.

use std::path::PathBuf;

use super::secrets::secret;
use crate::config::{Destination, Publish, StoreAddress};
use crate::diagnostics::Diagnostic;
#[cfg(feature = "serve")]
use crate::publish::StoreOrigin;
use crate::storage::{Settings, Storage};

/// The variables that hold secrets. Each may have `_FILE` at the end of its name, and names a file then.
const SECRETS: [&str; 10] = [
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_SAS_KEY",
    "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_TOKEN",
];

/// The destination that an option names.
///
/// # Errors
/// It is the address of something else.
pub fn destination(option: &str, text: &str) -> Result<Destination, Diagnostic> {
    Destination::parse(text, |folder| PathBuf::from(folder))
        .map_err(|(why, help)| Diagnostic::usage(None, format!("{option}: `{text}` {why}")).help(help))
}

/// Opens the stores of a publication: that of its documents, at an address, and that of its manifest and its lease.
///
/// # Errors
/// Their settings or credentials are not usable, or the program lacks the feature.
pub fn open(address: &StoreAddress, publish: &Publish) -> Result<(Storage, Storage), Diagnostic> {
    Storage::open_both(address, publish.state.as_ref(), &settings(publish)?)
}

/// The publication at the address of a store, for who follows it.
///
/// # Errors
/// As [`open`].
#[cfg(feature = "serve")]
pub fn origin(address: &StoreAddress, publish: &Publish) -> Result<StoreOrigin, Diagnostic> {
    let settings = Settings { gives_up_soon: true, ..settings(publish)? };
    let (documents, state) = Storage::open_both(address, publish.state.as_ref(), &settings)?;
    StoreOrigin::new(documents, state)
}

fn settings(publish: &Publish) -> Result<Settings, Diagnostic> {
    let is_option = |name: &str| name.starts_with("AWS_") || name.starts_with("AZURE_");
    let all =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut variables: Vec<(String, String)> =
        all.filter(|(name, value)| is_option(name) && !value.is_empty() && !SECRETS.contains(&name.as_str())).collect();
    for name in SECRETS {
        variables.extend(secret(name)?.map(|value| (name.to_owned(), value)));
    }
    // The last of two variables for one option counts, so that their order must not depend on the system.
    variables.sort();
    Ok(Settings { endpoint: publish.endpoint.clone(), region: publish.region.clone(), variables, gives_up_soon: false })
}
