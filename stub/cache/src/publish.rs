//! Publishing: renaming a finished tree to its name.

use std::io::{self, ErrorKind};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::is_no_exchange;
use snakecrate_platform::tree;

use crate::layout::{LAUNCH, STAGING, STAMP};
use crate::root::Root;

/// The outcome of [`rename_tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renamed {
    /// The tree has the name now.
    InPlace,
    /// The tree has the name now, and the one that had it before has the tree's old name.
    Exchanged,
    /// Another tree has the name. Ours stays where it was.
    Lost,
}

/// Renames `from` to `to`, both relative to the root. If `to` exists already, `replace` decides
/// whether it is replaced or stays.
pub fn rename_tree(root: &Root, from: &str, to: &str, replace: bool) -> io::Result<Renamed> {
    let at = root.directory();
    if let Err(error) = at.rename(from, at, to) {
        match error.kind() {
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty if !replace => {
                return Ok(Renamed::Lost);
            }
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty | ErrorKind::NotADirectory => {}
            _ => return Err(error),
        }
    } else {
        return Ok(Renamed::InPlace);
    }
    match at.exchange(from, to) {
        Ok(()) => Ok(Renamed::Exchanged),
        // For a moment no tree has the name. A process that looks for it then makes the tree again.
        Err(error) if is_no_exchange(&error) => {
            let old = format!("{STAGING}/old.{}", std::process::id());
            // An earlier process may have had the same id, in containers above all.
            tree::remove(at, &old)?;
            at.rename(to, at, &old)?;
            at.rename(from, at, to)?;
            tree::remove(at, &old)?;
            Ok(Renamed::InPlace)
        }
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            remove_in_place(at, to)?;
            at.rename(from, at, to)?;
            Ok(Renamed::InPlace)
        }
        Err(error) => Err(error),
    }
}

/// Removes a tree that cannot be renamed away: overlayfs does not move directories of an image's
/// layers. The files that vouch for the tree go first, so a half-removed tree never counts as
/// whole.
pub(crate) fn remove_in_place(at: &Directory, path: &str) -> io::Result<()> {
    for voucher in [LAUNCH, STAMP] {
        match at.remove_file(format!("{path}/{voucher}")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    tree::remove(at, path)
}
