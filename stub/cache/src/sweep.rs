//! Removing what processes that are gone left in staging.

use std::io::{self, ErrorKind};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::tree;

use crate::layout::STAGING;
use crate::lease::{self, Lock};
use crate::root::Root;

/// Seconds after which nobody works in a directory any more, where locks do not say.
const ABANDONED: i64 = 24 * 60 * 60;

/// Removes abandoned trees. A locked tree is in use; where locks do not work, a tree that was
/// touched within a day.
pub fn sweep(root: &Root) -> io::Result<()> {
    let staging = match root.open_area(STAGING) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for name in staging.entries()? {
        if let Ok(directory) = staging.open_in(&name)
            && is_abandoned(&staging, &directory)
        {
            tree::remove(&staging, &name)?;
        }
    }
    Ok(())
}

/// Whether nobody works in this directory of staging.
fn is_abandoned(staging: &Directory, directory: &Directory) -> bool {
    let touched =
        |directory: &Directory| directory.metadata().map(|found| found.modified().seconds);
    match lease::lock(directory) {
        Lock::Taken => true,
        Lock::Busy => false,
        // By the file system's clock: staging has the time of the last process that entered it.
        Lock::Unsupported => match (touched(staging), touched(directory)) {
            (Ok(now), Ok(then)) => now.saturating_sub(then) > ABANDONED,
            _ => false,
        },
    }
}
