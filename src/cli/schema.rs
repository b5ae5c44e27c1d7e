//! `tidings schema`, and the line of a story file by which an editor finds the schema.

use std::path::Path;

use super::args::SchemaOf;
use super::report::Report;
use crate::config::Config;
use crate::files;
use crate::source::SCHEMA_COMMENT;

/// JSON Schema draft 7, which editors with TOML completion support.
pub const STORY: &str = include_str!("schema/story.json");
pub const CONFIG: &str = include_str!("schema/config.json");

/// Where a site keeps the schema of its stories, below the folder of the configuration.
pub const STORY_FILE: &str = "schema/story.json";

pub fn run(of: SchemaOf, report: &mut Report) -> u8 {
    report.write(match of {
        SchemaOf::Story => STORY,
        SchemaOf::Config => CONFIG,
    });
    report.status()
}

/// The first line of a story file: the path of its schema, relative to the file.
pub fn line(path: &str) -> String {
    format!("{SCHEMA_COMMENT}{path}\n")
}

/// The path of the site's story schema, relative to a folder with stories. The schema is written if it is missing. `None` where
/// it cannot be, or would be read as a story.
pub fn path_from(folder: &Path, config_file: &Path, config: &Config) -> Option<String> {
    let schema = config_file.parent().unwrap_or(Path::new("")).join(STORY_FILE);
    let absolute = files::lexical(&schema);
    if absolute.starts_with(files::lexical(&config.site.stories)) {
        return None;
    }
    if !schema.exists() {
        files::replace(&schema, STORY.as_bytes()).ok()?;
    }
    Some(files::relative(&absolute, &files::lexical(folder)).display().to_string())
}
