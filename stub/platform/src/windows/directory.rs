//! Directories by path: Windows has no documented calls relative to an open directory. The handle
//! keeps the directory itself from being removed or renamed; directories above it are not held.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_READ, FILE_SHARE_WRITE, GetDiskFreeSpaceExW,
};

use super::file::{self, Metadata};
use crate::types::{Space, Unsupported};

#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    handle: File,
}

pub(crate) fn create(path: &Path, _mode: u32) -> io::Result<()> {
    fs::create_dir(path)
}

impl Directory {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let handle = file::open_for_metadata(
            path,
            FILE_FLAG_OPEN_REPARSE_POINT,
            FILE_SHARE_READ | FILE_SHARE_WRITE,
        )?;
        // For a link this is the metadata of the link itself, which isn't a directory.
        if !handle.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: path.to_owned(), handle })
    }

    fn at(&self, path: &Path) -> PathBuf {
        self.path.join(path)
    }

    pub(crate) fn open_in(&self, path: &Path) -> io::Result<Self> {
        Self::open(&self.at(path))
    }

    pub(crate) fn open_for_look_up(&self, path: &Path) -> io::Result<Self> {
        self.open_in(path)
    }

    pub(crate) fn duplicate(&self) -> io::Result<Self> {
        Ok(Self { path: self.path.clone(), handle: self.handle.try_clone()? })
    }

    /// Nothing to do: this process keeps its handle open until the program ends.
    #[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
    pub(crate) fn inherited(self) -> io::Result<Self> {
        Ok(self)
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        file::file_metadata(&self.handle)
    }

    pub(crate) fn metadata_of(&self, path: &Path) -> io::Result<Metadata> {
        file::link_metadata(&self.at(path))
    }

    pub(crate) fn entries(&self) -> io::Result<Vec<OsString>> {
        let names = match fs::read_dir(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        names.map(|entry| Ok(entry?.file_name())).collect()
    }

    pub(crate) fn create(&self, path: &Path, _mode: u32) -> io::Result<()> {
        fs::create_dir(self.at(path))
    }

    pub(crate) fn open_file(&self, path: &Path) -> io::Result<File> {
        self.open_with(OpenOptions::new().read(true), path)
    }

    pub(crate) fn create_file(&self, path: &Path, _mode: u32) -> io::Result<File> {
        File::create_new(self.at(path))
    }

    pub(crate) fn open_emptied(&self, path: &Path, _mode: u32) -> io::Result<File> {
        self.open_with(OpenOptions::new().write(true).create(true).truncate(true), path)
    }

    pub(crate) fn open_to_write(&self, path: &Path, _mode: u32) -> io::Result<File> {
        self.open_with(OpenOptions::new().write(true).create(true).truncate(false), path)
    }

    fn open_with(&self, options: &mut OpenOptions, path: &Path) -> io::Result<File> {
        let file = options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(self.at(path))?;
        if file.metadata()?.is_symlink() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Ok(file)
    }

    pub(crate) fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        fs::read_link(self.at(path))
    }

    pub(crate) fn symlink(&self, target: &str, path: &Path) -> io::Result<()> {
        file::symlink(target.as_ref(), &self.at(path))
    }

    pub(crate) fn hard_link(&self, path: &Path, to: &Self, new: &Path) -> io::Result<()> {
        fs::hard_link(self.at(path), to.at(new))
    }

    pub(crate) fn rename(&self, path: &Path, to: &Self, new: &Path) -> io::Result<()> {
        fs::rename(self.at(path), to.at(new))
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn exchange(&self, _path: &Path, _other: &Path) -> io::Result<()> {
        Err(Unsupported("exchanging two names").into())
    }

    pub(crate) fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(self.at(path))
    }

    pub(crate) fn remove_directory(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(self.at(path))
    }

    pub(crate) fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        file::set_mode(&self.at(path), mode)
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn touch(&self) -> io::Result<()> {
        Err(Unsupported("times of directories").into())
    }

    /// Ignores access lists; a later write reports that it is refused.
    pub(crate) fn is_writable(&self) -> bool {
        self.handle.metadata().is_ok()
    }

    pub(crate) fn free_space(&self) -> io::Result<Space> {
        let path: Vec<u16> = self.path.as_os_str().encode_wide().chain([0]).collect();
        let mut bytes = 0;
        let (all, free) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: the path ends with 0, and the system writes to what outlives the call.
        if unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut bytes, all, free) } == 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Space { bytes, files: u64::MAX })
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn lock_shared(&self) -> io::Result<()> {
        Err(Unsupported("locks on directories").into())
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn lock(&self) -> io::Result<()> {
        Err(Unsupported("locks on directories").into())
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn unlock(&self) -> io::Result<()> {
        Err(Unsupported("locks on directories").into())
    }
}
