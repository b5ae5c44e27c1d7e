//! Owns parsing JSON Feed 1.0 and 1.1 item by item, so that a malformed one does not lose the others.

use std::io::BufRead;

use serde_json::{Map, Value};

use super::Head;
use super::gallery::cut_figures;
use super::tree::MAX_ENTRY_BYTES;
use super::xml::{parse_author, read_date};
use crate::import::entry::{Author, Body, Category, Enclosure, Image, ParsedEntry, duration};
use crate::import::json_scanner::{ItemSink, Scanner};
use crate::import::parse_error::ParseError;
use crate::import::source_text;

/// The members of a feed other than its items, as far as it can be read: those after the items apply to them too.
pub fn members(input: &mut dyn BufRead) -> Map<String, Value> {
    let mut members = Map::new();
    // Whoever reads the items is told what is wrong.
    let _ = scan(input, &mut members, &mut |_, _| {});
    members
}

/// Parses a feed. `head`: its members. `address`: where it was fetched.
pub fn read(
    input: &mut dyn BufRead,
    mut head: Map<String, Value>,
    address: Option<&str>,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<Head, ParseError> {
    let of_items = head.clone();
    let truncation = scan(input, &mut head, &mut |line, item| {
        let entry = match serde_json::from_slice(item) {
            Ok(Value::Object(item)) => parse_entry(&item, &of_items, address),
            Ok(_) => ParsedEntry { skip_reason: Some("it is no object".to_owned()), ..ParsedEntry::default() },
            Err(error) => {
                ParsedEntry { skip_reason: Some(format!("it is no JSON: {error}")), ..ParsedEntry::default() }
            }
        };
        emit(ParsedEntry { line, ..entry });
    })?;
    let text = |name: &str| string(head.get(name));
    Ok(Head {
        id: text("feed_url").or_else(|| text("home_page_url")),
        title: text("title"),
        language: text("language"),
        link: text("home_page_url"),
        date: None,
        truncation,
    })
}

/// Splits a feed into its members and items. Returns why it was not read to its end, if it was not.
fn scan(
    input: &mut dyn BufRead,
    head: &mut Map<String, Value>,
    item: ItemSink<'_>,
) -> Result<Option<String>, ParseError> {
    let mut scanner = Scanner::new(input, MAX_ENTRY_BYTES);
    scanner.skip_blanks()?;
    if scanner.next()? != Some(b'{') {
        return Err(ParseError::new("this is JSON, but no feed: a JSON Feed is an object with `items`"));
    }
    let mut has_items = false;
    let mut truncation = None;
    loop {
        scanner.skip(b" \t\r\n,")?;
        match scanner.peek()? {
            Some(b'"') => {}
            Some(b'}') => break,
            _ => {
                truncation = Some(scanner.truncation("}")?);
                break;
            }
        }
        let Ok(Value::String(key)) = serde_json::from_slice(&scanner.value()?) else {
            truncation = Some(scanner.truncation("}")?);
            break;
        };
        scanner.skip(b" \t\r\n:")?;
        if key == "items" && scanner.peek()? == Some(b'[') {
            has_items = true;
            scanner.next()?;
            truncation = scanner.items(item)?;
            if truncation.is_some() {
                break;
            }
            continue;
        }
        let value = scanner.value()?;
        if value.is_empty() || scanner.is_cut {
            truncation = Some(scanner.truncation("}")?);
            break;
        }
        if let Ok(value) = serde_json::from_slice(&value) {
            head.insert(key, value);
        }
    }
    if !has_items && let Some(why) = truncation {
        return Err(ParseError::new(why));
    }
    if !has_items {
        return Err(ParseError::new("this is JSON, but no feed: it has no `items`"));
    }
    Ok(truncation)
}

fn string(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(one) => vec![one],
    }
}

fn parse_entry(item: &Map<String, Value>, head: &Map<String, Value>, address: Option<&str>) -> ParsedEntry {
    let own = |name: &str| string(item.get(name));
    let mut entry = ParsedEntry {
        guid: own("id"),
        language: own("language"),
        inherited_language: string(head.get("language")),
        base: string(head.get("home_page_url"))
            .or_else(|| address.map(str::to_owned))
            .or_else(|| string(head.get("feed_url"))),
        link: own("url").or_else(|| own("external_url")),
        title: own("title").map(|title| source_text::collapse_whitespace(&title)),
        summary: own("summary"),
        ..ParsedEntry::default()
    };
    entry.body = own("content_html").map(Body::Html).or_else(|| own("content_text").map(Body::Text));
    let mut when = |name: &str| read_date(&own(name)?, &mut entry.remarks);
    let (published, updated) = (when("date_published"), when("date_modified"));
    entry.published = published.or(updated);
    entry.updated = updated.filter(|_| published.is_some());
    let of_feed = || list(head.get("authors")).into_iter().chain(list(head.get("author")));
    let mut authors: Vec<&Value> = list(item.get("authors")).into_iter().chain(list(item.get("author"))).collect();
    if authors.is_empty() {
        authors = of_feed().collect();
    }
    entry.authors = authors.into_iter().filter_map(author).collect();
    entry.authors.dedup_by(|one, other| one.name == other.name);
    let own_data = item.get("_tidings").and_then(Value::as_object);
    entry.categories = categories(item, own_data);
    let of_own = |name: &str| own_data.map(|own| list(own.get(name))).unwrap_or_default();
    entry.translations = of_own("translations")
        .into_iter()
        .filter_map(|other| string(other.get("id")).or_else(|| string(other.get("url"))))
        .collect();
    let url = own("image").or_else(|| own("banner_image"));
    entry.image = url.map(|url| image(url, own_data.and_then(|own| own.get("image"))));
    let gallery = of_own("images").into_iter();
    entry.images = gallery.filter_map(|picture| Some(image(string(picture.get("url"))?, Some(picture)))).collect();
    let mut files = list(item.get("attachments"));
    // The pictures of a gallery are the last attachments too.
    for image in entry.images.iter().rev() {
        files.pop_if(|file| string(file.get("url")) == image.url);
    }
    let players = of_own("attachments");
    entry.enclosures = files.into_iter().filter_map(|file| enclosure(file, &players)).collect();
    if !entry.images.is_empty() {
        cut_figures(&mut entry);
    }
    entry
}

fn author(value: &Value) -> Option<Author> {
    match value {
        Value::String(text) => Some(parse_author(text)),
        value => {
            let name = string(value.get("name")).or_else(|| string(value.get("url")))?;
            Some(Author { url: string(value.get("url")), email: string(value.get("email")), name })
        }
    }
}

fn categories(item: &Map<String, Value>, own: Option<&Map<String, Value>>) -> Vec<Category> {
    let ids: Vec<String> = own
        .map(|own| list(own.get("topics")))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|id| string(Some(id)))
        .collect();
    let tags = list(item.get("tags")).into_iter().filter_map(|tag| string(Some(tag)));
    let mut out: Vec<Category> = Vec::new();
    for (index, tag) in tags.enumerate() {
        let category = match ids.get(index) {
            Some(id) => Category { term: id.clone(), label: Some(tag).filter(|tag| tag != id) },
            None => Category { term: tag, label: None },
        };
        if !out.contains(&category) {
            out.push(category);
        }
    }
    out
}

/// An image. `more`: what JSON Feed cannot say of it.
fn image(url: String, more: Option<&Value>) -> Image {
    let text = |name: &str| more.and_then(|more| string(more.get(name)));
    let number = |name: &str| {
        more.and_then(|more| more.get(name)).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
    };
    Image {
        url: Some(url),
        alt: text("alt"),
        caption: text("caption"),
        credit: text("credit"),
        width: number("width"),
        height: number("height"),
    }
}

/// An attachment. `players`: what JSON Feed cannot say of attachments, by their URLs.
fn enclosure(value: &Value, players: &[&Value]) -> Option<Enclosure> {
    let url = string(value.get("url"))?;
    let player = players.iter().find(|player| string(player.get("url")).as_ref() == Some(&url));
    let of_player = |name: &str| player.and_then(|player| string(player.get(name)));
    Some(Enclosure {
        media_type: string(value.get("mime_type")),
        length: value.get("size_in_bytes").and_then(Value::as_u64),
        title: string(value.get("title")),
        duration: value.get("duration_in_seconds").and_then(Value::as_f64).and_then(duration),
        captions: of_player("captions"),
        poster: of_player("poster"),
        url,
    })
}
