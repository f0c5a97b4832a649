//! The components and environments in the cache, and which environments use which components.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::time::{Duration, SystemTime};

use snakecrate_format::digest::Digest;
use snakecrate_format::manifest::{Component, Feature, Manifest};
use snakecrate_format::order::sort_by;
use snakecrate_format::record::MAX_MANIFEST;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::Timestamp;

use crate::component::Cached;
use crate::layout::{COMPONENTS, ENVS, LAUNCH, MANIFEST, RUNTIME_MANIFEST};
use crate::lease::is_leased;
use crate::root::Root;

/// All trees in the cache.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The environments, sorted by name and version.
    pub envs: Vec<EnvInfo>,
    /// The components, sorted by kind, name and version.
    pub components: Vec<ComponentInfo>,
}

/// An environment.
#[derive(Debug)]
pub struct EnvInfo {
    /// Its name in the cache.
    pub key: String,
    /// The manifest that it was made from; `None` if it cannot be read.
    pub manifest: Option<Manifest>,
    /// Whether an application runs from it.
    pub in_use: bool,
    /// When it was last started, exact to about a day: the later of the launch plan's access time
    /// and modification time. Never in the future, even if a clock was wrong once.
    pub last_used: SystemTime,
    /// When it was made: the launch plan's modification time. Never in the future.
    pub made: SystemTime,
}

/// A component.
#[derive(Debug)]
pub struct ComponentInfo {
    /// Its name in the cache.
    pub key: String,
    /// Its record; `None` if it cannot be read.
    pub component: Option<Component>,
    /// Keys of the environments that are made of it.
    pub used_by: Vec<String>,
}

impl Inventory {
    /// Reads every manifest, record and lease. The contents of other files are not read.
    pub fn read(root: &Root) -> io::Result<Self> {
        let mut envs = Vec::new();
        for key in names(root, ENVS)? {
            match EnvInfo::read(root, &key) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => envs.push(other?),
            }
        }
        let mut components = Vec::new();
        for key in names(root, COMPONENTS)? {
            let component = Cached::open(root, &key).ok().and_then(|c| c.component().ok());
            let used_by = envs.iter().filter(|env| env.uses(&key)).map(|env| env.key.clone());
            components.push(ComponentInfo { used_by: used_by.collect(), key, component });
        }
        sort_by(&mut envs, |a, b| a.order() < b.order());
        sort_by(&mut components, |a, b| a.order() < b.order());
        Ok(Self { envs, components })
    }

    /// Bytes of the components that these environments are made of; shared ones count once.
    pub(crate) fn size_of(&self, envs: &[&EnvInfo]) -> u64 {
        let is_used =
            |info: &&ComponentInfo| envs.iter().any(|env| info.used_by.contains(&env.key));
        let sizes =
            self.components.iter().filter(is_used).filter_map(|info| info.component.as_ref());
        sizes.map(|component| component.bytes).fold(0, u64::saturating_add)
    }
}

impl EnvInfo {
    /// Reads `envs/<key>`.
    pub fn read(root: &Root, key: &str) -> io::Result<Self> {
        let directory = root.open_tree(ENVS, key)?;
        let in_use = is_leased(&directory);
        Ok(Self { in_use, ..Self::of(&directory, key) })
    }

    /// Reads `envs/<key>`, but not whether an application runs from it: to find out takes a lock, which
    /// a start may meet. `None` if it is gone.
    pub(crate) fn read_unlocked(root: &Root, key: &str) -> io::Result<Option<Self>> {
        match root.open_tree(ENVS, key) {
            Ok(directory) => Ok(Some(Self::of(&directory, key))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn of(directory: &Directory, key: &str) -> Self {
        let manifest = manifest(directory);
        let (last_used, made) = times(directory);
        Self { key: key.to_owned(), manifest, in_use: false, last_used, made }
    }

    /// Its place among others: by name and version, those that cannot be read first.
    pub(crate) fn order(&self) -> impl Ord {
        let manifest = self.manifest.as_ref();
        (manifest.map(|m| (m.name.as_str(), m.version.as_deref())), self.key.as_str())
    }

    /// Whether it is made of the component with this key. True for an environment that cannot be
    /// read: a newer launcher may have made it of any component.
    pub fn uses(&self, key: &str) -> bool {
        self.manifest.as_ref().is_none_or(|manifest| {
            manifest.components.iter().any(|component| component.digest.key() == key)
        })
    }
}

impl ComponentInfo {
    /// Its place among others: by kind, name and version, those that cannot be read first.
    fn order(&self) -> impl Ord {
        let component = self.component.as_ref();
        let names = component.map(|c| (c.kind, c.name.as_str(), c.version.as_str()));
        (names, self.key.as_str())
    }
}

/// The manifest that the environment in `directory` was made from, with that of its runtime file;
/// `None` if they cannot be read.
pub fn manifest(directory: &Directory) -> Option<Manifest> {
    let read = |path, known| {
        let bytes = directory.read(path, MAX_MANIFEST).ok()?;
        Manifest::parse(&bytes, u64::MAX, known).ok()
    };
    let manifest = read(MANIFEST, Feature::LAUNCHER)?;
    if manifest.is_without_runtime() {
        return manifest.with_runtime(read(RUNTIME_MANIFEST, Feature::RUNTIME)?).ok();
    }
    Some(manifest)
}

/// The keys of the environments that were made from the manifest with this digest, each with another
/// runtime file.
pub fn made_from(root: &Root, manifest: &Digest) -> io::Result<Vec<String>> {
    let is_made_from = |key: &String| {
        let bytes = root.open_tree(ENVS, key).and_then(|env| env.read(MANIFEST, MAX_MANIFEST));
        bytes.is_ok_and(|bytes| Digest::of(&bytes) == *manifest)
    };
    Ok(names(root, ENVS)?.into_iter().filter(is_made_from).collect())
}

/// When an environment was last used, and when it was made. A warm start reads the launch plan. The
/// kernel updates the access time once a day (`relatime`); where it does not, the launcher does.
fn times(directory: &Directory) -> (SystemTime, SystemTime) {
    let Ok(plan) = directory.metadata_of(LAUNCH) else {
        return (SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    };
    let now = SystemTime::now();
    let time = |Timestamp { seconds, nanoseconds }| {
        let since = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        let since = since.checked_add(Duration::from_nanos(u64::from(nanoseconds)));
        since
            .and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
            .map_or(now, |time| time.min(now))
    };
    let made = time(plan.modified());
    (time(plan.accessed()).max(made), made)
}

/// The names in an area of the cache, sorted.
pub(crate) fn names(root: &Root, area: &str) -> io::Result<BTreeSet<String>> {
    let directory = match root.directory().open_in(area) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        other => other?,
    };
    let mut names = BTreeSet::new();
    names.extend(directory.entries()?.iter().map(|name| name.to_string_lossy().into_owned()));
    Ok(names)
}
