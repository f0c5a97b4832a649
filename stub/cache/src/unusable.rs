//! Why a place cannot be the cache, or a file not the runtime.

use std::{fmt, io};

use snakecrate_format::size::Size;
use snakecrate_platform::error::{is_full, is_link_refused};

/// The longest path of a cache, in bytes. The path of any file in it (area, key, and 2,048 bytes in
/// a component) then stays below the kernel's limit of 4,096 bytes. The search path of a patched
/// interpreter has room for two such paths.
pub const MAX_PATH: usize = 1_900;

/// Why a place cannot be the cache, or a file not the runtime.
#[derive(Debug)]
pub enum Unusable {
    /// Nothing is there.
    Missing,
    /// It belongs to this other user, or the directory that it would be created in does.
    Foreign(u32),
    /// Its group or all users may write to it.
    Writable,
    /// It isn't a directory. A symbolic link to one isn't either.
    NotDirectory,
    /// A runtime file isn't a regular file.
    NotFile,
    /// Its path is not UTF-8 text on one line, so `pyvenv.cfg` cannot hold it.
    NotText,
    /// Its path has this many bytes, more than [`MAX_PATH`].
    TooLong(usize),
    /// Its file system forbids execution.
    NoExec,
    /// Its file system is too full.
    NoSpace {
        /// Bytes required.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// Its file system has a fixed number of files, and too few are left.
    NoInodes {
        /// Files, directories and links required.
        needed: u64,
        /// Files, directories and links that can still be made.
        free: u64,
    },
    /// Another error of the operating system.
    System(io::Error),
}

impl Unusable {
    /// Whether more free space would help.
    pub fn is_full(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::System(error) => is_full(error),
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
            Self::NotFile => f.write_str("it is not a regular file"),
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

impl std::error::Error for Unusable {}

impl From<io::Error> for Unusable {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind::{AlreadyExists, NotADirectory, NotFound};
        match error.kind() {
            NotFound => Self::Missing,
            NotADirectory | AlreadyExists => Self::NotDirectory,
            _ if is_link_refused(&error) => Self::NotDirectory,
            _ => Self::System(error),
        }
    }
}
