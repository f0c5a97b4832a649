use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::IntoRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FallocateFlags, FileType, Mode, Stat};

use crate::types::{FileId, FileKind, Timestamp};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Metadata(pub(super) Stat);

// The types of these fields differ from processor to processor.
#[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
impl Metadata {
    pub(crate) fn id(&self) -> FileId {
        FileId { device: self.0.st_dev, index: self.0.st_ino }
    }

    pub(crate) fn kind(&self) -> FileKind {
        match FileType::from_raw_mode(self.0.st_mode) {
            FileType::RegularFile => FileKind::File,
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::Link,
            _ => FileKind::Other,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        u64::try_from(self.0.st_size).unwrap_or(0)
    }

    pub(crate) fn mode(&self) -> u32 {
        Mode::from_raw_mode(self.0.st_mode).bits()
    }

    pub(crate) fn owner(&self) -> u32 {
        self.0.st_uid
    }

    pub(crate) fn links(&self) -> u64 {
        self.0.st_nlink.into()
    }

    pub(crate) fn modified(&self) -> Timestamp {
        let nanoseconds = self.0.st_mtime_nsec.try_into().unwrap_or(0);
        Timestamp { seconds: self.0.st_mtime, nanoseconds }
    }

    pub(crate) fn accessed(&self) -> Timestamp {
        let nanoseconds = self.0.st_atime_nsec.try_into().unwrap_or(0);
        Timestamp { seconds: self.0.st_atime, nanoseconds }
    }

    pub(crate) fn changed(&self) -> Timestamp {
        let nanoseconds = self.0.st_ctime_nsec.try_into().unwrap_or(0);
        Timestamp { seconds: self.0.st_ctime, nanoseconds }
    }
}

pub(crate) fn metadata(path: &Path) -> io::Result<Metadata> {
    Ok(Metadata(rustix::fs::stat(path)?))
}

pub(crate) fn link_metadata(path: &Path) -> io::Result<Metadata> {
    Ok(Metadata(rustix::fs::lstat(path)?))
}

pub(crate) fn file_metadata(file: &File) -> io::Result<Metadata> {
    Ok(Metadata(rustix::fs::fstat(file)?))
}

pub(crate) fn modified(metadata: &fs::Metadata) -> Timestamp {
    let nanoseconds = metadata.mtime_nsec().try_into().unwrap_or(0);
    Timestamp { seconds: metadata.mtime(), nanoseconds }
}

pub(crate) fn mode(metadata: &fs::Metadata) -> u32 {
    metadata.mode() & 0o7777
}

pub(crate) fn permissions(mode: u32) -> Permissions {
    Permissions::from_mode(mode)
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, permissions(mode))
}

pub(crate) fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

pub(crate) fn symlink(target: &OsStr, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

pub(crate) fn preallocate(file: &File, length: u64) -> io::Result<()> {
    Ok(rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, 0, length)?)
}

pub(crate) fn close(file: File) -> io::Result<()> {
    let descriptor = file.into_raw_fd();
    // SAFETY: this function owns the descriptor, and does not use it again.
    let closed = unsafe { libc::close(descriptor) };
    // After an interrupted call the descriptor is closed, too.
    match io::Error::last_os_error() {
        error if closed < 0 && error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}
