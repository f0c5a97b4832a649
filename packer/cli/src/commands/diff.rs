//! `diff`: the differences between two archives.

use std::path::Path;
use std::process::ExitCode;

use super::{Error, print};
use crate::archive::Archive;
use crate::diff::Difference;

/// The exit status of `diff --exit-code` for archives that differ. A failure has status 1.
const DIFFERENT: u8 = 3;

/// `snakecrate diff`
pub(super) fn diff(old: &Path, new: &Path, json: bool, exit: bool) -> Result<ExitCode, Error> {
    let difference = Difference::new(&Archive::open_any(old)?, &Archive::open_any(new)?)?;
    print(&if json { difference.json() } else { difference.text() })?;
    let is_reported = exit && !difference.equal;
    Ok(if is_reported { ExitCode::from(DIFFERENT) } else { ExitCode::SUCCESS })
}
