//! The places where the cache may be.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use snakecrate_platform::{paths, trust};

/// The variable that names the cache. If it is set, no other place is tried.
pub const VARIABLE: &str = "SNAKECRATE_CACHE";

/// The name of a cache in a directory for caches.
const NAME: &str = "snakecrate";

/// The value of a variable, unless it is empty.
fn set(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// The cache that the administrator fills for all users. Starts use it after all others, and never
/// write there.
pub fn of_all_users() -> Option<PathBuf> {
    paths::system_cache().map(|directory| Path::new(directory).join(NAME))
}

/// [`of_all_users`], unless the user names the cache.
pub fn shared() -> Option<PathBuf> {
    of_all_users().filter(|_| set(VARIABLE).is_none())
}

/// The places where an unpacked archive may be, best first: [`candidates`], then [`shared`].
pub fn all() -> impl Iterator<Item = PathBuf> {
    candidates().into_iter().chain(shared())
}

/// Whether `path` is [`of_all_users`].
pub fn is_of_all_users(path: &Path) -> bool {
    of_all_users().is_some_and(|shared| path == shared)
}

/// The user's home directory.
pub fn home() -> Option<PathBuf> {
    dirs::home_dir()
}

/// The user's directory for data of applications.
pub fn user_data() -> Option<PathBuf> {
    dirs::data_dir()
}

/// The places where archives may be unpacked to, best first.
pub fn candidates() -> Vec<PathBuf> {
    if let Some(path) = set(VARIABLE) {
        // Without a working directory a relative path stays relative; then no cache is found there.
        return vec![std::path::absolute(&path).unwrap_or(path.into())];
    }
    let user = dirs::cache_dir().map(|dir| dir.join(NAME));
    // systemd sets it for `CacheDirectory=`; several directories are separated by colons.
    let service = set("CACHE_DIRECTORY").and_then(|list| {
        let first = list.as_encoded_bytes().split(|&b| b == b':').next()?.to_vec();
        Some(paths::path_from_bytes(first).join(NAME))
    });
    let name = format!("{NAME}-{}", trust::user());
    let shared = paths::shared_temporary().iter().map(|place| Path::new(place).join(&name));
    user.into_iter().chain(service).chain(shared).filter(|path| path.is_absolute()).collect()
}
