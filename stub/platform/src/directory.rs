//! Open directories. Names are looked up relative to one, and a link is never followed if it is the
//! last name of a path. So no other process can redirect a call by swapping a directory for a link.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::file::Metadata;
use crate::imp;
pub use crate::types::Space;

/// Permissions of a directory that everybody may read.
pub const OPEN: u32 = 0o755;
/// Permissions of a directory for its owner alone.
pub const PRIVATE: u32 = 0o700;

/// An open directory. Dropping it closes it, and releases a lock on it.
#[derive(Debug)]
pub struct Directory(pub(crate) imp::directory::Directory);

/// Creates the directory at `path` with the permissions `mode`, less those in the process's mask.
pub fn create(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    imp::directory::create(path.as_ref(), mode)
}

impl Directory {
    /// Opens the directory at `path`.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        imp::directory::Directory::open(path.as_ref()).map(Self)
    }

    /// Opens a directory below this one.
    pub fn open_in(&self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.0.open_in(path.as_ref()).map(Self)
    }

    /// Opens a directory below this one for looking up names and nothing else.
    pub fn open_for_look_up(&self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.0.open_for_look_up(path.as_ref()).map(Self)
    }

    /// Makes another handle of this directory. A lock lasts as long as either handle is open.
    pub fn duplicate(&self) -> io::Result<Self> {
        self.0.duplicate().map(Self)
    }

    /// Lets the program that replaces this process inherit the handle and its lock. The handle
    /// never takes the number of a standard stream that the user closed.
    pub fn inherited(self) -> io::Result<Self> {
        self.0.inherited().map(Self)
    }

    /// Metadata of the directory.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata().map(Metadata)
    }

    /// Metadata of the file or link at `path`.
    pub fn metadata_of(&self, path: impl AsRef<Path>) -> io::Result<Metadata> {
        self.0.metadata_of(path.as_ref()).map(Metadata)
    }

    /// Whether there is something at `path`.
    pub fn has(&self, path: impl AsRef<Path>) -> bool {
        self.metadata_of(path).is_ok()
    }

    /// The names in the directory; none if it has been removed.
    pub fn entries(&self) -> io::Result<Vec<OsString>> {
        self.0.entries()
    }

    /// Creates a directory with the permissions `mode`, less those in the process's mask.
    pub fn create(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
        self.0.create(path.as_ref(), mode)
    }

    /// Opens a file for reading.
    pub fn open_file(&self, path: impl AsRef<Path>) -> io::Result<File> {
        self.0.open_file(path.as_ref())
    }

    /// Creates a file that does not exist yet, open for writing.
    pub fn create_file(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
        self.0.create_file(path.as_ref(), mode)
    }

    /// Opens a file for writing, created where it is missing and emptied where it is not.
    pub fn open_emptied(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
        self.0.open_emptied(path.as_ref(), mode)
    }

    /// Opens a file for writing, created where it is missing; its contents stay.
    pub fn open_to_write(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
        self.0.open_to_write(path.as_ref(), mode)
    }

    /// The first `limit` bytes of a file, or all if it has fewer.
    pub fn read(&self, path: impl AsRef<Path>, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open_file(path)?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Creates a file with these contents.
    pub fn write_new(&self, path: impl AsRef<Path>, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut file = self.create_file(path, mode)?;
        file.write_all(bytes)?;
        crate::file::close(file)
    }

    /// Replaces a small file in one step, by renaming a new one over it.
    pub fn write_over(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let aside = format!("{path}.new");
        let mut file = self.open_emptied(&aside, 0o644)?;
        let written = file
            .write_all(bytes)
            .and_then(|()| crate::file::close(file))
            .and_then(|()| self.rename(&aside, self, path));
        if written.is_err() {
            let _ = self.remove_file(&aside);
        }
        written
    }

    /// The target of a link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> io::Result<PathBuf> {
        self.0.read_link(path.as_ref())
    }

    /// Creates a symbolic link at `path`.
    pub fn symlink(&self, target: &str, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.symlink(target, path.as_ref())
    }

    /// Gives a file another name, `new` in `to`.
    pub fn hard_link(
        &self,
        path: impl AsRef<Path>,
        to: &Self,
        new: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.0.hard_link(path.as_ref(), &to.0, new.as_ref())
    }

    /// Renames `path` to `new` in `to`; a file or an empty directory there is replaced.
    pub fn rename(
        &self,
        path: impl AsRef<Path>,
        to: &Self,
        new: impl AsRef<Path>,
    ) -> io::Result<()> {
        self.0.rename(path.as_ref(), &to.0, new.as_ref())
    }

    /// Exchanges two names in one step. Some file systems cannot do it: see
    /// [`crate::error::is_no_exchange`].
    pub fn exchange(&self, path: impl AsRef<Path>, other: impl AsRef<Path>) -> io::Result<()> {
        self.0.exchange(path.as_ref(), other.as_ref())
    }

    /// Removes a file or a link.
    pub fn remove_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.remove_file(path.as_ref())
    }

    /// Removes an empty directory.
    pub fn remove_directory(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.0.remove_directory(path.as_ref())
    }

    /// Sets the permissions of a file.
    pub fn set_mode(&self, path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
        self.0.set_mode(path.as_ref(), mode)
    }

    /// Sets the directory's times to now.
    pub fn touch(&self) -> io::Result<()> {
        self.0.touch()
    }

    /// Whether this process may write to the directory. True if the system does not say.
    pub fn is_writable(&self) -> bool {
        self.0.is_writable()
    }

    /// The space that this user may still fill on the directory's file system.
    pub fn free_space(&self) -> io::Result<Space> {
        self.0.free_space()
    }

    /// Takes a shared lock without waiting.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] if another process has an exclusive one. After any other error
    /// locks do not work here.
    pub fn lock_shared(&self) -> io::Result<()> {
        self.0.lock_shared()
    }

    /// Takes an exclusive lock without waiting.
    ///
    /// # Errors
    ///
    /// As with [`Directory::lock_shared`], also if another process has a shared lock.
    pub fn lock(&self) -> io::Result<()> {
        self.0.lock()
    }

    /// Releases a lock.
    pub fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, Directory) {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        (dir, directory)
    }

    #[test]
    fn a_file_is_replaced_in_one_step() {
        let (dir, directory) = directory();
        directory.write_new("file", b"old", 0o644).unwrap();
        directory.write_over("file", b"new").unwrap();
        assert_eq!(directory.read("file", 100).unwrap(), b"new");
        assert_eq!(directory.read("file", 2).unwrap(), b"ne");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn links_are_not_followed() {
        let (_dir, directory) = directory();
        directory.create("real", OPEN).unwrap();
        directory.symlink("real", "link").unwrap();
        directory.open_in("real").unwrap();
        let refused = directory.open_in("link").unwrap_err();
        let is_refused = crate::error::is_link_refused(&refused);
        assert!(is_refused || refused.kind() == io::ErrorKind::NotADirectory);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_exclusive_lock_is_held_by_one() {
        let (_dir, first) = directory();
        let second = first.open_in(".").unwrap();
        first.lock().unwrap();
        assert_eq!(second.lock_shared().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        first.unlock().unwrap();
        second.lock_shared().unwrap();
        first.lock_shared().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn two_names_are_exchanged() {
        let (_dir, directory) = directory();
        directory.write_new("a", b"1", 0o644).unwrap();
        directory.write_new("b", b"2", 0o644).unwrap();
        directory.exchange("a", "b").unwrap();
        assert_eq!(directory.read("a", 9).unwrap(), b"2");
    }
}
