//! Files by path or as open files: identity, times, permissions, reading at an offset.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::path::Path;

use snakecrate_format::payload::ReadAt;

use crate::error::is_full;
use crate::imp;
pub use crate::types::{FileId, FileKind, Timestamp};

impl FileId {
    /// The identity of the file at `path`; links are followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Metadata::of(path)?.id())
    }
}

impl Timestamp {
    /// The modification time in the standard library's metadata. The epoch if the file system has
    /// none.
    pub fn modified(metadata: &fs::Metadata) -> Self {
        imp::file::modified(metadata)
    }
}

/// A value that changes when a file is changed or replaced. Compare it with another stamp, never
/// with a clock: clocks may be wrong, and a file server has its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangeStamp {
    /// The file's identity.
    pub id: FileId,
    /// Its length in bytes.
    pub size: u64,
    /// When its contents changed last.
    pub modified: Timestamp,
    /// When its contents, owner, permissions or names changed last. On Windows the same as
    /// `modified`.
    pub changed: Timestamp,
}

impl ChangeStamp {
    /// The stamp of the file at `path`; links are followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Metadata::of(path)?.stamp())
    }
}

/// The metadata of a file or link.
#[derive(Debug, Clone, Copy)]
pub struct Metadata(pub(crate) imp::file::Metadata);

impl Metadata {
    /// Metadata of the file at `path`; links are followed.
    pub fn of(path: impl AsRef<Path>) -> io::Result<Self> {
        imp::file::metadata(path.as_ref()).map(Self)
    }

    /// Metadata of the file or link at `path`.
    pub fn of_link(path: impl AsRef<Path>) -> io::Result<Self> {
        imp::file::link_metadata(path.as_ref()).map(Self)
    }

    /// Metadata of an open file.
    pub fn of_file(file: &File) -> io::Result<Self> {
        imp::file::file_metadata(file).map(Self)
    }

    /// The file's identity.
    pub fn id(&self) -> FileId {
        self.0.id()
    }

    /// The kind of file.
    pub fn kind(&self) -> FileKind {
        self.0.kind()
    }

    /// Whether it is a directory.
    pub fn is_directory(&self) -> bool {
        self.kind() == FileKind::Directory
    }

    /// Length in bytes.
    pub fn size(&self) -> u64 {
        self.0.size()
    }

    /// Permission bits as on Unix (`0o755`). On Windows they are made up from the read-only flag.
    pub fn mode(&self) -> u32 {
        self.0.mode()
    }

    /// Whether its owner may execute it.
    pub fn is_executable(&self) -> bool {
        self.mode() & 0o100 != 0
    }

    /// The user it belongs to; 0 is the administrator, and everybody on Windows.
    pub fn owner(&self) -> u32 {
        self.0.owner()
    }

    /// The number of its names (hard links).
    pub fn links(&self) -> u64 {
        self.0.links()
    }

    /// When its contents changed last.
    pub fn modified(&self) -> Timestamp {
        self.0.modified()
    }

    /// When it was read last.
    pub fn accessed(&self) -> Timestamp {
        self.0.accessed()
    }

    /// Its change stamp.
    pub fn stamp(&self) -> ChangeStamp {
        ChangeStamp {
            id: self.id(),
            size: self.size(),
            modified: self.modified(),
            changed: self.0.changed(),
        }
    }
}

/// The permission bits in the standard library's metadata: see [`Metadata::mode`].
pub fn mode(metadata: &fs::Metadata) -> u32 {
    imp::file::mode(metadata)
}

/// Whether anybody may execute a file.
pub fn is_executable(metadata: &fs::Metadata) -> bool {
    mode(metadata) & 0o111 != 0
}

/// The standard library's permissions from bits as on Unix. On Windows only the owner's right to
/// write counts.
pub fn permissions(mode: u32) -> Permissions {
    imp::file::permissions(mode)
}

/// Sets the permissions of the file at `path`; links are followed.
pub fn set_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<()> {
    imp::file::set_mode(path.as_ref(), mode)
}

/// Creates a file that does not exist yet, open for writing; the process's mask takes bits off
/// `mode`.
pub fn create_new(path: impl AsRef<Path>, mode: u32) -> io::Result<File> {
    imp::file::create_new(path.as_ref(), mode)
}

/// Creates a symbolic link at `link`.
pub fn symlink(target: impl AsRef<OsStr>, link: impl AsRef<Path>) -> io::Result<()> {
    imp::file::symlink(target.as_ref(), link.as_ref())
}

/// Reads from `offset` on; returns the number of bytes. The file's cursor is not used.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    imp::file::read_at(file, buffer, offset)
}

/// Reserves place on the disk for the first `length` bytes of a new file; its length stays. Does nothing where the
/// system or the file system cannot do it.
///
/// # Errors
///
/// Only that there is no space: see [`crate::error::is_full`].
pub fn preallocate(file: &File, length: u64) -> io::Result<()> {
    match imp::file::preallocate(file, length) {
        Err(error) if is_full(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Closes a file that was written to, and returns the error that the system reports then. A network
/// file system may report only now that it has no space.
pub fn close(file: File) -> io::Result<()> {
    imp::file::close(file)
}

/// An open file that several threads read, each at its own offsets.
#[derive(Debug)]
pub struct SharedFile(pub File);

impl ReadAt for SharedFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        imp::file::read_exact_at(&self.0, buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hard_link_has_the_same_identity_and_a_copy_another() {
        let dir = tempfile::tempdir().unwrap();
        let [file, link, copy] = ["file", "link", "copy"].map(|name| dir.path().join(name));
        fs::write(&file, "x").unwrap();
        fs::hard_link(&file, &link).unwrap();
        fs::copy(&file, &copy).unwrap();
        assert_eq!(FileId::of(&file).unwrap(), FileId::of(&link).unwrap());
        assert_ne!(FileId::of(&file).unwrap(), FileId::of(&copy).unwrap());
        assert_eq!(Metadata::of(&file).unwrap().links(), 2);
    }

    #[test]
    fn a_replaced_file_has_another_stamp() {
        let dir = tempfile::tempdir().unwrap();
        let [file, other] = ["file", "other"].map(|name| dir.path().join(name));
        fs::write(&file, "x").unwrap();
        let before = ChangeStamp::of(&file).unwrap();
        assert_eq!(ChangeStamp::of(&file).unwrap(), before);
        fs::write(&other, "y").unwrap();
        fs::rename(&other, &file).unwrap();
        assert_ne!(ChangeStamp::of(&file).unwrap(), before);
    }

    #[test]
    fn a_link_is_told_from_what_it_points_to() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(".", &link).unwrap();
        assert_eq!(Metadata::of(&link).unwrap().kind(), FileKind::Directory);
        assert_eq!(Metadata::of_link(&link).unwrap().kind(), FileKind::Link);
    }

    #[test]
    fn a_file_without_a_reserved_place_is_written_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "text").unwrap();
        preallocate(&File::create(&path).unwrap(), 1 << 20).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        // The system refuses it for a file that is open for reading, and for a pipe.
        assert!(imp::file::preallocate(&File::open(&path).unwrap(), 1).is_err());
        preallocate(&File::open(&path).unwrap(), 1).unwrap();
    }

    #[test]
    fn an_existing_file_is_not_created_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        drop(create_new(&path, 0o755).unwrap());
        assert!(Metadata::of(&path).unwrap().is_executable());
        set_mode(&path, 0o644).unwrap();
        assert!(!is_executable(&fs::metadata(&path).unwrap()));
        let again = create_new(&path, 0o644).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
