//! The launcher at the front of every archive and, as a library, the formats of archive and cache.
//!
//! The boot order:
//!
//! 1. Refuse rights that the caller does not have ([`sys::is_privileged`]).
//! 2. Read the boot record out of our own memory: the manifest's digest names the environment.
//! 3. **Warm**: at each place where the cache may be ([`cache::root::candidates`]), open the
//!    environment, take a lease on it, read its launch plan, and replace the process ([`warm`]).
//!    The archive is not read.
//! 4. **Cold** ([`cold`]): open the archive once, check the manifest against its digest. At the
//!    first place that will do: enter staging, extract the components that the cache lacks, rename
//!    them to their names, assemble the environment from links to them, rename it; then as in 3.
//!
//! Correctness rests on content addresses and `rename`; locks only save work.

use std::ffi::OsString;
use std::path::PathBuf;

pub mod c_library;
pub mod cache;
pub mod cold;
pub mod digest;
pub mod entry_path;
pub mod env;
pub mod error;
pub mod extract;
pub mod launch;
pub mod listing;
pub mod manifest;
pub mod payload;
pub mod progress;
pub mod record;
pub mod room;
pub mod space;
pub mod sys;
pub mod tar;
pub mod warm;
pub mod zstd;

use cache::root::{Root, candidates};
use error::Error;
use record::BootRecord;
use warm::{Cold, Env};

/// Starts the archive whose boot record is `record`. Returns only if that failed, with why.
pub fn run(record: &[u8; record::LENGTH], arguments: &[OsString]) -> Error {
    if sys::is_privileged() {
        return Error::Privileged;
    }
    let record = match BootRecord::parse(record) {
        Ok(record) => record,
        Err(error) => return error.into(),
    };
    let archive = match sys::own_path() {
        Ok(path) => path,
        Err(source) => return Error::Open { path: PathBuf::new(), source },
    };
    let key = record.manifest_digest.key();
    let mut places = Vec::new();
    for path in candidates() {
        let cold = match Root::open(&path) {
            Err(why) => Cold::Root(why),
            Ok(root) => match Env::open(&root, &key).and_then(|env| env.start(arguments, &archive))
            {
                Ok(error) => return error,
                Err(cold) => cold,
            },
        };
        places.push((path, cold));
    }
    cold::start(record, arguments, &archive, places)
}
