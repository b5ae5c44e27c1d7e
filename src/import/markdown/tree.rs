//! Owns the files of a tree: posts, other pages, attachments, and resolving references to pages.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use url::Url;
use walkdir::{DirEntry, WalkDir};

use super::site::{Kind, Site};
use super::source_file::{self, Role, SourceFile};
use crate::import::parse_error::ParseError;

/// A tree of Markdown files.
#[derive(Debug)]
pub struct Tree {
    pub site: Site,
    pub(super) root: PathBuf,
    pub(super) configured: Vec<String>,
    /// The base URL if its configuration has none.
    home: Url,
    /// Later dates are in the future.
    pub(super) now: Option<DateTime<Utc>>,
    /// The posts, sorted by path; then the other pages.
    pages: Vec<SourceFile>,
    posts: usize,
    /// Indices into `pages` by lower-case name and path.
    by_reference: HashMap<String, Vec<u32>>,
    /// Attachments by the folder of their bundle.
    attachments: BTreeMap<String, Vec<String>>,
    /// Remarks on unreadable files and folders.
    pub remarks: Vec<String>,
}

const MAX_FILES: usize = 4_000_000;

/// Why a Docusaurus site or a folder of MDX files cannot be imported.
const UNSUPPORTED: &str = "it is a Docusaurus or MDX site; \
    what can be read are sites of Hugo, Jekyll and Zola, and folders of Markdown files";

impl Tree {
    /// Lists and classifies the files of a tree.
    pub fn open(root: &Path, languages: &[String], home: &Url, now: Option<DateTime<Utc>>) -> Result<Tree, ParseError> {
        if !root.is_dir() {
            return Err(ParseError::new("it is no folder"));
        }
        let site = Site::open(root);
        if site.kind == Kind::Unsupported {
            return Err(ParseError::new(UNSUPPORTED));
        }
        let mut tree = Tree {
            site,
            root: root.to_owned(),
            configured: languages.to_vec(),
            home: home.clone(),
            now,
            pages: Vec::new(),
            posts: 0,
            by_reference: HashMap::new(),
            attachments: BTreeMap::new(),
            remarks: Vec::new(),
        };
        let paths = tree.walk();
        tree.sort(paths);
        if tree.posts == 0 {
            return Err(ParseError::new("no post is in it"));
        }
        if tree.files().iter().all(|file| source_file::is_mdx(&file.path)) {
            return Err(ParseError::new(UNSUPPORTED));
        }
        tree.build_index();
        Ok(tree)
    }

    /// The base URL of its site: as configured, else a guess.
    pub fn base(&self) -> &Url {
        self.site.base_url.as_ref().unwrap_or(&self.home)
    }

    /// The posts, sorted by path.
    pub fn files(&self) -> &[SourceFile] {
        self.pages.get(..self.posts).unwrap_or_default()
    }

    /// The paths of all files in the content folders.
    fn walk(&mut self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut tops: Vec<&str> = self.site.folders.iter().map(|folder| folder.path.as_str()).collect();
        tops.sort_unstable();
        tops.dedup_by(|later, earlier| source_file::is_below(later, earlier) || later == earlier);
        for top in tops {
            let start = self.root.join(top);
            if start.symlink_metadata().is_ok_and(|data| data.is_symlink()) && !top.is_empty() {
                continue;
            }
            let entries = WalkDir::new(&start).follow_links(false).sort_by_file_name().into_iter();
            for entry in entries.filter_entry(|entry| is_content(entry, top.is_empty())).take(MAX_FILES) {
                let Ok(entry) = entry else {
                    self.remarks.push(format!("something below {top}/ cannot be read, and was passed over"));
                    continue;
                };
                if !entry.file_type().is_file() {
                    continue;
                }
                let Ok(below) = entry.path().strip_prefix(&self.root) else { continue };
                match below.to_str() {
                    Some(path) => paths.push(path.replace(std::path::MAIN_SEPARATOR, "/")),
                    None => self
                        .remarks
                        .push(format!("{} has a name that is no text, and was passed over", below.display())),
                }
            }
        }
        paths
    }

    /// Classifies files as posts, other pages and attachments.
    fn sort(&mut self, paths: Vec<String>) {
        let (mut posts, mut others, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            match source_file::read(&self.site, &self.configured, &path) {
                Some(page) if page.role == Role::Post => posts.push(page),
                Some(page) => others.push(page),
                None => rest.push(path),
            }
        }
        if self.site.kind == Kind::Hugo {
            demote_resources(&mut posts, &mut others);
        }
        posts.sort_by(|one, other| one.path.cmp(&other.path));
        for post in posts.iter().filter(|post| post.is_bundle) {
            self.attachments.entry(parent(&post.path).to_owned()).or_default();
        }
        for path in rest {
            let mut folder = parent(&path);
            while !folder.is_empty() && !self.attachments.contains_key(folder) {
                folder = parent(folder);
            }
            if let Some(files) = self.attachments.get_mut(folder) {
                files.push(path);
            }
        }
        self.posts = posts.len();
        self.pages = posts;
        self.pages.append(&mut others);
    }

    fn build_index(&mut self) {
        let mut by_reference: HashMap<String, Vec<u32>> = HashMap::new();
        for (index, page) in (0..).zip(&self.pages) {
            let name = page.translation_key.rsplit('/').next().unwrap_or_default();
            let mut keys = vec![page.translation_key.to_lowercase(), name.to_lowercase(), page.path.to_lowercase()];
            keys.dedup();
            for key in keys {
                let indices = by_reference.entry(key).or_default();
                if indices.last() != Some(&index) {
                    indices.push(index);
                }
            }
        }
        self.by_reference = by_reference;
    }

    /// The attachments of a post.
    pub fn attachments(&self, file: &SourceFile) -> &[String] {
        let files = self.attachments.get(parent(&file.path)).filter(|_| file.is_bundle);
        files.map(Vec::as_slice).unwrap_or_default()
    }

    /// The page that a reference names: `posts/a.md`, `/posts/a`, `a.md`, `./a`, `../b/index.md`.
    pub fn find(&self, from: &SourceFile, reference: &str, language: Option<&str>) -> Option<&SourceFile> {
        let reference = reference.trim();
        let wanted = language.or(from.language.as_deref());
        let below = |folder: &str| self.named(&joined(folder, reference)?, wanted);
        if !reference.starts_with('/') {
            let beside = below(parent(&from.path)).or_else(|| below(parent(&from.translation_key)));
            if beside.is_some() || reference.starts_with('.') {
                return beside.or_else(|| below(&from.translation_key));
            }
        }
        below("").or_else(|| below(&from.folder))
    }

    /// A page by its path or name, preferably in a language.
    pub fn named(&self, name: &str, language: Option<&str>) -> Option<&SourceFile> {
        let lower = name.to_lowercase();
        let lower = lower.trim_matches('/');
        let stem = strip_ending(lower);
        let shorter = stem.strip_suffix("/index").or_else(|| stem.strip_suffix("/_index")).unwrap_or(stem);
        let bare = shorter
            .rsplit_once('.')
            .filter(|(_, tag)| source_file::is_known_language(&self.site, &self.configured, tag));
        let keys = [Some(lower), Some(stem), Some(shorter), bare.map(|(bare, _)| bare)];
        let indices = keys.into_iter().flatten().find_map(|key| self.by_reference.get(key))?;
        let mut pages = indices.iter().filter_map(|index| self.pages.get(*index as usize));
        let default = self.site.default_language.as_deref();
        let is_in = |page: &&SourceFile, language: Option<&str>| {
            page.language.as_deref().or(default).map(str::to_ascii_lowercase)
                == language.or(default).map(str::to_ascii_lowercase)
        };
        pages.clone().find(|page| is_in(page, language)).or_else(|| pages.next())
    }
}

/// Hugo treats the other pages of a bundle as resources of its index.
fn demote_resources(posts: &mut Vec<SourceFile>, others: &mut Vec<SourceFile>) {
    let bundles: std::collections::HashSet<String> = posts
        .iter()
        .filter(|post| post.is_bundle && post.role == Role::Post)
        .map(|post| parent(&post.path).to_owned())
        .collect();
    let is_resource = |page: &SourceFile| {
        let mut folder = parent(&page.path);
        if page.is_bundle {
            folder = parent(folder);
        }
        while !folder.is_empty() {
            if bundles.contains(folder) {
                return true;
            }
            folder = parent(folder);
        }
        false
    };
    let (resources, posts_only) = std::mem::take(posts).into_iter().partition(is_resource);
    *posts = posts_only;
    let resources: Vec<SourceFile> = resources;
    others.extend(resources.into_iter().map(|page| SourceFile { role: Role::Page, ..page }));
}

/// The parent folder of a path.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins a path to a folder and resolves `.` and `..`; `None` if it leads out of the tree.
pub fn joined(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

/// Strips the extension of a page.
fn strip_ending(path: &str) -> &str {
    let endings = [".md", ".markdown", ".html", ".mkd"];
    endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

/// Whether a file or folder can be content: not hidden, generated or third-party.
fn is_content(entry: &DirEntry, is_whole_tree: bool) -> bool {
    let name = entry.file_name().to_string_lossy();
    if entry.depth() == 0 {
        return true;
    }
    let is_foreign = matches!(name.as_ref(), "node_modules" | "_site" | "__pycache__" | "vendor");
    let is_made = is_whole_tree && entry.depth() == 1 && matches!(name.as_ref(), "themes" | "public" | "resources");
    let is_hidden = name.starts_with('.');
    !(is_hidden || (entry.file_type().is_dir() && (is_foreign || is_made)))
}
