//! What a store answers, as diagnostics.

use std::error::Error as StdError;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

use crate::config::{StoreAddress, StoreKind};
use crate::diagnostics::{Cause, Diagnostic, Location};
use crate::text::xml_element;

/// Why an object could not be read, written or deleted, and what to do.
pub fn diagnostic(address: &StoreAddress, path: &str, verb: &str, error: &Error) -> Diagnostic {
    let location = if path.is_empty() { address.to_string() } else { address.of(path) };
    let (why, help) = reason(address, error);
    let diagnostic = Diagnostic::error(Location::file(location), format!("cannot {verb} this: {why}"));
    Diagnostic { cause: Cause::Machine, help, ..diagnostic }
}

/// Whether it is the bucket that does not exist, and not the object.
pub fn is_bucket_missing(error: &Error) -> bool {
    let is_missing = |body: &str| matches!(xml_element(body, "Code"), Some("NoSuchBucket" | "ContainerNotFound"));
    answer(error).is_some_and(|(_, body)| is_missing(&body))
}

/// Whether the connection broke after the request was sent, so that it may have been answered.
pub fn is_broken_connection(error: &Error) -> bool {
    http_error(error).is_some_and(|error| {
        matches!(error.kind(), HttpErrorKind::Interrupted | HttpErrorKind::Request | HttpErrorKind::Unknown)
    })
}

fn reason(address: &StoreAddress, error: &Error) -> (String, Option<String>) {
    let noun = address.kind.bucket_noun();
    let bucket = &address.bucket;
    if is_bucket_missing(error) {
        let help = "create it, or write another address; look at `region` and `endpoint` below [publish]";
        return (format!("there is no {noun} `{bucket}`"), Some(help.to_owned()));
    }
    if let Some((status, body)) = answer(error) {
        let code = xml_element(&body, "Code").map(|code| format!(" ({code})")).unwrap_or_default();
        let message = xml_element(&body, "Message").and_then(|text| text.lines().next()).map(str::trim);
        let message = message.filter(|text| !text.is_empty()).map(|text| format!(": {text}")).unwrap_or_default();
        let help = match status {
            401 | 403 => Some(format!("look at the rights of these credentials; {}", credentials(address.kind))),
            429 | 503 => Some("the store is busy, and was asked again for a while; run this again later".to_owned()),
            _ => None,
        };
        return (format!("the store answered {status}{code}{message}"), help);
    }
    if error.to_string().contains("redirect without LOCATION") {
        let help = "set `region` below [publish] to that of the bucket";
        return (format!("the {noun} `{bucket}` is in another region"), Some(help.to_owned()));
    }
    // Where there are no credentials, the client asks the machine that it runs on for some.
    if error.to_string().contains("169.254.169.254") || error.to_string().contains("Missing") {
        return ("there are no credentials".to_owned(), Some(credentials(address.kind)));
    }
    match http_error(error) {
        Some(http) => {
            let why = match http.kind() {
                HttpErrorKind::Timeout => "the store did not answer in time",
                HttpErrorKind::Connect => "the store cannot be reached",
                _ => "the connection to the store broke",
            };
            let help = "look at `endpoint` below [publish] and at the network; then run this again";
            (format!("{why} ({})", innermost(http)), Some(help.to_owned()))
        }
        None => (innermost(error), None),
    }
}

/// Where credentials come from.
fn credentials(kind: StoreKind) -> String {
    let variables = match kind {
        StoreKind::S3 => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        StoreKind::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    };
    format!("they come from the environment: {variables}")
}

/// The status and the body of an answer. The crate has them in its text alone.
fn answer(error: &Error) -> Option<(u16, String)> {
    let of_text = |text: String| {
        let (_, rest) = text.split_once("Server returned non-2xx status code: ")?;
        let status = rest.get(..3)?.parse().ok()?;
        Some((status, rest.split_once(": ").map_or("", |(_, body)| body).to_owned()))
    };
    chain(error).find_map(|error| of_text(error.to_string()))
}

fn http_error(error: &Error) -> Option<&HttpError> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The first cause, in one line.
fn innermost(error: &(dyn StdError + 'static)) -> String {
    let last = chain(error).last().map(ToString::to_string).unwrap_or_default();
    last.split_whitespace().collect::<Vec<_>>().join(" ")
}
