//! The progress bar of an import.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::import::Progress;

/// A progress bar on standard error, hidden if that is not a terminal.
pub struct ImportProgress(ProgressBar);

impl ImportProgress {
    /// Appears with the first update.
    pub fn new() -> ImportProgress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner} {human_pos} entries read, {elapsed}"));
        ImportProgress(bar)
    }

    pub fn update(&self, progress: Progress) {
        match progress {
            Progress::Waiting => {}
            Progress::Read(count) => self.0.set_position(count as u64),
            Progress::Stored(count, of) => {
                if self.0.length() != Some(of as u64) {
                    self.0.set_style(style("{bar:30} {human_pos} of {human_len} stories, {eta} to go"));
                    self.0.set_length(of as u64);
                    self.0.enable_steady_tick(Duration::from_millis(200));
                }
                self.0.set_position(count as u64);
            }
        }
    }

    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
