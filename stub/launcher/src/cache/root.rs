//! Where the cache is, and whether it can be trusted.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::{fmt, io};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;

use super::{COMPONENTS, ENVS, LAYOUT, STAGING};
use crate::space::Space;
use crate::sys;
use snakecrate_format::size::Size;

/// The variable that names the cache; where it is set, no other place is tried.
pub const VARIABLE: &str = "SNAKECRATE_CACHE";

/// The longest path of a cache, in bytes: with that of any file below it (a name of an area, a
/// key, and 2,048 bytes in a component) it is shorter than the kernel's 4,096, and the search path
/// of an interpreter on a C library of its own has room for two.
const MAX_PATH: usize = 1_900;

pub(super) const TAG: &str = "CACHEDIR.TAG";
/// <https://bford.info/cachedir/>
const TAG_TEXT: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# Unpacked Snakecrate archives. It can be deleted while none of them runs.
";

/// A cache that is there, is ours, and nobody else can write to.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    directory: OwnedFd,
}

/// Why a place cannot be the cache.
#[derive(Debug)]
pub enum Unusable {
    /// Nothing there.
    Missing,
    /// It, or the directory it would be made in, belongs to another user.
    Foreign(u32),
    /// Group or others may write to it.
    Writable,
    /// Not a directory; a symbolic link, perhaps.
    NotDirectory,
    /// A path that `pyvenv.cfg` cannot hold.
    NotText,
    /// A path that is longer than paths in it may be.
    TooLong(usize),
    /// Its file system forbids to execute.
    NoExec,
    /// Its file system is too full.
    NoSpace {
        /// Bytes wanted.
        needed: u64,
        /// Bytes there.
        free: u64,
    },
    /// Its file system has a fixed number of files, and too few are left.
    NoInodes {
        /// Files, directories and links wanted.
        needed: u64,
        /// How many more there can be.
        free: u64,
    },
    /// The operating system says no.
    System(io::Error),
}

impl Unusable {
    /// Whether room on the disk would help.
    pub fn is_full(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::System(error) => {
                matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
            }
            _ => false,
        }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::Foreign(uid) => write!(f, "it belongs to user {uid}"),
            Self::Writable => f.write_str("other users can write to it"),
            Self::NotDirectory => f.write_str("it is not a directory"),
            Self::NotText => f.write_str("its path is not UTF-8 text on one line"),
            Self::TooLong(length) => {
                write!(f, "its path has {length} bytes, more than {MAX_PATH}")
            }
            Self::NoExec => f.write_str("it is mounted noexec"),
            Self::NoSpace { needed, free } => {
                write!(f, "it needs {} and has {} free", Size(*needed), Size(*free))
            }
            Self::NoInodes { needed, free } => {
                write!(f, "it needs {needed} files and has room for {free}")
            }
            Self::System(error) => write!(f, "{error}"),
        }
    }
}

impl From<Errno> for Unusable {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::Missing,
            Errno::NOTDIR | Errno::LOOP | Errno::EXIST => Self::NotDirectory,
            _ => Self::System(errno.into()),
        }
    }
}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).map_or(Self::System(error), Self::from)
    }
}

/// The places where the cache may be, best first.
pub fn candidates() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = set(VARIABLE) {
        // It stays as it is where the working directory is gone, and is not found there.
        return vec![std::path::absolute(&path).unwrap_or(path.into())];
    }
    let user = dirs::cache_dir().map(|dir| dir.join("snakecrate"));
    // systemd's CacheDirectory=, several with colons between.
    let service = set("CACHE_DIRECTORY").and_then(|list| {
        let first = list.as_encoded_bytes().split(|&b| b == b':').next()?.to_vec();
        Some(sys::path_from_bytes(first).join("snakecrate"))
    });
    let shared = sys::SHARED_TEMPORARY
        .iter()
        .map(|directory| Path::new(directory).join(format!("snakecrate-{}", sys::effective_uid())));
    user.into_iter().chain(service).chain(shared).filter(|path| path.is_absolute()).collect()
}

impl Root {
    /// Opens the cache at `path`; writes nothing.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let directory = open_directory(CWD, path)?;
        check_owner(&directory)?;
        Ok(Self { path: path.to_owned(), directory })
    }

    /// Opens the cache at `path`, made first where it is missing.
    pub fn create(path: &Path) -> Result<Self, Unusable> {
        let text = path.to_str().ok_or(Unusable::NotText)?;
        if text.contains(char::is_control) {
            return Err(Unusable::NotText);
        }
        if text.len() > MAX_PATH {
            return Err(Unusable::TooLong(text.len()));
        }
        not_in_anothers_home(path)?;
        create_directories(path)?;
        let root = Self::open(path)?;
        for area in [LAYOUT, COMPONENTS, ENVS, STAGING] {
            ignore_existing(rustix::fs::mkdirat(root.directory(), area, Mode::from(0o755)))?;
        }
        write_tag(root.directory())?;
        Ok(root)
    }

    /// Its path, as it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory: what [`COMPONENTS`] and the like are relative to.
    pub fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// The path of `name` in `area` ([`COMPONENTS`], [`ENVS`] or [`STAGING`]).
    pub fn path_of(&self, area: &str, name: impl AsRef<OsStr>) -> PathBuf {
        let mut path = self.path.join(area);
        path.push(name.as_ref());
        path
    }

    /// Opens an area step by step: what is deleted in it is below the root, whatever became of the
    /// directories on the way.
    pub fn open_area(&self, area: &str) -> Result<OwnedFd, Errno> {
        let (above, name) = area.split_once('/').unwrap_or((".", area));
        open_directory(open_directory(&self.directory, above)?, name)
    }

    /// Whether `needed` more fits on its file system.
    pub fn check_space(&self, needed: Space) -> Result<(), Unusable> {
        let free = self.free_space()?;
        if free.bytes < needed.bytes {
            return Err(Unusable::NoSpace { needed: needed.bytes, free: free.bytes });
        }
        if free.files < needed.files {
            return Err(Unusable::NoInodes { needed: needed.files, free: free.files });
        }
        Ok(())
    }

    /// What this user may still write there.
    pub fn free_space(&self) -> io::Result<Space> {
        let stat = rustix::fs::fstatvfs(&self.directory)?;
        // One that makes room for files as they come (btrfs) says that it has none at all.
        let files = if stat.f_files == 0 { u64::MAX } else { stat.f_favail };
        Ok(Space { bytes: stat.f_bavail.saturating_mul(stat.f_frsize), files })
    }
}

/// Opens a directory; the last name may not be a link.
pub fn open_directory(at: impl AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, path, flags, Mode::empty())
}

/// Makes a file that is not there yet.
pub fn write_new(at: impl AsFd, path: &str, bytes: &[u8], mode: u32) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(at, path, flags, Mode::from(mode))?;
    write_all(&file, bytes)?;
    sys::close(file)
}

/// Writes all of `bytes`.
pub fn write_all(file: impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(&file, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Takes "it is there already" for done.
pub fn ignore_existing(result: Result<(), Errno>) -> Result<(), Errno> {
    match result {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

/// Writes the tag where there is none, or an empty one: whoever made that was killed, or had no
/// room, before a word was in it.
fn write_tag(directory: &OwnedFd) -> Result<(), Errno> {
    match rustix::fs::statat(directory, TAG, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if stat.st_size > 0 => return Ok(()),
        _ => {}
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, TAG, flags, Mode::from(0o644))?;
    write_all(&file, TAG_TEXT)
}

/// What lies there was made by this user or by root, and by nobody else since.
fn check_owner(directory: &OwnedFd) -> Result<(), Unusable> {
    let stat = rustix::fs::fstat(directory)?;
    if stat.st_uid != sys::effective_uid() && stat.st_uid != 0 {
        return Err(Unusable::Foreign(stat.st_uid));
    }
    if Mode::from_raw_mode(stat.st_mode).intersects(Mode::WGRP | Mode::WOTH) {
        return Err(Unusable::Writable);
    }
    Ok(())
}

/// `mkdir -p`, mode 0700, where files may be executed; but root does not leave directories in another user's home (sudo keeps
/// `HOME`), and a home or `/var/tmp` that is missing is not ours to make.
fn create_directories(path: &Path) -> Result<(), Unusable> {
    match rustix::fs::stat(path) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::Directory => {
            // What is made in it will be on the same file system.
            let flags = rustix::fs::statvfs(path)?.f_flag;
            let may_execute = !flags.contains(StatVfsMountFlags::NOEXEC);
            return if may_execute { Ok(()) } else { Err(Unusable::NoExec) };
        }
        Ok(_) => return Err(Unusable::NotDirectory),
        Err(Errno::NOENT) if is_given(path) => return Err(Unusable::Missing),
        Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno.into()),
    }
    let parent = path.parent().ok_or(Unusable::Missing)?;
    create_directories(parent)?;
    let owner = rustix::fs::stat(parent)?.st_uid;
    if sys::effective_uid() == 0 && owner != 0 {
        return Err(Unusable::Foreign(owner));
    }
    Ok(ignore_existing(rustix::fs::mkdir(path, Mode::RWXU))?)
}

/// Root leaves nothing in another user's home: what the user could not remove, or could put other
/// code in the place of.
fn not_in_anothers_home(path: &Path) -> Result<(), Unusable> {
    let is_above = |home: &PathBuf| home.parent().is_some() && path.starts_with(home);
    let home = dirs::home_dir().filter(|home| sys::effective_uid() == 0 && is_above(home));
    match home.and_then(|home| rustix::fs::stat(&home).ok()) {
        Some(stat) if stat.st_uid != 0 => Err(Unusable::Foreign(stat.st_uid)),
        _ => Ok(()),
    }
}

/// Whether this is a directory that a machine has or has not: made by us, with our owner and mode,
/// it would be in the way of others.
fn is_given(path: &Path) -> bool {
    sys::SHARED_TEMPORARY.iter().any(|shared| path == Path::new(shared))
        || dirs::home_dir().is_some_and(|home| path == home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_made_once_and_opened_ever_after() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/cache");
        assert!(matches!(Root::open(&path), Err(Unusable::Missing)));
        Root::create(&path).unwrap();
        Root::create(&path).unwrap();
        Root::open(&path).unwrap();
        let tag = std::fs::read(path.join(TAG)).unwrap();
        assert!(tag.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55\n"));
    }

    #[test]
    fn links_files_and_directories_that_others_can_write_to_are_refused() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (real, link, file) =
            (dir.path().join("real"), dir.path().join("link"), dir.path().join("file"));
        Root::create(&real).unwrap();
        symlink(&real, &link).unwrap();
        std::fs::write(&file, "").unwrap();
        assert!(matches!(Root::create(&link), Err(Unusable::NotDirectory)));
        assert!(matches!(Root::create(&file), Err(Unusable::NotDirectory)));
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o777)).unwrap();
        assert!(matches!(Root::open(&real), Err(Unusable::Writable)));
        assert!(matches!(Root::create(&dir.path().join("a\nb")), Err(Unusable::NotText)));
    }
}
