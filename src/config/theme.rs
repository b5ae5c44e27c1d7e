//! The theme of a site: its colour and letters, and its own templates and stylesheet, which override the built-in ones.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::{Font, hash};
use crate::files::read_regular_file;
use crate::limits::{MAX_THEME, MAX_THEME_FILE, MAX_THEME_FILES};
use crate::model::Colour;

/// How pages look.
#[derive(Debug, Clone, Default)]
pub(crate) struct Theme {
    pub accent: Colour,
    pub font: Font,
    /// Sorted by name.
    pub templates: Vec<TemplateOverride>,
    pub style: Option<String>,
    /// The files that were read, and the folders that are watched for new ones.
    pub files: Vec<PathBuf>,
}

/// A template that replaces the built-in one of the same name, or is included by one.
#[derive(Debug, Clone)]
pub(crate) struct TemplateOverride {
    /// Its path below the folder, with `/` between the parts.
    pub name: String,
    /// Its path as diagnostics show it.
    pub path: String,
    pub text: String,
}

/// The file extensions of templates, stylesheets and messages.
const EXTENSIONS: [&str; 3] = ["html", "css", "toml"];

impl Theme {
    /// Adds the theme to a hash of the configuration.
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
pub fn style(theme: &mut Theme, path: &Path) -> Result<(), String> {
    theme.files.push(path.to_owned());
    theme.style = Some(read(path)?);
    Ok(())
}

/// Reads a folder of templates. Hidden files and other extensions are ignored.
///
/// # Errors
/// Why one of them cannot be read.
pub fn templates(theme: &mut Theme, folder: &Path, follow_links: bool) -> Result<(), String> {
    theme.files.push(folder.to_owned());
    if !folder.is_dir() {
        return Err(format!("there is no folder {}; `tidings init --templates` makes one", folder.display()));
    }
    let root = folder.canonicalize().map_err(|error| format!("{}: {error}", folder.display()))?;
    let leads_out = |path: &Path| path.canonicalize().is_ok_and(|target| !target.starts_with(&root));
    let mut bytes = 0;
    let is_hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    let entries = WalkDir::new(folder).min_depth(1).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(|entry| !is_hidden(entry.file_name())) {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path();
        if entry.file_type().is_dir() {
            theme.files.push(path.to_owned());
            continue;
        }
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        if !extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
            continue;
        }
        if !follow_links && entry.path_is_symlink() && leads_out(path) {
            let path = path.display();
            return Err(format!(
                "the symbolic link {path} leads out of the folder; set `follow_links = true`, or copy the file"
            ));
        }
        theme.files.push(path.to_owned());
        let below = path.strip_prefix(folder).unwrap_or(path);
        let name = below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
        let text = read(path)?;
        bytes += text.len();
        if bytes > MAX_THEME || theme.templates.len() == MAX_THEME_FILES {
            let max = MAX_THEME >> 20;
            return Err(format!("{} has more than {MAX_THEME_FILES} templates or {max} MB", folder.display()));
        }
        theme.templates.push(TemplateOverride { name, path: path.display().to_string(), text });
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = match read_regular_file(path, MAX_THEME_FILE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(format!("there is no file {}", path.display())),
        Err(diagnostic) => return Err(format!("{}: {}", path.display(), diagnostic.message)),
    };
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display()))
}
