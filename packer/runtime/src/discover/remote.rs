//! Interpreters from the network: the archive at a URL, or the newest of a release.

use std::fs;
use std::path::Path;

use snakecrate_base::python::Interpreter;
use snakecrate_base::redact::redacted;
use snakecrate_download as download;

use super::error::Error;
use super::given;
use super::release;
use super::request::Job;
use super::versions::Versions;

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
    let url = release::address(job.mirror, "SHA256SUMS");
    let offers = release::offers(&download::text(&url)?, job.target);
    let best = |both| offers.iter().find(|offer| versions.fits(&offer.version, both));
    let Some(offer) = best(true).or_else(|| best(false)) else {
        let has = offers.iter().map(|offer| offer.version.to_string()).collect();
        let url = redacted(&url).into_owned();
        return Err(Error::NotOffered { url, wanted: versions.to_string(), has });
    };
    let directory = job.directories.downloads.join(&offer.sha256);
    job.ui.step("Downloading", format_args!("Python {}", offer.version));
    fetched(&release::address(job.mirror, &offer.file), &offer.sha256, &directory, job)
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
