//! Starting the application: warm if its environment exists, otherwise cold.

pub mod attempt;
pub mod cold;
pub mod make;
pub mod warm;

use std::convert::Infallible;
use std::path::Path;

use snakecrate_cache::places::{self, candidates};
use snakecrate_cache::root::Root;
use snakecrate_cache::runtimes::RuntimeFile;
use snakecrate_format::record::BootRecord;

use crate::error::Error;
use crate::request::Request;
use attempt::{NotStarted, StartError};
use warm::Env;

/// Starts what `request` asks for; returns only if that fails.
pub fn start(
    record: BootRecord,
    request: Request<'_>,
    archive: &Path,
) -> Result<Infallible, Error> {
    // Opened before a warm start, too: it is part of the environment's name.
    let runtime = record.runtime.map(|name| RuntimeFile::open(name, archive)).transpose()?;
    let key = record.key(runtime.as_ref().map(RuntimeFile::record));
    let mut places = Vec::new();
    for path in candidates() {
        let why = match Root::open(&path).map_err(NotStarted::Root) {
            Err(why) => why,
            Ok(root) => match Env::open(&root, &key) {
                Err(why) => why,
                Ok(env) => match env.start(request, archive) {
                    Err(StartError::Repairable(_, why)) => why,
                    Err(StartError::Final(error)) => return Err(error),
                },
            },
        };
        places.push((path, why));
    }
    // Whatever is wrong there is for the administrator to repair.
    let shared = places::shared().and_then(|path| Root::open(&path).ok());
    if let Some(env) = shared.and_then(|root| Env::open(&root, &key).ok())
        && let Err(StartError::Final(error)) = env.start(request, archive)
    {
        return Err(error);
    }
    cold::start(record, runtime, request, archive, places)
}
