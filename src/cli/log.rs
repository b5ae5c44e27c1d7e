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

    fn json(mut self) -> String {
        let time = self.time("%Y-%m-%dT%H:%M:%SZ");
        self.0.insert("time".to_owned(), time.into());
        format!("{}\n", Value::Object(self.0))
    }

    /// The common log format. A backslash escapes quotation marks and backslashes.
    fn common(&self) -> String {
        let text = |name: &str| match self.0.get(name) {
            Some(Value::String(text)) => text.replace('\\', "\\\\").replace('"', "\\\""),
            Some(value) => value.to_string(),
            None => "-".to_owned(),
        };
        let mut line = format!("{} - - [{}] ", text("client"), self.time("%d/%b/%Y:%H:%M:%S +0000"));
        let _ = writeln!(
            line,
            "\"{} {} {}\" {} {}",
            text("method"),
            text("path"),
            text("version"),
            text("status"),
            text("bytes")
        );
        line
    }
}
