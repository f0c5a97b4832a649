//! The launcher at the front of every archive and, as a library, the formats of archive and cache.
//!
//! The boot order:
//!
//! 1. Refuse rights that the caller does not have ([`sys::is_privileged`]).
//! 2. Read the boot record out of our own memory: the manifest's digest names the environment.
//! 3. If `SNAKECRATE` names a command, do that instead of starting the application ([`switch`]).
//! 4. **Warm**: at each place where the cache may be ([`cache::root::candidates`]), open the
//!    environment, take a lease on it, read its launch plan, and replace the process ([`warm`]).
//!    The archive is not read.
//! 5. **Cold** ([`cold`]): open the archive once, check the manifest against its digest. At the
//!    first place that will do: enter staging, extract the components that the cache lacks, rename
//!    them to their names, assemble the environment from links to them, rename it; then as in 4.
//!
//! Correctness rests on content addresses and `rename`; locks only save work.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub mod c_library;
pub mod cache;
pub mod cold;
pub mod env;
pub mod error;
pub mod extract;
pub mod guard;
pub mod launch;
pub mod progress;
pub mod space;
pub mod switch;
pub mod sys;
pub mod warm;

use cache::root::{Root, candidates};
use error::Error;
use snakecrate_format::record::{self, BootRecord};
use warm::{Cold, Env};

/// Starts the archive whose boot record is `record`: then it does not return. Else it returns why
/// that failed, or the exit status of what was asked for instead ([`switch`]).
pub fn run(record: &[u8; record::LENGTH], arguments: &[OsString]) -> Result<i32, Error> {
    if sys::is_privileged() {
        return Err(Error::Privileged);
    }
    let record = BootRecord::parse(record)?;
    let archive = sys::own_path().map_err(|source| Error::Open { path: PathBuf::new(), source })?;
    match switch::asked() {
        Some(word) => switch::run(&word, record, arguments, archive),
        None => Err(start(record, arguments, &archive)),
    }
}

/// Starts the application. Returns why it did not.
fn start(record: BootRecord, arguments: &[OsString], archive: &Path) -> Error {
    let key = record.manifest_digest.key();
    let mut places = Vec::new();
    for path in candidates() {
        let cold = match Root::open(&path) {
            Err(why) => Cold::Root(why),
            Ok(root) => match Env::open(&root, &key) {
                Err(cold) => cold,
                Ok(env) => match env.start(arguments, archive) {
                    (_, Some(cold)) => cold,
                    (error, None) => return error,
                },
            },
        };
        places.push((path, cold));
    }
    cold::start(record, arguments, archive, places)
}
