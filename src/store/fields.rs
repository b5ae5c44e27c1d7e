//! Validation of the fields of a record.

use super::raw::{Date, RawEnclosure, RawImage, RawPerson, RawRecord, Str};
use super::story::{Correction, Reader, Withdrawn};
use crate::model::{Timestamp, absolute, forbidden, is_email, is_plainly_absolute};
use crate::source::{Step, date_readings};

/// An error, or a warning, in a field of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    /// The keys from the record to the value.
    pub path: Vec<Step>,
    pub message: String,
    pub help: Option<String>,
    /// Whether the record is used nevertheless.
    pub is_warning: bool,
    /// The missing key, if that is the error.
    pub missing: Option<&'static str>,
}

/// The parsed fields of a story or of a translation.
pub struct Fields<'r> {
    pub raw: &'r RawRecord<'r>,
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub withdrawn: Option<Withdrawn<'r>>,
    pub correction: Option<Correction<'r>>,
}

/// Whose field it is: `None` for the story's, else the language tag of a translation.
pub type Owner<'p> = Option<&'p str>;

/// The path of a key of a story, or of a translation of it.
pub fn key_path(translation: Owner<'_>, rest: &[&str]) -> Vec<Step> {
    let key = |key: &str| Step::Key(key.to_owned());
    let lead = translation.map(|tag| [key("translations"), key(tag)]).into_iter().flatten();
    lead.chain(rest.iter().map(|name| key(name))).collect()
}

impl Reader<'_> {
    /// Parses the fields of a story or a translation, and validates those that are parsed only when an entry is rendered.
    pub fn fields<'r>(&mut self, raw: &'r RawRecord<'r>, at: Owner<'_>) -> Fields<'r> {
        let texts = [("title", &raw.title), ("summary", &raw.summary), ("content_markdown", &raw.content_markdown)];
        let more = [("content_html", &raw.content_html), ("content_text", &raw.content_text)];
        for (key, text) in texts.into_iter().chain(more) {
            self.check_text(text.as_ref().map(|text| &*text.0), || key_path(at, &[key]));
        }
        self.check_text(raw.guid.as_ref().map(|guid| &*guid.0), || key_path(at, &["guid"]));
        let bodies = texts[2..].iter().chain(&more).filter(|(_, text)| text.is_some());
        if let Some((key, _)) = bodies.clone().nth(1) {
            let message = "a translation has at most one of `content_markdown`, `content_html` and `content_text`";
            self.error(key_path(at, &[key]), message, None);
        }
        if raw.guid.as_ref().is_some_and(|guid| guid.0.trim().is_empty()) {
            self.error(key_path(at, &["guid"]), "`guid` is empty", Some("leave it out".to_owned()));
        }
        let feed_prefix = format!("tag:{}:feeds/", self.config.site.authority);
        if raw.guid.as_ref().is_some_and(|guid| guid.0.trim().starts_with(&feed_prefix)) {
            self.error(key_path(at, &["guid"]), "`guid` is the id of a feed", None);
        }
        self.check_url(at, &["link"], raw.link.as_ref());
        if let Some(image) = &raw.image {
            self.check_image(image, key_path(at, &["image"]));
        }
        for (index, image) in raw.images.iter().flatten().enumerate() {
            let path = [key_path(at, &["images"]), vec![Step::Index(index)]].concat();
            if image.url.is_none() {
                self.error(
                    path.clone(),
                    "an image of a gallery needs a `url`",
                    Some("write `url = \"https://…\"`".to_owned()),
                );
            }
            self.check_image(image, path);
        }
        for (index, person) in raw.authors.iter().flatten().enumerate() {
            self.check_author(at, index, person);
        }
        for (index, enclosure) in raw.enclosures.iter().flatten().enumerate() {
            self.check_enclosure(at, index, enclosure);
        }
        Fields {
            correction: self.correction(at, raw),
            raw,
            published: self.parse_date(at, &["published"], raw.published.as_ref()),
            updated: self.parse_date(at, &["updated"], raw.updated.as_ref()),
            expires: self.parse_date(at, &["expires"], raw.expires.as_ref()),
            withdrawn: raw.withdrawn.as_ref().and_then(|withdrawn| {
                let reason = withdrawn.reason.as_ref().map(|reason| &*reason.0);
                self.check_text(reason, || key_path(at, &["withdrawn", "reason"]));
                let on = self.parse_date(at, &["withdrawn", "on"], withdrawn.on.as_ref());
                if withdrawn.on.is_none() {
                    self.error(key_path(at, &["withdrawn"]), "`withdrawn` needs the date `on` which it was", None);
                }
                Some(Withdrawn { on: on?, reason, is_own: true })
            }),
        }
    }

    fn correction<'r>(&mut self, at: Owner<'_>, raw: &'r RawRecord<'r>) -> Option<Correction<'r>> {
        let raw = raw.correction.as_ref()?;
        let text = raw.text.as_ref().map(|text| &*text.0).filter(|text| !text.trim().is_empty());
        self.check_text(text, || key_path(at, &["correction", "text"]));
        let on = self.parse_date(at, &["correction", "on"], raw.on.as_ref());
        if raw.on.is_none() || text.is_none() {
            let help = "write `correction = { on = 2026-01-31, text = \"…\" }`";
            let message = "`correction` needs the date `on` which it was made, and its `text`";
            self.error(key_path(at, &["correction"]), message, Some(help.to_owned()));
        }
        Some(Correction { on: on?, text: text?, is_own: true })
    }

    fn parse_date(&mut self, at: Owner<'_>, keys: &[&str], date: Option<&Date<'_>>) -> Option<Timestamp> {
        match self.config.site.zone.read(&date?.0) {
            Ok(instant) => Some(instant),
            Err(why) => {
                let shown: String = date?.0.chars().take(80).collect();
                let readings = date_readings(&shown);
                let key = keys.last().copied().unwrap_or_default();
                let written = |date: &String| format!("`{key} = {date}`");
                let help = match &readings[..] {
                    [] => format!(
                        "write a day that exists, such as {}, or with a time {}",
                        written(&"2026-01-31".to_owned()),
                        written(&"2026-01-31T09:30:00".to_owned())
                    ),
                    readings => format!("write {}", readings.iter().map(written).collect::<Vec<_>>().join(" or ")),
                };
                self.error(key_path(at, keys), format!("invalid date `{shown}`: it {why}"), Some(help));
                None
            }
        }
    }

    fn check_text(&mut self, text: Option<&str>, path: impl FnOnce() -> Vec<Step>) {
        if let Some(character) = text.and_then(forbidden) {
            let message = format!("character U+{:04X}, which XML 1.0 forbids, was removed", character as u32);
            self.errors.push(FieldError { path: path(), message, help: None, is_warning: true, missing: None });
        }
    }

    fn check_url(&mut self, at: Owner<'_>, keys: &[&str], url: Option<&Str<'_>>) {
        self.check_url_at(|| key_path(at, keys), keys.last().copied().unwrap_or_default(), url);
    }

    fn check_url_at(&mut self, path: impl Fn() -> Vec<Step>, key: &str, url: Option<&Str<'_>>) {
        let Some(url) = url else { return };
        if is_plainly_absolute(&url.0) {
            return;
        }
        let replaced = url.0.replace("{language}", "en");
        if replaced.contains(['{', '}']) {
            let help = "`{language}` is the only one that is replaced".to_owned();
            self.error(path(), format!("`{key}` has an unknown placeholder"), Some(help));
        } else if replaced.trim().is_empty() {
            self.error(path(), format!("`{key}` is empty"), Some("leave it out".to_owned()));
        } else if let Err(why) = absolute(&self.config.site.base_url, &replaced) {
            self.error(path(), format!("`{key}` {why}"), url_help(&url.0, &why));
        }
    }

    fn check_image(&mut self, image: &RawImage<'_>, path: Vec<Step>) {
        let at = |key: &str| [path.clone(), vec![Step::Key(key.to_owned())]].concat();
        self.check_url_at(|| at("url"), "url", image.url.as_ref());
        for (key, text) in [("alt", &image.alt), ("caption", &image.caption), ("credit", &image.credit)] {
            self.check_text(text.as_ref().map(|text| &*text.0), || at(key));
        }
    }

    fn check_author(&mut self, at: Owner<'_>, index: usize, person: &RawPerson<'_>) {
        let path = |keys: &[&str]| {
            let mut path = key_path(at, &["authors"]);
            path.push(Step::Index(index));
            path.extend(keys.iter().map(|key| Step::Key((*key).to_owned())));
            path
        };
        self.check_text(person.name.as_ref().map(|name| &*name.0), || path(&["name"]));
        if person.name.as_ref().is_none_or(|name| name.0.trim().is_empty()) {
            self.error(path(&[]), "an author needs a `name`", None);
        }
        if let Some(email) = &person.email
            && !is_email(email.0.trim())
        {
            self.error(path(&["email"]), "`email` is not an email address", None);
        }
        if let Some(url) = &person.url
            && let Err(why) = absolute(&self.config.site.base_url, &url.0)
        {
            self.error(path(&["url"]), format!("`url` {why}"), url_help(&url.0, &why));
        }
    }

    fn check_enclosure(&mut self, at: Owner<'_>, index: usize, enclosure: &RawEnclosure<'_>) {
        let path = |keys: &[&str]| {
            let mut path = key_path(at, &["enclosures"]);
            path.push(Step::Index(index));
            path.extend(keys.iter().map(|key| Step::Key((*key).to_owned())));
            path
        };
        self.check_text(enclosure.title.as_ref().map(|title| &*title.0), || path(&["title"]));
        match &enclosure.url {
            None => self.error(path(&[]), "an enclosure needs a `url`", None),
            Some(url) => {
                if let Err(why) = absolute(&self.config.site.base_url, &url.0) {
                    self.error(path(&["url"]), format!("`url` {why}"), url_help(&url.0, &why));
                }
            }
        }
        for (key, url) in [("captions", &enclosure.captions), ("poster", &enclosure.poster)] {
            self.check_url_at(|| path(&[key]), key, url.as_ref());
        }
        if let Some(duration) = &enclosure.duration
            && parse_duration(&duration.0).is_none()
        {
            let help = "write hours, minutes and seconds, such as `22:10` or `1:02:10`";
            self.error(path(&["duration"]), format!("`{}` is not a duration", duration.0), Some(help.to_owned()));
        }
        if let Some(media_type) = &enclosure.media_type
            && !is_media_type(&media_type.0)
        {
            let message = format!("`{}` is not a media type", media_type.0);
            self.error(
                path(&["type"]),
                message,
                Some("write one such as `application/pdf` or `audio/ogg; codecs=opus`, or leave it out".to_owned()),
            );
        }
    }
}

/// The seconds of a duration: `22:10`, `1:02:10`.
pub fn parse_duration(text: &str) -> Option<u64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let number = |part: &&str| {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| is_number)
    };
    let numbers: Vec<u64> = parts.iter().map(number).collect::<Option<_>>()?;
    let is_clock = (2..=3).contains(&numbers.len()) && numbers[1..].iter().all(|number| *number < 60);
    is_clock.then(|| numbers.iter().fold(0, |seconds, number| seconds * 60 + number))
}

/// A duration as a clock shows it, and as [`parse_duration`] reads it: `22:10`, `1:02:10`.
pub fn write_duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Whether a text is a media type (RFC 9110 §8.3.1): `type/subtype`, perhaps with parameters. A range such as `audio/*` is none.
pub fn is_media_type(text: &str) -> bool {
    // The names that can be registered (RFC 6838 §4.2).
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let (essence, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_essence = essence
        .trim_end_matches([' ', '\t'])
        .split_once('/')
        .is_some_and(|(one, other)| is_name(one) && is_name(other));
    is_essence && are_parameters(parameters)
}

/// Parameters of a media type without their first semicolon (RFC 9110 §5.6.6); some may be empty.
fn are_parameters(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let token = |text: &str| text.bytes().take_while(|byte| is_token(*byte)).count();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let name = token(rest);
        if name > 0 {
            let Some(value) = rest[name..].strip_prefix('=') else { return false };
            let length = if value.starts_with('"') { quoted_length(value) } else { token(value) };
            if length == 0 {
                return false;
            }
            rest = value[length..].trim_start_matches([' ', '\t']);
        }
        match rest.strip_prefix(';') {
            Some(more) => rest = more,
            None => return rest.is_empty(),
        }
    }
}

/// The length of the quoted string (RFC 9110 §5.6.4) at the start of a text; 0 if there is none.
fn quoted_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if c.is_control() && c != '\t' => return 0,
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    0
}

/// How an address without a scheme is written.
fn url_help(written: &str, why: &str) -> Option<String> {
    why.starts_with("begins like").then(|| format!("write `https://{}`", written.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_may_have_parameters() {
        for text in [
            "audio/mpeg",
            "application/vnd.a+json",
            "audio/ogg; codecs=opus",
            "audio/ogg;codecs=\"opus, vorbis\" ; rate=\"a\\\"b;c\"",
            "text/html;charset=utf-8",
            "text/html ; charset=UTF-8",
            "video/mp4; codecs=avc1.4d002a;",
            "text/plain;;a=b",
        ] {
            assert!(is_media_type(text), "{text}");
        }
        for text in [
            "", "audio", "audio/", "/mpeg", "audio/*", "*/*", "a b/c", "audio/mpeg;x", "audio/mpeg; x=",
            "audio/mpeg; =y", "audio/mpeg; x=\"y", "audio/mpeg; x=\"y\"z", "audio/mpeg, audio/ogg",
            "audio/mpeg; x = y", "audio/ogg/x", "audio/mpeg; x=\"a\nb\"", "é/x", "audio/mpeg;x=é",
        ] {
            assert!(!is_media_type(text), "{text}");
        }
    }
}
