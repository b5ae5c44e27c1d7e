//! The program: its exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidings::run()
}
