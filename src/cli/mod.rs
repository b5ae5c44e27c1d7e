//! The command line: arguments, exit status and output. The only reader of the clock, the environment and the terminal.

mod args;
mod build;
mod build_result;
mod cdn;
mod check;
mod coverage;
mod csv;
mod editor;
mod examples;
mod filter;
mod generate;
#[cfg_attr(not(feature = "import"), path = "absent/import.rs")]
mod import;
#[cfg(all(feature = "import", feature = "serve"))]
mod import_tasks;
mod init;
#[cfg_attr(not(feature = "import"), path = "absent/language_check.rs")]
mod language_check;
mod list;
#[cfg(feature = "serve")]
mod log;
mod new;
mod notify;
#[cfg_attr(not(feature = "serve"), path = "absent/ping.rs")]
mod ping;
mod progress;
mod report;
#[cfg_attr(not(feature = "import"), path = "absent/review.rs")]
mod review;
mod schema;
#[cfg(feature = "serve")]
mod sd_notify;
mod secrets;
#[cfg_attr(not(feature = "serve"), path = "absent/serve.rs")]
mod serve;
#[cfg_attr(not(feature = "import"), path = "absent/slug.rs")]
mod slug;
mod storage;
mod usage;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, Utc};

use self::args::Command;
use self::report::Report;
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics, Location, escape_lines};

const SUCCESS: u8 = 0;
/// The input has errors, or `--check` found a difference.
const PROBLEMS: u8 = 1;
/// The command line is invalid.
const USAGE: u8 = 2;
/// An I/O error.
const MACHINE: u8 = 3;

/// Runs the program with the arguments of the process. Status 2 for invalid usage is [`clap`]'s.
pub fn run() -> ExitCode {
    let arguments = match usage::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Arguments may come from a script that reads them elsewhere. If the output is closed, there is nowhere to report it.
            let text = escape_lines(&error.render().to_string());
            let _ = match error.use_stderr() {
                true => std::io::stderr().write_all(text.as_bytes()),
                false => std::io::stdout().write_all(text.as_bytes()),
            };
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut report = Report::new(arguments.format.of_diagnostics());
    if !arguments.command.writes(arguments.format) {
        let message = format!("--format {}: this command has no such form", arguments.format.name());
        report.diagnostics(&[Diagnostic::usage(None, message).help("use text, json or github")], false);
        return ExitCode::from(report.status());
    }
    let status = match &arguments.command {
        Command::Init(options) => init::run(arguments.config.as_deref(), options, &mut report),
        Command::Import(options) => import::run(arguments.config.as_deref(), options, &mut report),
        Command::Review(options) => review::run(arguments.config.as_deref(), options, &mut report),
        Command::Check(options) => check::run(arguments.config.as_deref(), options, &mut report),
        Command::Build(options) => build::run(arguments.config.as_deref(), options, arguments.format, &mut report),
        Command::Serve(options) => serve::run(arguments.config.as_deref(), options, &mut report),
        Command::New(options) => new::run(arguments.config.as_deref(), options, &mut report),
        Command::List(options) => list::run(arguments.config.as_deref(), options, arguments.format, &mut report),
        Command::Coverage(options) => {
            coverage::run(arguments.config.as_deref(), options, arguments.format, &mut report)
        }
        Command::Schema { of } => schema::run(*of, &mut report),
        Command::Completions { shell } => generate::completions(*shell, &mut report),
        Command::Man { command } => generate::manual_page(command.as_deref(), &mut report),
        Command::Ping(options) => ping::run(arguments.config.as_deref(), options, &mut report),
    };
    ExitCode::from(status)
}

/// The named configuration, or the one in the current directory.
fn configuration(named: Option<&Path>) -> Result<Config, Diagnostics> {
    Config::load(configuration_path(named)?)
}

/// The path of the named configuration, or of the one in the current directory.
fn configuration_path(named: Option<&Path>) -> Result<PathBuf, Diagnostic> {
    configuration_path_below(Path::new(""), named)
}

/// The path of the named configuration, or of the one in a folder.
fn configuration_path_below(folder: &Path, named: Option<&Path>) -> Result<PathBuf, Diagnostic> {
    if let Some(path) = named {
        let location = Location::file(path.display().to_string());
        return match path.exists() {
            true => Ok(path.to_owned()),
            false => Err(Diagnostic::usage(location, "this configuration does not exist")),
        };
    }
    let defaults = ["tidings.toml", "config/tidings.toml"];
    defaults.iter().map(|name| folder.join(name)).find(|path| path.exists()).ok_or_else(|| {
        let message = "there is no configuration here: neither `tidings.toml` nor `config/tidings.toml`";
        let location = (!folder.as_os_str().is_empty()).then(|| Location::file(folder.display().to_string()));
        let diagnostic = Diagnostic::usage(location, message);
        diagnostic.help("name one with --config PATH, or make a site with `tidings init`")
    })
}

/// The time given with `--now`, or the current time.
fn publication_time(config: &Config, now: Option<&str>) -> Result<DateTime<Utc>, Diagnostic> {
    let Some(text) = now else { return Ok(Utc::now()) };
    let instant =
        config.site.zone.read(text).map_err(|why| Diagnostic::usage(None, format!("--now: `{text}` {why}")))?;
    Ok(instant.utc())
}
