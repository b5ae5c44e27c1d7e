//! JSON:API of Drupal's core: nodes of one type, in every language that the site has.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use url::Url;

use super::pages::{self, MAX_PAGES, Next};
use super::{Fetch, Head, Page, RecordSink, at, failed};
use crate::import::parse_error::ParseError;

/// Relationships that are pictures or topics, by their usual names.
const INCLUDED: [&str; 10] = [
    "field_image",
    "field_media_image",
    "field_media_image.field_media_image",
    "field_tags",
    "field_topics",
    "field_topic",
    "field_category",
    "field_categories",
    "field_themes",
    "uid",
];
/// What was changed shortly before the last pass is asked for again, in seconds: a story may be saved while others are read.
const OVERLAP: i64 = 600;

/// Reads the nodes of all languages that were changed since a time, or all.
pub fn read(
    source: &Url,
    languages: &[String],
    since: Option<&str>,
    fetch: Fetch<'_>,
    record: RecordSink<'_>,
) -> Result<Head, ParseError> {
    let mut reader =
        Reader { collection: collection(source)?, since, fetch, record, head: Head::default(), included: None };
    let first = reader.list(None)?;
    let default = first.unwrap_or_default();
    for language in languages.iter().map(|tag| tag.to_ascii_lowercase()) {
        if language != default && reader.head.truncation.is_none() {
            reader.list(Some(&language))?;
        }
    }
    Ok(reader.head)
}

/// The address of the list of nodes, `/jsonapi/node/article` unless the source names another.
fn collection(source: &Url) -> Result<Url, ParseError> {
    if source.path().contains("/jsonapi/") {
        return Ok(source.clone());
    }
    let mut base = source.clone();
    base.set_path(&format!("{}/jsonapi/node/article", source.path().trim_end_matches('/')));
    Ok(base)
}

struct Reader<'r> {
    collection: Url,
    since: Option<&'r str>,
    fetch: Fetch<'r>,
    record: RecordSink<'r>,
    head: Head,
    /// The relationships that the nodes have, once one was seen.
    included: Option<String>,
}

impl Reader<'_> {
    /// Reads a list, of the site's own language or of one with a prefix. Returns the language of the first list.
    fn list(&mut self, prefix: Option<&str>) -> Result<Option<String>, ParseError> {
        let mut language = None;
        let mut address = self.address(prefix);
        let mut seen = std::collections::HashSet::new();
        while seen.insert(address.clone()) && seen.len() <= MAX_PAGES {
            let page = match (self.fetch)(&address) {
                Ok(page) => page,
                // The site has no such language, or no prefix for it.
                Err(failure) if prefix.is_some() && failure.status == Some(404) => {
                    self.head
                        .notes
                        .push(format!("the site has no list of its own for `{}`", prefix.unwrap_or_default()));
                    return Ok(None);
                }
                // A picture or a topic is another thing here than its name says.
                Err(failure) if failure.status == Some(400) && self.includes() => {
                    self.head.notes.push("its pictures and topics cannot be asked for, so they are missing".to_owned());
                    self.included = Some(String::new());
                    seen.clear();
                    address = self.address(prefix);
                    continue;
                }
                Err(failure) if prefix.is_none() && seen.len() == 1 => return Err(failed(&address, &failure)),
                Err(failure) => {
                    self.head.truncation = Some(failed(&address, &failure).message);
                    return Ok(language);
                }
            };
            if page.document.get("data").and_then(Value::as_array).is_none() {
                return Err(ParseError::new(format!(
                    "{address} has no list of nodes (`data`), so it is no collection of JSON:API"
                )));
            }
            if self.included.is_none() && self.learn_relationships(&page) {
                seen.clear();
                address = self.address(prefix);
                continue;
            }
            self.nodes(&page, prefix);
            language = language.or_else(|| most_common_language(&page));
            let Some(Next::Address(next)) = pages::next(&page.document) else { return Ok(language) };
            match Url::parse(&address).and_then(|address| address.join(&next)) {
                Ok(next) => address = next.into(),
                Err(_) => return Ok(language),
            }
        }
        self.head.truncation = Some(format!("its pages lead back to {address}, which was read already"));
        Ok(language)
    }

    fn address(&self, prefix: Option<&str>) -> String {
        let mut address = self.collection.clone();
        if let Some(prefix) = prefix {
            let path = address.path().replacen("/jsonapi/", &format!("/{prefix}/jsonapi/"), 1);
            address.set_path(&path);
        }
        let mut query = address.query_pairs_mut();
        query.append_pair("sort", "changed");
        if let Some(since) = self.since.and_then(seconds) {
            let condition = "filter[since][condition]";
            query.append_pair(&format!("{condition}[path]"), "changed");
            query.append_pair(&format!("{condition}[operator]"), ">=");
            query.append_pair(&format!("{condition}[value]"), &(since - OVERLAP).to_string());
        }
        if let Some(included) = self.included.as_deref().filter(|_| self.includes()) {
            query.append_pair("include", included);
        }
        drop(query);
        address.into()
    }

    /// Whether pictures and topics are asked for with the nodes.
    fn includes(&self) -> bool {
        self.included.as_ref().is_some_and(|included| !included.is_empty())
    }

    /// Finds out which relationships there are to include. Returns whether there are some.
    fn learn_relationships(&mut self, page: &Page) -> bool {
        let Some(first) = page.document.get("data").and_then(|data| data.get(0)) else { return false };
        let has = |name: &str| {
            let name = name.split('.').next().unwrap_or_default();
            first.get("relationships").and_then(|all| all.get(name)).is_some()
        };
        let names: Vec<&str> = INCLUDED.into_iter().filter(|name| has(name)).collect();
        self.included = Some(names.join(","));
        !names.is_empty()
    }

    fn nodes(&mut self, page: &Page, prefix: Option<&str>) {
        let nodes = page.document.get("data").and_then(Value::as_array).into_iter().flatten();
        for node in nodes {
            let own = self.own(node, page, prefix);
            if let Some(changed) = at(node, &["attributes", "changed"]).as_str()
                && self.head.changed.as_deref().and_then(seconds) < seconds(changed)
            {
                self.head.changed = Some(changed.to_owned());
            }
            (self.record)(node.clone(), own);
        }
    }

    /// What a node says, in the keys of a story.
    fn own(&self, node: &Value, page: &Page, prefix: Option<&str>) -> Map<String, Value> {
        let attribute = |path: &[&str]| at(node.get("attributes").unwrap_or(&Value::Null), path).clone();
        let language = attribute(&["langcode"]);
        let text = |name: &str| {
            Some(attribute(&["body", name])).filter(|text| text.as_str().is_some_and(|text| !text.trim().is_empty()))
        };
        let is_prefixed = prefix.is_some_and(|prefix| language.as_str() == Some(prefix));
        let path = match attribute(&["path", "alias"]) {
            Value::String(alias) if !alias.is_empty() => alias,
            _ => format!("/node/{}", attribute(&["drupal_internal__nid"])),
        };
        let path = match prefix {
            Some(prefix) if is_prefixed => format!("/{prefix}{path}"),
            _ => path,
        };
        let site = self.collection.path().split("/jsonapi/").next().unwrap_or_default();
        let link = self.collection.join(&format!("{site}{path}")).map(String::from).unwrap_or_default();
        let related = |names: &[&str]| related(node, page, names);
        let topics: Vec<Value> = related(&["tag", "topic", "categor", "theme"])
            .iter()
            .map(|(term, _)| at(term, &["attributes", "name"]).clone())
            .collect();
        let authors: Vec<Value> =
            related(&["uid"]).iter().map(|(user, _)| at(user, &["attributes", "display_name"]).clone()).collect();
        let image = related(&["image"]).into_iter().find_map(|(target, meta)| self.image(target, meta, page));
        let own = json!({
            "id": attribute(&["drupal_internal__nid"]),
            "language": language,
            "title": attribute(&["title"]),
            "summary": text("summary"),
            "content_html": text("processed").or_else(|| text("value")),
            "link": link,
            "published": attribute(&["created"]),
            "updated": attribute(&["changed"]),
            "topics": topics,
            "authors": authors,
            "state": attribute(&["status"]),
            "image": image,
        });
        if let Value::Object(own) = own { own } else { Map::new() }
    }

    /// A picture: a file, or one within an item of the media library.
    fn image(&self, target: &Value, meta: &Value, page: &Page) -> Option<Value> {
        let inner = related(target, page, &["image"]).into_iter().next();
        let (file, meta) = inner.unwrap_or((target, meta));
        let address = at(file, &["attributes", "uri", "url"]).as_str()?;
        Some(json!({
            "url": self.collection.join(address).ok()?.as_str(),
            "alt": at(meta, &["alt"]),
            "caption": at(meta, &["title"]),
            "width": at(meta, &["width"]),
            "height": at(meta, &["height"]),
        }))
    }
}

/// The resources that a resource refers to by relationships with such names, with what the reference says of them.
fn related<'p>(resource: &'p Value, page: &'p Page, names: &[&str]) -> Vec<(&'p Value, &'p Value)> {
    let included = page.document.get("included").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut out = Vec::new();
    for (name, relationship) in resource.get("relationships").and_then(Value::as_object).into_iter().flatten() {
        if !names.iter().any(|part| name.contains(part)) {
            continue;
        }
        let references = match relationship.get("data") {
            Some(Value::Array(references)) => references.iter().collect(),
            Some(reference @ Value::Object(_)) => vec![reference],
            _ => Vec::new(),
        };
        for reference in references {
            let is_it =
                |other: &&Value| other.get("id") == reference.get("id") && other.get("type") == reference.get("type");
            if let Some(found) = included.iter().find(is_it) {
                out.push((found, reference.get("meta").unwrap_or(&Value::Null)));
            }
        }
    }
    out
}

/// The language of most nodes of a page.
fn most_common_language(page: &Page) -> Option<String> {
    let nodes = page.document.get("data").and_then(Value::as_array)?;
    let mut counts: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for language in nodes.iter().filter_map(|node| at(node, &["attributes", "langcode"]).as_str()) {
        *counts.entry(language).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(language, _)| language.to_owned())
}

/// A time in seconds since 1970; Drupal filters by them.
fn seconds(written: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(written).ok().map(|at| at.with_timezone(&Utc).timestamp())
}
