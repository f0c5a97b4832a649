//! The documents of `cache list`, `cache verify`, `cache prune` and `cache clear` with `--json`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::{self, Document};
use snakecrate_cache::inventory::{ComponentInfo, EnvInfo, Inventory};
use snakecrate_cache::layout::{COMPONENTS, ENVS};
use snakecrate_cache::verify::Finding;
use snakecrate_format::manifest::Kind;

/// The environments and components in the cache.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listing<'a> {
    /// The directory of the cache. It need not exist.
    root: &'a Path,
    /// The environments.
    envs: Vec<Environment<'a>>,
    /// The components.
    components: Vec<Component<'a>>,
}

/// The unpacked environment of an archive.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Environment<'a> {
    /// Its name in the cache.
    key: &'a str,
    /// The application's name; null if its manifest cannot be read.
    name: Option<&'a str>,
    /// The application's version.
    version: Option<&'a str>,
    /// Whether a process uses it.
    in_use: bool,
    /// Its last use in seconds since 1970, recorded about once a day.
    last_used: u64,
    /// Its directory.
    path: PathBuf,
}

/// An unpacked component.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Component<'a> {
    /// Its name in the cache.
    key: &'a str,
    /// Its kind; null if it cannot be read.
    #[schemars(with = "Option<document::Kind>")]
    kind: Option<Kind>,
    /// Its normalised name.
    name: Option<&'a str>,
    /// Its version.
    version: Option<&'a str>,
    /// Number of its files and links.
    files: Option<u64>,
    /// Their bytes.
    bytes: Option<u64>,
    /// The keys of the environments that use it.
    used_by: &'a [String],
    /// Its directory.
    path: PathBuf,
}

/// The differences between the cache and the archives that it was unpacked from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verification<'a> {
    /// The directory of the cache.
    pub(super) root: &'a Path,
    /// The damaged directories.
    pub(super) damaged: Vec<Damaged<'a>>,
    /// Number of them that were removed, so that their archives unpack them again.
    pub(super) removed: usize,
}

/// A directory that isn't as it was packed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Damaged<'a> {
    /// Its contents: a component's name and version.
    what: String,
    /// The directory.
    path: PathBuf,
    /// Its differences.
    differences: Vec<Difference<'a>>,
}

/// A file that isn't as it was packed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Difference<'a> {
    /// Its path in the directory; empty for the directory itself.
    path: &'a str,
    /// The difference in words.
    what: String,
}

/// Everything that was removed from the cache, or would be.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Removal<'a> {
    /// The directory of the cache.
    pub(super) root: PathBuf,
    /// Whether nothing was removed: `--dry-run`.
    pub(super) dry_run: bool,
    /// The environments.
    pub(super) envs: Vec<Environment<'a>>,
    /// The components.
    pub(super) components: Vec<Component<'a>>,
    /// The packer's own files: wheels, interpreters, packed components.
    pub(super) build_files: Vec<RemovedFile>,
    /// Bytes of everything together.
    pub(super) bytes: u64,
    /// The environments that stay because a process uses them.
    pub(super) kept: Vec<Environment<'a>>,
}

/// A file or directory of the packer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RemovedFile {
    /// Its path in the cache.
    pub(super) path: String,
    /// Its bytes.
    pub(super) bytes: u64,
}

impl Document for Listing<'_> {
    const NAME: &'static str = "cache-list";
}

impl Document for Verification<'_> {
    const NAME: &'static str = "cache-verify";
}

impl Document for Removal<'_> {
    const NAME: &'static str = "cache-prune";
}

impl<'a> Listing<'a> {
    /// The document about the cache at `root`.
    pub(super) fn new(root: &'a Path, inventory: &'a Inventory) -> Self {
        Self {
            root,
            envs: inventory.envs.iter().map(|env| Environment::new(root, env)).collect(),
            components: inventory.components.iter().map(|one| Component::new(root, one)).collect(),
        }
    }
}

impl<'a> Environment<'a> {
    pub(super) fn new(root: &Path, env: &'a EnvInfo) -> Self {
        let manifest = env.manifest.as_ref();
        let since = env.last_used.duration_since(SystemTime::UNIX_EPOCH);
        Self {
            key: &env.key,
            name: manifest.map(|manifest| &*manifest.name),
            version: manifest.and_then(|manifest| manifest.version.as_deref()),
            in_use: env.in_use,
            last_used: since.map_or(0, |since| since.as_secs()),
            path: root.join(ENVS).join(&env.key),
        }
    }
}

impl<'a> Component<'a> {
    pub(super) fn new(root: &Path, info: &'a ComponentInfo) -> Self {
        let component = info.component.as_ref();
        Self {
            key: &info.key,
            kind: component.map(|one| one.kind),
            name: component.map(|one| &*one.name),
            version: component.map(|one| &*one.version),
            files: component.map(|one| one.files),
            bytes: component.map(|one| one.bytes),
            used_by: &info.used_by,
            path: root.join(COMPONENTS).join(&info.key),
        }
    }
}

impl<'a> Damaged<'a> {
    pub(super) fn new(root: &Path, finding: &'a Finding) -> Self {
        let differences = finding.differences.iter();
        Self {
            what: finding.what.clone(),
            path: root.join(&finding.tree),
            differences: differences
                .map(|one| Difference { path: &one.path, what: one.what.to_string() })
                .collect(),
        }
    }
}
