//! `tidings check`.

use std::path::Path;

use chrono::Utc;
use serde_json::json;

use super::args::CheckOptions;
use super::configuration;
use super::report::{Report, count};
use crate::site::Site;

/// Reads everything, writes nothing, names every problem.
pub fn run(config: Option<&Path>, options: &CheckOptions, report: &mut Report) -> u8 {
    let config = match configuration(config) {
        Ok(config) => config,
        Err(problems) => {
            report.problems(&problems, options.strict);
            return report.status();
        }
    };
    let (site, problems) = Site::load(&config, Utc::now());
    report.problems(&problems, options.strict);
    let (stories, translations) = site.counts();
    let text = if report.is_json() {
        let warnings = report.warnings();
        format!(
            "{}\n",
            json!({"stories": stories, "translations": translations, "problems": problems.len(), "warnings": warnings})
        )
    } else {
        format!("{}, {} shown now; {}\n", count(stories, "story"), count(translations, "translation"), report.counts())
    };
    report.result(&text);
    report.status()
}
