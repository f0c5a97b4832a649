//! `audit`: the requirements of native code.

use snakecrate_audit::{self as audit, Options};
use snakecrate_base::host;

use super::{Error, print};
use crate::audit_sources::{self, Subject};
use crate::cli::AuditArgs;

/// `snakecrate audit`
pub(super) fn audit(args: AuditArgs) -> Result<(), Error> {
    let AuditArgs { path, json, max_glibc, allow_missing, .. } = args;
    let Subject { units, target, bundles } = audit_sources::collect(&path, host::target())?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let options = Options { target, max_glibc, allow_missing, is_tried: false };
    let mut report = audit::audit(&name, &units, &options);
    report.bundles = bundles;
    print(&if json { report.json() } else { report.text() })?;
    Ok(audit::Error::check(&report)?)
}
