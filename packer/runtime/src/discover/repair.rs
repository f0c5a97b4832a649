//! Copies of installations that have lost their execute bits, as npm's packages and some artifact
//! stores lose them.

use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_platform::file;
use walkdir::WalkDir;

use super::error::Error;
use super::unpack::publish;
use crate::file_state::files;

/// A copy, below `directory`, of the installation in `prefix`, in which the programs can be
/// executed. Returns the copy's `executable`.
///
/// Files outside `bin` are hard links if possible. The user's directory stays as it is, even when
/// the copy's Python writes bytecode beside its modules.
pub(super) fn repaired(
    prefix: &Path,
    executable: &Path,
    directory: &Path,
) -> Result<PathBuf, Error> {
    let fail = |source| Error::Read { path: prefix.to_owned(), source };
    let real = fs::canonicalize(prefix).map_err(fail)?;
    // npm also gives every file the same time, so only sizes distinguish releases.
    let mut hasher = blake3::Hasher::new();
    hasher.update(real.as_os_str().as_encoded_bytes());
    for file in files(&real, usize::MAX, |_| true) {
        hasher.update(file.map_err(fail)?.as_bytes());
        hasher.update(b"\n");
    }
    let key = hasher.finalize().to_hex();
    let directory = directory.join(&key[..32]);
    publish(&directory, |aside| copy(&real, aside))?;
    let name = executable.file_name().unwrap_or_default();
    Ok(directory.join("bin").join(name))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry.map_err(|error| Error::Read {
            path: error.path().unwrap_or(from).to_owned(),
            source: error.into(),
        })?;
        let inside = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let at = to.join(inside);
        let done = if entry.file_type().is_dir() {
            fs::create_dir(&at)
        } else if entry.file_type().is_symlink() {
            fs::read_link(entry.path()).and_then(|target| file::symlink(target, &at))
        } else if inside.starts_with("bin") {
            fs::copy(entry.path(), &at).and_then(|_| file::set_mode(&at, 0o755))
        } else {
            fs::hard_link(entry.path(), &at).or_else(|_| fs::copy(entry.path(), &at).map(drop))
        };
        done.map_err(|source| Error::Write { path: at, source })?;
    }
    Ok(())
}
