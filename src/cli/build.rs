//! `tidings build`.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::args::BuildOptions;
use super::report::Report;
use super::{PROBLEMS, configuration, publication_time};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location, escape};
use crate::publish::{self, Options, Outcome};
use crate::site::Site;
use crate::text::count;

/// Publishes, or with `--check` reports whether the publication is up to date.
pub fn run(config: Option<&Path>, options: &BuildOptions, report: &mut Report) -> u8 {
    let start = Instant::now();
    if let Err(diagnostics) = build(config, options, start, report) {
        report.diagnostics(&diagnostics, options.strict);
    }
    report.status()
}

fn build(
    config: Option<&Path>,
    options: &BuildOptions,
    start: Instant,
    report: &mut Report,
) -> Result<(), Vec<Diagnostic>> {
    let one = |diagnostic: Diagnostic| vec![diagnostic];
    let config = options.preview.apply(configuration(config)?).map_err(one)?;
    let now = publication_time(&config, options.now.as_deref()).map_err(one)?;
    let output = options.output.clone().unwrap_or_else(|| config.site.output.clone());
    reject_output_in_store(&config, &output).map_err(one)?;
    if options.preview.drafts && canonical(&output) == canonical(&config.site.output) {
        let location = Location::file(output.display().to_string());
        let diagnostic = Diagnostic::usage(location, "this is the configured output, which drafts must never reach");
        return Err(one(diagnostic.help("name another folder with --output")));
    }
    let (site, diagnostics) = Site::load(&config, now);
    report.diagnostics(&diagnostics, options.strict);
    if report.has_errors() {
        if !report.is_json() {
            report.result(&format!("nothing was written: {}\n", report.counts()));
        }
        return Ok(());
    }
    let publish = Options { compress: options.compress, strict: options.strict };
    let outcome = match options.check {
        true => publish::check(&site, &output, publish)?,
        false => {
            let location = || Location::file(output.display().to_string());
            let waits = || report.note(&Diagnostic::note(location(), "another build is at work here; waiting for it"));
            publish::build(&site, &output, publish, &waits)?
        }
    };
    report.diagnostics(&outcome.warnings, options.strict);
    if options.check && !outcome.is_current() {
        report.raise_status(PROBLEMS);
        if !report.is_text() {
            let location = Location::file(output.display().to_string());
            let message = format!("{} ({})", status_message(&outcome), count(outcome.differing(), "file"));
            report.diagnostics(&[Diagnostic::error(location, message).help("run `tidings build`")], false);
        }
    }
    let text = if report.is_json() {
        to_json(&site, &outcome, options.check, report)
    } else {
        to_text(&site, &outcome, options.check, start, report)
    };
    report.result(&text);
    Ok(())
}

/// Rejects an output within the store, which would be read as stories.
fn reject_output_in_store(config: &Config, output: &Path) -> Result<(), Diagnostic> {
    if canonical(output).starts_with(canonical(&config.site.stories)) {
        let location = Location::file(output.display().to_string());
        return Err(Diagnostic::error(location, "the output would lie within the store")
            .help("choose another `output` or `stories`"));
    }
    Ok(())
}

/// An absolute path; symbolic links of its existing part are resolved.
fn canonical(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)));
    existing.map_or_else(|| path.clone(), |(real, rest)| real.join(rest))
}

/// The result of `--check` in words.
fn status_message(outcome: &Outcome) -> &'static str {
    match (outcome.is_current(), outcome.time_alone) {
        (true, _) => "the output is up to date",
        (false, true) => "the output is not up to date; time alone made the difference",
        (false, false) => "the output is not up to date",
    }
}

fn to_json(site: &Site, outcome: &Outcome, is_check: bool, report: &Report) -> String {
    let base = &site.config().site.base_url;
    let urls =
        |paths: &[String]| paths.iter().filter_map(|path| base.join(path).ok()).map(String::from).collect::<Vec<_>>();
    let (stories, translations) = site.counts();
    let mut value = json!({
        "stories": stories,
        "translations": translations,
        "written": outcome.written.len(),
        "unchanged": outcome.unchanged,
        "removed": outcome.removed.len(),
        "rendered": outcome.rendered,
        "warnings": report.warnings(),
        "changed_urls": urls(&outcome.written),
        "removed_urls": urls(&outcome.removed),
    });
    if is_check {
        value["up_to_date"] = outcome.is_current().into();
        value["time_alone"] = outcome.time_alone.into();
    }
    format!("{value}\n")
}

fn to_text(site: &Site, outcome: &Outcome, is_check: bool, start: Instant, report: &Report) -> String {
    let (stories, translations) = site.counts();
    let (written, removed) = (outcome.written.len(), outcome.removed.len());
    let mut out = format!("{}, {} shown\n", count(stories, "story"), count(translations, "translation"));
    if is_check {
        for path in &outcome.written {
            let _ = writeln!(out, "  not up to date: {}", escape(path));
        }
        for path in &outcome.removed {
            let _ = writeln!(out, "  no longer published: {}", escape(path));
        }
        let _ = writeln!(out, "{}", status_message(outcome));
    } else {
        let documents = count(written + outcome.unchanged, "document");
        let _ = writeln!(out, "{documents}: {written} written, {} unchanged, {removed} removed", outcome.unchanged);
    }
    let _ = writeln!(out, "{}, {:.2} s", count(report.warnings(), "warning"), start.elapsed().as_secs_f64());
    out
}
