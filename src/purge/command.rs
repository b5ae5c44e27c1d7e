//! A program of the site's own: it reads the addresses of the changed documents, one a line.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::Job;
use super::request::PurgeError;

pub fn purge(program: &str, arguments: &[String], job: &Job<'_>) -> Result<(), PurgeError> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        // The results of a build are on standard output.
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| PurgeError::lasting(format!("it cannot be started: {error}")))?;
    let lines = job.paths.iter().filter_map(|path| Some(format!("{}\n", job.base_url.join(path).ok()?)));
    // It may end without having read them.
    let _ = child.stdin.take().map(|mut input| input.write_all(lines.collect::<String>().as_bytes()));
    match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(PurgeError::passing(format!("it ended with {status}"))),
        Err(error) => Err(PurgeError::passing(format!("it cannot be waited for: {error}"))),
    }
}
