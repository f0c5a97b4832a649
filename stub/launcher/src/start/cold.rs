//! A cold start: the environment is made from the archive, then started.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use snakecrate_cache::runtimes::RuntimeFile;
use snakecrate_format::manifest::Feature;
use snakecrate_format::payload::Payload;
use snakecrate_format::record::BootRecord;
use snakecrate_platform::file::SharedFile;
use snakecrate_platform::process;

use super::attempt::{NotStarted, StartError};
use super::make::{ATTEMPTS, make};
use crate::error::Error;
use crate::request::Request;
use crate::window;

/// Makes the environment at the first usable one of `places`, and starts it. Returns only if that
/// fails. Each place comes with the reason why there was no warm start.
///
/// Everything is read from one open file, and the `runtime` from another one if the archive has none. If the environment disappears before it starts, it is
/// made again.
pub fn start(
    record: BootRecord,
    runtime: Option<RuntimeFile>,
    request: Request<'_>,
    archive: &Path,
    mut places: Vec<(PathBuf, NotStarted)>,
) -> Result<Infallible, Error> {
    let opened = |source| Error::Open { path: archive.to_owned(), source };
    let file = process::open_own().map_err(opened)?;
    let payload = Payload::new(SharedFile(file), record)?;
    let manifest = payload.manifest(Feature::LAUNCHER)?;
    let path = runtime.as_ref().map(|runtime| runtime.path.clone());
    let (payload, manifest) = match runtime {
        Some(runtime) => {
            let (runtime, manifest) = runtime.join(manifest)?;
            (payload.with_runtime(runtime), manifest)
        }
        None => (payload, manifest),
    };
    let has_window =
        matches!(request, Request::Entry(arguments) if window::is_wanted(&manifest, arguments));
    let mut attempt = 1;
    loop {
        let (env, path) = make(&payload, &manifest, path.as_deref(), places, has_window)?;
        match env.start(request, archive) {
            Err(StartError::Repairable(_, why)) if attempt < ATTEMPTS => {
                places = vec![(path, why)];
            }
            Err(error) => return Err(error.into()),
        }
        attempt += 1;
    }
}
