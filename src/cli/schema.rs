//! `tidings schema`, and the line of a story file by which an editor finds the schema.

use std::path::{Component, Path, PathBuf};

use super::args::SchemaOf;
use super::report::Report;
use crate::config::Config;
use crate::files;

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
    format!("#:schema {path}\n")
}

/// The path of the site's story schema, relative to a folder with stories. The schema is written if it is missing. `None` where
/// it cannot be, or would be read as a story.
pub fn path_from(folder: &Path, config_file: &Path, config: &Config) -> Option<String> {
    let schema = config_file.parent().unwrap_or(Path::new("")).join(STORY_FILE);
    let absolute = lexical(&schema)?;
    if absolute.starts_with(lexical(&config.site.stories)?) {
        return None;
    }
    if !schema.exists() {
        std::fs::create_dir_all(schema.parent()?).ok()?;
        files::replace(&schema, STORY.as_bytes()).ok()?;
    }
    let folder = lexical(folder)?;
    let common = folder.components().zip(absolute.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(common).map(|_| "..".to_owned());
    let down = absolute.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// An absolute path without `..`.
fn lexical(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    Some(out)
}
