//! Owns the permalinks at which generators publish pages; `None` if one is not certain.

use chrono::{Datelike, NaiveDateTime, Timelike};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::Url;

use super::site::{Kind, Site};
use super::source_file::{Role, SourceFile};
use super::tree::parent;
use super::value::Value;

/// What a permalink may depend on besides the file.
#[derive(Clone, Copy, Debug)]
pub struct UrlInputs<'a> {
    pub values: &'a Value,
    /// In the generator's time zone, if that is known.
    pub time: Option<NaiveDateTime>,
    pub categories: &'a [String],
}

/// The characters to percent-encode in a path.
const ENCODED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'?').add(b'`').add(b'{').add(b'}').add(b'%');

/// The permalink of a page.
pub fn page_url(site: &Site, file: &SourceFile, inputs: UrlInputs<'_>) -> Option<Url> {
    let base = base_url(site, file)?;
    let path = match site.kind {
        Kind::Hugo => hugo(site, file, inputs)?,
        Kind::Jekyll => jekyll(site, file, inputs)?,
        Kind::Zola => zola(site, file, inputs)?,
        Kind::Plain | Kind::Unsupported => return None,
    };
    let path = path.trim_start_matches('/');
    let encoded = utf8_percent_encode(path, ENCODED).to_string();
    base.join(&format!("./{encoded}")).ok()
}

/// The base URL of the site in the page's language.
fn base_url(site: &Site, file: &SourceFile) -> Option<Url> {
    let own = file.language.as_deref().and_then(|language| site.values.get_path(&["languages", language, "baseURL"]));
    match own.filter(|_| site.kind == Kind::Hugo) {
        Some(own) => Url::parse(&format!("{}/", own.as_text()?.trim_end_matches('/'))).ok(),
        None => site.base_url.clone(),
    }
}

/// The path segment of a page's language, with a trailing `/`.
fn language_folder(site: &Site, file: &SourceFile) -> Option<String> {
    let Some(language) = file.language.as_deref() else { return Some(String::new()) };
    // Hugo reads its default language from this key alone.
    let own = site.values.text("defaultContentLanguage").unwrap_or("en");
    let default = if site.kind == Kind::Hugo { Some(own) } else { site.default_language.as_deref() };
    let is_default = default.is_some_and(|default| default.eq_ignore_ascii_case(language));
    let own_base = site.kind == Kind::Hugo && site.values.get_path(&["languages", language, "baseURL"]).is_some();
    let always = site.values.bool("defaultContentLanguageInSubdir") == Some(true);
    if own_base || (is_default && !always) {
        return Some(String::new());
    }
    let is_known = site.languages.iter().any(|known| known.eq_ignore_ascii_case(language));
    let in_path = file.path.split('/').any(|part| part == language);
    (is_known || in_path).then(|| format!("{}/", language.to_lowercase()))
}

fn hugo(site: &Site, file: &SourceFile, inputs: UrlInputs<'_>) -> Option<String> {
    if site.values.bool("removePathAccents") == Some(true) {
        return None;
    }
    let language = language_folder(site, file)?;
    if let Some(url) = inputs.values.text("url") {
        if url.contains("://") || url.contains(':') {
            return None;
        }
        return Some(if url.starts_with('/') { url.to_owned() } else { format!("{language}{url}") });
    }
    let keeps_case = site.values.bool("disablePathToLower") == Some(true);
    let clean = |text: &str| hugo_path(text, keeps_case);
    let (folder, name) = file.translation_key.rsplit_once('/').unwrap_or(("", &file.translation_key));
    if file.role == Role::Section {
        return Some(if file.translation_key.is_empty() {
            language
        } else {
            format!("{language}{}/", clean(&file.translation_key))
        });
    }
    let slug = inputs.values.text("slug");
    let section = folder.split('/').next().unwrap_or_default();
    let patterns = site.values.get("permalinks");
    let pattern = patterns.and_then(|patterns| {
        patterns.get_path(&["page", section]).or_else(|| patterns.get(section)).and_then(Value::as_text)
    });
    let path = match pattern {
        Some(pattern) => fill_pattern(pattern, |token| {
            Some(match token {
                "slug" | "slugorfilename" | "slugorcontentbasename" => clean(slug.unwrap_or(name)),
                "filename" | "contentbasename" => clean(name),
                "title" => clean(slug.or(inputs.values.text("title"))?),
                "section" => clean(section),
                "sections" => clean(folder),
                other => time_token(other, inputs.time?)?,
            })
        })?,
        None => {
            let folder = clean(folder);
            let last = clean(slug.unwrap_or(name));
            if folder.is_empty() { last } else { format!("{folder}/{last}") }
        }
    };
    let path = path.trim_matches('/').to_owned();
    let is_ugly = site.values.bool("uglyURLs") == Some(true);
    if path.is_empty() || site.values.get("uglyURLs").is_some_and(|ugly| ugly.as_bool().is_none()) {
        return None;
    }
    Some(if is_ugly { format!("{language}{path}.html") } else { format!("{language}{path}/") })
}

/// A path as Hugo sanitizes it.
fn hugo_path(text: &str, keeps_case: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        if letter.is_whitespace() {
            if !out.ends_with('-') {
                out.push('-');
            }
        } else if letter.is_alphanumeric() || "./\\_#+~-@".contains(letter) || is_mark(letter) {
            if keeps_case { out.push(letter) } else { out.extend(letter.to_lowercase()) }
        }
    }
    out
}

/// Whether a character is a combining mark that is not alphabetic.
fn is_mark(letter: char) -> bool {
    matches!(u32::from(letter), 0x300..=0x36F | 0x610..=0x61A | 0x64B..=0x65F | 0x900..=0xDFF | 0xE31..=0xE4E | 0x1AB0..=0x1AFF)
}

/// Expands each `:token` of a pattern; `None` if one is unknown.
fn fill_pattern(pattern: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut parts = pattern.split(':');
    let mut out = parts.next()?.to_owned();
    for part in parts {
        let end = part.find(|next: char| !(next.is_ascii_alphanumeric() || next == '_')).unwrap_or(part.len());
        // `:title_x` is `:title` followed by `_x`.
        let ends = std::iter::once(end).chain(part[..end].rmatch_indices('_').map(|(at, _)| at));
        let (token, text) = ends.map(|end| part.split_at(end)).find_map(|(token, rest)| Some((rest, value(token)?)))?;
        out.push_str(&text);
        out.push_str(token);
    }
    Some(out)
}

fn time_token(token: &str, time: NaiveDateTime) -> Option<String> {
    let format = match token {
        "year" | "2006" => "%Y",
        "short_year" => "%y",
        "month" | "01" => "%m",
        "day" | "02" => "%d",
        "monthname" | "long_month" => "%B",
        "short_month" => "%b",
        "weekdayname" | "long_day" => "%A",
        "short_day" => "%a",
        "week" => "%V",
        "hour" => "%H",
        "minute" => "%M",
        "second" => "%S",
        "y_day" => "%j",
        "i_month" => return Some(time.month().to_string()),
        "i_day" => return Some(time.day().to_string()),
        "yearday" => return Some(time.ordinal().to_string()),
        "i_hour" => return Some(time.hour().to_string()),
        _ => return None,
    };
    Some(time.format(format).to_string()).map(|text| if token == "monthname" { text.to_lowercase() } else { text })
}

fn jekyll(site: &Site, file: &SourceFile, inputs: UrlInputs<'_>) -> Option<String> {
    if file.role == Role::Page {
        let own = inputs.values.text("permalink").map(str::to_owned);
        return own.or_else(|| Some(format!("{}.html", file.path.rsplit_once('.')?.0)));
    }
    let collection = site.values.get_path(&["collections", "posts", "permalink"]).and_then(Value::as_text);
    let style = inputs.values.text("permalink").or(collection).or(site.values.text("permalink")).unwrap_or("date");
    let pattern = match style {
        "date" => "/:categories/:year/:month/:day/:title:output_ext",
        "pretty" => "/:categories/:year/:month/:day/:title/",
        "ordinal" => "/:categories/:year/:y_day/:title:output_ext",
        "weekdate" => "/:categories/:year/W:week/:short_day/:title:output_ext",
        "none" => "/:categories/:title:output_ext",
        other => other,
    };
    let slug = inputs.values.text("slug").unwrap_or(&file.slug);
    let path = fill_pattern(pattern, |token| {
        Some(match token {
            "title" => jekyll_slug(slug, true),
            "slug" => jekyll_slug(slug, false).to_lowercase(),
            "categories" => inputs.categories.join("/").to_lowercase(),
            "slugified_categories" => {
                let slugs: Vec<String> =
                    inputs.categories.iter().map(|name| jekyll_slug(name, false).to_lowercase()).collect();
                slugs.join("/")
            }
            "output_ext" => ".html".to_owned(),
            other => time_token(other, inputs.time?)?,
        })
    })?;
    let ends_open = path.ends_with('/');
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let path = parts.join("/");
    Some(if ends_open && !path.is_empty() { format!("{path}/") } else { path })
}

fn jekyll_slug(text: &str, is_pretty: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let stays = letter.is_alphanumeric() || is_mark(letter) || (is_pretty && "._~!$&'()+,;=@".contains(letter));
        if stays {
            out.push(letter);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_matches('-').to_owned()
}

fn zola(site: &Site, file: &SourceFile, inputs: UrlInputs<'_>) -> Option<String> {
    let language = language_folder(site, file)?;
    if let Some(path) = inputs.values.text("path") {
        return Some(format!("{language}{}/", path.trim_matches('/')));
    }
    let strategy = site.values.get_path(&["slugify", "paths"]).and_then(Value::as_text).unwrap_or("on");
    let keeps_days = site.values.get_path(&["slugify", "paths_keep_dates"]).and_then(Value::as_bool) == Some(true);
    let clean = |text: &str| zola_slug(text, strategy);
    let folders: Option<Vec<String>> =
        parent(&file.translation_key).split('/').filter(|part| !part.is_empty()).map(clean).collect();
    let mut parts = folders?;
    if file.role == Role::Section {
        if !file.slug.is_empty() {
            parts.push(clean(&file.slug)?);
        }
    } else {
        let name = if keeps_days { file.translation_key.rsplit('/').next()? } else { &file.slug };
        parts.push(clean(inputs.values.text("slug").unwrap_or(name))?);
    }
    Some(if parts.is_empty() { language } else { format!("{language}{}/", parts.join("/")) })
}

/// A path segment as Zola slugifies it; `None` if its transliteration is unknown.
fn zola_slug(text: &str, strategy: &str) -> Option<String> {
    if strategy != "on" {
        let is_plain = text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter));
        return is_plain.then(|| text.to_owned());
    }
    if !text.is_ascii() {
        return None;
    }
    Some(jekyll_slug(text, false).to_lowercase())
}
