//! Downloads the files of a resolution.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::cache::Cached;
use super::credentials::{self, Credentials};
use super::error::{At as _, Error};
use super::job::Job;
use super::pin::{Pin, Place, Remote};
use snakecrate_base::ui::{Ui, Verbosity};
use snakecrate_download as download;

/// The number of downloads that run at a time.
const PARALLEL: usize = 8;

/// Downloads the wheels among `pins` into the cache. The result has `None` for pins to be built.
pub(super) fn wheels(job: &Job, pins: &[Pin]) -> Result<Vec<Option<Cached>>, Error> {
    let mut found = Vec::new();
    let mut missing: Vec<&Remote> = Vec::new();
    for pin in pins {
        let Place::Wheel(remote) = &pin.place else {
            found.push(None);
            continue;
        };
        let known = remote
            .sha256
            .as_ref()
            .map(|sha256| Cached { file: remote.file(), sha256: sha256.to_ascii_lowercase() });
        let known = known.filter(|cached| job.cache.get(cached).is_some());
        if known.is_none() {
            missing.push(remote);
        }
        found.push(known);
    }
    if missing.is_empty() {
        return Ok(found);
    }
    let directory = job.scratch.join("downloads");
    let what = match missing.len() {
        1 => missing[0].file(),
        count => format!("{count} wheels"),
    };
    let progress = job.ui.spinner("Downloading", &what);
    get(job, &missing, &directory)?;
    drop(progress);
    job.ui.step("Downloaded", &what);
    for (pin, found) in pins.iter().zip(&mut found) {
        if let (Place::Wheel(remote), None) = (&pin.place, &found) {
            let file = directory.join(remote.file());
            *found = Some(job.cache.adopt(&file, remote.sha256.as_deref())?);
        }
    }
    Ok(found)
}

/// Downloads one file into `directory`.
pub(super) fn file(job: &Job, remote: &Remote, directory: &Path) -> Result<PathBuf, Error> {
    get(job, &[remote], directory)?;
    Ok(directory.join(remote.file()))
}

/// Downloads `remotes` into `directory`, under their own names.
fn get(job: &Job, remotes: &[&Remote], directory: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(directory).at(directory)?;
    in_parallel(job, remotes, directory)
}

/// Downloads several files at a time. Returns the first error.
fn in_parallel(job: &Job, remotes: &[&Remote], directory: &Path) -> Result<(), Error> {
    let failures: Mutex<Vec<(&Remote, Error)>> = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let credentials = Credentials::of(job);
    let offline = job.options.offline;
    thread::scope(|scope| {
        for _ in 0..PARALLEL.min(remotes.len()) {
            scope.spawn(|| {
                while let Some(remote) = remotes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let url = credentials.known(&remote.url);
                    let outcome = one(remote, &url, directory, offline);
                    if let (Err(error), Ok(mut failures)) = (outcome, failures.lock()) {
                        failures.push((remote, error));
                    }
                }
            });
        }
    });
    for (remote, error) in failures.into_inner().unwrap_or_default() {
        // Some servers hide from strangers that they have a file.
        let Error::Download(download::Error::Status { status: 401 | 403 | 404, .. }) = error else {
            return Err(error);
        };
        let url = credentials.known(&remote.url);
        match credentials::stored(job.uv()?, &url) {
            Some(url) => one(remote, &url, directory, offline)?,
            None => return Err(error),
        }
    }
    Ok(())
}

/// Downloads `remote`, whose URL with credentials is `url`.
fn one(remote: &Remote, url: &str, directory: &Path, offline: bool) -> Result<(), Error> {
    let to = directory.join(remote.file());
    if offline && !remote.url.starts_with("file:") {
        return Err(Error::Offline(remote.file()));
    }
    let Some(sha256) = &remote.sha256 else {
        let local = url::Url::parse(&remote.url).ok().and_then(|url| url.to_file_path().ok());
        return match local {
            Some(path) => std::fs::copy(&path, &to).map(|_| ()).at(path),
            None => Err(Error::Answer {
                program: "the index",
                cause: format!("it has no digest of {}", remote.file()),
            }),
        };
    };
    download::fetch(url, sha256, &to, Ui::new(Verbosity::Quiet))?;
    Ok(())
}
