//! Owns how a story file is replaced in one step; never touches what was there before, or whether it may be replaced.

use std::path::Path;

use crate::diagnostics::Diagnostic;

/// Replaces a file in one step: whoever reads it finds the old one or the new one, whole. What a killed import leaves
/// behind begins with a dot, which the store passes over, and the next import of the same story writes over it.
pub fn replace(path: &Path, text: &str) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| Diagnostic::machine(path, "write this file", &error);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.part"));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(failed)
}
