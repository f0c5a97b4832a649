//! The files of a folder that are not packed, and why.
//!
//! The rules are in docs/reference/sources.md, too.

use std::fmt;
use std::fs::{self, DirEntry};
use std::io::Read as _;
use std::path::Path;

use super::super::project::SKIPPED;
use crate::archive::Archive;
use snakecrate_format::record::BLANK;

/// Names of directories that build tools write to. Below the top they may be packages.
const OUTPUT: [&str; 3] = ["build", "dist", "target"];
/// Directories of version control.
const VERSION_CONTROL: [&str; 3] = [".git", ".hg", ".svn"];
/// Ends of names of databases, with the files that `SQLite` keeps beside them.
const DATABASES: [&str; 6] =
    [".sqlite3", ".sqlite", ".sqlite3-journal", ".sqlite3-wal", ".sqlite3-shm", ".db"];
/// Ends of names of files that hold keys.
const KEYS: [&str; 5] = [".p12", ".pfx", ".kdbx", ".jks", ".keystore"];
/// Ends of names of files that may hold a private key.
const PEM: [&str; 4] = [".pem", ".key", ".crt", ".cer"];
/// Names of files with passwords.
const PASSWORDS: [&str; 3] = [".netrc", ".pypirc", ".pgpass"];
/// A file with a key is not longer than this, in bytes.
const LONGEST_KEY: u64 = 64 << 10;

/// A file or directory that is not packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path in the folder.
    pub path: String,
    /// Why it is not packed.
    pub reason: Reason,
}

/// Why something is not packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A database of a Django project: it holds the developer's data.
    Database,
    /// A key or passwords.
    Secret,
    /// What a build tool wrote.
    Output,
    /// A file of a kind that has no contents, such as a socket, or a link that leads nowhere.
    Special,
    /// A Python environment.
    Environment,
    /// An archive that snakecrate wrote.
    Archive,
    /// Version control, caches and settings of tools: hidden names and bytecode.
    Tools,
}

impl Reason {
    /// Whether the application may need it, so that the user has to know.
    pub fn is_warned_of(self) -> bool {
        matches!(self, Self::Database | Self::Secret | Self::Output | Self::Special)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "database",
            Self::Secret => "secret",
            Self::Output => "build output",
            Self::Special => "not a file",
            Self::Environment => "Python environment",
            Self::Archive => "archive",
            Self::Tools => "tool's files",
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.reason)
    }
}

/// Why `entry` is not packed; `None` if it is. `is_top` is whether it is directly in the folder.
pub(super) fn reason(entry: &DirEntry, is_top: bool, is_django: bool) -> Option<Reason> {
    let (path, name) = (entry.path(), entry.file_name());
    let name = name.to_string_lossy();
    let Ok(metadata) = fs::metadata(&path) else { return Some(Reason::Special) };
    if metadata.is_dir() {
        return directory(&path, &name, is_top);
    }
    if !metadata.is_file() {
        return Some(Reason::Special);
    }
    let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let is_secret = name == ".env"
        || name.starts_with(".env.")
        || PASSWORDS.contains(&&*name)
        || ends_with(&KEYS)
        || (ends_with(&PEM) || name.starts_with("id_")) && holds_private_key(&path, metadata.len());
    if is_secret {
        Some(Reason::Secret)
    } else if is_django && ends_with(&DATABASES) {
        Some(Reason::Database)
    } else if name.starts_with('.') || ends_with(&[".pyc", ".pyo"]) {
        Some(Reason::Tools)
    } else if is_archive(&path) {
        Some(Reason::Archive)
    } else {
        None
    }
}

fn directory(path: &Path, name: &str, is_top: bool) -> Option<Reason> {
    if path.join("pyvenv.cfg").is_file() || path.join("conda-meta").is_dir() {
        Some(Reason::Environment)
    } else if OUTPUT.contains(&name) {
        is_top.then_some(Reason::Output)
    } else if name == "node_modules" {
        Some(Reason::Output)
    } else if VERSION_CONTROL.contains(&name) || SKIPPED.contains(&name) || name.starts_with('.') {
        Some(Reason::Tools)
    } else {
        name.ends_with(".egg-info").then_some(Reason::Tools)
    }
}

/// Whether the file is one that an earlier build wrote.
fn is_archive(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    let is_file = start == *b"\x7fELF" || BLANK.starts_with(&start);
    read.is_ok() && is_file && Archive::open_any(path).is_ok()
}

fn holds_private_key(path: &Path, length: u64) -> bool {
    let text = if length <= LONGEST_KEY { fs::read(path).unwrap_or_default() } else { Vec::new() };
    String::from_utf8_lossy(&text).contains("PRIVATE KEY-----")
}
