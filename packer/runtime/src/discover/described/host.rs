//! The interpreter of this machine that works for one that isn't run here.

use std::cmp::Reverse;
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
use super::super::tree::{Facts, Layout};
use super::super::versions::Versions;
use super::own_loader;

/// A CPython of this machine with the minor version, the ABI and the bytecode of the interpreter in
/// `layout`, of which `facts` are known. The same release comes first, then the newest; then the
/// interpreter itself, if its own loader can start it here.
///
/// # Errors
///
/// None is installed, and none can be downloaded.
pub(super) fn of(layout: &Layout, facts: &Facts, job: &Job<'_>) -> Result<Interpreter, Error> {
    let path = &*layout.executable;
    let (major, minor, _) = facts.version;
    let flags = if facts.is_free_threaded { "t" } else { "" };
    let none = |download| Error::NoHost {
        path: path.to_owned(),
        minor: format!("{major}.{minor}{flags}"),
        magic: facts.magic.clone(),
        download,
    };
    let Some(target) = host::target() else { return Err(none(None)) };
    let mut found = candidates(job.places, job.directories, target);
    found.retain(|one| {
        !facts.is_free_threaded && one.version.release().starts_with(&[major.into(), minor.into()])
    });
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
    match own_loader::interpreter(layout, job) {
        Ok(Some(own)) if facts.shares_bytecode_with(&own) => return Ok(own),
        Ok(_) => {}
        Err(error) => job.ui.detail(error),
    }
    if job.offline || facts.is_free_threaded {
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
