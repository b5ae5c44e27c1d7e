//! `tidings ping`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::args::PingOptions;
use super::configuration;
use super::report::Report;
use crate::config::Config;
use crate::diagnostics::{Cause, Diagnostic};
use crate::model::Format;
use crate::serve::{HubClient, Notified, RefusedTopic, displayed_hub};
use crate::text::count;

/// The pauses between attempts.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];
/// How many refused feeds an error names.
const MAX_LISTED: usize = 5;

/// Notifies the hub.
pub fn run(config: Option<&Path>, options: &PingOptions, report: &mut Report) -> u8 {
    match ping(config, options) {
        Ok(notified) if report.is_json() => report.result(&format!("{}\n", serde_json::json!({ "told": notified }))),
        Ok(notified) => report.result(&format!("the hub was notified of {}\n", count(notified, "feed"))),
        Err(diagnostics) => report.diagnostics(&diagnostics, false),
    }
    report.status()
}

fn ping(config: Option<&Path>, options: &PingOptions) -> Result<usize, Vec<Diagnostic>> {
    let config = configuration(config)?;
    let Some(hub) = &config.feeds.hub else {
        let diagnostic = Diagnostic::usage(None, "no hub is configured");
        return Err(vec![diagnostic.help("name one as `hub` in `[feeds]`")]);
    };
    let mut topics = match options.urls.is_empty() {
        true => changed(&config).map_err(|diagnostic| vec![diagnostic])?,
        false => named(&config, &options.urls)?,
    };
    let count = topics.len();
    let notified = notify(hub, &mut topics);
    let diagnostics = diagnostics(hub, &notified, topics.len(), count);
    if diagnostics.is_empty() { Ok(count) } else { Err(diagnostics) }
}

/// Notifies a hub of topics, with retries. Those that it accepted or refused are removed.
pub fn notify(hub: &Url, topics: &mut BTreeSet<String>) -> Notified {
    let client = HubClient::default();
    let mut notified = client.notify(hub, topics);
    for pause in RETRY_PAUSES {
        if notified.failure.is_none() {
            break;
        }
        std::thread::sleep(pause);
        let next = client.notify(hub, topics);
        notified.accepted += next.accepted;
        notified.refused.extend(next.refused);
        notified.failure = next.failure;
    }
    notified
}

/// What a hub did not accept: it refused topics, or so many of all are left.
pub fn diagnostics(hub: &Url, notified: &Notified, left: usize, count: usize) -> Vec<Diagnostic> {
    let hub = displayed_hub(hub);
    let mut diagnostics = refusals(&hub, &notified.refused);
    if let Some(reason) = &notified.failure {
        let message = format!("the hub {hub} could not be notified {reason} ({left} of {count} left)");
        let diagnostic = Diagnostic { cause: Cause::Machine, ..Diagnostic::error(None, message) };
        diagnostics.push(diagnostic.help("run this again once the hub takes them"));
    }
    diagnostics
}

/// An error for each reason why a hub refused topics.
fn refusals(hub: &str, refused: &[RefusedTopic]) -> Vec<Diagnostic> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for RefusedTopic { topic, reason } in refused {
        by_reason.entry(reason).or_default().push(topic);
    }
    let diagnostic = |(reason, topics): (&str, Vec<&str>)| {
        let (shown, others) = topics.split_at(topics.len().min(MAX_LISTED));
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        let message = format!("the hub {hub} refused {}{others}: {reason}", shown.join(", "));
        Diagnostic::error(None, message).help("ask its operator whether it accepts the feeds of this site")
    };
    by_reason.into_iter().map(diagnostic).collect()
}

/// The feeds of the arguments; a URL that is not a feed of this site is an error.
fn named(config: &Config, urls: &[Url]) -> Result<BTreeSet<String>, Vec<Diagnostic>> {
    let unknown = urls.iter().filter(|url| !is_feed(config, url.as_str()));
    let diagnostics: Vec<Diagnostic> = unknown
        .map(|url| {
            let diagnostic = Diagnostic::usage(None, format!("{url} is no feed of this site"));
            diagnostic.help(format!("its feeds are below {}", config.site.base_url))
        })
        .collect();
    if diagnostics.is_empty() { Ok(urls.iter().map(Url::to_string).collect()) } else { Err(diagnostics) }
}

/// The feeds that `build --format json` reported as changed.
fn changed(config: &Config) -> Result<BTreeSet<String>, Diagnostic> {
    #[derive(Deserialize)]
    struct Built {
        changed_urls: Vec<String>,
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Diagnostic::machine(Path::new("-"), "read this", &error))?;
    let built: Built = serde_json::from_str(&text).map_err(|error| {
        let diagnostic =
            Diagnostic::error(None, format!("standard input is not what `build --format json` says: {error}"));
        diagnostic.help("run `tidings build --format json | tidings ping`, or name the feeds")
    })?;
    Ok(built.changed_urls.into_iter().filter(|url| is_feed(config, url)).collect())
}

/// Whether a URL looks like a feed of this site.
fn is_feed(config: &Config, url: &str) -> bool {
    let formats = [Format::Atom, Format::Rss, Format::Json];
    let below = url.strip_prefix(config.site.base_url.as_str());
    below.is_some_and(|path| formats.iter().any(|format| path.ends_with(&format!(".{}", format.extension()))))
}
