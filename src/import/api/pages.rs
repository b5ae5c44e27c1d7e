//! Where the next page of an API is.

use serde_json::Value;

/// More pages of one source are a loop.
pub const MAX_PAGES: usize = 20_000;

/// Members that hold the address of the next page, or an object with it.
const NEXT: [&[&str]; 12] = [
    &["links", "next"],
    &["_links", "next"],
    &["next"],
    &["next_page_url"],
    &["next_url"],
    &["nextPage"],
    &["next_page"],
    &["paging", "next"],
    &["pagination", "next"],
    &["meta", "next"],
    &["meta", "pagination", "next"],
    &["@odata.nextLink"],
];

/// The next page, as a document names it.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// Its address, absolute or relative.
    Address(String),
    /// It is named, but not by an address: by its number, or by a code.
    Code { member: String, code: String },
}

/// The next page that a document names; none if there is no further page.
pub fn next(document: &Value) -> Option<Next> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(link) => link.get("href")?.as_str().map(|text| text.trim().to_owned()),
        _ => None,
    };
    let named = || {
        NEXT.iter().filter_map(|path| Some((path, text(super::at(document, path)).filter(|text| !text.is_empty())?)))
    };
    let address = named().map(|(_, text)| text).find(|text| is_address(text)).map(Next::Address);
    address.or_else(|| named().next().map(|(path, code)| Next::Code { member: path.join("."), code }))
}

fn is_address(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with(['/', '?', '.'])
}
