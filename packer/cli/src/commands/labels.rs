//! The names that output uses for things in the cache.

use snakecrate_cache::inventory::{ComponentInfo, EnvInfo};

/// The name and version of an environment's application.
pub(super) fn environment(info: &EnvInfo) -> String {
    match &info.manifest {
        Some(manifest) => match &manifest.version {
            Some(version) => format!("{} {version}", manifest.name),
            None => manifest.name.clone(),
        },
        None => "unreadable".into(),
    }
}

/// A component's kind, name and version; the number of its files, and their bytes.
pub(super) fn component(info: &ComponentInfo) -> (String, u64, u64) {
    match &info.component {
        Some(c) => (format!("{} {} {}", c.kind.as_str(), c.name, c.version), c.files, c.bytes),
        None => ("unreadable".into(), 0, 0),
    }
}
