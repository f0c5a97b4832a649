//! Wheels in the packer's cache, and notes about where they come from. Files appear under their
//! final names when they are whole.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tempfile::TempDir;

use super::error::{At as _, Error};
use super::material::Material;
use crate::build_cache::BuildCache;
use snakecrate_download::file_sha256;
use snakecrate_platform::file::ChangeStamp;

/// The cache of wheels.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    all: BuildCache,
}

/// A wheel in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cached {
    /// The file's name.
    pub(super) file: String,
    /// In hex.
    pub(super) sha256: String,
}

/// A distribution of a resolution, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Saved {
    #[serde(flatten)]
    pub(super) wheel: SavedWheel,
    /// What the wheel is or was built from. Resolutions of older versions do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<Material>,
}

/// The wheel of a distribution of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SavedWheel {
    /// A published wheel.
    Wheel(Cached),
    /// A wheel built from a source that cannot change.
    Built(Cached),
    /// A directory of the user's, built again when it has changed.
    Directory(PathBuf),
}

#[derive(Debug, Serialize, Deserialize)]
struct Resolution {
    at: u64,
    saved: Vec<Saved>,
}

impl Cache {
    /// The wheels in `cache`, whose directory is created where it is missing.
    pub(super) fn open(cache: &BuildCache) -> Result<Self, Error> {
        fs::create_dir_all(cache.path()).at(cache.path())?;
        Ok(Self { all: cache.clone() })
    }

    /// A directory for work that goes away with the value, on the cache's file system.
    pub(super) fn scratch(&self) -> Result<TempDir, Error> {
        self.all.temporary_directory().at(self.all.path())
    }

    /// The path of a wheel in the cache, even if it isn't there.
    pub(super) fn path(&self, cached: &Cached) -> PathBuf {
        self.all.wheels().join(&cached.sha256).join(&cached.file)
    }

    /// The wheel's path, if it exists and is whole. A wheel that has not changed since it was found
    /// whole is not read again: see [`ChangeStamp`].
    pub(super) fn get(&self, cached: &Cached) -> Option<PathBuf> {
        let path = self.path(cached);
        let stamp = stamp(&path)?;
        let note = note(&path);
        if fs::read_to_string(&note).is_ok_and(|noted| noted == stamp) {
            return Some(path);
        }
        file_sha256(&path).ok().filter(|sha256| *sha256 == cached.sha256)?;
        // Without the note, which another user's cache may refuse, the next build reads the wheel.
        let unchanged = self::stamp(&path).is_some_and(|after| after == stamp);
        let _ = unchanged.then(|| self.write_text(&note, &stamp));
        Some(path)
    }

    /// Moves the wheel `path`, which is in this job's scratch directory, into the cache. Its digest is
    /// `sha256`, if that is known.
    pub(super) fn adopt(&self, path: &Path, sha256: Option<&str>) -> Result<Cached, Error> {
        let sha256 = match sha256 {
            Some(sha256) => sha256.to_ascii_lowercase(),
            None => file_sha256(path).at(path)?,
        };
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cached = Cached { file, sha256 };
        let to = self.path(&cached);
        create_parent(&to)?;
        fs::rename(path, &to).at(&to)?;
        // Its digest was compared while it was downloaded.
        let _ = stamp(&to).map(|stamp| self.write_text(&note(&to), &stamp));
        Ok(cached)
    }

    /// Copies the wheel `path` into the cache.
    pub(super) fn add(&self, path: &Path) -> Result<Cached, Error> {
        let sha256 = file_sha256(path).at(path)?;
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cached = Cached { file, sha256 };
        if self.get(&cached).is_some() {
            return Ok(cached);
        }
        let to = self.path(&cached);
        let mut copy = self.all.temporary_file().at(self.all.path())?;
        let mut from = File::open(path).at(path)?;
        io::copy(&mut from, &mut copy).at(path)?;
        create_parent(&to)?;
        copy.persist(&to).map_err(|error| error.error).at(&to)?;
        // A file that was changed between the two reads must not stay under this digest.
        if file_sha256(&to).at(&to)? == cached.sha256 {
            return Ok(cached);
        }
        let _ = fs::remove_file(&to);
        Err(io::Error::other("it changed while it was copied")).at(path)
    }

    /// The wheel that was built under `key`.
    pub(super) fn built(&self, key: &str) -> Option<Cached> {
        let cached: Cached = read(&self.all.build(key))?;
        self.get(&cached).map(|_| cached)
    }

    /// Remembers what was built under `key`.
    pub(super) fn remember_build(&self, key: &str, cached: &Cached) -> Result<(), Error> {
        self.write(&self.all.build(key), cached)
    }

    /// The resolution remembered under `key`, if it is not older than `seconds` (`None`: any age).
    pub(super) fn resolution(&self, key: &str, seconds: Option<u64>) -> Option<Vec<Saved>> {
        let path = self.all.resolution(key);
        let resolution: Resolution = read(&path)?;
        let age = now().checked_sub(resolution.at);
        if seconds.is_some_and(|seconds| age.is_none_or(|age| age > seconds)) {
            return None;
        }
        let there = |saved: &Saved| match &saved.wheel {
            SavedWheel::Wheel(cached) | SavedWheel::Built(cached) => self.get(cached).is_some(),
            SavedWheel::Directory(_) => true,
        };
        resolution.saved.iter().all(there).then_some(resolution.saved)
    }

    /// Remembers a resolution.
    pub(super) fn remember_resolution(&self, key: &str, saved: Vec<Saved>) -> Result<(), Error> {
        let path = self.all.resolution(key);
        self.write(&path, &Resolution { at: now(), saved })
    }

    /// Creates directories below `scratch` with links to all wheels, for `--find-links`. No
    /// directory has two of the same name.
    pub(super) fn links(&self, scratch: &Path) -> Result<Vec<PathBuf>, Error> {
        let wheels = self.all.wheels();
        if !wheels.exists() {
            return Ok(Vec::new());
        }
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
                match snakecrate_platform::file::symlink(entry.path(), &link) {
                    Ok(()) => break,
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                    Err(error) => return Err(error).at(link),
                }
            }
        }
        Ok(directories)
    }

    /// The directory of build back ends' environments.
    pub(super) fn backends(&self) -> PathBuf {
        self.all.backends()
    }

    /// Writes `value` to `path`, whole or not at all.
    pub(super) fn write(&self, path: &Path, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string(value).map_err(io::Error::from).at(path)?;
        self.write_text(path, &text)
    }

    fn write_text(&self, path: &Path, text: &str) -> Result<(), Error> {
        let mut file = self.all.temporary_file().at(self.all.path())?;
        file.write_all(text.as_bytes()).at(path)?;
        create_parent(path)?;
        file.persist(path).map_err(|error| error.error).at(path)?;
        Ok(())
    }
}

/// The state of a wheel, as text. None if there is no file.
fn stamp(path: &Path) -> Option<String> {
    ChangeStamp::of(path).ok().map(|stamp| format!("{stamp:?}"))
}

/// The file that has the stamp of a wheel that was found whole.
fn note(wheel: &Path) -> PathBuf {
    let mut name = wheel.file_name().unwrap_or_default().to_owned();
    name.push(".whole");
    wheel.with_file_name(name)
}

fn create_parent(path: &Path) -> Result<(), Error> {
    path.parent().map_or(Ok(()), |parent| fs::create_dir_all(parent).at(parent))
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::Forge;

    #[test]
    fn wheels_are_kept_by_digest_and_damaged_ones_are_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(&BuildCache::at(directory.path().join("cache"))).unwrap();
        let first = cache.add(&Forge::new().write(directory.path())).unwrap();
        let mut other = Forge::new();
        other.add("demo/more.py", b"");
        let second = cache.add(&other.write(directory.path())).unwrap();
        assert_ne!(first.sha256, second.sha256);
        let scratch = cache.scratch().unwrap();
        assert_eq!(cache.links(scratch.path()).unwrap().len(), 2, "both of the same name");

        cache.remember_build("key", &first).unwrap();
        let material = Material::Git { url: "https://h/r".into(), commit: "0b".into() };
        let wheel = Saved { wheel: SavedWheel::Wheel(second.clone()), from: Some(material) };
        let project = Saved { wheel: SavedWheel::Directory("/p".into()), from: None };
        let old: Saved = serde_json::from_str(r#"{"directory":"/p"}"#).unwrap();
        assert_eq!(old, project, "as an older version remembered it");
        let saved = vec![wheel, project];
        cache.remember_resolution("key", saved.clone()).unwrap();
        assert_eq!(cache.built("key"), Some(first.clone()));
        assert_eq!(cache.resolution("key", Some(60)), Some(saved));
        // As long as before: only the times differ.
        let length = fs::metadata(cache.path(&first)).unwrap().len();
        let damaged = vec![b'x'; usize::try_from(length).unwrap()];
        fs::write(cache.path(&first), damaged).unwrap();
        fs::remove_file(cache.path(&second)).unwrap();
        assert_eq!(cache.built("key"), None);
        assert_eq!(cache.resolution("key", None), None);
        assert_eq!(cache.add(&other.write(directory.path())).unwrap(), second, "it is made again");
        assert!(cache.get(&second).is_some());
    }

    #[test]
    fn downloads_are_moved_into_the_cache() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::open(&BuildCache::at(directory.path().join("cache"))).unwrap();
        let scratch = cache.scratch().unwrap();
        let wheel = Forge::new().write(scratch.path());
        let sha256 = file_sha256(&wheel).unwrap();
        let cached = cache.adopt(&wheel, Some(&sha256.to_ascii_uppercase())).unwrap();
        assert!(!wheel.exists());
        assert_eq!((&cached.sha256, cache.get(&cached).is_some()), (&sha256, true));
        let again = Forge::new().write(scratch.path());
        assert_eq!(cache.adopt(&again, None).unwrap(), cached);
    }
}
