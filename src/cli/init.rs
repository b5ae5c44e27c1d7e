//! `tidings init`.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::args::InitOptions;
use super::report::Report;
use crate::diagnostics::{Diagnostic, Location};
use crate::render::pages::BUILT_IN;

/// The starter site.
const STARTER: [(&str, &str); 3] = [
    ("tidings.toml", include_str!("starter/tidings.toml")),
    ("stories/2026/welcome.toml", include_str!("starter/welcome.toml")),
    ("stories/2026/second.toml", include_str!("starter/second.toml")),
];

/// Writes the starter site or the built-in templates; nothing if one of the files exists.
pub fn run(options: &InitOptions, report: &mut Report) -> u8 {
    let (folder, files): (PathBuf, &[(&str, &str)]) = match options.templates {
        true => (options.dir.join("templates"), &BUILT_IN),
        false => (options.dir.clone(), &STARTER),
    };
    let existing = files.iter().map(|(name, _)| folder.join(name)).find(|path| path.exists());
    if let Some(path) = existing {
        let diagnostic = Diagnostic::error(
            Location::file(path.display().to_string()),
            "this file is already there, so nothing was written",
        );
        report.diagnostics(&[diagnostic.help("choose an empty directory: `tidings init DIR`")], false);
        return report.status();
    }
    for (name, text) in files {
        let path = folder.join(name);
        let write = || -> std::io::Result<()> {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            // Nor is a file overwritten that was created since the check.
            fs::File::create_new(&path)?.write_all(text.as_bytes())
        };
        if let Err(error) = write() {
            report.diagnostics(&[Diagnostic::machine(&path, "write this file", &error)], false);
            return report.status();
        }
    }
    let folder = folder.display();
    report.result(&match options.templates {
        true => format!(
            "wrote the built-in templates to {folder}\n\
             next: delete those that you do not change, and set `templates = \"templates\"` below [site]\n"
        ),
        false => format!("made a small site in {folder}\nnext: cd {folder} && tidings build\n"),
    });
    report.status()
}
