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

/// The address of the next page in a document, absolute or relative; none if there is no further page.
pub fn next(document: &Value) -> Option<String> {
    let address = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Object(link) => link.get("href")?.as_str().map(|text| text.trim().to_owned()),
        _ => None,
    };
    let found = NEXT.iter().find_map(|path| address(super::at(document, path)));
    // A number or a code is no address.
    found
        .filter(|text| text.starts_with("http://") || text.starts_with("https://") || text.starts_with(['/', '?', '.']))
}
