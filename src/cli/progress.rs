//! The progress bars of a build and of an import.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

#[cfg(feature = "import")]
use crate::import::Progress;

/// How often a bar is drawn.
const TICK: Duration = Duration::from_millis(200);

/// How long a build takes before its progress is shown.
const SHORT_BUILD: Duration = Duration::from_secs(1);

/// The progress of a build that is not a short one, on standard error, hidden if that is not a terminal.
pub struct BuildProgress(ProgressBar);

impl BuildProgress {
    pub fn new() -> BuildProgress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style("{spinner} reading the stories, {elapsed}"));
        let later = bar.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SHORT_BUILD);
            if !later.is_finished() {
                later.set_draw_target(ProgressDrawTarget::stderr());
                later.enable_steady_tick(TICK);
            }
        });
        BuildProgress(bar)
    }

    /// One more of `total` documents is rendered.
    pub fn rendered(&self, total: usize) {
        if self.0.length() != Some(total as u64) {
            self.0.set_style(style("{bar:30} {human_pos} of {human_len} documents, {eta} to go"));
            self.0.set_length(total as u64);
        }
        self.0.inc(1);
    }

    /// Writes something else to the terminal.
    pub fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }

    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// A progress bar on standard error, hidden if that is not a terminal.
#[cfg(feature = "import")]
pub struct ImportProgress(ProgressBar);

#[cfg(feature = "import")]
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
                    self.0.enable_steady_tick(TICK);
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
