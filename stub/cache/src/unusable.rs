//! Why a place cannot be the cache.

use std::{fmt, io};

use snakecrate_format::size::Size;
use snakecrate_platform::error::{is_full, is_link_refused};

/// The longest path of a cache, in bytes. With the path of any file below it (area, key, and 2,048
/// bytes in a component) it stays below the kernel's 4,096, and the search path of an interpreter
/// with its own C library has room for two.
pub const MAX_PATH: usize = 1_900;

/// Why a place cannot be the cache.
#[derive(Debug)]
pub enum Unusable {
    /// Nothing is there.
    Missing,
    /// It, or the directory it would be made in, belongs to another user.
    Foreign(u32),
    /// Group or others may write to it.
    Writable,
    /// Not a directory; a symbolic link, perhaps.
    NotDirectory,
    /// A path that `pyvenv.cfg` cannot hold.
    NotText,
    /// A path longer than [`MAX_PATH`].
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
        /// How many more there can be.
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
