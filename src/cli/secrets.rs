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
    let names = [format!("{prefix}_USER"), format!("{prefix}_PASSWORD")];
    match (secret(&names[0])?, secret(&names[1])?) {
        (None, None) => Ok(None),
        // RFC 7617.
        (Some(user), Some(password)) => {
            Ok(Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))))
        }
        (user, _) => {
            let (given, missing) = if user.is_some() { (&names[0], &names[1]) } else { (&names[1], &names[0]) };
            let message = format!("the environment has {given}, but no {missing}");
            Err(Diagnostic::usage(None, message)
                .help("set both, or neither; a token is in a variable that ends with _TOKEN"))
        }
    }
}

/// A secret, without white space at its end.
///
/// # Errors
/// Its file cannot be read, or it has a sign that no header may have (RFC 9110 §5.5).
pub fn secret(name: &str) -> Result<Option<String>, Diagnostic> {
    let text = match std::env::var_os(format!("{name}_FILE")) {
        Some(path) => {
            let read = std::fs::read_to_string(&path);
            let failed = |error| Diagnostic::machine(std::path::Path::new(&path), "read this secret", &error);
            Some(read.map_err(failed)?)
        }
        None => std::env::var(name).ok(),
    };
    let text = text.map(|text| text.trim_end().to_owned()).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.contains(char::is_control) => {
            let message = format!("the secret {name} has a line break or another control character");
            Err(Diagnostic::usage(None, message).help("a secret is one line; give the token alone"))
        }
        text => Ok(text),
    }
}
