//! The prefix of an installation in a directory, and its executable.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;

/// Places of the prefix in a directory that was unpacked from an archive, or has a whole system.
const PREFIXES: [&str; 6] = ["", "python", "python/install", "install", "usr/local", "usr"];

/// The prefix that `directory` is or holds, and the executable in its `bin`.
///
/// # Errors
///
/// It has none.
pub(super) fn find(directory: &Path) -> Result<(PathBuf, PathBuf), Error> {
    let no = |problem| Error::NoPython { path: directory.to_owned(), problem };
    let mut prefixes = PREFIXES
        .iter()
        .map(|inner| directory.join(inner))
        .filter(|prefix| prefix.join("bin").is_dir())
        .peekable();
    prefixes.peek().ok_or_else(|| no("has no `bin` directory with an interpreter"))?;
    prefixes
        .find_map(|prefix| executable(&prefix).map(|executable| (prefix, executable)))
        .ok_or_else(|| no("has no python3 in its `bin` directory"))
}

/// `bin/python3.12`, else `bin/python3`. Links of an unpacked system may lead nowhere on this machine.
fn executable(prefix: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let mut names: Vec<String> = versions
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("python3."))
        .collect();
    names.sort();
    names.push("python3".to_owned());
    names
        .iter()
        .map(|name| prefix.join("bin").join(name))
        .find(|path| fs::symlink_metadata(path).is_ok_and(|found| !found.is_dir()))
}
