//! What the owner of a site changed in how its pages look: templates and a stylesheet, read with the configuration.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::hash;

/// Templates and style.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    /// Sorted by name.
    pub templates: Vec<Template>,
    pub style: Option<String>,
    /// The files that these come from, and the folders where more may come.
    pub files: Vec<PathBuf>,
}

/// A file that takes the place of a built-in one of the same name, or that one of them includes.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// Below the folder.
    pub name: String,
    /// As diagnostics name it.
    pub shown: String,
    pub text: String,
}

/// What a template's name ends in.
const KINDS: [&str; 3] = ["html", "css", "toml"];

impl Look {
    /// A hash of all this, and of what stands besides.
    pub fn fingerprint(&self, seed: u64) -> u64 {
        let style = self.style.iter().map(|style| ("", style));
        let templates = self.templates.iter().map(|template| (template.name.as_str(), &template.text));
        style.chain(templates).fold(seed, |seed, (name, text)| hash(hash(seed, name.as_bytes()), text.as_bytes()))
    }
}

/// Reads the stylesheet.
///
/// # Errors
/// Why it cannot be read.
pub fn style(look: &mut Look, path: &Path) -> Result<(), String> {
    look.files.push(path.to_owned());
    look.style = Some(read(path)?);
    Ok(())
}

/// Reads a folder of templates. What begins with a dot, or is of another kind, is passed over.
///
/// # Errors
/// Why one of them cannot be read.
pub fn templates(look: &mut Look, folder: &Path) -> Result<(), String> {
    look.files.push(folder.to_owned());
    if !folder.is_dir() {
        return Err(format!("there is no folder {}; `tidings init --templates` makes one", folder.display()));
    }
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let entries = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| !is_hidden(entry.file_name())) {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path();
        if entry.file_type().is_dir() {
            look.files.push(path.to_owned());
            continue;
        }
        let kind = path.extension().map(|kind| kind.to_string_lossy().to_ascii_lowercase());
        if !kind.is_some_and(|kind| KINDS.contains(&kind.as_str())) {
            continue;
        }
        look.files.push(path.to_owned());
        let below = path.strip_prefix(folder).unwrap_or(path);
        let name = below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        look.templates.push(Template { name, shown: path.display().to_string(), text: read(path)? });
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display()))
}
