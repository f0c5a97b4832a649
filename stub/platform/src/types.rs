//! The interface's own types, which every platform fills in.

/// An operation that this platform cannot do yet, with its name for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not supported on this operating system yet: {0}")]
pub struct Unsupported(pub &'static str);

impl From<Unsupported> for std::io::Error {
    fn from(unsupported: Unsupported) -> Self {
        Self::new(std::io::ErrorKind::Unsupported, unsupported)
    }
}

/// Identifies a file among all files that exist at the same time, whatever its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// The number of the file system.
    pub device: u64,
    /// The number of the file in it.
    pub index: u64,
}

/// A time, as file systems store it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    /// Seconds since 1970; negative before.
    pub seconds: i64,
    /// Nanoseconds after that second.
    pub nanoseconds: u32,
}

/// The kinds of things that have a name in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// Space on a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The number of bytes.
    pub bytes: u64,
    /// The number of files, directories and links.
    pub files: u64,
}

/// A mount of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The file system's type: `ext4`, `fuse.sshfs`.
    pub kind: String,
    /// The mount's options, without those of the file system, which may name paths: `rw,noexec`.
    pub options: String,
    /// The file system's size in bytes; 0 if it has none.
    pub size: u64,
}

/// A limit of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name for people.
    pub name: &'static str,
    /// A number, or bytes; `None`: unlimited.
    pub value: Option<u64>,
}

/// The users who can write to a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// This user and the administrator.
    Ours,
    /// It belongs to this other user.
    Foreign(u32),
    /// Its group or everybody.
    Writable,
}

/// The prefix that [`execute`](crate::process::execute) puts before the names of hidden variables.
pub const HIDING: &str = "SNAKECRATE_";
