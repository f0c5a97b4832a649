//! The places where the cache may be.

use std::path::{Path, PathBuf};

use snakecrate_platform::{paths, trust};

/// The variable that names the cache. If it is set, no other place is tried.
pub const VARIABLE: &str = "SNAKECRATE_CACHE";

/// The places where the cache may be, best first.
pub fn candidates() -> Vec<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(path) = set(VARIABLE) {
        // Without a working directory a relative path stays relative; then no cache is found there.
        return vec![std::path::absolute(&path).unwrap_or(path.into())];
    }
    let user = dirs::cache_dir().map(|dir| dir.join("snakecrate"));
    // systemd sets it for `CacheDirectory=`; several directories are separated by colons.
    let service = set("CACHE_DIRECTORY").and_then(|list| {
        let first = list.as_encoded_bytes().split(|&b| b == b':').next()?.to_vec();
        Some(paths::path_from_bytes(first).join("snakecrate"))
    });
    let name = format!("snakecrate-{}", trust::user());
    let shared = paths::shared_temporary().iter().map(|place| Path::new(place).join(&name));
    user.into_iter().chain(service).chain(shared).filter(|path| path.is_absolute()).collect()
}
