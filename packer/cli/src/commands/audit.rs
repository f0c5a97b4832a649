//! `audit`: what native code needs.

use std::path::Path;

use super::{Error, print};
use crate::audit::{self, Options};

/// `snakecrate audit`
pub(super) fn audit(path: &Path, json: bool, options: &Options) -> Result<(), Error> {
    let units = audit::collect(path)?;
    let subject = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut report = audit::audit(&subject, &units, options);
    report.brings = audit::brought(path);
    print(&if json { report.json() } else { report.text() })?;
    Ok(audit::Error::check(&report)?)
}
