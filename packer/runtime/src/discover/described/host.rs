//! The interpreter of this machine that works for one that isn't run here.

use std::cmp::Reverse;
use std::path::Path;
use std::str::FromStr as _;

use pep440_rs::Version;
use snakecrate_base::host;
use snakecrate_base::python::Interpreter;

use super::super::error::Error;
use super::super::installed::candidates;
use super::super::pinned;
use super::super::prefix;
use super::super::probe::probe;
use super::super::request::Job;
use super::super::tree::Facts;
use super::super::versions::Versions;

/// A CPython of this machine with the minor version and the bytecode of the interpreter `path`, of
/// which `facts` are known. The same release comes first, then the newest.
///
/// # Errors
///
/// None is installed, and none can be downloaded.
pub(super) fn of(path: &Path, facts: &Facts, job: &Job<'_>) -> Result<Interpreter, Error> {
    let (major, minor, _) = facts.version;
    let none = |download| Error::NoHost {
        path: path.to_owned(),
        minor: format!("{major}.{minor}"),
        magic: facts.magic.clone(),
        download,
    };
    let Some(target) = host::target() else { return Err(none(None)) };
    let mut found = candidates(job.places, &job.directories.downloads, target);
    found.retain(|one| one.version.release().starts_with(&[major.into(), minor.into()]));
    let same = Version::from_str(&facts.full_version).ok();
    // The sort is stable: the better of two remains the first.
    found.sort_by_key(|one| Reverse(Some(&one.version) == same.as_ref()));
    for candidate in &found {
        match probe(&candidate.executable, target) {
            Ok(host) if facts.shares_bytecode_with(&host) => return Ok(host),
            Ok(host) => job.ui.detail(format_args!(
                "{} (magic {}) does not compile for {}",
                host.executable.display(),
                host.magic,
                path.display()
            )),
            Err(error) => job.ui.detail(error),
        }
    }
    if job.offline {
        return Err(none(None));
    }
    let versions = Versions::new(None, None, Some((major, minor)))?;
    let native = Job { target, ..*job };
    let downloaded = pinned::newest(&versions, &native)
        .and_then(|directory| prefix::find(&directory))
        .and_then(|(_, executable)| probe(&executable, target));
    match downloaded {
        Ok(host) if facts.shares_bytecode_with(&host) => Ok(host),
        Ok(_) => Err(none(None)),
        Err(error) => Err(none(Some(Box::new(error)))),
    }
}
