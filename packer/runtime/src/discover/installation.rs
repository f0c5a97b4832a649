//! The interpreter in an installation's directory.

use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_base::python::Interpreter;
use snakecrate_platform::file::is_executable;

use super::error::Error;
use super::examine::examined;
use super::repair::repaired;
use super::request::Job;

/// Places of the prefix in a directory that was unpacked from an archive, or has a whole system.
const PREFIXES: [&str; 6] = ["", "python", "python/install", "install", "usr/local", "usr"];

/// The interpreter in `directory`, which is a prefix or holds one as archives do.
pub(super) fn interpreter(directory: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let no = |problem| Error::NoPython { path: directory.to_owned(), problem };
    let mut prefixes = PREFIXES
        .iter()
        .map(|inner| directory.join(inner))
        .filter(|prefix| prefix.join("bin").is_dir())
        .peekable();
    prefixes.peek().ok_or_else(|| no("has no `bin` directory with an interpreter"))?;
    let (prefix, executable) = prefixes
        .find_map(|prefix| executable(&prefix).map(|executable| (prefix, executable)))
        .ok_or_else(|| no("has no python3 in its `bin` directory"))?;
    if !job.runs(&executable) {
        return examined(&executable, job);
    }
    let found = fs::metadata(&executable)
        .map_err(|source| Error::Read { path: executable.clone(), source })?;
    if is_executable(&found) {
        return examined(&executable, job);
    }
    job.ui.detail(format_args!("{} has lost its execute bits", prefix.display()));
    examined(&repaired(&prefix, &executable, &job.directories.repaired)?, job)
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
