//! `tidings completions` and `tidings man`: what is generated from the command line's definition.

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::report::Report;
use crate::diagnostics::Diagnostic;

pub fn completions(shell: Shell, report: &mut Report) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tidings", &mut script);
    report.write(&String::from_utf8_lossy(&script));
    report.status()
}

/// Writes `tidings(1)`, or the page of a command, such as `tidings-build(1)`.
pub fn manual_page(command: Option<&str>, report: &mut Report) -> u8 {
    let mut program = Arguments::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(found) => found.clone(),
            None => {
                let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                let diagnostic = Diagnostic::usage(None, format!("`{name}` is not a command"));
                report.diagnostics(&[diagnostic.help(format!("write one of {}", names.join(", ")))], false);
                return report.status();
            }
        },
    };
    let mut roff = Vec::new();
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(page).render(&mut roff);
    report.write(&String::from_utf8_lossy(&roff));
    report.status()
}
