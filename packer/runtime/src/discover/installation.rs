//! The interpreter in an installation's directory.

use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_base::python::Interpreter;
use snakecrate_platform::file::is_executable;

use super::error::Error;
use super::probe::probe;
use super::repair::repaired;
use super::request::Job;

/// Places of the prefix in a directory that was unpacked from an archive.
const PREFIXES: [&str; 4] = ["", "python", "python/install", "install"];

/// The interpreter in `directory`, which is a prefix or holds one as archives do.
pub(super) fn interpreter(directory: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let no = |problem| Error::NoPython { path: directory.to_owned(), problem };
    let prefix = PREFIXES
        .iter()
        .map(|inner| directory.join(inner))
        .find(|prefix| prefix.join("bin").is_dir())
        .ok_or_else(|| no("has no `bin` directory with an interpreter"))?;
    let executable =
        executable(&prefix).ok_or_else(|| no("has no python3 in its `bin` directory"))?;
    let found = fs::metadata(&executable)
        .map_err(|source| Error::Read { path: executable.clone(), source })?;
    if is_executable(&found) {
        return probe(&executable, job.target);
    }
    job.ui.detail(format_args!("{} has lost its execute bits", prefix.display()));
    probe(&repaired(&prefix, &executable, &job.directories.repaired)?, job.target)
}

/// `bin/python3.12`, else `bin/python3`.
fn executable(prefix: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let mut names: Vec<String> = versions
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("python3."))
        .collect();
    names.sort();
    names.push("python3".to_owned());
    names.iter().map(|name| prefix.join("bin").join(name)).find(|path| path.is_file())
}
