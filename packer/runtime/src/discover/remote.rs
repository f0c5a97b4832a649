//! Interpreters from the network: the archive at a URL, or the newest of a release.

use std::fs;
use std::path::Path;

use snakecrate_base::python::Interpreter;
use snakecrate_base::redact::redacted;
use snakecrate_download as download;

use super::error::Error;
use super::request::Job;
use super::versions::Versions;
use super::{given, installation, pinned};

/// The interpreter in the archive at `url`, whose digest must be `sha256`.
pub(super) fn interpreter(url: &str, sha256: &str, job: &Job<'_>) -> Result<Interpreter, Error> {
    let archive = job.directories.archive(sha256);
    let directory = job.directories.given.join(sha256);
    if !directory.is_dir() && !archive.is_file() && job.offline && !url.starts_with("file:") {
        return Err(Error::Offline { url: redacted(url).into_owned() });
    }
    fetched(url, sha256, &directory, job)
}

/// The newest interpreter of the pinned release that is one of `versions`.
pub(super) fn newest(versions: &Versions<'_>, job: &Job<'_>) -> Result<Interpreter, Error> {
    installation::interpreter(&pinned::newest(versions, job)?, job)
}

fn fetched(url: &str, sha256: &str, directory: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    let archive = job.directories.archive(sha256);
    if !directory.is_dir() {
        download::fetch(url, sha256, &archive, job.ui)?;
    }
    let interpreter = given::in_archive(&archive, directory, job)?;
    // Only the directory is used from now on.
    let _ = fs::remove_file(&archive);
    Ok(interpreter)
}
