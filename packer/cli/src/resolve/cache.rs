//! The packer's cache of wheels.
//!
//! ```text
//! wheels/<sha256>/<file name>.whl   whole files, renamed into place
//! builds/<key>.json                 the wheel that a source distribution or project became
//! resolutions/<key>.json            what requirements came to, and when
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tempfile::{NamedTempFile, TempDir};

use super::error::{At as _, Error};
use snakecrate_base::download::file_sha256;

/// What directories for work in progress begin with.
const WORK: &str = "work-";

/// The cache, below a directory of the packer's own.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// A wheel in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cached {
    /// The file's name.
    pub(crate) file: String,
    /// In hex.
    pub(crate) sha256: String,
}

/// A distribution as a resolution gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Saved {
    /// A wheel that was published.
    Wheel(Cached),
    /// A wheel built from something that cannot change.
    Built(Cached),
    /// A directory of the user's: built again when it changed.
    Directory(PathBuf),
}

#[derive(Debug, Serialize, Deserialize)]
struct Resolution {
    at: u64,
    saved: Vec<Saved>,
}

impl Cache {
    /// Uses `root`, and makes it where it is not there.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        for name in ["wheels", "builds", "resolutions"] {
            fs::create_dir_all(root.join(name)).at(root)?;
        }
        sweep(root);
        Ok(Self { root: root.to_owned() })
    }

    /// A directory for work that goes away with the value, on the cache's file system.
    pub(crate) fn scratch(&self) -> Result<TempDir, Error> {
        tempfile::Builder::new().prefix(WORK).tempdir_in(&self.root).at(&self.root)
    }

    /// Where a wheel is, or would be.
    pub(crate) fn path(&self, cached: &Cached) -> PathBuf {
        self.root.join("wheels").join(&cached.sha256).join(&cached.file)
    }

    /// The wheel's path if it is there and whole.
    pub(crate) fn get(&self, cached: &Cached) -> Option<PathBuf> {
        let path = self.path(cached);
        file_sha256(&path).is_ok_and(|sha256| sha256 == cached.sha256).then_some(path)
    }

    /// Copies the wheel `path` into the cache.
    pub(crate) fn add(&self, path: &Path) -> Result<Cached, Error> {
        let sha256 = file_sha256(path).at(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cached = Cached { file, sha256 };
        if self.get(&cached).is_some() {
            return Ok(cached);
        }
        let to = self.path(&cached);
        let directory = to.parent().unwrap_or(&self.root);
        fs::create_dir_all(directory).at(directory)?;
        let mut copy = NamedTempFile::new_in(directory).at(directory)?;
        let mut from = File::open(path).at(path)?;
        io::copy(&mut from, &mut copy).at(path)?;
        copy.persist(&to).map_err(|error| error.error).at(&to)?;
        // A file that was changed between the two reads must not stay under this digest.
        if file_sha256(&to).at(&to)? == cached.sha256 {
            return Ok(cached);
        }
        let _ = fs::remove_file(&to);
        Err(io::Error::other("changed while it was copied")).at(path)
    }

    /// The wheel that was built under `key`.
    pub(crate) fn built(&self, key: &str) -> Option<Cached> {
        let cached: Cached = read(&self.root.join("builds").join(format!("{key}.json")))?;
        self.get(&cached).map(|_| cached)
    }

    /// Remembers what was built under `key`.
    pub(crate) fn remember_build(&self, key: &str, cached: &Cached) -> Result<(), Error> {
        self.write(&self.root.join("builds").join(format!("{key}.json")), cached)
    }

    /// What the resolution `key` gave, if it is not older than `seconds` (any age: `None`).
    pub(crate) fn resolution(&self, key: &str, seconds: Option<u64>) -> Option<Vec<Saved>> {
        let path = self.root.join("resolutions").join(format!("{key}.json"));
        let resolution: Resolution = read(&path)?;
        let age = now().checked_sub(resolution.at);
        if seconds.is_some_and(|seconds| age.is_none_or(|age| age > seconds)) {
            return None;
        }
        let there = |saved: &Saved| match saved {
            Saved::Wheel(cached) | Saved::Built(cached) => self.get(cached).is_some(),
            Saved::Directory(_) => true,
        };
        resolution.saved.iter().all(there).then_some(resolution.saved)
    }

    /// Remembers a resolution.
    pub(crate) fn remember_resolution(&self, key: &str, saved: Vec<Saved>) -> Result<(), Error> {
        let path = self.root.join("resolutions").join(format!("{key}.json"));
        self.write(&path, &Resolution { at: now(), saved })
    }

    /// Directories below `scratch` with links to all wheels, each file name at most once in a
    /// directory: what `--find-links` takes.
    pub(crate) fn links(&self, scratch: &Path) -> Result<Vec<PathBuf>, Error> {
        let wheels = self.root.join("wheels");
        let mut directories: Vec<PathBuf> = Vec::new();
        for entry in walkdir::WalkDir::new(&wheels).min_depth(2).max_depth(2).sort_by_file_name() {
            let entry = entry.map_err(io::Error::from).at(&wheels)?;
            if entry.path().extension().is_none_or(|extension| extension != "whl") {
                continue;
            }
            let mut number = 0;
            loop {
                let directory = scratch.join(format!("links-{number}"));
                if number == directories.len() {
                    fs::create_dir(&directory).at(&directory)?;
                    directories.push(directory.clone());
                }
                let link = directory.join(entry.file_name());
                match std::os::unix::fs::symlink(entry.path(), &link) {
                    Ok(()) => break,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                    Err(error) => return Err(error).at(link),
                }
            }
        }
        Ok(directories)
    }

    /// Where other things of this name are kept.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes `value` to `path`, whole or not at all.
    pub(crate) fn write(&self, path: &Path, value: &impl Serialize) -> Result<(), Error> {
        let mut file = NamedTempFile::new_in(&self.root).at(&self.root)?;
        let text = serde_json::to_vec(value).map_err(io::Error::from).at(path)?;
        file.write_all(&text).at(path)?;
        file.persist(path).map_err(|error| error.error).at(path)?;
        Ok(())
    }
}

/// Removes work that was killed more than a day ago; what cannot be removed stays.
fn sweep(root: &Path) {
    const DAY: Duration = Duration::from_hours(24);
    let old = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.ok().and_then(|modified| modified.elapsed().ok());
        entry.file_name().to_string_lossy().starts_with(WORK) && age.is_some_and(|age| age > DAY)
    };
    for entry in fs::read_dir(root).into_iter().flatten().flatten().filter(old) {
        let _ = fs::remove_dir_all(entry.path());
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::Forge;

    #[test]
    fn work_that_was_killed_long_ago_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for (name, days) in [("work-old", 2), ("work-new", 0), ("other", 2)] {
            fs::create_dir(root.join(name)).unwrap();
            let time = SystemTime::now() - Duration::from_hours(24 * days);
            File::open(root.join(name)).unwrap().set_modified(time).unwrap();
        }
        Cache::open(root).unwrap();
        assert!(!root.join("work-old").exists());
        assert!(root.join("work-new").exists() && root.join("other").exists());
    }

    #[test]
    fn wheels_are_kept_by_digest_and_damaged_ones_are_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(&directory.path().join("cache")).unwrap();
        let first = cache.add(&Forge::new().write(directory.path())).unwrap();
        let mut other = Forge::new();
        other.add("demo/more.py", b"");
        let second = cache.add(&other.write(directory.path())).unwrap();
        assert_ne!(first.sha256, second.sha256);
        let scratch = cache.scratch().unwrap();
        assert_eq!(cache.links(scratch.path()).unwrap().len(), 2, "both of the same name");

        cache.remember_build("key", &first).unwrap();
        let saved = vec![Saved::Wheel(second.clone()), Saved::Directory("/p".into())];
        cache.remember_resolution("key", saved.clone()).unwrap();
        assert_eq!(cache.built("key"), Some(first.clone()));
        assert_eq!(cache.resolution("key", Some(60)), Some(saved));
        fs::write(cache.path(&first), "damaged").unwrap();
        fs::remove_file(cache.path(&second)).unwrap();
        assert_eq!(cache.built("key"), None);
        assert_eq!(cache.resolution("key", None), None);
    }
}
