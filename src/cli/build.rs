//! `tidings build`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::args::{BuildOptions, Form};
use super::build_result::{self, BuildResult};
use super::progress::BuildProgress;
use super::report::Report;
use super::{PROBLEMS, configuration, notify, publication_time, storage};
use crate::config::{Config, Destination};
use crate::diagnostics::{Diagnostic, Location};
use crate::model::Timestamp;
use crate::publish::{self, Observer, Options};
use crate::site::Site;
use crate::text::count;

/// Publishes, or with `--check` reports whether the publication is up to date.
pub fn run(config: Option<&Path>, options: &BuildOptions, form: Form, report: &mut Report) -> u8 {
    let start = Instant::now();
    if let Err(diagnostics) = build(config, options, form, start, report) {
        report.diagnostics(&diagnostics, options.strict);
    }
    report.status()
}

fn build(
    config: Option<&Path>,
    options: &BuildOptions,
    form: Form,
    start: Instant,
    report: &mut Report,
) -> Result<(), Vec<Diagnostic>> {
    let one = |diagnostic: Diagnostic| vec![diagnostic];
    let config = options.preview.apply(configuration(config)?).map_err(one)?;
    let now = publication_time(&config, options.now.as_deref()).map_err(one)?;
    let output = destination(options, &config).map_err(one)?;
    reject_output_in_store(&config, &output).map_err(one)?;
    if options.preview.drafts && is_same(&output, &config.site.output) {
        let location = Location::file(output.to_string());
        let diagnostic = Diagnostic::usage(location, "this is the configured output, which drafts must never reach");
        return Err(one(diagnostic.help("name another folder with --output")));
    }
    // Before anything is written.
    let credentials = notify::credentials().map_err(one)?;
    let opened = open(&output, &config).map_err(one)?;
    let progress = BuildProgress::new();
    let (site, diagnostics) = Site::load(&config, now);
    progress.suspend(|| report.diagnostics(&diagnostics, options.strict));
    if report.has_errors() {
        progress.clear();
        if !report.is_json() {
            report.result(&format!("nothing was written: {}\n", report.counts()));
        }
        return Ok(());
    }
    // Nobody's cache has what is built for a look.
    let is_public = !options.preview.drafts && (output.folder().is_none() || is_same(&output, &config.site.output));
    let publish = Options {
        compress: options.compress,
        strict: options.strict,
        overwrite: options.overwrite,
        delete_many: options.delete_many,
        is_public,
    };
    let observer = Console { report, progress: &progress, output: &output };
    let outcome = match options.check {
        true => publish::check(&site, &opened, publish, &observer),
        false => publish::build(&site, &opened, publish, &observer),
    };
    progress.clear();
    let outcome = outcome?;
    report.diagnostics(&outcome.warnings, options.strict);
    if !options.check {
        let notified = notify::after_build(&config, &opened, &output.to_string(), &outcome, &credentials);
        report.diagnostics(&notified.map_err(one)?, options.strict);
    }
    if options.check && !outcome.is_current() {
        report.raise_status(PROBLEMS);
        if !report.is_text() {
            let location = Location::file(output.to_string());
            let message =
                format!("{} ({})", build_result::status_message(&outcome), count(outcome.differing(), "file"));
            report.diagnostics(&[Diagnostic::error(location, message).help("run `tidings build`")], false);
        }
    }
    let result = BuildResult {
        site: &site,
        outcome: &outcome,
        next_change: site.next_change(Timestamp(now.timestamp())),
        is_check: options.check,
        warnings: report.warnings(),
        duration: start.elapsed(),
    };
    report.result(&match form {
        Form::Json => result.to_json(),
        Form::Markdown => result.to_markdown(),
        _ => result.to_text(),
    });
    Ok(())
}

/// Shows on standard error what a build does.
struct Console<'a> {
    report: &'a Report,
    progress: &'a BuildProgress,
    output: &'a Destination,
}

impl Observer for Console<'_> {
    fn waits(&self) {
        let location = Location::file(self.output.to_string());
        let note = Diagnostic::note(location, "another build is at work here; waiting for it");
        self.progress.suspend(|| self.report.note(&note));
    }

    fn rendered(&self, total: usize) {
        self.progress.rendered(total);
    }
}

/// Where the publication goes: what the command line names, else the configuration.
fn destination(options: &BuildOptions, config: &Config) -> Result<Destination, Diagnostic> {
    let Some(named) = &options.output else { return Ok(config.site.output.clone()) };
    let Some(text) = named.to_str() else { return Ok(Destination::Folder(named.clone())) };
    storage::destination("--output", text)
}

/// Opens the destination. An object store without the feature for it is refused before anything is read.
fn open(output: &Destination, config: &Config) -> Result<publish::Destination, Diagnostic> {
    match output {
        Destination::Folder(folder) => Ok(publish::Destination::Folder(folder.clone())),
        Destination::Store(address) => {
            let (documents, state) = storage::open(address, &config.publish)?;
            Ok(publish::Destination::Store { documents, state })
        }
    }
}

/// Whether two destinations are the same.
fn is_same(one: &Destination, other: &Destination) -> bool {
    match (one.folder(), other.folder()) {
        (Some(one), Some(other)) => canonical(one) == canonical(other),
        _ => one == other,
    }
}

/// Rejects an output within the store, which would be read as stories.
fn reject_output_in_store(config: &Config, output: &Destination) -> Result<(), Diagnostic> {
    let Some(output) = output.folder() else { return Ok(()) };
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
