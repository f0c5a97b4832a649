//! Removing what dead processes left in staging.

use std::io::{self, ErrorKind};
use std::time::Instant;

use snakecrate_platform::directory::Directory;
use snakecrate_platform::tree;

use crate::layout::{PRUNED, STAGING};
use crate::lease::{self, Lock};
use crate::root::Root;

/// Seconds without a change after which a directory counts as abandoned, where locks do not work.
const ABANDONED: i64 = 24 * 60 * 60;

/// Removes abandoned trees. A locked tree is in use. Where locks do not work, a tree is in use if
/// it was touched within a day.
pub fn sweep(root: &Root) -> io::Result<()> {
    sweep_names(root, None, |_| true)
}

/// Like [`sweep`], but leaves the rest of trees that were being pruned. So its time is limited by
/// what starts have left, and not by what was removed from the cache.
pub fn sweep_unfinished(root: &Root) -> io::Result<()> {
    sweep_names(root, None, |name| !name.contains(PRUNED))
}

/// Removes the rest of trees that were being pruned, until `deadline`: [`ErrorKind::TimedOut`].
pub(crate) fn sweep_pruned(root: &Root, deadline: Instant) -> io::Result<()> {
    sweep_names(root, Some(deadline), |name| name.contains(PRUNED))
}

fn sweep_names(
    root: &Root,
    deadline: Option<Instant>,
    is_meant: impl Fn(&str) -> bool,
) -> io::Result<()> {
    let staging = match root.open_area(STAGING) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for name in staging.entries()? {
        if is_meant(&name.to_string_lossy())
            && let Ok(directory) = staging.open_in(&name)
            && is_abandoned(&staging, &directory)
        {
            tree::remove_until(&staging, &name, deadline)?;
        }
    }
    Ok(())
}

/// Whether no process works in this directory of staging.
fn is_abandoned(staging: &Directory, directory: &Directory) -> bool {
    let touched =
        |directory: &Directory| directory.metadata().map(|found| found.modified().seconds);
    match lease::lock(directory) {
        Lock::Taken => true,
        Lock::Busy => false,
        // By the file system's clock: staging itself changed when the last process entered it.
        Lock::Unsupported => match (touched(staging), touched(directory)) {
            (Ok(now), Ok(then)) => now.saturating_sub(then) > ABANDONED,
            _ => false,
        },
    }
}
