//! `tidings schema` and `tidings completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::{Arguments, SchemaOf};
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

pub fn completions(shell: Shell, report: &mut Report) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tidings", &mut script);
    report.write(&String::from_utf8_lossy(&script));
    report.status()
}
