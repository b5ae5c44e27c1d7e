//! The command in a program without the feature `import`.

use std::path::Path;

use super::args::ReviewOptions;
use super::report::Report;

/// Reports that the program lacks the command.
pub fn run(_config: Option<&Path>, _options: &ReviewOptions, report: &mut Report) -> u8 {
    report.without_feature("import")
}
