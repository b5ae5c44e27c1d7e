//! Mistakes in TOML, in plain words: what is wrong in a line, and how the line is written instead.
//!
//! The parser says where the text stops being TOML. Here the line is read as a person means it. It is mended, and what
//! follows is parsed again, so that one mistake gives one message and several mistakes are all reported.

use std::ops::Range;

use toml::de::DeTable;

use super::ParseError;
use super::dates::date_readings;

/// How many mistakes are reported of one text.
const MAX_MISTAKES: usize = 20;
/// A longer line is not repeated in the help.
const MAX_SHOWN: usize = 160;

/// A mistake in a line.
struct Mistake {
    /// In bytes of the line.
    span: Range<usize>,
    message: String,
    help: String,
    /// The line as it is meant, if the rest can be read with it.
    mended: Option<String>,
}

/// The mistakes of a text that is not TOML. `errors`: those of the parser.
pub fn explain(text: &str, errors: &[toml::de::Error]) -> Vec<ParseError> {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let starts: Vec<usize> = line_starts(text);
    let mut found: Vec<ParseError> = Vec::new();
    let mut first = errors.first().cloned();
    while let Some(error) = first.take() {
        let current = lines.join("\n");
        let at = error.span().unwrap_or(0..0);
        let number = current[..at.start.min(current.len())].matches('\n').count();
        // A list without its last bracket goes on in the next line.
        let number = if error.message().contains("array") { open_list(&lines, number) } else { number };
        let Some(start) = starts.get(number) else { break };
        let line = lines[number].clone();
        let line_start: usize = lines[..number].iter().map(|line| line.len() + 1).sum();
        let column = at.start.saturating_sub(line_start).min(line.len());
        let unclosed = unclosed_text(&current, error.message());
        if let Some(opening) = unclosed {
            let message = "the text that begins here with three quotation marks has no end";
            let help = "write `\"\"\"` after its last line";
            found.push(with_help(opening..opening + 3, message.to_owned(), help.to_owned()));
            break;
        }
        if error.message().starts_with("duplicate key") {
            found.push(duplicate(&current, start + column..start + column + at.len(), &line));
            break;
        }
        let Some(mistake) = mistake_in(&line, column, error.message()) else {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            let help = "a line is `key = value`, or the name of a table in brackets, such as `[translations.en]`";
            let span = start + column..(start + column + at.len()).max(start + column + 1);
            found.push(with_help(span, format!("not TOML: {message}"), help.to_owned()));
            break;
        };
        found.push(with_help(start + mistake.span.start..start + mistake.span.end, mistake.message, mistake.help));
        let Some(mended) = mistake.mended.filter(|mended| *mended != line && found.len() < MAX_MISTAKES) else { break };
        lines[number] = mended;
        first = DeTable::parse_recoverable(&lines.join("\n")).1.into_iter().next();
    }
    found
}

fn with_help(span: Range<usize>, message: String, help: String) -> ParseError {
    ParseError { help: Some(help), ..ParseError::new(span, message) }
}

/// The offset of each line.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The line in which a list begins that does not end, at or before a line.
fn open_list(lines: &[String], number: usize) -> usize {
    let is_open = |line: &String| {
        line.split_once('=').is_some_and(|(_, value)| value.trim_start().starts_with('[') && !value.contains(']'))
    };
    lines[..=number].iter().rposition(is_open).unwrap_or(number)
}

/// Where a text of several lines begins that does not end.
fn unclosed_text(text: &str, message: &str) -> Option<usize> {
    let quotes = if message.contains("multi-line basic") {
        "\"\"\""
    } else if message.contains("multi-line literal") {
        "'''"
    } else {
        return None;
    };
    let all: Vec<usize> = text.match_indices(quotes).map(|(at, _)| at).collect();
    all.last().copied().filter(|_| all.len() % 2 == 1)
}

/// A table or a key that is written a second time.
fn duplicate(text: &str, span: Range<usize>, line: &str) -> ParseError {
    let name = line.trim();
    let is_table = name.starts_with('[');
    let shown = if is_table { name } else { name.split('=').next().unwrap_or(name).trim() };
    let is_same = |other: &str| match is_table {
        true => other.trim() == name,
        false => other.split_once('=').is_some_and(|(key, _)| key.trim() == shown),
    };
    let before = &text[..span.start];
    let above: Vec<&str> = before.split('\n').collect();
    let first = above.iter().take(above.len().saturating_sub(1)).rposition(|other| is_same(other));
    let (what, help) = match is_table {
        true => (
            "table",
            format!(
                "move the lines below it under the first `{shown}`, and remove this one; or write the name that is meant"
            ),
        ),
        false => ("key", "remove one of the two lines".to_owned()),
    };
    let mut error = with_help(span, format!("the {what} `{shown}` is written twice"), help);
    error.related = first.map(|number| {
        let start = line_starts(text)[number];
        let indent = above[number].len() - above[number].trim_start().len();
        ("the first is here".to_owned(), start + indent..start + above[number].trim_end().len())
    });
    error
}

/// Finds what is wrong in a line. `column`: where the parser stopped, in bytes.
fn mistake_in(line: &str, column: usize, message: &str) -> Option<Mistake> {
    invisible(line, column).or_else(|| {
        let trimmed = line.trim_start();
        if trimmed.starts_with('[') && !trimmed.contains('=') {
            return header(line);
        }
        if let Some(mistake) = colon(line) {
            return Some(mistake);
        }
        let Some((key, value)) = line.split_once('=') else { return no_key(line) };
        let start = line.len() - value.trim_start().len();
        in_value(line, key.trim(), start, message)
    })
}

/// A mistake whose help is the mended line.
fn mended(span: Range<usize>, message: &str, line: String) -> Mistake {
    let shown = line.trim();
    let help = match shown.len() > MAX_SHOWN {
        true => "mend this line".to_owned(),
        false => format!("write `{shown}`"),
    };
    Mistake { span, message: message.to_owned(), help, mended: Some(line) }
}

/// A blank that is none, or a letter without width, outside of a text.
fn invisible(line: &str, column: usize) -> Option<Mistake> {
    let is_invisible = |letter: char| {
        matches!(
            letter,
            '\u{a0}' | '\u{202f}' | '\u{2007}' | '\u{3000}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
    };
    let letter = line.get(column..)?.chars().next().filter(|letter| is_invisible(*letter))?;
    let plain: String = line.chars().map(|letter| if is_invisible(letter) { ' ' } else { letter }).collect();
    let span = column..column + letter.len_utf8();
    let message =
        format!("a character that looks like a space, and is none (U+{:04X}), stands here", u32::from(letter));
    Some(Mistake { help: "delete it, and press the space bar".to_owned(), ..mended(span, &message, plain) })
}

/// The name of a table without its brackets.
fn header(line: &str) -> Option<Mistake> {
    let name = line.trim();
    let bare = name.trim_matches(['[', ']']).trim();
    let brackets = if name.starts_with("[[") { ("[[", "]]") } else { ("[", "]") };
    let closed = format!("{}{bare}{}", brackets.0, brackets.1);
    let span = line.len() - line.trim_start().len()..line.trim_end().len();
    (closed != name && !bare.is_empty()).then(|| mended(span, "the closing `]` of this name is missing", closed))
}

/// YAML's colon.
fn colon(line: &str) -> Option<Mistake> {
    let (key, value) = line.split_once(':')?;
    let is_key = |letter: char| letter.is_alphanumeric() || "_-. ".contains(letter);
    if key.trim().is_empty() || key.contains('=') || !key.trim().chars().all(is_key) || key.trim().contains(' ') {
        return None;
    }
    let at = key.len();
    Some(mended(
        at..at + 1,
        "a key and its value are joined by `=`, not by `:`",
        format!("{} = {}", key.trim_end(), value.trim()),
    ))
}

/// A line of text.
fn no_key(line: &str) -> Option<Mistake> {
    let span = line.len() - line.trim_start().len()..line.trim_end().len();
    (!span.is_empty()).then(|| Mistake {
        span,
        message: "this line stands alone: it is no key with `=` and a value".to_owned(),
        help: "if it belongs to a text, put it between `content_markdown = \"\"\"` and `\"\"\"`; if it is a remark, begin it with `#`".to_owned(),
        mended: Some(format!("# {line}")),
    })
}

/// What is wrong with the value of a key, which begins at `start`.
fn in_value(line: &str, key: &str, start: usize, message: &str) -> Option<Mistake> {
    let value = line[start..].trim_end();
    let span = start..start + value.len();
    let with = |value: &str| format!("{key} = {value}");
    let first = value.chars().next();
    let typographic = |letter: char| matches!(letter, '“' | '”' | '„' | '«' | '»' | '‘' | '’' | '‚' | '‹' | '›');
    Some(match first {
        None => Mistake {
            span: start.saturating_sub(1).min(line.len())..line.len(),
            message: format!("`{key}` has no value"),
            help: match is_date_key(key) {
                true => format!("write a date behind the `=`, such as `{key} = 2026-01-31`, or remove the line"),
                false => format!("write a value behind the `=`, such as `{key} = \"…\"`, or remove the line"),
            },
            mended: Some(format!("# {line}")),
        },
        Some(letter) if typographic(letter) => {
            let inner =
                value.trim_matches(|letter: char| typographic(letter) || letter == '"' || letter.is_whitespace());
            mended(span, "a text must begin and end with straight quotation marks", with(&quoted(inner)))
        }
        Some('"') if message.contains("escape") || message.contains("unicode") => {
            let doubled = with_backslashes(value);
            mended(span, "a backslash in a text must be doubled", with(&doubled))
        }
        _ if value.ends_with(',') && !value.contains('[') => {
            let at = start + value.len() - 1;
            mended(at..at + 1, "this line must not end with a comma", with(value.trim_end_matches(',').trim_end()))
        }
        Some(mark @ ('"' | '\'')) => in_text(span, value, mark, key)?,
        Some('[') => in_list(span, value, key)?,
        Some(_) => in_bare_value(span, value, key, message)?,
    })
}

/// A text in quotation marks.
fn in_text(span: Range<usize>, value: &str, mark: char, key: &str) -> Option<Mistake> {
    let inner = &value[1..];
    let (message, text) = match (mark, inner.strip_suffix(mark)) {
        ('"', Some(inner)) => ("a quotation mark within a text is written `\\\"`", inner),
        ('"', None) => ("the quotation mark at the end of this text is missing", inner),
        (_, Some(inner)) => ("the apostrophe ends this text too early; put the text in double quotation marks", inner),
        (_, None) => ("the quotation mark at the end of this text is missing", inner),
    };
    // A remark behind the text would become a part of it.
    if text.contains(" #") {
        return None;
    }
    Some(mended(span, message, format!("{key} = {}", quoted(text))))
}

/// A list without quotation marks or its last bracket.
fn in_list(span: Range<usize>, value: &str, key: &str) -> Option<Mistake> {
    let is_closed = value.ends_with(']');
    let inner = value[1..].trim_end_matches(']');
    if inner.contains(['[', '{', '#']) {
        return None;
    }
    let items = inner.split(',').map(str::trim).filter(|item| !item.is_empty());
    let items: Vec<String> =
        items.map(|item| if item.starts_with(['"', '\'']) { item.to_owned() } else { quoted(item) }).collect();
    let message = match is_closed {
        true => "each text of a list must stand in quotation marks",
        false => "the bracket at the end of this list is missing",
    };
    Some(mended(span, message, format!("{key} = [{}]", items.join(", "))))
}

/// A value without quotation marks: a date, a yes or no, or a text.
fn in_bare_value(span: Range<usize>, value: &str, key: &str, message: &str) -> Option<Mistake> {
    if value.contains(['#', '{', '"']) {
        return None;
    }
    let readings = date_readings(value);
    if let [one, more @ ..] = &readings[..] {
        let line = |date: &String| format!("{key} = {date}");
        let mistake = mended(span, &format!("`{value}` is not a date as it is written here"), line(one));
        return Some(match more {
            [other, ..] => {
                Mistake { help: format!("write `{}` or `{}`, whichever is meant", line(one), line(other)), ..mistake }
            }
            [] => mistake,
        });
    }
    let truth = match value.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "y" => Some("true"),
        "no" | "off" | "false" | "n" => Some("false"),
        _ => None,
    };
    if let Some(truth) = truth {
        return Some(mended(span, "this must be `true` or `false`", format!("{key} = {truth}")));
    }
    if is_date_key(key) && value.contains(|letter: char| letter.is_ascii_digit()) {
        let message = format!("`{value}` is not a date as it is written here");
        if let Some(date) = date_in_words(value) {
            return Some(mended(span, &message, format!("{key} = {date}")));
        }
        return Some(Mistake {
            span,
            message,
            help: format!("write year, month and day in numbers, such as `{key} = 2026-01-31`"),
            mended: Some(format!("{key} = 2026-01-31")),
        });
    }
    let is_text = message.contains("must be quoted") || value.chars().next().is_some_and(char::is_alphabetic);
    is_text.then(|| mended(span, "this text must stand in quotation marks", format!("{key} = {}", quoted(value))))
}

fn is_date_key(key: &str) -> bool {
    matches!(key, "published" | "updated" | "expires" | "on")
}

/// A date with the name of a month, as it is to be written.
#[cfg(feature = "import")]
fn date_in_words(text: &str) -> Option<String> {
    let found = crate::dates::parse(text).filter(|found| found.doubt.is_none())?;
    Some(found.date?.day_first().day().to_string())
}

#[cfg(not(feature = "import"))]
fn date_in_words(_: &str) -> Option<String> {
    None
}

/// A text in double quotation marks.
fn quoted(text: &str) -> String {
    // What is escaped already stays.
    let text = text.replace("\\\"", "\"");
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A text with each backslash doubled, unless it escapes a quotation mark or a backslash.
fn with_backslashes(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 8);
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        if letter == '\\' {
            match letters.peek() {
                Some('"' | '\\') => out.extend(letters.next()),
                _ => out.push('\\'),
            }
        }
    }
    out
}
