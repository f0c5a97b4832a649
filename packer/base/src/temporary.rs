//! Temporary names. The packer writes a file or directory under such a name and renames it when it
//! is complete.
//!
//! All temporary names start alike, so leftovers of killed processes are recognised and removed. A
//! process that a signal ends removes its own: see [`remove_all`].

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::{Builder, NamedTempFile, TempDir};

/// The start of every temporary name. The rest is random.
pub const PREFIX: &str = ".snakecrate-tmp-";

/// Everything temporary that this process has made. What was renamed or removed since then isn't there
/// under its temporary name, which is random, so nobody else's is.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// For how long [`remove_all`] tries again: other threads may be writing.
const PATIENCE: Duration = Duration::from_secs(2);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(10);

fn made() -> MutexGuard<'static, Vec<PathBuf>> {
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes something temporary, and remembers its path. From [`remove_all`] on, it waits for ever.
fn remembered<T>(
    create: impl FnOnce() -> io::Result<T>,
    path: impl Fn(&T) -> &Path,
) -> io::Result<T> {
    let mut made = made();
    let thing = create()?;
    made.push(path(&thing).to_owned());
    Ok(thing)
}

/// Lets `path` stay under its temporary name.
pub fn keep(path: &Path) {
    made().retain(|one| one != path);
}

/// Removes everything temporary that this process has made and still has, for a process that is about
/// to end: no thread can make more.
pub fn remove_all() {
    let made = made();
    let until = Instant::now() + PATIENCE;
    let remove = |path: &PathBuf| match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path).is_ok(),
        Ok(_) => fs::remove_file(path).is_ok(),
        Err(_) => true,
    };
    while made.iter().filter(|path| !remove(path)).count() > 0 && Instant::now() < until {
        sleep(PAUSE);
    }
    // Whoever waits for it would make something.
    std::mem::forget(made);
}

/// Whether a file or directory of this name is incomplete: still being written, or abandoned.
pub fn is_temporary(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PREFIX.as_bytes())
}

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX);
    builder
}

/// Names with the permissions of a program, as far as the process's mask allows.
pub fn executable_builder() -> Builder<'static, 'static> {
    with_permissions(0o755)
}

/// Names with the permissions of a document, as far as the process's mask allows.
pub fn readable_builder() -> Builder<'static, 'static> {
    with_permissions(0o644)
}

fn with_permissions(mode: u32) -> Builder<'static, 'static> {
    let mut builder = builder();
    // Elsewhere every file may be executed, and `tempfile` sets no permissions.
    if cfg!(unix) {
        builder.permissions(snakecrate_platform::file::permissions(mode));
    }
    builder
}

/// A temporary file in `directory`, removed when it is dropped.
///
/// # Errors
///
/// The system cannot create it.
pub fn file_in(directory: &Path) -> io::Result<NamedTempFile> {
    remembered(|| builder().tempfile_in(directory), NamedTempFile::path)
}

/// A temporary directory in `directory`, removed when it is dropped.
///
/// # Errors
///
/// The system cannot create it.
pub fn directory_in(directory: &Path) -> io::Result<TempDir> {
    directory_with(&builder(), directory)
}

/// A temporary directory in `directory` with the names and permissions of `builder`, removed when it is
/// dropped.
///
/// # Errors
///
/// The system cannot create it.
pub fn directory_with(builder: &Builder<'_, '_>, directory: &Path) -> io::Result<TempDir> {
    remembered(|| builder.tempdir_in(directory), TempDir::path)
}

/// A temporary file in a directory of the user's, removed when it is dropped. It is locked as long
/// as it is open, so [`remove_abandoned`] leaves it alone.
///
/// # Errors
///
/// The system cannot create it.
pub fn locked_file_in(directory: &Path, builder: &Builder<'_, '_>) -> io::Result<NamedTempFile> {
    let file = remembered(|| builder.tempfile_in(directory), NamedTempFile::path)?;
    // On file systems without locks, `remove_abandoned` cannot lock the file either and skips it.
    let _ = file.as_file().lock();
    Ok(file)
}

/// Removes files of [`locked_file_in`] from `directory` whose process was killed. Files that cannot
/// be removed stay.
pub fn remove_abandoned(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_temporary(&entry.file_name()) && is_abandoned(&entry.path()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether no process holds the lock. An empty file may be about to be locked.
fn is_abandoned(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| {
        file.metadata().is_ok_and(|metadata| metadata.len() > 0) && file.try_lock().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn only_files_of_dead_processes_are_removed() {
        let directory = tempfile::tempdir().unwrap();
        let started = locked_file_in(directory.path(), &builder()).unwrap();
        let mut writing = locked_file_in(directory.path(), &builder()).unwrap();
        writing.write_all(b"x").unwrap();
        let mut killed = locked_file_in(directory.path(), &builder()).unwrap();
        killed.write_all(b"x").unwrap();
        // The end of a process closes its files, and removes none.
        let (_, killed) = killed.keep().unwrap();
        fs::write(directory.path().join("other"), "x").unwrap();
        remove_abandoned(directory.path());
        assert!(!killed.exists());
        assert!(started.path().exists() && writing.path().exists());
        assert!(directory.path().join("other").exists());
    }
}
