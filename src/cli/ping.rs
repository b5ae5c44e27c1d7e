//! `tidings ping`.

use std::collections::BTreeSet;
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
use crate::serve::notify_hub;
use crate::text::count;

/// The pauses between attempts.
const RETRY_PAUSES: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(8)];

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
    let mut outcome = notify_hub(hub, &mut topics);
    for pause in RETRY_PAUSES {
        if outcome.is_ok() {
            break;
        }
        std::thread::sleep(pause);
        outcome = notify_hub(hub, &mut topics);
    }
    outcome.map(|()| count).map_err(|why| {
        let message = format!("the hub {hub} could not be notified {why} ({} of {count} left)", topics.len());
        let diagnostic = Diagnostic { cause: Cause::Machine, ..Diagnostic::error(None, message) };
        vec![diagnostic.help("run this again once the hub takes them")]
    })
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
