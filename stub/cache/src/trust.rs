//! Trust in directories, and creating directories that can be trusted.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::ignore_existing;
use snakecrate_platform::file::Metadata;
use snakecrate_platform::trust::{self, Trust};
use snakecrate_platform::{directory, paths};

use crate::unusable::Unusable;

/// Checks that only this user and root can write to `directory`.
pub fn check_owner(directory: &Directory) -> Result<(), Unusable> {
    judge(trust::of(directory))
}

/// Checks that only this user and root can write to the file with this metadata.
pub fn check_file(file: &Metadata) -> Result<(), Unusable> {
    judge(trust::of_file(file))
}

fn judge(trust: io::Result<Trust>) -> Result<(), Unusable> {
    match trust.map_err(Unusable::System)? {
        Trust::Ours => Ok(()),
        Trust::Foreign(user) => Err(Unusable::Foreign(user)),
        Trust::Writable => Err(Unusable::Writable),
    }
}

/// Creates `path` and missing directories above it with `mode`, on a file system that allows
/// execution. Root creates nothing in another user's directory (`sudo` may keep `HOME`). A
/// missing home or shared temporary directory (`/var/tmp`) is not created: see
/// [`Unusable::Missing`].
pub fn create_directories(path: &Path, mode: u32) -> Result<(), Unusable> {
    match Metadata::of(path) {
        Ok(found) if found.is_directory() => {
            // Directories created below it are on the same file system.
            let may_execute = trust::allows_execution(path)?;
            return if may_execute { Ok(()) } else { Err(Unusable::NoExec) };
        }
        Ok(_) => return Err(Unusable::NotDirectory),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
        Err(_) if belongs_to_host(path) => return Err(Unusable::Missing),
        Err(_) => {}
    }
    let parent = path.parent().ok_or(Unusable::Missing)?;
    create_directories(parent, mode)?;
    if trust::is_administrator()
        && let Some(owner) = trust::owner(parent)?
    {
        return Err(Unusable::Foreign(owner));
    }
    Ok(ignore_existing(directory::create(path, mode))?)
}

/// Checks that root does not put the cache into another user's home. That user could not remove it,
/// or could replace its code.
pub fn check_home(path: &Path) -> Result<(), Unusable> {
    let is_above = |home: &PathBuf| home.parent().is_some() && path.starts_with(home);
    let home = dirs::home_dir().filter(|home| trust::is_administrator() && is_above(home));
    match home.and_then(|home| trust::owner(&home).ok()) {
        Some(Some(owner)) => Err(Unusable::Foreign(owner)),
        _ => Ok(()),
    }
}

/// Whether only the host's setup may create this directory: a home or a shared temporary directory.
/// With our owner and mode, it would be unusable for other users.
fn belongs_to_host(path: &Path) -> bool {
    paths::shared_temporary().iter().any(|shared| path == Path::new(shared))
        || dirs::home_dir().is_some_and(|home| path == home)
}
