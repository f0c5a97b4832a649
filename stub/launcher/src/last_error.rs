//! Keeping the failure of a start for `SNAKECRATE=report`.

use std::path::Path;

use snakecrate_cache::last_errors::{LastError, add};
use snakecrate_cache::places::candidates;
use snakecrate_cache::root::Root;
use snakecrate_format::record::BootRecord;
use snakecrate_platform::host;

use crate::error::Error;
use crate::redact::Redaction;

/// Keeps `error` in the first of this user's caches that can be written to. None is made for it, and a
/// failure changes nothing. Errors that quote the user's arguments are not kept.
pub fn keep(record: &BootRecord, archive: &Path, error: &Error) {
    if matches!(error, Error::NoEntry(_)) {
        return;
    }
    let kept = LastError {
        archive: record.manifest_digest.to_string(),
        time: host::seconds(),
        launcher: env!("CARGO_PKG_VERSION").into(),
        status: error.status(),
        message: Redaction::new(archive).hide(&error.to_string()),
    };
    let roots = candidates().into_iter().filter_map(|path| Root::open(&path).ok());
    for root in roots {
        if add(&root, &kept).is_ok() {
            return;
        }
    }
}
