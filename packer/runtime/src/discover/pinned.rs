//! Downloads of the pinned release of python-build-standalone.

use std::fs;
use std::path::PathBuf;

use snakecrate_base::redact::redacted;
use snakecrate_download as download;

use super::error::Error;
use super::release;
use super::request::Job;
use super::unpack::unpack;
use super::versions::Versions;

/// The directory of the newest Python of the pinned release that is one of `versions`, downloaded and
/// unpacked if it isn't there.
///
/// # Errors
///
/// The release has none, or it cannot be downloaded or unpacked.
pub(super) fn newest(versions: &Versions<'_>, job: &Job<'_>) -> Result<PathBuf, Error> {
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
    if !directory.is_dir() {
        let archive = job.directories.archive(&offer.sha256);
        let url = release::address(job.mirror, &offer.file);
        download::fetch(&url, &offer.sha256, &archive, job.ui)?;
        let progress = job.ui.spinner("Unpacking", archive.display());
        unpack(&archive, &directory)?;
        drop(progress);
        // Only the directory is used from now on.
        let _ = fs::remove_file(&archive);
    }
    Ok(directory)
}
