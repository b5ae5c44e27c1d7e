//! What a server says while it runs: its log to standard error, and a line for each request to standard output.

use std::fmt::{Debug, Write as _};
use std::io::Write;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use chrono::DateTime;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::report::stderr_has_color;
use crate::config::AccessLog;
use crate::serve::ACCESS;

/// Lines that wait for a reader of standard output; further ones are dropped, so that no request waits for it.
const WAITING: usize = 10_000;

/// Begins to write the logs.
pub fn start(access: AccessLog) {
    let is_said = |metadata: &Metadata<'_>| {
        metadata.target().starts_with("tidings") && metadata.target() != ACCESS && *metadata.level() <= Level::INFO
    };
    let log = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(stderr_has_color())
        .with_filter(filter_fn(is_said));
    let access = (access != AccessLog::Off).then(|| {
        let (lines, waiting) = sync_channel(WAITING);
        std::thread::spawn(move || write(&waiting));
        Access { form: access, lines }.with_filter(filter_fn(|metadata| metadata.target() == ACCESS))
    });
    // Somebody who runs the program within another may have a log of their own.
    let _ = tracing_subscriber::registry().with(log).with(access).try_init();
}

/// Writes lines as they come, many at once where they come fast.
fn write(lines: &Receiver<String>) {
    let mut out = std::io::stdout().lock();
    while let Ok(mut text) = lines.recv() {
        text.extend(lines.try_iter());
        // Nobody may be reading any more; requests go on.
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

/// A line for each request.
struct Access {
    form: AccessLog,
    lines: SyncSender<String>,
}

impl<S: Subscriber> Layer<S> for Access {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = if self.form == AccessLog::Json { fields.json() } else { fields.common() };
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
    fn time(&self, form: &str) -> String {
        let seconds = self.0.get("time").and_then(Value::as_i64).unwrap_or(0);
        DateTime::from_timestamp(seconds, 0).unwrap_or_default().format(form).to_string()
    }

    fn json(mut self) -> String {
        let time = self.time("%Y-%m-%dT%H:%M:%SZ");
        self.0.insert("time".to_owned(), time.into());
        format!("{}\n", Value::Object(self.0))
    }

    /// The common log format. A quotation mark or a backslash within quotation marks stands behind a backslash.
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
