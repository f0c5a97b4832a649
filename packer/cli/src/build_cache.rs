//! The packer's own directory in the cache: every path below it, and what may be removed.
//!
//! ```text
//! <cache>/build/
//!   archives/<key>/<name>             archives that `run` built
//!   attestations/<sha256>.json        attestations of files of package indexes
//!   backends/<key>.json               which environment of a build back end is current
//!   backends/<key>-<random>/          the environment; it contains its own path, so it is not renamed;
//!                                     one that no note names is incomplete or replaced
//!   builds/<key>.json                 the wheel that a project or source distribution became
//!   components/<form>/<key>-<level>/  packed components
//!   facts/<key>                       what is known of distributions and runtimes
//!   imports/<key>                     the imports of sources, by interpreter
//!   inputs/<form>/<key>               the component that an input became
//!   layers/<key>/                     layers of images
//!   overlays/<key>/                   environments with tests' requirements
//!   proof/                            a cache of its own, with the archives that were proven
//!   proofs/<key>.json                 what proofs found
//!   pulled/<sha256>                   layers of base images, as registries have them
//!   pushed/<key>                      which repositories of a registry got a layer
//!   pythons/archives/<sha256>.tar     downloads of Pythons, until they are unpacked
//!   pythons/downloads/<sha256>/       downloaded Pythons, where no installed one fitted
//!   pythons/given/<sha256>/           Pythons from archives that the user named
//!   pythons/roots/<digest>/           Debian's packages, unpacked
//!   pythons/suites/<key>.json         the newest root of a suite of Debian
//!   pythons/repaired/<digest>/        copies of Pythons that had lost their execute bits
//!   pythons/hosts/<digest>/           Pythons of unpacked systems, started by their own loader
//!   pythons/probed/<key>.json         facts that Pythons of this machine reported
//!   resolutions/<key>.json            the wheels that requirements came to
//!   wheels/<sha256>/<file name>.whl   wheels
//!   wheels/<sha256>/….whl.whole       the state of the wheel's file when it was last found whole
//!   …/.snakecrate-tmp-<random>        anything that is being made, in any of these directories
//! ```
//!
//! Whatever is missing is made again, so everything may be removed when no build is using it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use snakecrate_base::error::Remedy;
use snakecrate_base::temporary::{self, is_temporary};
use snakecrate_cache::places::candidates;
use snakecrate_cache::root::Root;
use snakecrate_runtime::discover::PythonDirectories;
use tempfile::{NamedTempFile, TempDir};

/// The directory's name in the cache.
pub const NAME: &str = "build";

/// Something temporary that has not changed for this long was left by a build that was killed.
pub const ABANDONED_AFTER: Duration = Duration::from_hours(24);

const ARCHIVES: &str = "archives";
const ATTESTATIONS: &str = "attestations";
const BACKENDS: &str = "backends";
const BUILDS: &str = "builds";
const COMPONENTS: &str = "components";
const FACTS: &str = "facts";
const IMPORTS: &str = "imports";
const INPUTS: &str = "inputs";
const LAYERS: &str = "layers";
const OVERLAYS: &str = "overlays";
const PROOF: &str = "proof";
const PROOFS: &str = "proofs";
const PULLED: &str = "pulled";
const PUSHED: &str = "pushed";
const PYTHONS: &str = "pythons";
const RESOLUTIONS: &str = "resolutions";
const WHEELS: &str = "wheels";

/// Directories whose things are one directory further down.
const NESTED: [&str; 3] = [COMPONENTS, INPUTS, PYTHONS];

/// The note about the environment of a build back end. It is written when that is complete.
#[derive(Debug, Serialize, Deserialize)]
pub struct BackendNote {
    /// The name of the environment's directory.
    pub directory: String,
    /// When it was made, in seconds since 1970.
    pub at: u64,
}

impl BackendNote {
    /// The note in the file `path`, if that exists and is one.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }
}

/// The packer's own directory in the cache.
#[derive(Debug, Clone, Default)]
pub struct BuildCache {
    path: PathBuf,
}

/// No directory could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the cache directory {}: {source}", path.display())]
pub struct Error {
    /// The last directory that was tried.
    pub path: PathBuf,
    /// Why it could not be made.
    pub source: io::Error,
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some("set SNAKECRATE_CACHE to a directory that you own".into())
    }
}

impl BuildCache {
    /// Opens the directory in the first cache that can be used, and creates it where it is missing.
    ///
    /// # Errors
    ///
    /// No cache can be used.
    pub fn open() -> Result<Self, Error> {
        let mut last = Error { path: NAME.into(), source: io::ErrorKind::NotFound.into() };
        for place in candidates() {
            let path = place.join(NAME);
            let created = Root::create(&place)
                .map_err(|why| io::Error::other(why.to_string()))
                .and_then(|_| fs::create_dir_all(&path));
            match created {
                Ok(()) => return Ok(Self { path }),
                Err(source) => last = Error { path, source },
            }
        }
        Err(last)
    }

    /// The directory at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory of the archive with this key.
    pub fn archive(&self, key: &str) -> PathBuf {
        self.path.join(ARCHIVES).join(key)
    }

    /// The directory of build back ends' environments.
    pub fn backends(&self) -> PathBuf {
        self.path.join(BACKENDS)
    }

    /// The note about the wheel that was built under `key`.
    pub fn build(&self, key: &str) -> PathBuf {
        self.path.join(BUILDS).join(format!("{key}.json"))
    }

    /// The directory of packed components of this form.
    pub fn components(&self, form: &str) -> PathBuf {
        self.path.join(COMPONENTS).join(form)
    }

    /// The directory of facts about distributions and runtimes.
    pub fn facts(&self) -> PathBuf {
        self.path.join(FACTS)
    }

    /// The directory of the imports that interpreters found in sources.
    pub fn imports(&self) -> PathBuf {
        self.path.join(IMPORTS)
    }

    /// The directory of notes about the inputs of components of this form.
    pub fn inputs(&self, form: &str) -> PathBuf {
        self.path.join(INPUTS).join(form)
    }

    /// The directory of layers of images.
    pub fn layers(&self) -> PathBuf {
        self.path.join(LAYERS)
    }

    /// The cache that archives are unpacked into when they are proven.
    pub fn proof(&self) -> PathBuf {
        self.path.join(PROOF)
    }

    /// The note about the proof with this key.
    pub fn known_proof(&self, key: &str) -> PathBuf {
        self.path.join(PROOFS).join(format!("{key}.json"))
    }

    /// The directory of the overlay with this key.
    pub fn overlay(&self, key: &str) -> PathBuf {
        self.path.join(OVERLAYS).join(key)
    }

    /// The directory of layers of base images.
    pub fn pulled(&self) -> PathBuf {
        self.path.join(PULLED)
    }

    /// The directory of notes about the repositories that got a layer.
    pub fn pushed(&self) -> PathBuf {
        self.path.join(PUSHED)
    }

    /// The directories of downloaded and unpacked Pythons.
    pub fn pythons(&self) -> PythonDirectories {
        let directory = |name| self.path.join(PYTHONS).join(name);
        PythonDirectories {
            archives: directory("archives"),
            downloads: directory("downloads"),
            given: directory("given"),
            roots: directory("roots"),
            suites: directory("suites"),
            repaired: directory("repaired"),
            hosts: directory("hosts"),
            probed: directory("probed"),
        }
    }

    /// The attestations of the file with this digest.
    pub fn attestations(&self, sha256: &str) -> PathBuf {
        self.path.join(ATTESTATIONS).join(format!("{sha256}.json"))
    }

    /// The note about the resolution with this key.
    pub fn resolution(&self, key: &str) -> PathBuf {
        self.path.join(RESOLUTIONS).join(format!("{key}.json"))
    }

    /// The directory of wheels.
    pub fn wheels(&self) -> PathBuf {
        self.path.join(WHEELS)
    }

    /// Moves the wheel at `path`, with this digest, to its place among the wheels. Returns that.
    ///
    /// # Errors
    ///
    /// The system cannot move it.
    pub fn keep_wheel(&self, path: &Path, sha256: &str) -> io::Result<PathBuf> {
        let directory = self.wheels().join(sha256);
        let place = directory.join(path.file_name().unwrap_or_default());
        if !place.is_file() {
            fs::create_dir_all(&directory)?;
            fs::rename(path, &place)?;
        }
        Ok(place)
    }

    /// A temporary file on the cache's file system.
    ///
    /// # Errors
    ///
    /// The system cannot create it.
    pub fn temporary_file(&self) -> io::Result<NamedTempFile> {
        temporary::file_in(&self.path)
    }

    /// A temporary directory on the cache's file system.
    ///
    /// # Errors
    ///
    /// The system cannot create it.
    pub fn temporary_directory(&self) -> io::Result<TempDir> {
        temporary::directory_in(&self.path)
    }

    /// A temporary directory for one build, as an error of the cache's if it cannot be made.
    ///
    /// # Errors
    ///
    /// The system cannot create it.
    pub fn unpacking(&self) -> Result<TempDir, Error> {
        let failed = |source| Error { path: self.path.clone(), source };
        self.temporary_directory().map_err(failed)
    }

    /// Removes what killed builds left: temporary directories, and environments of back ends that
    /// were not complete or have been replaced. Those that cannot be removed stay.
    pub fn remove_abandoned(&self) {
        let is_old = |entry: &fs::DirEntry| {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            age.is_some_and(|age| age > ABANDONED_AFTER)
        };
        let entries = |path: &Path| fs::read_dir(path).into_iter().flatten().flatten();
        let temporary = entries(&self.path).filter(|entry| is_temporary(&entry.file_name()));
        let unnamed = entries(&self.backends()).filter(|entry| self.is_unnamed_backend(entry));
        for entry in temporary.chain(unnamed).filter(is_old) {
            let _ = fs::remove_dir_all(entry.path()).or_else(|_| fs::remove_file(entry.path()));
        }
    }

    /// Whether it is the directory of an environment that no note names.
    fn is_unnamed_backend(&self, entry: &fs::DirEntry) -> bool {
        let Ok(name) = entry.file_name().into_string() else { return false };
        let Some((key, _)) = name.rsplit_once('-') else { return false };
        let note = BackendNote::read(&self.backends().join(format!("{key}.json")));
        entry.file_type().is_ok_and(|kind| kind.is_dir())
            && note.is_none_or(|note| note.directory != name)
    }

    /// Everything that may be removed, by its own rule. Other versions' directories count, too. The
    /// [proof cache](Self::proof) doesn't: it is a cache like the one that archives start from.
    pub fn things(&self) -> Vec<Thing> {
        let mut things = Vec::new();
        // Files of other versions may be directly in the packer's directory. Only temporary ones go.
        self.collect(&[], false, &mut things);
        for outer in directories(&self.path).into_iter().filter(|outer| outer != PROOF) {
            if NESTED.contains(&outer.as_str()) {
                for inner in directories(&self.path.join(&outer)) {
                    self.collect(&[&outer, &inner], true, &mut things);
                }
            } else {
                self.collect(&[&outer], true, &mut things);
            }
        }
        things
    }

    /// The path of `thing`.
    pub fn thing(&self, thing: &Thing) -> PathBuf {
        self.directory(&thing.directories).join(&thing.name)
    }

    /// The directory that `names` lead to.
    fn directory(&self, names: &[impl AsRef<str>]) -> PathBuf {
        names.iter().fold(self.path.clone(), |path, name| path.join(name.as_ref()))
    }

    /// The things in the directory that `names` lead to; only temporary ones unless `all` may go.
    fn collect(&self, names: &[&str], all: bool, things: &mut Vec<Thing>) {
        for entry in fs::read_dir(self.directory(names)).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let unnamed = names == [BACKENDS] && self.is_unnamed_backend(&entry);
            let rule = match is_temporary(name.as_ref()) || unnamed {
                true => Rule::Abandoned,
                false if all => Rule::Unused,
                false => continue,
            };
            let directories = names.iter().map(|&name| name.to_owned()).collect();
            things.push(Thing { directories, name, rule });
        }
    }
}

/// The names of the directories in `path`.
fn directories(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let directories = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    directories
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !is_temporary(name.as_ref()))
        .collect()
}

/// A file or directory that may be removed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// The names of the directories that lead to it from the packer's directory.
    pub directories: Vec<String>,
    /// Its name.
    pub name: String,
    /// When it may be removed.
    pub rule: Rule,
}

/// When a thing may be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// When no build has used it for as long as the user says.
    Unused,
    /// When it has not changed for [`ABANDONED_AFTER`].
    Abandoned,
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_killed_builds_directories_are_removed_after_a_day() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let old = format!("{}old", temporary::PREFIX);
        let new = format!("{}new", temporary::PREFIX);
        for (name, days) in [(&*old, 2), (&*new, 0), ("other", 2)] {
            fs::create_dir(root.join(name)).unwrap();
            let time = SystemTime::now() - Duration::from_hours(24 * days);
            File::open(root.join(name)).unwrap().set_modified(time).unwrap();
        }
        BuildCache::at(root).remove_abandoned();
        assert!(!root.join(old).exists());
        assert!(root.join(new).exists() && root.join("other").exists());
    }
}
