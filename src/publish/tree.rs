//! A folder tree in which no symbolic link is followed.
//!
//! Owns: handles of folders. Each component of a path is opened relative to the one above it and must not be a link, so that
//! nothing outside the tree is read, written or removed, even if somebody exchanges a folder for a link meanwhile.
//! Never touches: what files hold.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// Folders that are kept open at a time.
const MAX_FOLDERS: usize = 64;

/// A folder is opened as such, never through a link.
pub const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Neither a pipe nor a terminal may block the program or become its own.
pub const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// What stands in the way, and at which path below the root.
#[derive(Debug)]
pub enum Obstacle {
    /// A symbolic link.
    Link(String),
    /// Something else where a folder has to be.
    NotAFolder(String),
    /// Something else where a file has to be.
    NotAFile(String),
    /// The system refused.
    System(String, io::Error),
}

/// A folder and everything below it. Paths have `/` between their parts and lead to no folder above.
pub struct Tree {
    /// `None` if the folder does not exist.
    root: Option<Arc<OwnedFd>>,
    folders: Mutex<HashMap<String, Arc<OwnedFd>>>,
}

/// The path of the folder above, and the last part.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

impl Tree {
    pub fn new(root: Option<OwnedFd>) -> Tree {
        Tree { root: root.map(Arc::new), folders: Mutex::default() }
    }

    fn open_folders(&self) -> MutexGuard<'_, HashMap<String, Arc<OwnedFd>>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a folder; `None` if it does not exist.
    pub fn folder(&self, path: &str) -> Result<Option<Arc<OwnedFd>>, Obstacle> {
        self.open_folder(path, None)
    }

    /// Opens a folder, and creates it and those above it if they are missing.
    pub fn create_folder(&self, path: &str, mode: Mode) -> Result<Arc<OwnedFd>, Obstacle> {
        let missing = || Obstacle::System(path.to_owned(), io::ErrorKind::NotFound.into());
        self.open_folder(path, Some(mode))?.ok_or_else(missing)
    }

    fn open_folder(&self, path: &str, create: Option<Mode>) -> Result<Option<Arc<OwnedFd>>, Obstacle> {
        if path.is_empty() {
            return Ok(self.root.clone());
        }
        if let Some(open) = self.open_folders().get(path) {
            return Ok(Some(Arc::clone(open)));
        }
        let (above, name) = split(path);
        let Some(parent) = self.open_folder(above, create)? else { return Ok(None) };
        let mut opened = openat(&parent, name, FOLDER, Mode::empty());
        if let (Err(Errno::NOENT), Some(mode)) = (&opened, create) {
            match mkdirat(&parent, name, mode) {
                Ok(()) | Err(Errno::EXIST) => opened = openat(&parent, name, FOLDER, Mode::empty()),
                Err(error) => return Err(Obstacle::System(path.to_owned(), error.into())),
            }
        }
        let folder = match opened {
            Ok(folder) => Arc::new(folder),
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(obstacle(&parent, path, error, Obstacle::NotAFolder)),
        };
        let mut folders = self.open_folders();
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        folders.insert(path.to_owned(), Arc::clone(&folder));
        Ok(Some(folder))
    }

    /// Opens a regular file for reading; `None` if it does not exist.
    pub fn file(&self, path: &str) -> Result<Option<File>, Obstacle> {
        let Some(root) = &self.root else { return Ok(None) };
        let file = match open_without_links(root, path) {
            Some(file) => file,
            None => {
                let (above, name) = split(path);
                let Some(parent) = self.folder(above)? else { return Ok(None) };
                match openat(&parent, name, FILE, Mode::empty()) {
                    Ok(file) => file,
                    Err(Errno::NOENT) => return Ok(None),
                    Err(error) => return Err(obstacle(&parent, path, error, Obstacle::NotAFile)),
                }
            }
        };
        let file = File::from(file);
        match file.metadata() {
            Ok(metadata) if metadata.is_file() => Ok(Some(file)),
            Ok(_) => Err(Obstacle::NotAFile(path.to_owned())),
            Err(error) => Err(Obstacle::System(path.to_owned(), error)),
        }
    }

    /// The path of a symbolic link at a path or on the way to it.
    pub fn link(&self, path: &str) -> Option<String> {
        let (above, name) = split(path);
        match self.folder(above) {
            Ok(Some(parent)) => is_link(&parent, name).then(|| path.to_owned()),
            Err(Obstacle::Link(link)) => Some(link),
            _ => None,
        }
    }

    /// Moves a file of an open folder to a path, and replaces what is there. Creates the folders above it.
    pub fn place(&self, from: &OwnedFd, name: &str, path: &str) -> Result<(), Obstacle> {
        let (above, target) = split(path);
        let parent = self.create_folder(above, Mode::from_raw_mode(0o777))?;
        renameat(from, name, &parent, target).map_err(|error| Obstacle::System(path.to_owned(), error.into()))
    }

    /// Removes a file, if it exists, and the folders that it leaves empty.
    pub fn remove(&self, path: &str) -> Result<(), Obstacle> {
        let (mut above, name) = split(path);
        let Some(parent) = self.folder(above)? else { return Ok(()) };
        match unlinkat(&parent, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(Obstacle::System(path.to_owned(), error.into())),
        }
        // Ends at the first folder that is not empty.
        while !above.is_empty() && self.remove_folder(above) {
            above = split(above).0;
        }
        Ok(())
    }

    /// Removes a folder if it is empty, and returns whether it was.
    fn remove_folder(&self, path: &str) -> bool {
        self.open_folders().remove(path);
        let (above, name) = split(path);
        let Ok(Some(parent)) = self.folder(above) else { return false };
        unlinkat(&parent, name, AtFlags::REMOVEDIR).is_ok()
    }
}

/// Opens a file by its whole path, where the system can refuse links on the way itself: Linux since 5.6. Publications have
/// many folders of one file each, and this takes one step for each instead of two.
#[cfg(target_os = "linux")]
fn open_without_links(root: &OwnedFd, path: &str) -> Option<OwnedFd> {
    use rustix::fs::{ResolveFlags, openat2};
    openat2(root, path, FILE, Mode::empty(), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS).ok()
}

#[cfg(not(target_os = "linux"))]
fn open_without_links(_: &OwnedFd, _: &str) -> Option<OwnedFd> {
    None
}

fn is_link(parent: &OwnedFd, name: &str) -> bool {
    let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

/// Why something could not be opened. Systems differ in their error for a link, so that its kind is looked up.
fn obstacle(parent: &OwnedFd, path: &str, error: Errno, other: fn(String) -> Obstacle) -> Obstacle {
    match statat(parent, split(path).1, AtFlags::SYMLINK_NOFOLLOW).map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        Ok(FileType::Symlink) => Obstacle::Link(path.to_owned()),
        Ok(FileType::Directory | FileType::RegularFile) if error != Errno::NOTDIR => {
            Obstacle::System(path.to_owned(), error.into())
        }
        Ok(_) => other(path.to_owned()),
        Err(_) => Obstacle::System(path.to_owned(), error.into()),
    }
}
