//! Metrics, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::StatusCode;

use super::aggregators::Aggregators;
use super::client::Client;
use crate::model::Timestamp;

/// The statuses that are counted separately.
const STATUSES: [u16; 16] = [200, 204, 226, 304, 308, 400, 404, 405, 406, 408, 410, 412, 414, 429, 431, 503];

/// Counters of the responses for one document, or for none.
#[derive(Debug, Default)]
pub struct Counters {
    by_status: [AtomicU64; STATUSES.len() + 1],
    bytes: AtomicU64,
    /// Of a feed.
    aggregators: Option<Mutex<Aggregators>>,
}

/// All metrics.
#[derive(Debug, Default)]
pub struct Metrics {
    documents: Mutex<BTreeMap<String, Arc<Counters>>>,
    /// Responses that are not about a document.
    pub others: Counters,
    pub connections: AtomicU64,
    pub rendered: AtomicU64,
    pub reloads: AtomicU64,
    pub failed_reloads: AtomicU64,
    /// Whether the newest state of the store is served.
    pub is_current: AtomicU64,
    /// The duration of the last reload.
    pub reload_micros: AtomicU64,
    /// Topics that the hub has yet to be notified of.
    pub hub_pending: AtomicU64,
    /// Pings, by outcome.
    pub hub_accepted: AtomicU64,
    pub hub_refused: AtomicU64,
    pub hub_failed: AtomicU64,
    /// Topics that were dropped because too many were pending.
    pub hub_dropped: AtomicU64,
}

impl Counters {
    /// Counts a response.
    pub fn count(&self, status: StatusCode, bytes: u64) {
        let index = STATUSES.iter().position(|counted| *counted == status.as_u16()).unwrap_or(STATUSES.len());
        self.by_status[index].fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Records the subscribers of a feed that an aggregator reports.
    pub fn record_subscribers(&self, report: (&str, u64), client: Client, now: Timestamp) {
        if let Some(aggregators) = &self.aggregators {
            aggregators.lock().unwrap_or_else(PoisonError::into_inner).record(report, client, now);
        }
    }

    fn requests(&self) -> impl Iterator<Item = (u16, u64)> {
        let statuses = STATUSES.into_iter().chain([500]);
        statuses
            .zip(&self.by_status)
            .map(|(status, count)| (status, count.load(Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
    }
}

impl Metrics {
    /// The counters of a path, shared by all versions of its document.
    pub fn counters(&self, path: &str, is_feed: bool) -> Arc<Counters> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let counters = || Arc::new(Counters { aggregators: is_feed.then(Mutex::default), ..Counters::default() });
        Arc::clone(documents.entry(path.to_owned()).or_insert_with(counters))
    }

    /// Records a successful reload.
    pub fn record_reload(&self, rendered: usize, duration: Duration) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
        self.rendered.fetch_add(rendered as u64, Ordering::Relaxed);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.reload_micros.store(micros, Ordering::Relaxed);
    }

    /// All metrics in the text format.
    pub fn text(&self, now: Timestamp) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out, now);
        out
    }

    fn write(&self, out: &mut String, now: Timestamp) -> std::fmt::Result {
        self.write_documents(out, now)?;
        self.write_server(out)
    }

    /// The families that have a label for the document.
    fn write_documents(&self, out: &mut String, now: Timestamp) -> std::fmt::Result {
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all = || documents.iter().map(|(path, counters)| (path.as_str(), &**counters)).chain([("", &self.others)]);
        family(
            out,
            "requests_total",
            "counter",
            "Answers, by document and status; an empty feed stands for all other paths.",
        )?;
        let (mut responses, mut not_modified) = (0, 0);
        for (path, counters) in all() {
            for (status, count) in counters.requests() {
                writeln!(out, "tidings_requests_total{{feed=\"{}\",status=\"{status}\"}} {count}", label(path))?;
                responses += if path.is_empty() { 0 } else { count };
                not_modified += if status == 304 { count } else { 0 };
            }
        }
        family(out, "response_bytes_total", "counter", "Bytes of the bodies of answers.")?;
        for (path, counters) in all() {
            let bytes = counters.bytes.load(Ordering::Relaxed);
            if bytes > 0 {
                writeln!(out, "tidings_response_bytes_total{{feed=\"{}\"}} {bytes}", label(path))?;
            }
        }
        family(out, "not_modified_share", "gauge", "The share of answers about documents that were a 304.")?;
        writeln!(
            out,
            "tidings_not_modified_share {}",
            if responses == 0 { 0.0 } else { not_modified as f64 / responses as f64 }
        )?;
        family(out, "subscribers", "gauge", "Subscribers that an aggregator last reported in its user agent.")?;
        for (path, counters) in all() {
            let Some(aggregators) = &counters.aggregators else { continue };
            for (name, count) in aggregators.lock().unwrap_or_else(PoisonError::into_inner).current(now) {
                writeln!(
                    out,
                    "tidings_subscribers{{feed=\"{}\",aggregator=\"{}\"}} {count}",
                    label(path),
                    label(name)
                )?;
            }
        }
        Ok(())
    }

    /// The families of the whole server.
    fn write_server(&self, out: &mut String) -> std::fmt::Result {
        let number = |value: &AtomicU64| value.load(Ordering::Relaxed);
        family(out, "reloads_total", "counter", "Publications of a changed store, by outcome.")?;
        writeln!(out, "tidings_reloads_total{{outcome=\"ok\"}} {}", number(&self.reloads))?;
        writeln!(out, "tidings_reloads_total{{outcome=\"failed\"}} {}", number(&self.failed_reloads))?;
        family(out, "hub_pings_total", "counter", "Pings of the hub, by outcome; a refused one is not repeated.")?;
        for (outcome, value) in
            [("accepted", &self.hub_accepted), ("refused", &self.hub_refused), ("failed", &self.hub_failed)]
        {
            writeln!(out, "tidings_hub_pings_total{{outcome=\"{outcome}\"}} {}", number(value))?;
        }
        for (name, kind, help, value) in [
            (
                "hub_dropped_total",
                "counter",
                "Addresses that the hub is not told of because too many wait.",
                number(&self.hub_dropped) as f64,
            ),
            ("reload_ok", "gauge", "Whether the newest state of the store is served.", number(&self.is_current) as f64),
            ("reload_seconds", "gauge", "What the last publication took.", number(&self.reload_micros) as f64 / 1e6),
            ("documents_rendered_total", "counter", "Documents made since the start.", number(&self.rendered) as f64),
            ("connections", "gauge", "Open connections.", number(&self.connections) as f64),
            (
                "hub_pending",
                "gauge",
                "Addresses that the hub has still to be told of.",
                number(&self.hub_pending) as f64,
            ),
        ] {
            family(out, name, kind, help)?;
            writeln!(out, "tidings_{name} {value}")?;
        }
        Ok(())
    }
}

/// The header of a metric family.
fn family(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# HELP tidings_{name} {help}\n# TYPE tidings_{name} {kind}")
}

/// Escapes the value of a label.
fn label(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
