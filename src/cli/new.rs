//! `tidings new`: a story to be filled in.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{Datelike, Utc};

use super::args::NewOptions;
use super::filter::{language, topic};
use super::report::Report;
use super::slug::slug;
use super::{configuration_path, schema};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::files;

/// Writes a draft with a title.
pub fn run(config: Option<&Path>, options: &NewOptions, report: &mut Report) -> u8 {
    let one = |diagnostic| vec![diagnostic];
    let written = configuration_path(config).map_err(one).and_then(|path| {
        let config = Config::load(&path)?;
        write(&path, &config, options).map_err(one)
    });
    match written {
        Ok(path) => report.result(&format!("{}\n", path.display())),
        Err(diagnostics) => report.diagnostics(&diagnostics, false),
    }
    report.status()
}

fn write(config_file: &Path, config: &Config, options: &NewOptions) -> Result<PathBuf, Diagnostic> {
    let title = options.title.trim();
    if title.is_empty() {
        return Err(
            Diagnostic::usage(None, "the title is empty").help("write it behind the command: `tidings new \"Title\"`")
        );
    }
    let mut languages = Vec::new();
    for tag in &options.language {
        languages.extend(language(config, Some(tag))?);
    }
    if languages.is_empty() {
        languages.push(0);
    }
    for id in &options.topic {
        topic(config, Some(id))?;
    }
    let today = config.site.zone.moment(crate::model::Timestamp(Utc::now().timestamp())).date_time().date_naive();
    let folder = config.site.stories.join(today.year().to_string());
    let slug = slug(title).unwrap_or_else(|| today.to_string());
    let schema = schema::path_from(&folder, config_file, config).map(|path| schema::line(&path)).unwrap_or_default();
    let text = schema + &story(config, title, &languages, &options.topic, &today.to_string());
    for number in 1..1000 {
        let name = if number == 1 { format!("{slug}.toml") } else { format!("{slug}-{number}.toml") };
        let path = folder.join(name);
        let failed = |error| Diagnostic::machine(&path, "write this file", &error);
        // Never over a file that is there.
        match files::create(&path, text.as_bytes()) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Err(Diagnostic::error(
        Location::file(folder.display().to_string()),
        format!("there are a thousand stories named `{slug}`"),
    ))
}

/// The text of the story: what is needed, and what is often used as remarks.
fn story(config: &Config, title: &str, languages: &[u16], topics: &[String], day: &str) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let topics: Vec<String> = topics.iter().map(|topic| quoted(topic)).collect();
    let mut out = format!(
        "published = {day}\ndraft     = true    # remove this line to publish it\ntopics    = [{}]\n",
        topics.join(", ")
    );
    out += "# link    = \"https://…\"    # its page, if it has one elsewhere; {language} is replaced\n";
    out += "# image   = { url = \"https://…\", alt = \"…\", credit = \"…\" }\n";
    for (index, language) in languages.iter().enumerate() {
        let tag = config.languages[usize::from(*language)].language.as_str();
        let title = if index == 0 { quoted(title) } else { "\"…\"".to_owned() };
        let _ = write!(
            out,
            "\n[translations.{tag}]\ntitle   = {title}\nsummary = \"\"\ncontent_markdown = \"\"\"\n\"\"\"\n"
        );
    }
    out
}
