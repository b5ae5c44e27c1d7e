//! The REST API of WordPress: posts, with the fields of Polylang and WPML for their languages.

use serde_json::{Map, Value, json};
use url::Url;

use super::pages::MAX_PAGES;
use super::{Fetch, Head, RecordSink, at, failed};
use crate::import::parse_error::ParseError;
use crate::import::source_text::collapse_whitespace;
use crate::markup::visible_text;

/// As many as WordPress gives at once.
const PER_PAGE: &str = "100";

/// Reads the posts that were changed since a time, or all, the one that was changed first before the others.
pub fn read(source: &Url, since: Option<&str>, fetch: Fetch<'_>, record: RecordSink<'_>) -> Result<Head, ParseError> {
    let mut head = Head::default();
    let mut address = address(source, since);
    let mut seen = std::collections::HashSet::new();
    while seen.insert(address.clone()) && seen.len() <= MAX_PAGES {
        let page = match fetch(&address) {
            Ok(page) => page,
            Err(failure) if seen.len() == 1 => return Err(failed(&address, &failure)),
            Err(failure) => {
                head.truncation = Some(failed(&address, &failure).message);
                return Ok(head);
            }
        };
        let Value::Array(posts) = page.document else {
            return Err(ParseError::new(format!(
                "{address} is no list of posts, so it is not the REST API of WordPress"
            )));
        };
        for post in posts {
            if let Some(modified) = post.get("modified_gmt").and_then(Value::as_str)
                && head.changed.as_deref() < Some(modified)
            {
                head.changed = Some(modified.to_owned());
            }
            let own = own(&post);
            record(post, own);
        }
        match page.next {
            Some(next) => address = next,
            None => return Ok(head),
        }
    }
    head.truncation = Some(format!("its pages lead back to {address}, which was read already"));
    Ok(head)
}

/// The address of the list of posts: `/wp-json/wp/v2/posts` unless the source names another.
fn address(source: &Url, since: Option<&str>) -> String {
    let mut address = source.clone();
    let has_route = address.path().contains("/wp-json/") || address.query_pairs().any(|(name, _)| name == "rest_route");
    if !has_route {
        address.set_path(&format!("{}/wp-json/wp/v2/posts", source.path().trim_end_matches('/')));
    }
    let mut query = address.query_pairs_mut();
    query.append_pair("per_page", PER_PAGE).append_pair("orderby", "modified").append_pair("order", "asc");
    query.append_pair("_embed", "author,wp:featuredmedia,wp:term");
    if let Some(since) = since.and_then(before) {
        query.append_pair("modified_after", &since);
    }
    drop(query);
    address.into()
}

/// Ten minutes before a time without an offset, which is one of UTC: a post may be saved while others are read.
fn before(since: &str) -> Option<String> {
    let at = chrono::NaiveDateTime::parse_from_str(since, "%Y-%m-%dT%H:%M:%S").ok()?;
    let at = at.checked_sub_signed(chrono::Duration::try_minutes(10)?)?;
    Some(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

/// What a post says, in the keys of a story.
fn own(post: &Value) -> Map<String, Value> {
    // Its times without an offset are of UTC.
    let time = |name: &str| post.get(name).and_then(Value::as_str).map(|at| format!("{at}Z"));
    let embedded = |name: &str| at(post, &["_embedded", name]).as_array().map(Vec::as_slice).unwrap_or_default();
    let terms: Vec<&Value> = embedded("wp:term")
        .iter()
        .filter_map(Value::as_array)
        .flatten()
        .filter(|term| matches!(term.get("taxonomy").and_then(Value::as_str), Some("category" | "post_tag")))
        // The category of posts without one.
        .filter(|term| term.get("slug").and_then(Value::as_str) != Some("uncategorized"))
        .filter_map(|term| term.get("name"))
        .collect();
    let authors: Vec<Value> = embedded("author")
        .iter()
        .filter(|author| author.get("name").is_some())
        .map(|author| json!({ "name": at(author, &["name"]), "url": at(author, &["url"]) }))
        .collect();
    let image = embedded("wp:featuredmedia").first().filter(|media| media.get("source_url").is_some()).map(|media| {
        json!({
            "url": at(media, &["source_url"]),
            "alt": at(media, &["alt_text"]),
            "caption": at(media, &["caption", "rendered"]),
            "width": at(media, &["media_details", "width"]),
            "height": at(media, &["media_details", "height"]),
        })
    });
    let is_protected = at(post, &["content", "protected"]).as_bool() == Some(true);
    let own = json!({
        "id": story_id(post),
        "key": at(post, &["id"]),
        "language": language(post),
        "title": at(post, &["title", "rendered"]),
        "summary": summary(post),
        "content_html": at(post, &["content", "rendered"]),
        "link": at(post, &["link"]),
        "guid": at(post, &["guid", "rendered"]),
        "published": time("date_gmt").or_else(|| time("date")),
        "updated": time("modified_gmt"),
        "topics": terms,
        "authors": authors,
        "state": if is_protected { json!("protected") } else { at(post, &["status"]).clone() },
        "image": image,
    });
    if let Value::Object(own) = own { own } else { Map::new() }
}

/// The excerpt, unless WordPress made it of the beginning of the text.
fn summary(post: &Value) -> Option<String> {
    let text = |name: &str| at(post, &[name, "rendered"]).as_str().map(visible_text).unwrap_or_default();
    let (excerpt, content) = (text("excerpt"), text("content"));
    let is_made = excerpt.ends_with("[…]") || collapse_whitespace(&content).starts_with(&collapse_whitespace(&excerpt));
    (!is_made).then_some(excerpt)
}

/// The language, by Polylang (`lang`) or WPML (`wpml_current_locale`).
fn language(post: &Value) -> Option<String> {
    let written = post.get("lang").or_else(|| post.get("wpml_current_locale"))?.as_str()?;
    Some(written.replace('_', "-")).filter(|tag| !tag.is_empty())
}

/// The id that a post and its translations share: the least of theirs.
fn story_id(post: &Value) -> Value {
    let own = post.get("id").and_then(Value::as_u64);
    let polylang = post.get("translations").and_then(Value::as_object).into_iter().flatten();
    let polylang = polylang.filter_map(|(_, id)| id.as_u64().or_else(|| id.as_str()?.parse().ok()));
    let wpml = post.get("wpml_translations").and_then(Value::as_array).into_iter().flatten();
    let wpml = wpml.filter_map(|other| other.get("id").and_then(Value::as_u64));
    polylang.chain(wpml).chain(own).min().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields that the plugins add, as their documentation has them: the plugins themselves are sold.
    #[test]
    fn translations_are_those_of_polylang_and_wpml() {
        for (post, story, tag) in [
            (json!({"id": 12, "lang": "fr", "translations": {"en": 7, "fr": 12}}), json!(7), Some("fr")),
            (json!({"id": 12, "lang": "zh_CN", "translations": {"zh_CN": "12"}}), json!(12), Some("zh-CN")),
            (
                json!({"id": 9, "wpml_current_locale": "pt_BR", "wpml_translations": [
                    {"locale": "en_US", "id": 4, "post_title": "Rain", "href": "https://a.example/rain/"}
                ]}),
                json!(4),
                Some("pt-BR"),
            ),
            (json!({"id": 3}), json!(3), None),
            (json!({"id": 3, "lang": "", "translations": []}), json!(3), None),
        ] {
            assert_eq!((story_id(&post), language(&post).as_deref()), (story, tag), "{post}");
        }
    }

    #[test]
    fn an_excerpt_is_a_summary_only_where_somebody_wrote_it() {
        let post = |excerpt: &str| json!({"excerpt": {"rendered": excerpt}, "content": {"rendered": "<p>The rain fell. It was cold.</p>"}});
        assert_eq!(summary(&post("<p>The rain fell. [&hellip;]</p>")), None);
        assert_eq!(summary(&post("<p>The rain fell.</p>")), None);
        assert_eq!(summary(&post("<p>Cold rain in the north</p>")).as_deref(), Some("Cold rain in the north"));
    }
}
