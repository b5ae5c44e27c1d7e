//! Finds the story files of a store.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;
use walkdir::{DirEntry, WalkDir};

use crate::config::{Config, Lint};
use crate::diagnostics::{Diagnostic, Location};
use crate::source::Syntax;
use crate::text::count;

/// A story file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFile {
    pub path: PathBuf,
    /// The path below the store, with `/` between its parts.
    pub below: String,
    pub fingerprint: FileFingerprint,
    /// The text of what is not a file.
    pub text: Option<Arc<str>>,
}

impl StoreFile {
    pub fn syntax(&self) -> Syntax {
        if has_extension(self.path_below(), &["toml"]) { Syntax::Toml } else { Syntax::Json }
    }

    pub fn is_jsonl(&self) -> bool {
        has_extension(self.path_below(), &["jsonl"])
    }

    fn path_below(&self) -> &Path {
        Path::new(&self.below)
    }

    /// The id of the file's only story, if the story has none: the path without its extension.
    pub fn default_id(&self) -> Option<&str> {
        self.below.rsplit_once('.').map(|(stem, _)| stem)
    }
}

/// Tells one version of a file from another without reading it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct FileFingerprint {
    pub length: u64,
    file: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileFingerprint {
    /// The fingerprint of a file; symbolic links are followed.
    pub fn of(metadata: &Metadata) -> FileFingerprint {
        FileFingerprint {
            length: metadata.len(),
            file: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Which symbolic links of a store are followed.
#[derive(Debug, Clone)]
enum Links {
    All,
    /// Those that lead into this folder, to which the store itself resolves.
    Within(PathBuf),
}

impl Links {
    fn of(config: &Config) -> Links {
        let stories = &config.site.stories;
        match stories.canonicalize() {
            Ok(root) if !config.site.follow_links => Links::Within(root),
            // A store that does not exist has no links.
            _ => Links::All,
        }
    }

    /// Where a path leads, if that is out of the store.
    fn outside(&self, path: &Path) -> Option<PathBuf> {
        let Links::Within(root) = self else { return None };
        path.canonicalize().ok().filter(|target| !target.starts_with(root))
    }
}

/// What a store consists of.
#[derive(Debug, Default)]
pub struct StoreFiles {
    /// Sorted by their path below the store.
    pub files: Vec<StoreFile>,
    /// Why a path is no story file, though it should be.
    pub diagnostics: Vec<Diagnostic>,
    /// Warnings of files that are not read.
    pub other_files: Vec<Diagnostic>,
}

/// All story files. Symbolic links within the store are followed, and out of it where the configuration says so; hidden names
/// and media are ignored.
pub fn files(config: &Config) -> StoreFiles {
    let store = config.site.stories.as_path();
    let links = Links::of(config);
    let mut files = Vec::new();
    let mut diagnostics = Vec::new();
    let mut others = Vec::new();
    let is_visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    let mut entries = WalkDir::new(store).follow_links(true).into_iter().filter_entry(is_visible);
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => {
                if let Some(target) = Some(&entry).filter(|entry| is_link(entry)).and_then(|e| links.outside(e.path()))
                {
                    diagnostics.push(leads_out(entry.path(), &target));
                    if entry.file_type().is_dir() {
                        entries.skip_current_dir();
                    }
                    continue;
                }
                match regular(store, &entry) {
                    Ok(Some(file)) => files.push(file),
                    Ok(None) if is_other_file(&entry) => others.push(entry.into_path()),
                    Ok(None) => {}
                    Err(diagnostic) => diagnostics.push(diagnostic),
                }
            }
            // A link to a folder above the store is a circle too.
            Err(error) => diagnostics.push(match error.path().and_then(|path| Some((path, links.outside(path)?))) {
                Some((path, target)) => leads_out(path, &target),
                None => unreadable(store, &error),
            }),
        }
    }
    files.sort_by(|one, other| one.below.cmp(&other.below));
    let other_files = if config.allows(Lint::OtherFile) { Vec::new() } else { other_file_warnings(others) };
    StoreFiles { files, diagnostics, other_files }
}

/// Files that lie beside stories and are none: images, audio, video and PDF.
const MEDIA_EXTENSIONS: [&str; 34] = [
    "jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp", "tif", "tiff", "heic", "ico", "jxl", "mp3", "m4a",
    "ogg", "oga", "opus", "wav", "flac", "aac", "mp4", "m4v", "webm", "mov", "avi", "mkv", "ogv", "mpg", "mpeg", "wmv",
    "vtt", "srt", "pdf",
];

/// How many files that are not read are named.
const MAX_OTHER_FILES: usize = 20;

/// Whether an entry is a file that somebody may take for a story.
fn is_other_file(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.file_type().is_file() && !has_extension(entry.path(), &MEDIA_EXTENSIONS)
}

fn other_file_warnings(mut paths: Vec<PathBuf>) -> Vec<Diagnostic> {
    paths.sort();
    let more = paths.len().saturating_sub(MAX_OTHER_FILES);
    let warning = |path: &PathBuf| {
        let location = Location::file(path.display().to_string());
        let named_twice = path.file_stem().map(Path::new).filter(|stem| has_story_extension(stem));
        let help = match named_twice {
            Some(stem) => format!("rename it to `{}`", stem.display()),
            None if has_extension(path, &["md", "markdown", "html", "htm", "xml"]) => {
                "make a story of it with `tidings import`, and move it out of the store".to_owned()
            }
            None => {
                "move it out of the store, begin its name with `_`, or write `allow = [\"other-file\"]` in `[check]`"
                    .to_owned()
            }
        };
        Diagnostic::warning(location, "this file is not read: a story's name ends in .toml, .json or .jsonl").help(help)
    };
    let mut warnings: Vec<Diagnostic> = paths.iter().take(MAX_OTHER_FILES).map(warning).collect();
    if more > 0 {
        warnings.push(Diagnostic::warning(None, format!("… and {} more are not read", count(more, "file"))));
    }
    warnings
}

/// Whether an entry below the store is a symbolic link.
fn is_link(entry: &DirEntry) -> bool {
    entry.depth() > 0 && entry.path_is_symlink()
}

fn leads_out(path: &Path, target: &Path) -> Diagnostic {
    let message = format!("this symbolic link leads out of the store, to {}", target.display());
    Diagnostic::error(Location::file(path.display().to_string()), message)
        .help("put the file itself into the store, or set `follow_links = true` in `[site]`")
}

/// The story file at a path, if there is one. Only [`files`] reports why a path is not one.
pub fn file(config: &Config, path: &Path) -> Option<StoreFile> {
    let store = config.site.stories.as_path();
    let metadata = path.metadata().ok().filter(|metadata| metadata.is_file() && has_story_extension(path))?;
    if Links::of(config).outside(path).is_some() {
        return None;
    }
    Some(StoreFile {
        path: path.to_owned(),
        below: below(store, path)?,
        fingerprint: FileFingerprint::of(&metadata),
        text: None,
    })
}

/// Whether a path is one of a story file: below the store, not hidden, and with the right extension.
pub fn is_story_path(store: &Path, path: &Path) -> bool {
    has_story_extension(path) && path.strip_prefix(store).is_ok_and(|below| !below.iter().any(is_hidden))
}

/// Whether the store ignores files and folders of this name.
pub fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(['.', '_'])
}

/// The part of a path below the store, with `/` between its parts.
pub fn below(store: &Path, path: &Path) -> Option<String> {
    Some(path.strip_prefix(store).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/"))
}

fn has_story_extension(path: &Path) -> bool {
    has_extension(path, &["toml", "json", "jsonl"])
}

/// Whether the name of a file ends in one of these extensions, in any case.
fn has_extension(path: &Path, known: &[&str]) -> bool {
    path.extension().is_some_and(|extension| known.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

fn regular(store: &Path, entry: &DirEntry) -> Result<Option<StoreFile>, Diagnostic> {
    let path = entry.path();
    if entry.file_type().is_dir() || (entry.depth() > 0 && !has_story_extension(path)) {
        return Ok(None);
    }
    let location = || Location::file(path.display().to_string());
    if !entry.file_type().is_file() {
        return Err(Diagnostic::error(location(), "this is not a regular file, so it was not read")
            .help("remove it from the store"));
    }
    if entry.depth() == 0 {
        return Err(Diagnostic::error(location(), "the store must be a directory"));
    }
    let Some(below) = below(store, path) else {
        return Err(Diagnostic::error(location(), "this file's name is not UTF-8").help("rename it"));
    };
    let metadata = entry.metadata().map_err(|error| unreadable(store, &error))?;
    Ok(Some(StoreFile { path: path.to_owned(), below, fingerprint: FileFingerprint::of(&metadata), text: None }))
}

fn unreadable(store: &Path, error: &walkdir::Error) -> Diagnostic {
    let path = error.path().unwrap_or(store);
    let location = Location::file(path.display().to_string());
    if let Some(ancestor) = error.loop_ancestor() {
        let message = format!("this link leads in a circle, back to {}", ancestor.display());
        return Diagnostic::error(location, message).help("remove the link from the store");
    }
    match error.io_error() {
        Some(io) if io.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => {
            Diagnostic::error(location, "this link leads in a circle").help("remove the link from the store")
        }
        Some(io) if path == store && io.kind() == std::io::ErrorKind::NotFound => {
            Diagnostic::error(location, "the store does not exist").help("make the directory, or set `site.stories`")
        }
        Some(io) if error.path().is_some_and(Path::is_symlink) && io.kind() == std::io::ErrorKind::NotFound => {
            Diagnostic::error(location, "this link leads nowhere").help("mend or remove it")
        }
        Some(io) => Diagnostic::machine(path, "read this", io),
        None => Diagnostic::error(location, "this cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with a store behind the link `current`, as git-sync has it, and with files beside the store.
    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Tree {
            let tree = Tree(tempfile::tempdir().unwrap());
            std::fs::create_dir_all(tree.path("checkouts/1/stories/2014")).unwrap();
            std::fs::create_dir_all(tree.path("outside/folder")).unwrap();
            std::fs::write(tree.path("checkouts/1/stories/2014/a.toml"), "").unwrap();
            std::fs::write(tree.path("checkouts/1/b.toml"), "").unwrap();
            std::fs::write(tree.path("outside/folder/c.toml"), "").unwrap();
            symlink("checkouts/1", tree.path("current")).unwrap();
            tree
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn config(&self, more: &str) -> Config {
            let path = self.path("tidings.toml");
            let text = "[site]\nbase_url = 'https://e.example/'\nauthority = 'e.example,2014'\npages = false\n\
                home_page = 'https://e.example/'\n";
            std::fs::write(&path, format!("{text}{more}\n[languages.en]\ntitle = 'E'\n")).unwrap();
            Config::load(path).unwrap()
        }

        /// The files that are found, and the links that are refused.
        fn found(&self, more: &str) -> (Vec<String>, Vec<String>) {
            let config = self.config(more);
            let StoreFiles { files, diagnostics, .. } = files(&config);
            for found in &files {
                assert!(file(&config, &found.path).is_some());
            }
            let refused = diagnostics.iter().map(|diagnostic| {
                assert!(diagnostic.is_error() && diagnostic.help.is_some(), "{diagnostic:?}");
                let path = PathBuf::from(&diagnostic.location.as_ref().unwrap().path);
                assert!(file(&config, &path).is_none());
                let name = below(&config.site.stories, &path).unwrap();
                format!("{name}: {}", diagnostic.message.split(',').next().unwrap())
            });
            let mut refused: Vec<_> = refused.collect();
            refused.sort();
            (files.into_iter().map(|file| file.below).collect(), refused)
        }
    }

    const STORIES: &str = "stories = 'current/stories'";

    #[test]
    fn links_within_the_store_are_followed() {
        let tree = Tree::new();
        symlink("2014/a.toml", tree.path("current/stories/file.toml")).unwrap();
        symlink("2014", tree.path("current/stories/folder")).unwrap();
        symlink("file.toml", tree.path("current/stories/chain.toml")).unwrap();
        // Out of the store and back again.
        symlink(tree.path("current/stories/2014"), tree.path("outside/back")).unwrap();
        symlink(tree.path("outside/back/a.toml"), tree.path("current/stories/back.toml")).unwrap();
        let expected = ["2014/a.toml", "back.toml", "chain.toml", "file.toml", "folder/a.toml"];
        let (files, refused) = tree.found(STORIES);
        assert_eq!((files, refused), (expected.map(str::to_owned).to_vec(), Vec::new()));
    }

    #[test]
    fn links_out_of_the_store_are_errors() {
        let tree = Tree::new();
        let link = |target: &str, name: &str| symlink(target, tree.path("current/stories").join(name)).unwrap();
        link("../b.toml", "file.toml");
        link("../../../outside/folder", "folder");
        link("file.toml", "chain.toml");
        link("..", "parent");
        link("/dev/null", "device.toml");
        link(tree.path("tidings.toml").to_str().unwrap(), "absolute.toml");
        link("nowhere", "dangling.toml");
        link("loop.toml", "loop.toml");
        link("../../../outside", "_hidden");
        let out = |name: &str| format!("{name}: this symbolic link leads out of the store");
        let (files, refused) = tree.found(STORIES);
        assert_eq!(files, ["2014/a.toml"]);
        let names = ["absolute.toml", "chain.toml", "device.toml", "file.toml", "folder", "parent"];
        for name in names {
            assert!(refused.contains(&out(name)), "{name}: {refused:#?}");
        }
        assert_eq!(refused.len(), names.len() + 2, "{refused:#?}");
        // Files below a link are not found by their own path either.
        assert!(file(&tree.config(STORIES), &tree.path("current/stories/folder/c.toml")).is_none());
    }

    #[test]
    fn links_out_of_the_store_are_followed_on_request() {
        let tree = Tree::new();
        symlink("../b.toml", tree.path("current/stories/file.toml")).unwrap();
        symlink("../../../outside/folder", tree.path("current/stories/folder")).unwrap();
        let (files, refused) = tree.found(&format!("{STORIES}\nfollow_links = true"));
        assert_eq!(files, ["2014/a.toml", "file.toml", "folder/c.toml"]);
        assert!(refused.is_empty(), "{refused:?}");
    }

    #[test]
    fn mounted_volumes_are_followed() {
        // As Kubernetes mounts them: every file is a link through `..data`, which is swapped.
        let tree = Tree::new();
        std::fs::create_dir_all(tree.path("mount/..2014_11")).unwrap();
        std::fs::write(tree.path("mount/..2014_11/a.toml"), "").unwrap();
        symlink("..2014_11", tree.path("mount/..data")).unwrap();
        symlink("..data/a.toml", tree.path("mount/a.toml")).unwrap();
        assert_eq!(tree.found("stories = 'mount'"), (vec!["a.toml".to_owned()], Vec::new()));
    }

    #[test]
    fn files_that_are_no_stories_are_named() {
        let tree = Tree::new();
        let store = tree.path("checkouts/1/stories");
        for name in [
            "b.TOML", "story.toml.txt", "news.md", "photo.JPG", "talk.mp3", "_notes.txt", ".hidden", "Makefile",
            "c.JsonL",
        ] {
            std::fs::write(store.join(name), "").unwrap();
        }
        let found = |more: &str| files(&tree.config(&format!("stories = 'checkouts/1/stories'\n{more}")));
        let all = found("");
        let names: Vec<&str> = all.files.iter().map(|file| &*file.below).collect();
        assert_eq!(names, ["2014/a.toml", "b.TOML", "c.JsonL"]);
        assert_eq!((all.files[1].syntax(), all.files[2].is_jsonl()), (Syntax::Toml, true));
        let warnings: Vec<(String, String)> = all
            .other_files
            .into_iter()
            .map(|warning| {
                let path = warning.location.unwrap().path;
                (path.rsplit('/').next().unwrap().to_owned(), warning.help.unwrap())
            })
            .collect();
        let names: Vec<&str> = warnings.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["Makefile", "news.md", "story.toml.txt"]);
        assert!(
            warnings[1].1.contains("tidings import") && warnings[2].1 == "rename it to `story.toml`",
            "{warnings:?}"
        );
        assert!(found("[check]\nallow = ['other-file']").other_files.is_empty());
        (0..30).for_each(|number| std::fs::write(store.join(format!("{number}.txt")), "").unwrap());
        let many = found("").other_files;
        assert_eq!(many.len(), 21);
        assert!(many[20].message.contains("13 files more are not read"), "{}", many[20].message);
    }
}
