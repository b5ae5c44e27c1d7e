//! `tidings review`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::ReviewOptions;
use super::configuration;
use super::report::Report;
use crate::diagnostics::{Diagnostic, suggestion};
use crate::import::{Pending, decide, pending};

/// Lists what was imported and waits, or decides about it.
pub fn run(config: Option<&Path>, options: &ReviewOptions, report: &mut Report) -> u8 {
    match review(config, options, report) {
        Ok(text) => report.result(&text),
        Err(diagnostics) => report.diagnostics(&diagnostics, false),
    }
    report.status()
}

fn review(config: Option<&Path>, options: &ReviewOptions, report: &Report) -> Result<String, Vec<Diagnostic>> {
    let config = configuration(config)?;
    let mut folders: Vec<&PathBuf> = config.imports.iter().map(|source| &source.into).collect();
    folders.sort();
    folders.dedup();
    let waiting: Vec<(&PathBuf, Pending)> = folders
        .iter()
        .map(|folder| pending(folder).map(|all| all.into_iter().map(|one| (*folder, one)).collect::<Vec<_>>()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|diagnostic| vec![diagnostic])?
        .concat();
    let unknown =
        options.approve.iter().chain(&options.reject).filter(|id| waiting.iter().all(|(_, one)| one.id != **id));
    if let Some(id) = options.approve.iter().find(|id| options.reject.contains(id)) {
        return Err(vec![Diagnostic::usage(None, format!("`{id}` is both approved and rejected"))]);
    }
    let unknown: Vec<Diagnostic> = unknown.map(|id| nothing_waits(id, &waiting)).collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    for (ids, is_approved) in [(&options.approve, true), (&options.reject, false)] {
        for folder in folders.iter().filter(|_| !ids.is_empty()) {
            decide(folder, ids, is_approved).map_err(|diagnostic| vec![diagnostic])?;
        }
    }
    let decided = |id: &String| options.approve.contains(id) || options.reject.contains(id);
    let is_decision = !options.approve.is_empty() || !options.reject.is_empty();
    let shown = waiting.iter().filter(|(_, one)| decided(&one.id) == is_decision);
    let path = |folder: &Path, one: &Pending| folder.join(&one.file).display().to_string();
    if report.is_json() {
        let all = shown.map(|(folder, one)| {
            let decision = options.approve.contains(&one.id).then_some("approved");
            let decision = decision.or_else(|| options.reject.contains(&one.id).then_some("rejected"));
            json!({
                "id": one.id, "file": path(folder, one), "correction": one.is_correction, "languages": one.languages,
                "title": one.title, "decision": decision,
            })
        });
        return Ok(format!("{:#}\n", json!(all.collect::<Vec<_>>())));
    }
    let mut out = String::new();
    for (folder, one) in shown {
        let state = match () {
            () if options.approve.contains(&one.id) => "approved",
            () if options.reject.contains(&one.id) => "rejected",
            () if one.is_correction => "correction",
            () => "new",
        };
        let languages = one.languages.join(" ");
        out += &format!("{state:<10}  {}  {languages}  {}  ({})\n", one.id, one.title, path(folder, one));
    }
    if out.is_empty() {
        out = "Nothing waits for approval.\n".to_owned();
    }
    Ok(out)
}

fn nothing_waits(id: &str, waiting: &[(&PathBuf, Pending)]) -> Diagnostic {
    let known: Vec<&str> = waiting.iter().map(|(_, one)| one.id.as_str()).collect();
    let help = suggestion(id, &known).unwrap_or_else(|| "`tidings review` lists what waits".to_owned());
    Diagnostic::usage(None, format!("nothing with the id `{id}` waits for approval")).help(help)
}
