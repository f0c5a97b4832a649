use std::io;
use std::path::Path;

use rustix::fs::StatVfsMountFlags;

use super::directory::Directory;
use super::file::Metadata;
use crate::types::Trust;

/// Permission to write for the group and for others.
const WRITABLE: u32 = 0o022;

/// The effective user id, without a system call.
pub(crate) fn user() -> u32 {
    // SAFETY: reads a word that the kernel put on the stack.
    let uid = unsafe { libc::getauxval(libc::AT_EUID) };
    u32::try_from(uid).unwrap_or(u32::MAX)
}

pub(crate) fn is_administrator() -> bool {
    user() == 0
}

pub(crate) fn owner(path: &Path) -> io::Result<Option<u32>> {
    let owner = rustix::fs::stat(path)?.st_uid;
    Ok((owner != 0).then_some(owner))
}

pub(crate) fn of(directory: &Directory) -> io::Result<Trust> {
    of_metadata(&directory.metadata()?)
}

#[expect(clippy::unnecessary_wraps, reason = "other platforms cannot find out")]
pub(crate) fn of_metadata(metadata: &Metadata) -> io::Result<Trust> {
    let owner = metadata.owner();
    Ok(if owner != user() && owner != 0 {
        Trust::Foreign(owner)
    } else if metadata.mode() & WRITABLE != 0 {
        Trust::Writable
    } else {
        Trust::Ours
    })
}

pub(crate) fn allows_execution(path: &Path) -> io::Result<bool> {
    Ok(!rustix::fs::statvfs(path)?.f_flag.contains(StatVfsMountFlags::NOEXEC))
}
