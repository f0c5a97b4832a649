use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::Path;

use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, GetFileInformationByHandle,
};

use crate::types::{FileId, FileKind, Timestamp, Unsupported};

/// Reading metadata must not keep other processes from using the file.
const SHARE_ALL: u32 = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
/// Seconds from the epoch of Windows (1601) to that of Unix (1970).
const EPOCH_SECONDS: i64 = 11_644_473_600;
/// The unit of times in Windows is 100 nanoseconds.
const TICKS_PER_SECOND: u64 = 10_000_000;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Metadata {
    id: FileId,
    kind: FileKind,
    size: u64,
    mode: u32,
    links: u64,
    modified: Timestamp,
    accessed: Timestamp,
}

impl Metadata {
    pub(crate) fn id(&self) -> FileId {
        self.id
    }

    pub(crate) fn kind(&self) -> FileKind {
        self.kind
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn mode(&self) -> u32 {
        self.mode
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn owner(&self) -> u32 {
        0
    }

    pub(crate) fn links(&self) -> u64 {
        self.links
    }

    pub(crate) fn modified(&self) -> Timestamp {
        self.modified
    }

    pub(crate) fn accessed(&self) -> Timestamp {
        self.accessed
    }

    pub(crate) fn changed(&self) -> Timestamp {
        self.modified
    }
}

/// Opens a file or directory for reading its metadata only.
pub(super) fn open_for_metadata(path: &Path, flags: u32, share: u32) -> io::Result<File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | flags;
    OpenOptions::new().access_mode(0).share_mode(share).custom_flags(flags).open(path)
}

pub(crate) fn metadata(path: &Path) -> io::Result<Metadata> {
    file_metadata(&open_for_metadata(path, 0, SHARE_ALL)?)
}

pub(crate) fn link_metadata(path: &Path) -> io::Result<Metadata> {
    file_metadata(&open_for_metadata(path, FILE_FLAG_OPEN_REPARSE_POINT, SHARE_ALL)?)
}

pub(crate) fn file_metadata(file: &File) -> io::Result<Metadata> {
    let mut found = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
    // SAFETY: the handle is open, and the system writes to what outlives the call.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), found.as_mut_ptr()) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so all of it was written.
    let found = unsafe { found.assume_init() };
    let metadata = file.metadata()?;
    let joined = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let kind = if metadata.is_symlink() {
        FileKind::Link
    } else if metadata.is_dir() {
        FileKind::Directory
    } else {
        FileKind::File
    };
    Ok(Metadata {
        id: FileId {
            device: found.dwVolumeSerialNumber.into(),
            index: joined(found.nFileIndexHigh, found.nFileIndexLow),
        },
        kind,
        size: metadata.file_size(),
        mode: mode(&metadata),
        links: found.nNumberOfLinks.into(),
        modified: timestamp(metadata.last_write_time()),
        accessed: timestamp(metadata.last_access_time()),
    })
}

fn timestamp(ticks: u64) -> Timestamp {
    let seconds = (ticks / TICKS_PER_SECOND).cast_signed() - EPOCH_SECONDS;
    let nanoseconds = u32::try_from(ticks % TICKS_PER_SECOND * 100).unwrap_or(0);
    Timestamp { seconds, nanoseconds }
}

pub(crate) fn modified(metadata: &fs::Metadata) -> Timestamp {
    timestamp(metadata.last_write_time())
}

pub(crate) fn mode(metadata: &fs::Metadata) -> u32 {
    if metadata.permissions().readonly() { 0o555 } else { 0o755 }
}

pub(crate) fn permissions(mode: u32) -> Permissions {
    // The standard library cannot create permissions, so those of an existing directory are
    // changed.
    let template = fs::metadata(std::env::temp_dir()).map(|found| found.permissions());
    let mut permissions = template.expect("there is a temporary directory");
    permissions.set_readonly(mode & 0o200 == 0);
    permissions
}

pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(mode & 0o200 == 0);
    fs::set_permissions(path, permissions)
}

pub(crate) fn create_new(path: &Path, _mode: u32) -> io::Result<File> {
    File::create_new(path)
}

pub(crate) fn symlink(target: &OsStr, link: &Path) -> io::Result<()> {
    let is_directory = link.parent().is_some_and(|parent| parent.join(target).is_dir());
    if is_directory {
        std::os::windows::fs::symlink_dir(target, link)
    } else {
        std::os::windows::fs::symlink_file(target, link)
    }
}

pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match file.seek_read(&mut buffer[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

pub(crate) fn preallocate(_file: &File, _length: u64) -> io::Result<()> {
    Err(Unsupported("reserving space for a file").into())
}

/// The standard library reports no errors of closing. On Windows, writing itself has reported them.
#[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
pub(crate) fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}
