//! Owns locating the tree of a source, which may be the tree, a parent folder, a part of it or one file.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::site::{Kind, Site, kind};
use super::source_file;

/// How many parent folders are searched for a configuration.
const MAX_LEVELS_UP: usize = 7;
/// How deep subfolders are searched for a site.
const MAX_LEVELS_DOWN: usize = 3;

/// A tree, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceTree {
    pub root: PathBuf,
    /// The path of the part, with `/`; empty for the whole tree.
    pub subpath: String,
    pub kind: Kind,
}

impl SourceTree {
    /// Locates the tree of a source by the nearest configuration: in it, above it, or in its only site below;
    /// else it is the folder alone.
    pub fn locate(source: &Path) -> SourceTree {
        let folder = if source.is_dir() { source } else { source.parent().unwrap_or(Path::new("")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let own = kind(folder);
        let whole = |root: &Path, kind| SourceTree { root: root.to_owned(), subpath: subpath(root, source), kind };
        if own != Kind::Plain {
            return whole(folder, own);
        }
        let written: Vec<PathBuf> = folder.ancestors().skip(1).map(Path::to_owned).collect();
        let absolute = std::path::absolute(folder).unwrap_or_default();
        let further: Vec<PathBuf> = absolute.ancestors().skip(1 + written.len()).map(Path::to_owned).collect();
        let above = written.into_iter().filter(|path| !path.as_os_str().is_empty()).chain(further);
        for root in above.take(MAX_LEVELS_UP) {
            let tree = whole(&root, kind(&root));
            if tree.kind != Kind::Plain
                && has_content(&root, |content| {
                    source_file::is_below(&tree.subpath, content) || tree.subpath == content
                })
            {
                return tree;
            }
        }
        let mut inner = sites_within(folder).into_iter();
        match (inner.next(), inner.next()) {
            (Some(root), None) if source.is_dir() => SourceTree { subpath: String::new(), kind: kind(&root), root },
            _ => whole(folder, Kind::Plain),
        }
    }

    /// Whether a path of the tree is in the part.
    pub fn contains(&self, path: &str) -> bool {
        path == self.subpath || source_file::is_below(path, &self.subpath)
    }
}

/// The path of a source relative to a root, with `/`; empty for the root itself.
fn subpath(root: &Path, source: &Path) -> String {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (root, source) = (absolute(root), absolute(source));
    let subpath = source.strip_prefix(&root).map(|below| below.to_string_lossy().into_owned()).unwrap_or_default();
    subpath.replace(std::path::MAIN_SEPARATOR, "/")
}

/// Whether a content folder of a site exists and satisfies a condition.
fn has_content(root: &Path, wanted: impl Fn(&str) -> bool) -> bool {
    let site = Site::open(root);
    site.folders.iter().any(|folder| root.join(&folder.path).is_dir() && wanted(&folder.path))
}

/// The outermost sites in a folder.
fn sites_within(folder: &Path) -> Vec<PathBuf> {
    let mut sites: Vec<PathBuf> = Vec::new();
    let is_passed = |name: &str| name.starts_with('.') || matches!(name, "node_modules" | "vendor" | "themes");
    let entries = WalkDir::new(folder).min_depth(1).max_depth(MAX_LEVELS_DOWN).sort_by_file_name().into_iter();
    let folders =
        entries.filter_entry(|entry| entry.file_type().is_dir() && !is_passed(&entry.file_name().to_string_lossy()));
    for entry in folders.flatten() {
        let path = entry.path();
        if !sites.iter().any(|site| path.starts_with(site)) && kind(path) != Kind::Plain && has_content(path, |_| true)
        {
            sites.push(path.to_owned());
        }
    }
    sites
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_tree_is_located_from_its_parts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for path in ["a/site/content/blog/x.md", "a/site/hugo.toml", "a/notes/y.md", "b/_posts/2024-01-01-z.md"] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        for (source, expected, below, kind) in [
            ("a/site", "a/site", "", Kind::Hugo),
            ("a/site/content/blog", "a/site", "content/blog", Kind::Hugo),
            ("a/site/content/blog/x.md", "a/site", "content/blog/x.md", Kind::Hugo),
            ("a", "a/site", "", Kind::Hugo),
            ("a/notes", "a/notes", "", Kind::Plain),
            ("b/_posts", "b", "_posts", Kind::Jekyll),
            (".", ".", "", Kind::Plain),
        ] {
            let expected = SourceTree { root: root.join(expected), subpath: below.to_owned(), kind };
            assert_eq!(SourceTree::locate(&root.join(source)), expected, "{source}");
        }
    }
}
