//! `uv.lock` as it is written. uv documents no format; this follows the files that it writes, version
//! 1 with revisions up to 5.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The version of the format that this reads. Revisions of a version stay readable.
pub(super) const VERSION: u32 = 1;

/// A whole file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UvLock {
    pub(super) version: u32,
    pub(super) requires_python: Option<String>,
    #[serde(default)]
    pub(super) supported_markers: Vec<String>,
    #[serde(default)]
    pub(super) conflicts: Vec<Vec<Conflict>>,
    #[serde(default)]
    pub(super) manifest: Manifest,
    #[serde(default, rename = "package", alias = "distribution")]
    pub(super) packages: Vec<UvPackage>,
}

/// One of several things that cannot be installed together.
#[derive(Debug, Deserialize)]
pub(super) struct Conflict {
    pub(super) package: String,
    pub(super) extra: Option<String>,
    pub(super) group: Option<String>,
}

/// What was locked, beside the metadata of the members.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct Manifest {
    pub(super) members: Vec<String>,
    pub(super) requirements: Vec<Declared>,
    pub(super) constraints: Vec<Declared>,
    pub(super) overrides: Vec<Declared>,
    pub(super) dependency_groups: BTreeMap<String, Vec<Declared>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct UvPackage {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) source: Source,
    #[serde(default)]
    pub(super) resolution_markers: Vec<String>,
    #[serde(default)]
    pub(super) dependencies: Vec<Dependency>,
    #[serde(default)]
    pub(super) optional_dependencies: BTreeMap<String, Vec<Dependency>>,
    #[serde(default, alias = "dependency-groups")]
    pub(super) dev_dependencies: BTreeMap<String, Vec<Dependency>>,
    pub(super) sdist: Option<UvFile>,
    #[serde(default)]
    pub(super) wheels: Vec<UvFile>,
    pub(super) metadata: Option<Metadata>,
}

/// The place of a package. One of the fields is set, `subdirectory` beside it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[derive(Default)]
pub(super) struct Source {
    pub(super) registry: Option<String>,
    pub(super) git: Option<String>,
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) editable: Option<String>,
    #[serde(rename = "virtual")]
    pub(super) r#virtual: Option<String>,
    pub(super) subdirectory: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) source: Option<Source>,
    #[serde(default)]
    pub(super) extra: Vec<String>,
    pub(super) marker: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct UvFile {
    pub(super) url: Option<String>,
    pub(super) path: Option<String>,
    pub(super) filename: Option<String>,
    pub(super) hash: Option<String>,
}

/// The metadata of a member at the time of locking.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[derive(Default)]
pub(super) struct Metadata {
    pub(super) requires_dist: Vec<Declared>,
    #[serde(alias = "dependency-groups")]
    pub(super) requires_dev: BTreeMap<String, Vec<Declared>>,
}

/// A requirement as a member declares it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Declared {
    pub(super) name: String,
    #[serde(default)]
    pub(super) extras: Vec<String>,
    pub(super) specifier: Option<String>,
    pub(super) marker: Option<String>,
    #[serde(flatten)]
    pub(super) source: Source,
}

impl Source {
    /// The path of a directory to build, as written.
    pub(super) fn local(&self) -> Option<&str> {
        let kinds = [&self.directory, &self.editable, &self.r#virtual];
        kinds.into_iter().flatten().next().map(String::as_str)
    }

    /// Text that is equal for equal sources.
    pub(super) fn key(&self) -> String {
        let kinds = [
            ("registry", &self.registry),
            ("git", &self.git),
            ("url", &self.url),
            ("path", &self.path),
            ("directory", &self.directory),
            ("editable", &self.editable),
            ("virtual", &self.r#virtual),
            ("subdirectory", &self.subdirectory),
        ];
        let set =
            kinds.iter().filter_map(|(kind, value)| Some(format!("{kind} {}", (*value).as_ref()?)));
        set.collect::<Vec<_>>().join(" ")
    }

    /// Whether versions come from an index, so that a specifier applies.
    pub(super) fn is_index(&self) -> bool {
        self.git.is_none() && self.url.is_none() && self.path.is_none() && self.local().is_none()
    }
}
