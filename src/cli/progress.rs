//! How far an import has come, where a person watches a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::import::Progress;

/// A line on standard error; none where that is no terminal.
pub struct Bar(ProgressBar);

impl Bar {
    /// A line that shows itself when the first thing is done.
    pub fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style("{spinner} {human_pos} entries read, {elapsed}"));
        Bar(bar)
    }

    /// Shows how far it has come.
    pub fn show(&self, progress: Progress) {
        match progress {
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

    /// Takes the line away again.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
