//! The command line, as clap parses it.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use url::Url;

use super::cdn::Cdn;
use super::examples;
use crate::config::{Config, Preview, SourceKind};
use crate::diagnostics::{Diagnostic, OutputFormat};
use crate::site::StoryState;

/// One store of multilingual stories in, a feed for every language and every topic out.
#[derive(Debug, Parser)]
#[command(name = "tidings", version, arg_required_else_help = true)]
pub struct Arguments {
    /// The configuration [default: tidings.toml, else config/tidings.toml]
    #[arg(long, global = true, value_name = "PATH", help_heading = SHARED)]
    pub config: Option<PathBuf>,

    /// The form of results and diagnostics; csv is for `list` and `coverage`, markdown for `build` and `coverage`, html for `coverage`
    #[arg(long, global = true, value_enum, default_value_t = Form::Text, help_heading = SHARED)]
    pub format: Form,

    #[command(subcommand)]
    pub command: Command,
}

/// The heading of the options that every command has.
const SHARED: &str = "Options of every command";

/// The form of a result, and of the diagnostics beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    // A doc comment of a value would make the help of every command long.
    Text,
    Json,
    Github,
    Csv,
    Markdown,
    Html,
}

impl Form {
    /// The form of diagnostics.
    pub fn of_diagnostics(self) -> OutputFormat {
        match self {
            Form::Json => OutputFormat::Json,
            Form::Github => OutputFormat::Github,
            Form::Text | Form::Csv | Form::Markdown | Form::Html => OutputFormat::Text,
        }
    }

    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Command {
    /// Whether its result has this form.
    pub fn writes(&self, form: Form) -> bool {
        match form {
            Form::Text | Form::Json | Form::Github => true,
            Form::Csv => matches!(self, Command::List(_) | Command::Coverage(_)),
            Form::Markdown => matches!(self, Command::Build(_) | Command::Coverage(_)),
            Form::Html => matches!(self, Command::Coverage(_)),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small site in two languages that builds at once, or write the sample, templates, a workflow or an editor
    #[command(after_help = examples::INIT)]
    Init(InitOptions),
    /// Import existing content into the store
    #[command(after_help = examples::IMPORT)]
    Import(ImportOptions),
    /// List what was imported as drafts, and approve or reject it
    #[command(after_help = examples::REVIEW)]
    Review(ReviewOptions),
    /// Read everything, write nothing, and report every diagnostic; with --feeds, of feeds instead of stories
    #[command(after_help = examples::CHECK)]
    Check(CheckOptions),
    /// Write the publication
    #[command(after_help = examples::BUILD)]
    Build(BuildOptions),
    /// Serve the feeds, and follow the store as it changes
    #[command(after_help = examples::SERVE)]
    Serve(ServeOptions),
    /// Notify the hub of changed feeds, after an upload
    #[command(after_help = examples::PING)]
    Ping(PingOptions),
    /// Write a new story as a draft, to be filled in
    #[command(after_help = examples::NEW)]
    New(NewOptions),
    /// List the stories of the store, one a line: state, day, languages, title, file
    #[command(after_help = examples::LIST)]
    List(ListOptions),
    /// Report which stories lack which languages, or have an older text in one, the newest first
    #[command(after_help = examples::COVERAGE)]
    Coverage(CoverageOptions),
    /// Write the JSON Schema of a story or of the configuration, for completion in an editor
    #[command(after_help = examples::SCHEMA)]
    Schema {
        /// The file format
        #[arg(value_enum)]
        of: SchemaOf,
    },
    /// Write the completions of a shell
    #[command(after_help = examples::COMPLETIONS)]
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the manual page of the program or of one command, in roff
    #[command(after_help = examples::MAN)]
    Man {
        /// The command; without one, the program as a whole
        command: Option<String>,
    },
}

/// A file format with a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A file of stories in the store, or a line of one
    Story,
    /// The configuration
    Config,
}

#[derive(Debug, Args)]
pub struct InitOptions {
    /// Where to make it
    #[arg(default_value = ".")]
    pub dir: PathBuf,
    #[command(flatten)]
    pub instead: InitInstead,
}

/// What `init` writes instead of a small site.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct InitInstead {
    /// Write the built-in templates and words instead, into `templates`, to be changed
    #[arg(long)]
    pub templates: bool,
    /// Write a workflow for GitHub instead, which checks pull requests and publishes
    #[arg(long)]
    pub github: bool,
    /// Write an editor for the browser instead, into `admin`: Decap CMS with a form made from the configuration
    #[arg(long)]
    pub editor: bool,
    /// Write the sample instead: a newsroom in six languages, with every key
    #[arg(long)]
    pub sample: bool,
    /// Print the rules that a CDN or cache needs for the configured site instead
    #[arg(long, value_name = "NAME")]
    pub cdn: Option<Cdn>,
}

#[derive(Debug, Args)]
pub struct NewOptions {
    /// The title in the first language
    pub title: String,

    /// A language that it will have, the first one with the title; repeatable [default: the default language]
    #[arg(long, value_name = "TAG")]
    pub language: Vec<String>,

    /// A topic; repeatable
    #[arg(long, value_name = "ID")]
    pub topic: Vec<String>,
}

/// Which stories a command is about.
#[derive(Debug, Args)]
pub struct FilterOptions {
    /// Stories of this topic
    #[arg(long, value_name = "ID")]
    pub topic: Option<String>,

    /// Stories published on this date or later
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
}

#[derive(Debug, Args)]
pub struct CoverageOptions {
    /// This language alone
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,

    #[command(flatten)]
    pub filter: FilterOptions,

    /// Only translations that are older than a correction in another language
    #[arg(long)]
    pub stale: bool,

    /// Fail if fewer of the visible stories have a language, in percent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub fail_under: Option<u8>,
}

#[derive(Debug, Args)]
pub struct ListOptions {
    /// Stories in this state alone
    #[arg(long, value_name = "STATE", value_parser = story_state)]
    pub state: Option<StoryState>,

    /// Stories that have this language
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,

    #[command(flatten)]
    pub filter: FilterOptions,
}

fn story_state(written: &str) -> Result<StoryState, String> {
    let known = StoryState::NAMES.iter().find(|(name, _)| *name == written);
    known.map(|(_, state)| *state).ok_or_else(|| {
        let names = StoryState::NAMES.map(|(name, _)| name);
        format!("write {}", names.join(", "))
    })
}

#[derive(Debug, Default, Args)]
pub struct ImportOptions {
    /// With --into files, folders and addresses to read, `-` is standard input; without it names of the configuration
    #[arg(required_unless_present = "all", value_name = "SOURCE")]
    pub sources: Vec<PathBuf>,

    /// The folder of the store that the stories go into
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,

    /// Import every source of the configuration
    #[arg(long, conflicts_with_all = ["sources", "into"])]
    pub all: bool,

    /// The format of the sources; detected by default
    #[arg(long, value_enum, requires = "into")]
    pub from: Option<SourceKind>,

    /// Report what would be imported, and write nothing
    #[arg(long)]
    pub dry_run: bool,

    /// The date of entries that have none; what is no date, such as `time` or `.date`, is the CSS selector of a page's dates
    #[arg(long, value_name = "DATE|SELECTOR")]
    pub date: Vec<String>,

    /// The language of entries whose own cannot be identified
    #[arg(long, value_name = "TAG", requires = "into")]
    pub language: Option<String>,

    /// A file of pairs that may be one story: decisions are read from it, and open pairs are written to it
    #[arg(long, value_name = "FILE")]
    pub review: Option<PathBuf>,

    /// Follow a redirect from a public host to a private address; one that is named is always fetched
    #[arg(long)]
    pub allow_private: bool,

    /// The name of the sources, by which a feed that moves is known again; without it, their address, id or path
    #[arg(long = "as", value_name = "NAME", requires = "into")]
    pub name: Option<String>,

    /// The sources are this site's own: ids in its own tag space are those of its stories
    #[arg(long)]
    pub own: bool,

    /// Report why entries were joined as one story, and why not
    #[arg(long)]
    pub explain: bool,

    /// Write nothing, and print what the members of the records are taken for, to be pasted into the configuration
    #[arg(long)]
    pub explain_mapping: bool,

    /// Import the pages of a WordPress export too
    #[arg(long)]
    pub pages: bool,

    #[command(flatten)]
    pub selectors: SelectorOptions,
}

/// What is decided about imported drafts.
#[derive(Debug, Default, Args)]
pub struct ReviewOptions {
    /// Publish these, and corrections of these
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub approve: Vec<String>,

    /// Remove these, and do not import them again
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub reject: Vec<String>,
}

/// CSS selectors of an HTML page; `--date` is one too.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "CSS selectors for a page of HTML")]
pub struct SelectorOptions {
    /// Each entry; without it, `article`
    #[arg(long, value_name = "SELECTOR", requires = "into")]
    pub item: Option<String>,

    /// Its title; without it, the first heading
    #[arg(long, value_name = "SELECTOR", requires = "into")]
    pub title: Option<String>,

    /// The link to its page; without it, the title's, else the first
    #[arg(long, value_name = "SELECTOR", requires = "into")]
    pub link: Option<String>,

    /// Its text; without it, `p`
    #[arg(long, value_name = "SELECTOR", requires = "into")]
    pub summary: Option<String>,
}

#[derive(Debug, Args)]
pub struct CheckOptions {
    /// Check feeds instead of stories: those that are named, else those that are published
    #[arg(long)]
    pub feeds: bool,

    /// Feeds, or folders of them
    #[arg(value_name = "FILE|URL", requires = "feeds")]
    pub named: Vec<PathBuf>,

    /// Treat warnings as errors
    #[arg(long)]
    pub strict: bool,
}

#[derive(Debug, Args)]
pub struct BuildOptions {
    /// Write here instead of the configured output
    #[arg(long, value_name = "DIR|URL", required_if_eq("drafts", "true"))]
    pub output: Option<PathBuf>,

    /// Write nothing; fail if the output is not up to date
    #[arg(long)]
    pub check: bool,

    /// Publish as if it were this date or time
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,

    /// Add .gz, .br and .zst copies beside each file
    #[arg(long)]
    pub compress: bool,

    /// Treat warnings as errors
    #[arg(long)]
    pub strict: bool,

    /// In an object store, replace documents that somebody changed; without it they are kept and reported
    #[arg(long)]
    pub overwrite: bool,

    /// In an object store, allow removing more than a third of more than 100 documents
    #[arg(long)]
    pub delete_many: bool,

    #[command(flatten)]
    pub preview: PreviewOptions,
}

/// What a preview changes in the configuration.
#[derive(Debug, Clone, Args)]
pub struct PreviewOptions {
    /// Publish for another address, as a preview
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,

    /// Publish drafts too, as a preview; `build` needs --output with it
    #[arg(long)]
    pub drafts: bool,
}

impl PreviewOptions {
    /// Applies them to a configuration.
    pub fn apply(&self, config: Config) -> Result<Config, Diagnostic> {
        let config = match &self.base_url {
            Some(url) => config.with_base_url(url).map_err(|diagnostic| Diagnostic {
                message: format!("--base-url: {}", diagnostic.message),
                ..diagnostic
            })?,
            None => config,
        };
        Ok(if self.drafts { config.with_drafts() } else { config })
    }
}

/// An address to listen on: `127.0.0.1:8080`, `localhost:8080`, `:8080` or `8080`. Without an address it is that of this
/// machine alone.
fn listen_address(written: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = written.parse() {
        return Ok(address);
    }
    let (host, port) = written.rsplit_once(':').unwrap_or(("", written));
    let port: u16 = port.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:8080".to_owned())?;
    match host {
        "" | "localhost" => Ok(SocketAddr::from(([127, 0, 0, 1], port))),
        "*" => Ok(SocketAddr::from(([0, 0, 0, 0], port))),
        _ => Err("write an IP address, `localhost` or nothing before the port, such as 127.0.0.1:8080".to_owned()),
    }
}

#[derive(Debug, Clone, Args)]
pub struct ServeOptions {
    /// Listen here instead of on the configured address
    #[arg(long, value_name = "ADDR", value_parser = listen_address)]
    pub listen: Option<SocketAddr>,

    /// Show drafts, scheduled and expired stories with badges, and reload open pages after a change; on this machine alone
    #[arg(long)]
    pub preview: bool,

    /// Show that preview to other machines and through proxies too
    #[arg(long, requires = "preview")]
    pub preview_open: bool,

    /// Serve what `build` writes there, and follow it, instead of the store
    #[arg(long, value_name = "DIR", conflicts_with_all = ["preview", "drafts", "base_url"])]
    pub from: Option<String>,

    #[command(flatten)]
    pub changes: PreviewOptions,
}

impl ServeOptions {
    /// Applies them to a configuration.
    pub fn apply(&self, config: Config) -> Result<Config, Diagnostic> {
        let config = self.changes.apply(config)?;
        Ok(match (self.preview, self.preview_open) {
            (true, false) => config.with_preview(Preview::Loopback),
            (true, true) => config.with_preview(Preview::Open),
            (false, _) => config,
        })
    }
}

#[derive(Debug, Args)]
pub struct PingOptions {
    /// The addresses of the feeds; without any, those that `build --format json` lists on standard input
    #[arg(value_name = "URL")]
    pub urls: Vec<Url>,
}
