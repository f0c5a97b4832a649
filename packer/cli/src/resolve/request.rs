//! The request: inputs and options of a resolution.

use std::path::{Path, PathBuf};

use crate::build_cache::BuildCache;
use crate::source::Source;

/// The requirements to resolve.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// Requirements (PEP 508), one in each string.
    pub requirements: Vec<String>,
    /// Requirements files. If any lists hashes, every distribution needs one, as in pip.
    pub files: Vec<PathBuf>,
    /// A project, wheel or source distribution of the user's, to be included with its dependencies.
    pub local: Option<Local>,
    /// Dependency groups: the pyproject.toml that has one, and its name.
    pub groups: Vec<(PathBuf, String)>,
    /// Requirements (PEP 508) that a resolution must keep to, beside the constraint files.
    pub constraints: Vec<String>,
}

impl Inputs {
    /// The inputs that `source` itself has; configuration and flags add to them.
    pub fn of(source: &Source) -> Self {
        let local = |path: &Path, extras: &[String]| Self {
            local: Some(Local {
                path: path.to_owned(),
                extras: extras.to_vec(),
                ..Local::default()
            }),
            ..Self::default()
        };
        match source {
            Source::Project { directory, extras } => local(directory, extras),
            Source::Wheel { path, extras } | Source::Sdist { path, extras, .. } => {
                local(path, extras)
            }
            Source::Folder(folder) => Self {
                requirements: folder.requirements.clone(),
                files: folder.files.clone(),
                ..Self::default()
            },
            // An environment has its own distributions.
            Source::Zipapp { .. } | Source::Environment { .. } => Self::default(),
            Source::Script { metadata, .. } => Self {
                requirements: metadata.as_ref().map_or_else(Vec::new, |m| m.dependencies.clone()),
                ..Self::default()
            },
            Source::Requirement { text, .. } => {
                Self { requirements: vec![text.clone()], ..Self::default() }
            }
        }
    }

    /// Whether there is nothing to resolve.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
            && self.files.is_empty()
            && self.groups.is_empty()
            && self.local.is_none()
    }
}

/// A project directory, a wheel or a source distribution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Local {
    /// Its path.
    pub path: PathBuf,
    /// The extras to include.
    pub extras: Vec<String>,
    /// Whether to include all.
    pub all_extras: bool,
}

/// The options of a resolution.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The package index; without one, uv's configuration decides.
    pub index_url: Option<String>,
    /// Directories or pages with more distributions.
    pub find_links: Vec<String>,
    /// Never use the network.
    pub offline: bool,
    /// Take distributions from `find_links` only, not from an index and not from the cache.
    pub no_index: bool,
    /// Distributions never to use as wheels, or `:all:`.
    pub no_binary: Vec<String>,
    /// Distributions never to build, or `:all:`.
    pub only_binary: Vec<String>,
    /// Files with versions that the resolution must keep to.
    pub constraints: Vec<PathBuf>,
    /// Files with requirements that replace those that distributions declare.
    pub overrides: Vec<PathBuf>,
    /// The packer's own directory in the cache.
    pub cache: BuildCache,
}
