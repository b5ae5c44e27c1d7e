//! Owns splitting front matter from the body, and parsing it: YAML, TOML and JSON.

use super::value::Value;
use super::yaml;

/// A file split into front matter and body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document<'a> {
    /// A map; empty without front matter.
    pub values: Value,
    pub has_front_matter: bool,
    pub body: &'a str,
    /// Why the front matter was parsed leniently, if it was.
    pub remark: Option<String>,
}

/// Why front matter cannot be parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// The line of the file, from 1.
    pub line: usize,
    pub reason: String,
}

/// Splits a file and parses its front matter.
pub fn read(text: &str) -> Result<Document<'_>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let trimmed = text.trim_start();
    let before = text[..text.len() - trimmed.len()].matches('\n').count();
    let first = trimmed.lines().next().unwrap_or_default().trim_end();
    let none = Document { values: Value::Map(Vec::new()), body: text, ..Document::default() };
    match first {
        "---" | "+++" => match fenced(trimmed, first) {
            Some((front, body)) if first == "---" => from_yaml(front, body, before + 1),
            Some((front, body)) => from_toml(front, body, before + 1),
            None if opens_with_key(trimmed, first) => {
                Err(ParseError { line: before + 1, reason: "its front matter is never closed".to_owned() })
            }
            None => Ok(none),
        },
        _ if first.starts_with('{') && !first.starts_with("{{") && !first.starts_with("{%") => {
            from_json(trimmed, before).unwrap_or(Ok(none))
        }
        _ => Ok(none),
    }
}

/// The text between the opening and the closing fence, and the text after it.
fn fenced<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let start = text.find('\n')? + 1;
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let closing = line.trim_end();
        if closing == fence || (fence == "---" && closing == "...") {
            return Some((&text[start..at], &text[at + line.len()..]));
        }
        at += line.len();
    }
    None
}

/// Whether the second line looks like a key, so that front matter was intended.
fn opens_with_key(text: &str, fence: &str) -> bool {
    let separator = if fence == "---" { ':' } else { '=' };
    let line = text.lines().skip(1).find(|line| !line.trim().is_empty()).unwrap_or_default();
    let key = line.split(separator).next().unwrap_or_default().trim_end();
    key.len() < line.len()
        && !key.is_empty()
        && key.chars().all(|letter| letter.is_alphanumeric() || "_-.".contains(letter))
}

fn from_yaml<'a>(front: &str, body: &'a str, lines_before: usize) -> Result<Document<'a>, ParseError> {
    let front = front.replace("\r\n", "\n").replace('\r', "\n");
    match yaml::read(&front) {
        Ok((values, error)) => Ok(Document {
            values,
            has_front_matter: true,
            body,
            remark: error.map(|error| lenient_remark("YAML", lines_before + error.line, &error.reason)),
        }),
        Err(error) => Err(ParseError {
            line: lines_before + error.line,
            reason: format!("its front matter is no YAML: {}", error.reason),
        }),
    }
}

fn lenient_remark(language: &str, line: usize, reason: &str) -> String {
    format!("the front matter is not quite {language} (line {line}: {reason}); it was read key by key")
}

fn from_toml<'a>(front: &str, body: &'a str, lines_before: usize) -> Result<Document<'a>, ParseError> {
    let error = match front.parse::<toml::Table>() {
        Ok(table) => {
            let values = Value::from(toml::Value::Table(table));
            return Ok(Document { values, has_front_matter: true, body, remark: None });
        }
        Err(error) => error,
    };
    let start = error.span().map_or(0, |span| span.start).min(front.len());
    let line = lines_before + front.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    let reason = error.message().lines().next().unwrap_or_default().to_owned();
    let values = toml_by_line(front);
    if values.pairs().is_empty() {
        return Err(ParseError { line, reason: format!("its front matter is no TOML: {reason}") });
    }
    Ok(Document { values, has_front_matter: true, body, remark: Some(lenient_remark("TOML", line, &reason)) })
}

/// Parses TOML line by line; an invalid value becomes a text.
fn toml_by_line(front: &str) -> Value {
    let mut values = Value::Map(Vec::new());
    let mut table = String::new();
    for line in front.lines().map(str::trim) {
        if let Some(name) =
            line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|_| !line.contains('='))
        {
            table = name.trim_matches(['[', ']']).to_owned();
            continue;
        }
        let Some((key, rest)) = line.split_once('=') else { continue };
        let key = key.trim().trim_matches('"');
        if key.is_empty() || key.starts_with('#') || key.contains(char::is_whitespace) {
            continue;
        }
        let value = match line.parse::<toml::Table>() {
            Ok(read) => read.into_iter().next().map(|(_, value)| Value::from(value)).unwrap_or_default(),
            Err(_) => Value::Text(rest.trim().trim_matches(['"', '\'']).to_owned()),
        };
        let pair = Value::Map(vec![(key.to_owned(), value)]);
        values.merge(if table.is_empty() { pair } else { Value::Map(vec![(table.clone(), pair)]) });
    }
    values
}

/// Parses JSON at the start of a text; `None` if it is no front matter.
fn from_json(text: &str, lines_before: usize) -> Option<Result<Document<'_>, ParseError>> {
    let inner = text[1..].trim_start();
    if !inner.starts_with(['"', '}']) {
        return None;
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    match stream.next()? {
        Ok(value) => {
            let body = text.get(stream.byte_offset()..).unwrap_or_default();
            Some(Ok(Document { values: Value::from(value), has_front_matter: true, body, remark: None }))
        }
        Err(error) => {
            let line = lines_before + error.line();
            Some(Err(ParseError { line, reason: format!("its front matter is no JSON: {error}") }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_formats() {
        for text in [
            "---\ntitle: T\n---\nBody\n",
            "\u{feff}---\r\ntitle: T\r\n---\r\nBody\n",
            "---  \n\ntitle: T\n--- \nBody\n",
            "\n---\ntitle: T\n...\nBody\n",
            "---\nTitle: T\nx: 'a\n---\nBody\n",
            "+++\ntitle = \"T\"\n[extra]\na = 1\n+++\nBody\n",
            "+++\ntitle = \"T\"\nbad = T x\n+++\nBody\n",
            "{\n\"title\": \"T\"\n}\nBody\n",
            "---\nauthor: \tName\ntitle: T\n---\nBody\n",
        ] {
            let document = read(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(document.values.text("title"), Some("T"), "{text}");
            assert_eq!(document.body.trim(), "Body", "{text}");
        }
    }

    #[test]
    fn without_front_matter_all_is_body() {
        for text in ["", "# T", "---\n\nrule above", "{{< x >}}", "{ x }", "{% x %}", "---"] {
            let document = read(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!((document.body, document.has_front_matter), (text, false));
        }
    }

    #[test]
    fn errors_have_lines() {
        assert_eq!(read("\n---\ntitle: T\nBody").map_err(|error| error.line), Err(2));
        assert_eq!(read("{\n\"title\": T }").map_err(|error| error.line), Err(2));
        assert_eq!(read("---\n[\n---\n").map(|_| ()).map_err(|error| error.line), Err(3));
    }
}
