//! Secrets, which come from the environment: a variable, or with `_FILE` at the end of its name a file that holds it.

#[cfg(feature = "import")]
use base64::{Engine as _, prelude::BASE64_STANDARD};

#[cfg(feature = "import")]
use crate::config::secret_prefix;
use crate::diagnostics::Diagnostic;

/// The `Authorization` of a source of the configuration: a token, or a user and a password.
///
/// # Errors
/// A file of a secret cannot be read.
#[cfg(feature = "import")]
pub fn authorization(source: &str) -> Result<Option<String>, Diagnostic> {
    let prefix = secret_prefix(source);
    if let Some(token) = secret(&format!("{prefix}_TOKEN"))? {
        return Ok(Some(format!("Bearer {token}")));
    }
    let user = secret(&format!("{prefix}_USER"))?;
    let password = secret(&format!("{prefix}_PASSWORD"))?;
    // RFC 7617.
    let basic = |(user, password)| format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    Ok(user.zip(password).map(basic))
}

/// A secret, without white space at its end.
///
/// # Errors
/// Its file cannot be read.
pub fn secret(name: &str) -> Result<Option<String>, Diagnostic> {
    if let Some(path) = std::env::var_os(format!("{name}_FILE")) {
        let read = std::fs::read_to_string(&path);
        let failed = |error| Diagnostic::machine(std::path::Path::new(&path), "read this secret", &error);
        return read.map(|text| Some(text.trim_end().to_owned())).map_err(failed);
    }
    Ok(std::env::var(name).ok().filter(|text| !text.is_empty()))
}
