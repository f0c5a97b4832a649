//! The interpreter in an installation's directory.

use std::fs;
use std::path::Path;

use snakecrate_base::python::Interpreter;
use snakecrate_platform::file::is_executable;

use super::error::Error;
use super::examine::examined;
use super::prefix;
use super::repair::repaired;
use super::request::Job;

/// The interpreter in `directory`, which is a prefix or holds one as archives do.
pub(super) fn interpreter(directory: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let (prefix, executable) = prefix::find(directory)?;
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
