//! Checks whether a project has changed since it was built, without reading its files.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use crate::source::SKIPPED;
use snakecrate_platform::file::{Timestamp, mode};

/// A digest, in hex, of the paths, sizes, permissions and times of a project's files, and of the
/// git files that a version may be taken from.
pub(super) fn of(directory: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let entries = walkdir::WalkDir::new(directory)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| !is_skipped(&entry.file_name().to_string_lossy(), entry.depth()));
    for entry in entries {
        let entry = entry?;
        // A directory's time changes when a skipped file is created in it.
        if !entry.file_type().is_dir() {
            add(&mut hasher, entry.path(), &entry.metadata()?);
        }
    }
    for parent in directory.ancestors() {
        let git = parent.join(".git");
        if !git.exists() {
            continue;
        }
        for name in ["HEAD", "logs/HEAD", "packed-refs", "refs/tags", "refs/heads"] {
            let path = git.join(name);
            if let Ok(metadata) = path.metadata() {
                add(&mut hasher, &path, &metadata);
            }
        }
        break;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn is_skipped(name: &str, depth: usize) -> bool {
    // Below the top directory, `build` and the like may be packages.
    let output = ["build", "dist", "target"].contains(&name);
    let skipped = SKIPPED.contains(&name) && (depth == 1 || !output);
    depth > 0 && (skipped || [".egg-info", ".pyc"].iter().any(|end| name.ends_with(end)))
}

fn add(hasher: &mut blake3::Hasher, path: &Path, metadata: &Metadata) {
    hasher.update(path.as_os_str().as_encoded_bytes());
    hasher.update(&[0]);
    let modified = Timestamp::modified(metadata);
    hasher.update(&metadata.len().to_le_bytes());
    hasher.update(&modified.seconds.to_le_bytes());
    hasher.update(&modified.nanoseconds.to_le_bytes());
    hasher.update(&mode(metadata).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn changes_count_and_build_products_do_not() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        fs::write(root.join("a.py"), "1").unwrap();
        let before = of(root).unwrap();
        for name in ["build", "dist", "__pycache__", "a.egg-info"] {
            fs::create_dir(root.join(name)).unwrap();
            fs::write(root.join(name).join("x"), "").unwrap();
        }
        assert_eq!(of(root).unwrap(), before);
        fs::write(root.join("a.py"), "12").unwrap();
        let changed = of(root).unwrap();
        assert_ne!(changed, before);
        fs::create_dir_all(root.join(".git/refs/tags")).unwrap();
        fs::write(root.join(".git/index"), "").unwrap();
        let with_git = of(root).unwrap();
        fs::write(root.join(".git/refs/tags/v1"), "").unwrap();
        assert_ne!(of(root).unwrap(), with_git, "a tag may be the version");
    }
}
