//! The logs of a server: events to standard error, and the access log to standard output.

use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chrono::DateTime;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::debug_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::report::stderr_has_color;
use crate::config::AccessLog;
use crate::diagnostics::{escape, escape_lines};
use crate::serve::ACCESS;

/// Further lines are dropped, so that no request waits for a slow reader of standard output.
const MAX_QUEUED_LINES: usize = 10_000;

/// Starts logging.
pub fn start(access: AccessLog) {
    let is_logged = |metadata: &Metadata<'_>| {
        metadata.target().starts_with("tidings") && metadata.target() != ACCESS && *metadata.level() <= Level::INFO
    };
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .fmt_fields(debug_fn(|out, field, value| match field.name() {
            "message" => write!(out, "{}", escape_lines(&format!("{value:?}"))),
            name => write!(out, " {name}={}", escape(&format!("{value:?}"))),
        }))
        .with_ansi(stderr_has_color())
        .with_filter(filter_fn(is_logged));
    let access = (access != AccessLog::Off).then(|| {
        let (lines, queue) = sync_channel(MAX_QUEUED_LINES);
        std::thread::spawn(move || write(&queue));
        Access { format: access, lines }.with_filter(filter_fn(|metadata| metadata.target() == ACCESS))
    });
    // A program that embeds this one may have installed its own subscriber.
    let _ = tracing_subscriber::registry().with(log).with(access).try_init();
}

/// Writes queued lines, in batches where they queue up.
fn write(lines: &Receiver<String>) {
    let mut out = std::io::stdout().lock();
    while let Ok(mut text) = lines.recv() {
        text.extend(lines.try_iter());
        // Standard output may be closed; requests go on.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// Writes a line of the access log for each request.
struct Access {
    format: AccessLog,
    lines: SyncSender<String>,
}

impl<S: Subscriber> Layer<S> for Access {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = if self.format == AccessLog::Json { fields.json() } else { fields.common() };
        let _ = self.lines.try_send(line);
    }
}

#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Fields {
    fn time(&self, format: &str) -> String {
        let seconds = self.0.get("time").and_then(Value::as_i64).unwrap_or(0);
        DateTime::from_timestamp(seconds, 0).unwrap_or_default().format(format).to_string()
    }

    /// JSON in ASCII.
    fn json(mut self) -> String {
        let time = self.time("%Y-%m-%dT%H:%M:%SZ");
        self.0.insert("time".to_owned(), time.into());
        let json = Value::Object(self.0).to_string();
        let mut line = String::with_capacity(json.len() + 1);
        for c in json.chars() {
            if matches!(c, ' '..='~') {
                line.push(c);
                continue;
            }
            // JSON's escapes are of UTF-16.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        }
        line.push('\n');
        line
    }

    /// The common log format.
    fn common(&self) -> String {
        let text = |name: &str| match self.0.get(name) {
            Some(Value::String(text)) => escape_bytes(text.as_bytes()),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        };
        let request = match &*text("method") {
            // Nothing was read of it.
            "-" => "-".to_owned(),
            method => format!("{method} {} {}", text("path"), text("version")),
        };
        let time = self.time("%d/%b/%Y:%H:%M:%S +0000");
        format!("{} - - [{time}] \"{request}\" {} {}\n", text("client"), text("status"), text("bytes"))
    }
}

/// Escapes quotation marks, backslashes and all bytes but printable ASCII, as nginx does.
fn escape_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for byte in bytes {
        if matches!(byte, b'"' | b'\\' | ..=0x1f | 0x7f..) {
            let _ = write!(out, "\\x{byte:02X}");
        } else {
            out.push(char::from(*byte));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(path: &str) -> Fields {
        let value = serde_json::json!({
            "client": "192.0.2.1", "time": 1_700_000_000, "method": "GET", "path": path, "version": "HTTP/1.1", "status": 404,
            "bytes": 7, "agent": "a",
        });
        Fields(value.as_object().unwrap().clone())
    }

    #[test]
    fn the_common_format_is_printable_ascii() {
        for (path, expected) in [
            ("/en/%0a", "/en/%0a"),
            ("/\u{9b}31m\u{7f}\u{202e}", "/\\xC2\\x9B31m\\x7F\\xE2\\x80\\xAE"),
            ("/a\"b\\x1b\n\u{1b}", "/a\\x22b\\x5Cx1b\\x0A\\x1B"),
        ] {
            let line = format!("192.0.2.1 - - [14/Nov/2023:22:13:20 +0000] \"GET {expected} HTTP/1.1\" 404 7\n");
            assert_eq!(fields(path).common(), line);
        }
        let mut refused = fields("-");
        refused.0.insert("method".to_owned(), "-".into());
        assert_eq!(refused.common(), "192.0.2.1 - - [14/Nov/2023:22:13:20 +0000] \"-\" 404 7\n");
    }

    #[test]
    fn json_keeps_values_and_shows_nothing_active() {
        let path = "/\u{9b}31m\u{7f}\u{202e}\"\\";
        let line = fields(path).json();
        assert!(line.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line}");
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!((value["path"].as_str(), value["time"].as_str()), (Some(path), Some("2023-11-14T22:13:20Z")));
    }
}
