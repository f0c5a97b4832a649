//! Giving a finished tree its name.

use std::io::{self, ErrorKind};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::is_no_exchange;
use snakecrate_platform::tree;

use crate::layout::{LAUNCH, STAGING, STAMP};
use crate::root::Root;

/// How a tree got its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renamed {
    /// It has the name now.
    InPlace,
    /// It has the name, and the tree that had it before has the old name.
    Exchanged,
    /// Another tree has the name; ours is where it was.
    Lost,
}

/// Renames `from` to `to`, both relative to the root.
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
        // For a moment the name is not there, and whoever looks at it then makes the tree again.
        Err(error) if is_no_exchange(&error) => {
            let old = format!("{STAGING}/old.{}", std::process::id());
            // Process ids are used again, in containers above all.
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
/// layers. First it loses what vouches for it, so half of it is never taken for whole.
pub(crate) fn remove_in_place(at: &Directory, path: &str) -> io::Result<()> {
    for voucher in [LAUNCH, STAMP] {
        match at.remove_file(format!("{path}/{voucher}")) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    tree::remove(at, path)
}
