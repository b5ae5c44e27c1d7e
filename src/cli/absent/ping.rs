//! The command in a program without the feature `serve`.

use std::path::Path;

use super::args::PingOptions;
use super::report::Report;

/// Reports that the program lacks the command.
pub fn run(_config: Option<&Path>, _options: &PingOptions, report: &mut Report) -> u8 {
    report.without_feature("serve")
}
