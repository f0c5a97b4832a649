//! The launcher at the front of every archive.
//!
//! The boot order:
//!
//! 1. Refuse rights that the caller does not have ([`process::is_privileged`]).
//! 2. Read the boot record from our own memory. Its digest of the manifest names the environment.
//! 3. If `SNAKECRATE` names a command, run that instead of the application
//!    ([`self_commands`]).
//! 4. **Warm** ([`start::warm`]): at each place where the cache may be
//!    ([`snakecrate_cache::places`]), open the environment, take a lease on it, read its launch
//!    plan, run the entry's hook if it has one that has not run yet ([`first_run`]), and replace the
//!    process. The archive is not read.
//! 5. **Cold** ([`start::cold`]): open the archive once, and check the manifest against its digest.
//!    At the first usable place: enter staging, extract the components that the cache lacks, rename
//!    them to their names, assemble the environment from links to them ([`mod@env`]), rename it.
//!    Then continue as in step 4.
//!
//! A launcher with a blank record has no archive. It starts the [ready environment](ready) that it is
//! in.
//!
//! Correctness rests on content addresses and renaming; locks only save work.

use std::ffi::OsString;
use std::path::PathBuf;

pub mod date;
pub mod entry_choice;
pub mod env;
pub mod error;
pub mod failure_window;
pub mod first_run;
pub mod last_error;
pub mod progress;
pub mod ready;
pub mod redact;
pub mod request;
pub mod self_commands;
pub mod start;
pub mod window;

use error::Error;
use request::Request;
use snakecrate_format::manifest::Feature;
use snakecrate_format::payload::Payload;
use snakecrate_format::record::{self, BadRecord, BootRecord};
use snakecrate_platform::file::SharedFile;
use snakecrate_platform::process;

/// The publisher of the archive whose boot record is `record`, or of the ready environment that this
/// launcher is in. `None` if it has none, or if its manifest cannot be read. Only failed starts ask.
pub fn publisher(record: &[u8; record::LENGTH]) -> Option<String> {
    if process::is_privileged() {
        return None;
    }
    let manifest = match BootRecord::parse(record) {
        Ok(record) => {
            let payload = Payload::new(SharedFile(process::open_own().ok()?), record).ok()?;
            payload.manifest(Feature::LAUNCHER).ok()?
        }
        Err(BadRecord::Blank) => ready::manifest(&process::own_path().ok()?)?,
        Err(_) => return None,
    };
    manifest.publisher()
}

/// Starts the archive whose boot record is `record`, and does not return if that succeeds. If
/// `SNAKECRATE` names a command, runs the command and returns its exit status.
pub fn run(record: &[u8; record::LENGTH], arguments: &[OsString]) -> Result<i32, Error> {
    if process::is_privileged() {
        return Err(Error::Privileged);
    }
    let own = process::own_path().map_err(|source| Error::Open { path: PathBuf::new(), source });
    let record = match BootRecord::parse(record) {
        Err(BadRecord::Blank) => match ready::start(&own?, arguments)? {
            Some(never) => match never {},
            None => return Err(BadRecord::Blank.into()),
        },
        parsed => parsed?,
    };
    let archive = own?;
    match self_commands::requested() {
        Some(word) => self_commands::run(&word, record, arguments, archive),
        None => match start::start(record, Request::Entry(arguments), &archive) {
            Ok(never) => match never {},
            Err(error) => {
                last_error::keep(&record, &archive, &error);
                Err(error)
            }
        },
    }
}
