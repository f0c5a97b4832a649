use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{
    Access, AtFlags, CWD, Dir, FlockOperation, Mode, OFlags, RenameFlags, Timespec, Timestamps,
    UTIME_NOW,
};
use rustix::io::{Errno, FdFlags};

use super::file::Metadata;
use crate::types::Space;

/// The first descriptor after the standard streams.
const FIRST_FREE: i32 = 3;

#[derive(Debug)]
pub(crate) struct Directory(OwnedFd);

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const WRITTEN: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

pub(crate) fn create(path: &Path, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::mkdir(path, Mode::from(mode))?)
}

impl Directory {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(CWD, path, DIRECTORY, Mode::empty())?))
    }

    pub(crate) fn open_in(&self, path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(&self.0, path, DIRECTORY, Mode::empty())?))
    }

    pub(crate) fn open_for_look_up(&self, path: &Path) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self(rustix::fs::openat(&self.0, path, flags, Mode::empty())?))
    }

    pub(crate) fn duplicate(&self) -> io::Result<Self> {
        Ok(Self(rustix::io::fcntl_dupfd_cloexec(&self.0, FIRST_FREE)?))
    }

    pub(crate) fn inherited(self) -> io::Result<Self> {
        let kept = if self.0.as_raw_fd() < FIRST_FREE { self.duplicate()? } else { self };
        rustix::io::fcntl_setfd(&kept.0, FdFlags::empty())?;
        Ok(kept)
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata(rustix::fs::fstat(&self.0)?))
    }

    pub(crate) fn metadata_of(&self, path: &Path) -> io::Result<Metadata> {
        Ok(Metadata(rustix::fs::statat(&self.0, path, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<OsString>> {
        let listing = match Dir::read_from(&self.0) {
            Err(Errno::NOENT) => return Ok(Vec::new()),
            other => other?,
        };
        let mut names = Vec::new();
        for entry in listing {
            match entry {
                Ok(entry) => match entry.file_name().to_bytes() {
                    b"." | b".." => {}
                    name => names.push(OsStr::from_bytes(name).to_owned()),
                },
                Err(Errno::NOENT) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(names)
    }

    pub(crate) fn create(&self, path: &Path, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.0, path, Mode::from(mode))?)
    }

    pub(crate) fn open_file(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(&self.0, path, flags, Mode::empty())?.into())
    }

    pub(crate) fn create_file(&self, path: &Path, mode: u32) -> io::Result<File> {
        let flags = WRITTEN | OFlags::EXCL;
        Ok(rustix::fs::openat(&self.0, path, flags, Mode::from(mode))?.into())
    }

    pub(crate) fn open_emptied(&self, path: &Path, mode: u32) -> io::Result<File> {
        let flags = WRITTEN | OFlags::TRUNC;
        Ok(rustix::fs::openat(&self.0, path, flags, Mode::from(mode))?.into())
    }

    pub(crate) fn open_to_write(&self, path: &Path, mode: u32) -> io::Result<File> {
        Ok(rustix::fs::openat(&self.0, path, WRITTEN, Mode::from(mode))?.into())
    }

    pub(crate) fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let target = rustix::fs::readlinkat(&self.0, path, Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()).into())
    }

    pub(crate) fn symlink(&self, target: &str, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, &self.0, path)?)
    }

    pub(crate) fn hard_link(&self, path: &Path, to: &Self, new: &Path) -> io::Result<()> {
        Ok(rustix::fs::linkat(&self.0, path, &to.0, new, AtFlags::empty())?)
    }

    pub(crate) fn rename(&self, path: &Path, to: &Self, new: &Path) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, path, &to.0, new)?)
    }

    pub(crate) fn exchange(&self, path: &Path, other: &Path) -> io::Result<()> {
        let flags = RenameFlags::EXCHANGE;
        Ok(rustix::fs::renameat_with(&self.0, path, &self.0, other, flags)?)
    }

    pub(crate) fn remove_file(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, path, AtFlags::empty())?)
    }

    pub(crate) fn remove_directory(&self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, path, AtFlags::REMOVEDIR)?)
    }

    pub(crate) fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::chmodat(&self.0, path, Mode::from(mode), AtFlags::empty())?)
    }

    pub(crate) fn touch(&self) -> io::Result<()> {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let times = Timestamps { last_access: now, last_modification: now };
        Ok(rustix::fs::futimens(&self.0, &times)?)
    }

    pub(crate) fn is_writable(&self) -> bool {
        let answer = rustix::fs::accessat(&self.0, ".", Access::WRITE_OK, AtFlags::EACCESS);
        !matches!(answer, Err(Errno::ROFS | Errno::ACCESS | Errno::PERM))
    }

    pub(crate) fn free_space(&self) -> io::Result<Space> {
        let stat = rustix::fs::fstatvfs(&self.0)?;
        // A file system without a fixed number of files (btrfs) reports 0.
        let files = if stat.f_files == 0 { u64::MAX } else { stat.f_favail };
        Ok(Space { bytes: stat.f_bavail.saturating_mul(stat.f_frsize), files })
    }

    pub(crate) fn lock_shared(&self) -> io::Result<()> {
        Ok(rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockShared)?)
    }

    pub(crate) fn lock(&self) -> io::Result<()> {
        Ok(rustix::fs::flock(&self.0, FlockOperation::NonBlockingLockExclusive)?)
    }

    pub(crate) fn unlock(&self) -> io::Result<()> {
        Ok(rustix::fs::flock(&self.0, FlockOperation::Unlock)?)
    }
}
