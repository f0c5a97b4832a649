//! Interpreters that the user names by path: an executable, a directory, or an archive.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use snakecrate_audit::elf::is_elf;
use snakecrate_base::python::Interpreter;
use snakecrate_download::file_sha256;
use snakecrate_platform::file::is_executable;

use super::error::Error;
use super::examine::examined;
use super::installation;
use super::request::Job;
use super::unpack::{is_archive, unpack};

/// The interpreter at `path`.
pub(super) fn interpreter(path: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let no = |problem| Err(Error::NoPython { path: path.to_owned(), problem });
    let found = match fs::metadata(path) {
        Ok(found) => found,
        // An absolute link of an unpacked system.
        Err(_) if !job.runs(path) && fs::symlink_metadata(path).is_ok() => {
            return examined(path, job);
        }
        Err(_) => return no("does not exist"),
    };
    if found.is_dir() {
        return installation::interpreter(path, job);
    }
    let mut start = [0; 4];
    let fail = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(fail)?;
    let length = file.read(&mut start).map_err(fail)?;
    if is_archive(&start[..length]) {
        let sha256 = file_sha256(path).map_err(fail)?;
        return in_archive(path, &job.directories.given.join(sha256), job);
    }
    if start.starts_with(b"#!") || is_elf(&start) {
        if job.runs(path) && !is_executable(&found) {
            return no("is not executable; give the directory that contains its `bin`");
        }
        return examined(path, job);
    }
    no("is neither an interpreter nor an archive of one")
}

/// The interpreter in `archive`, which is unpacked to `directory` unless that exists.
pub(super) fn in_archive(
    archive: &Path,
    directory: &Path,
    job: &Job<'_>,
) -> Result<Interpreter, Error> {
    if !directory.is_dir() {
        let progress = job.ui.spinner("Unpacking", archive.display());
        unpack(archive, directory)?;
        drop(progress);
    }
    installation::interpreter(directory, job).map_err(|error| match error {
        Error::NoPython { problem, .. } => Error::NoPython { path: archive.to_owned(), problem },
        error => error,
    })
}
