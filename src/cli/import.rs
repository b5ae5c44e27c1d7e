//! `tidings import`.

use std::io::Read;
use std::path::Path;

use super::args::{ImportOptions, SourceKind};
use super::report::Report;
use super::{MACHINE, PROBLEMS, USAGE, configuration};
use crate::config::Config;
use crate::diagnostics::{Cause, Problem};
use crate::import::{self, Error, Fault, Request, Setting};

/// Brings what exists into the store, and says what became of every entry.
pub fn run(config: Option<&Path>, options: &ImportOptions, report: &mut Report) -> u8 {
    if let Err(problems) = bring(config, options, report) {
        report.problems(&problems, false);
    }
    report.status()
}

fn bring(config: Option<&Path>, options: &ImportOptions, report: &mut Report) -> Result<(), Vec<Problem>> {
    let config = configuration(config)?;
    let SourceKind::Listing = options.from;
    let request = Request {
        sources: options.sources.clone(),
        into: options.into.clone(),
        dry_run: options.dry_run,
        date: options.date,
        language: options.language.clone(),
    };
    let input = match options.sources.iter().any(|source| source == Path::new("-")) {
        true => Some(standard_input()?),
        false => None,
    };
    let outcome = import::run(&setting(&config), &request, input.as_deref()).map_err(|error| {
        let fault = error.fault();
        report.end_with(match fault {
            Fault::Input => PROBLEMS,
            Fault::Usage => USAGE,
            Fault::Machine => MACHINE,
        });
        vec![problem(&error, fault)]
    })?;
    let text = if report.is_json() {
        serde_json::to_string(&outcome).map(|json| json + "\n").unwrap_or_default()
    } else {
        outcome.to_string()
    };
    report.result(&text);
    if outcome.left_out() > 0 {
        report.end_with(PROBLEMS);
    }
    Ok(())
}

fn setting(config: &Config) -> Setting {
    Setting {
        languages: config.languages.iter().map(|edition| edition.language.to_string()).collect(),
        topics: config.topics.iter().map(|topic| (topic.id.clone(), topic.words.clone())).collect(),
    }
}

fn problem(error: &Error, fault: Fault) -> Problem {
    let problem = Problem::error(None, error.to_string());
    if fault == Fault::Machine { Problem { cause: Cause::Machine, ..problem } } else { problem }
}

fn standard_input() -> Result<Vec<u8>, Vec<Problem>> {
    let mut bytes = Vec::new();
    match std::io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(vec![Problem::machine(Path::new("standard input"), "read it", &error)]),
    }
}
