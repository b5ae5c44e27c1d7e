//! Conditional requests (RFC 9110 §13) and requests for deltas (RFC 3229).

use hyper::header::{HeaderMap, HeaderName, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};

use super::accept::{Accepted, quality};
use super::document::Document;
use crate::coding::{CODINGS, Coding};
use crate::model::Timestamp;

/// The result of a request's preconditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// 200.
    Full,
    /// 226, from this base instance.
    Delta(u128),
    /// 304, with the entity tag that matched, or the current one: that of a coding, or with `delta` the tag of
    /// [`Document::delta_tag`].
    NotModified { coding: Option<Coding>, delta: bool },
    /// 412.
    Failed,
}

/// Evaluates the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2. `delta`: whether a delta may be sent.
pub fn evaluate_preconditions(
    headers: &HeaderMap,
    document: &Document,
    accepted: Accepted,
    delta: bool,
    now: Timestamp,
) -> Precondition {
    let codings = || std::iter::once(None).chain(CODINGS.map(Some)).filter(|coding| accepted.allows(*coding));
    // A `Last-Modified` in the future is not sent, so nothing can be compared with it.
    let last_modified = Some(document.last_modified).filter(|at| *at <= now);
    if headers.contains_key(IF_MATCH) {
        // §13.1.1: strong comparison, so a weak tag never matches.
        let matches = |listed: &str| codings().any(|coding| *document.tag(coding) == listed);
        if !is_any(headers, IF_MATCH) && !tags(headers, IF_MATCH).any(matches) {
            return Precondition::Failed;
        }
    } else if let (Some(date), Some(at)) = (date(headers, IF_UNMODIFIED_SINCE), last_modified)
        && at > date
    {
        return Precondition::Failed;
    }
    let current = accepted.best().flatten();
    if headers.contains_key(IF_NONE_MATCH) {
        return if_none_match(headers, document, codings(), current, delta);
    }
    match (date(headers, IF_MODIFIED_SINCE), last_modified) {
        (Some(date), Some(at)) if at <= date => Precondition::NotModified { coding: current, delta: false },
        _ => Precondition::Full,
    }
}

/// §13.1.2: weak comparison with the entity tags of every coding that the request accepts.
fn if_none_match(
    headers: &HeaderMap,
    document: &Document,
    mut codings: impl Iterator<Item = Option<Coding>> + Clone,
    current: Option<Coding>,
    delta: bool,
) -> Precondition {
    // Fast path: one entity tag, exactly as this server sent it.
    let only = headers.get(IF_NONE_MATCH);
    if let Some(coding) = codings.clone().find(|coding| Some(document.tag(*coding)) == only) {
        return Precondition::NotModified { coding, delta: false };
    }
    if is_any(headers, IF_NONE_MATCH) {
        return Precondition::NotModified { coding: current, delta: false };
    }
    let listed = || tags(headers, IF_NONE_MATCH).map(|tag| tag.strip_prefix("W/").unwrap_or(tag));
    if delta {
        let has_current = |coding: &Option<Coding>| listed().any(|tag| *document.delta_tag(*coding) == tag);
        if let Some(coding) = codings.clone().find(has_current) {
            return Precondition::NotModified { coding, delta: true };
        }
        if let Some(base) = listed().find_map(|tag| document.delta_base(tag)) {
            return Precondition::Delta(base);
        }
    }
    match codings.find(|coding| listed().any(|tag| *document.tag(*coding) == tag)) {
        Some(coding) => Precondition::NotModified { coding, delta: false },
        None => Precondition::Full,
    }
}

/// Whether a request accepts a delta: `A-IM: feed` (RFC 3229 §10.5.3).
pub fn accepts_delta(headers: &HeaderMap) -> bool {
    headers.contains_key(A_IM)
        && lines(headers, A_IM).flat_map(|line| line.split(',')).any(|item| {
            let mut parts = item.split(';');
            let is_feed = parts.next().is_some_and(|name| name.trim().eq_ignore_ascii_case("feed"));
            is_feed && quality(parts).is_some_and(|quality| quality > 0)
        })
}

/// RFC 3229 §10.5.3.
pub const A_IM: HeaderName = HeaderName::from_static("a-im");

/// The lines of a header that are text.
pub fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok())
}

fn is_any(headers: &HeaderMap, name: HeaderName) -> bool {
    lines(headers, name).any(|line| line.trim() == "*")
}

fn tags(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    lines(headers, name).flat_map(listed)
}

/// The entity tags of a list, verbatim. A comma within a tag does not end it (§8.8.3).
fn listed(field: &str) -> impl Iterator<Item = &str> {
    let mut rest = field;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let lead = if rest.starts_with("W/") { 2 } else { 0 };
        if !rest[lead..].starts_with('"') {
            return None;
        }
        let end = lead + 1 + rest[lead + 1..].find('"')? + 1;
        let tag = &rest[..end];
        rest = &rest[end..];
        Some(tag)
    })
}

/// A date in any of the three formats (§5.6.7). An invalid or repeated one is ignored (§13.1.3).
fn date(headers: &HeaderMap, name: HeaderName) -> Option<Timestamp> {
    if !headers.contains_key(&name) {
        return None;
    }
    let mut all = headers.get_all(name).into_iter();
    let (only, None) = (all.next()?.to_str().ok()?, all.next()) else { return None };
    let time = httpdate::parse_http_date(only.trim()).ok()?;
    let seconds = time.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
    i64::try_from(seconds).ok().map(Timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_listed() {
        let list = |field: &'static str| listed(field).collect::<Vec<_>>();
        assert_eq!(list(r#""a", W/"b,c" ,"d""#), [r#""a""#, r#"W/"b,c""#, r#""d""#]);
        assert_eq!(list("a, \"b\""), Vec::<&str>::new());
        assert_eq!(list("\"a"), Vec::<&str>::new());
    }

    #[test]
    fn dates_have_three_formats() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_MODIFIED_SINCE, text.parse().unwrap());
            date(&headers, IF_MODIFIED_SINCE)
        };
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            assert_eq!(read(text), Some(Timestamp(784_111_777)), "{text}");
        }
        for text in ["", "0", "yesterday", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 1994"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn deltas_are_accepted_by_a_im() {
        let asks = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(A_IM, text.parse().unwrap());
            accepts_delta(&headers)
        };
        assert!(asks("feed") && asks("vcdiff, Feed;q=0.5"));
        assert!(!asks("") && !asks("feed;q=0") && !asks("feeds"));
    }
}
