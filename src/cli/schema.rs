//! `tidings schema`.

use super::args::SchemaOf;
use super::report::Report;

/// JSON Schema draft 7, which editors with TOML completion support.
const STORY: &str = include_str!("schema/story.json");
const CONFIG: &str = include_str!("schema/config.json");

pub fn run(of: SchemaOf, report: &mut Report) -> u8 {
    report.write(match of {
        SchemaOf::Story => STORY,
        SchemaOf::Config => CONFIG,
    });
    report.status()
}
