//! The tree of an interpreter that this machine does not run: where its directories are, and what its
//! files tell about it.

mod facts;
mod layout;

use std::path::{Path, PathBuf};

use snakecrate_format::target::Target;

pub(super) use self::facts::Facts;
pub(super) use self::layout::{Layout, system_root};
use super::error::Error;

/// The executable at `path`, links resolved, and its version.
pub(super) fn version(path: &Path, target: &'static Target) -> Result<(PathBuf, String), Error> {
    let layout = Layout::of(path, target)?;
    let version = Facts::of(&layout, target)?.full_version;
    Ok((layout.executable, version))
}
