//! `pdm.lock`, version 4
//! ([source](https://github.com/pdm-project/pdm/blob/main/src/pdm/project/lockfile/pdmlock.py)).
//!
//! With the strategy `inherit_metadata`, the default, the file says of each package in which groups
//! it is, and by which marker: PDM installs exactly these, and so does this reader. Otherwise it
//! walks from the requirements in pyproject.toml. Extras of the project are groups, too. A package
//! with extras has an entry of its own, whose requirements are those of the extras.

mod digest;
mod document;
mod files;

use std::collections::BTreeSet;
use std::str::FromStr as _;

use pep440_rs::VersionSpecifiers;
use pep508_rs::MarkerTree;

use document::{Document, Metadata, Package, Target};

use super::declared;
use super::error::Error;
use super::model::{Edge, Lock, Node};
use super::need::{self, Draft, Need};
use super::requirement::texts;
use super::wanted::{LockFile, Wanted};
use crate::wheel::normalize;

/// The group of `[project] dependencies`.
const DEFAULT: &str = "default";
const INHERIT: &str = "inherit_metadata";

pub(super) fn read(file: &LockFile, wanted: &Wanted) -> Result<Lock, Error> {
    let document: Document = file.toml()?;
    let metadata = &document.metadata;
    let version = &metadata.lock_version;
    if version.split('.').next() != Some("4") {
        return Err(file.invalid(format!("lock_version {version}: only 4 can be read")));
    }
    let resolution = Resolution::of(wanted);
    let extras = wanted.extras(&declared::extras(wanted.pyproject))?;
    let groups = wanted.groups(&known_groups(wanted))?;
    if let Some(locked) = &metadata.groups {
        let locked: BTreeSet<String> = locked.iter().map(|name| normalize(name)).collect();
        if let Some(missing) = extras.iter().chain(&groups).find(|name| !locked.contains(*name)) {
            return Err(file.invalid(format!("it was made without the group or extra `{missing}`")));
        }
    }
    let mut lock = Lock {
        environments: environments(file, &metadata.targets)?,
        overrides: resolution.overrides.union(&resolution.excludes).cloned().collect(),
        outdated: digest::outdated(wanted, metadata.content_hash.as_deref()),
        ..Lock::default()
    };
    let packages: Vec<&Package> = document
        .package
        .iter()
        .filter(|package| !resolution.excludes.contains(&normalize(&package.name)))
        .collect();
    let inherits = metadata.strategy.iter().any(|one| one == INHERIT);
    (lock.nodes, lock.roots) = if inherits {
        let groups: BTreeSet<&str> =
            extras.iter().chain(&groups).map(String::as_str).chain([DEFAULT]).collect();
        listed(file, wanted, metadata, &packages, &groups)?
    } else {
        let mut roots = declared::roots(wanted.pyproject, &extras, &groups)
            .and_then(|mut roots| {
                roots.extend(own_groups(wanted, &groups)?);
                Ok(roots)
            })
            .map_err(|cause| {
                file.invalid(format!("the project's requirements cannot be read: {cause}"))
            })?;
        for need in &mut roots {
            resolution.adapt(need, wanted);
        }
        let drafts = drafts(file, wanted, metadata, &packages, &resolution)?;
        need::decide(&drafts, &roots, wanted.environment)
    };
    Ok(lock)
}

/// The packages, and a requirement for each one of the wanted groups.
fn listed(
    file: &LockFile,
    wanted: &Wanted,
    metadata: &Metadata,
    packages: &[&Package],
    wanted_groups: &BTreeSet<&str>,
) -> Result<(Vec<Node>, Vec<Edge>), Error> {
    let (mut nodes, mut roots) = (Vec::<Node>::new(), Vec::new());
    for package in packages {
        let mut node = node(file, wanted, metadata, package)?;
        let marker = need::marker(package.marker.as_deref().unwrap_or_default())
            .map_err(|cause| file.invalid(format!("marker of {}: {cause}", package.name)))?;
        let mut groups = package.groups.iter().map(|name| normalize(name));
        if package.groups.is_empty() || groups.any(|name| wanted_groups.contains(&*name)) {
            roots.push(root(&node, marker.clone()));
        }
        node.markers.push(marker);
        // The entries with and without extras are of one distribution.
        match nodes.iter_mut().find(|known| same(known, &node)) {
            Some(known) => known.markers.extend(node.markers),
            None => nodes.push(node),
        }
    }
    Ok((nodes, roots))
}

/// The packages with their requirements.
fn drafts(
    file: &LockFile,
    wanted: &Wanted,
    metadata: &Metadata,
    packages: &[&Package],
    resolution: &Resolution,
) -> Result<Vec<Draft>, Error> {
    let mut drafts: Vec<Draft> = Vec::new();
    for package in packages {
        let draft = draft(file, wanted, metadata, package, resolution)?;
        match drafts.iter_mut().find(|known| same(&known.node, &draft.node)) {
            Some(known) => {
                known.needs.extend(draft.needs);
                known.extras.extend(draft.extras);
            }
            None => drafts.push(draft),
        }
    }
    Ok(drafts)
}

fn same(a: &Node, b: &Node) -> bool {
    (&a.name, &a.version, &a.source) == (&b.name, &b.version, &b.source)
}

/// `[tool.pdm.resolution]`.
struct Resolution {
    overrides: BTreeSet<String>,
    excludes: BTreeSet<String>,
}

impl Resolution {
    fn of(wanted: &Wanted) -> Self {
        let table = |key| wanted.at(&["tool", "pdm", "resolution", key]);
        // `name[extra]` overrides the package, too.
        let name = |name: &String| normalize(name.split('[').next().unwrap_or(name));
        let overrides = table("overrides").and_then(toml::Value::as_table);
        let excludes = texts(table("excludes"));
        Self {
            overrides: overrides.into_iter().flat_map(toml::Table::keys).map(name).collect(),
            excludes: excludes.iter().map(name).collect(),
        }
    }

    /// What PDM makes of a requirement: one that is overridden allows any version.
    fn adapt(&self, need: &mut Need, wanted: &Wanted) {
        if self.overrides.contains(&need.name) {
            need.versions.clear();
        }
        // The project itself isn't locked.
        need.may_be_absent =
            self.excludes.contains(&need.name) || Some(&need.name) == wanted.name.as_ref();
        need.extras = extras_key(&need.extras).into_iter().collect();
    }
}

/// The extras of an entry as one key: PDM resolves each set of extras by itself.
fn extras_key(extras: &[String]) -> Option<String> {
    let mut extras: Vec<String> = extras.iter().map(|extra| normalize(extra)).collect();
    extras.sort();
    (!extras.is_empty()).then(|| extras.join(","))
}

fn known_groups(wanted: &Wanted) -> BTreeSet<String> {
    let own = wanted.at(&["tool", "pdm", "dev-dependencies"]).and_then(toml::Value::as_table);
    let own = own.into_iter().flat_map(toml::Table::keys).map(|name| normalize(name));
    declared::groups(wanted.pyproject).into_iter().chain(own).collect()
}

/// The requirements of `[tool.pdm.dev-dependencies]`.
fn own_groups(wanted: &Wanted, groups: &BTreeSet<String>) -> Result<Vec<Need>, String> {
    let own = wanted.at(&["tool", "pdm", "dev-dependencies"]).and_then(toml::Value::as_table);
    let own = own.into_iter().flatten().filter(|(name, _)| groups.contains(&normalize(name)));
    own.flat_map(|(_, value)| texts(Some(value))).map(|text| Need::parse(&text)).collect()
}

/// A requirement that stands for the entry itself.
fn root(node: &Node, marker: MarkerTree) -> Edge {
    Edge {
        name: node.name.clone(),
        marker,
        version: node.version.clone(),
        source: Some(node.source.clone()),
        ..Edge::default()
    }
}

fn draft(
    file: &LockFile,
    wanted: &Wanted,
    metadata: &Metadata,
    package: &Package,
    resolution: &Resolution,
) -> Result<Draft, Error> {
    let node = node(file, wanted, metadata, package)?;
    let mut needs = Vec::new();
    for text in &package.dependencies {
        let mut need = Need::parse(text).map_err(|cause| file.invalid(cause))?;
        // An entry with extras requires the one without.
        if need.name != node.name {
            resolution.adapt(&mut need, wanted);
            needs.push(need);
        }
    }
    let python = package.requires_python.as_deref().unwrap_or_default();
    let pythons = VersionSpecifiers::from_str(python).into_iter().collect();
    Ok(match extras_key(&package.extras) {
        None => Draft { node, pythons, needs, ..Draft::default() },
        Some(key) => Draft { node, pythons, extras: [(key, needs)].into(), ..Draft::default() },
    })
}

fn node(
    file: &LockFile,
    wanted: &Wanted,
    metadata: &Metadata,
    package: &Package,
) -> Result<Node, Error> {
    let source =
        [&package.git, &package.revision, &package.url, &package.path, &package.subdirectory];
    Ok(Node {
        name: normalize(&package.name),
        version: package.version.clone(),
        source: source.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
        origin: files::origin(file, wanted, metadata, package)?,
        ..Node::default()
    })
}

/// The targets that the file is for, if it is not for all.
fn environments(file: &LockFile, targets: &[Target]) -> Result<Vec<MarkerTree>, Error> {
    let of = |target: &Target| {
        let mut clauses = Vec::new();
        for part in target.requires_python.iter().flat_map(|text| text.split(',')) {
            let part = part.trim();
            let start = part.find(|c: char| !"<>=!~".contains(c)).unwrap_or(part.len());
            let (operator, version) = part.split_at(start);
            if !operator.is_empty() {
                clauses.push(format!("python_full_version {operator} '{}'", version.trim()));
            }
        }
        let systems = [
            ("linux", "linux"),
            ("manylinux", "linux"),
            ("musllinux", "linux"),
            ("macos", "darwin"),
            ("windows", "win32"),
        ];
        let platform = target.platform.as_deref().unwrap_or_default();
        let system = systems.iter().find(|(start, _)| platform.starts_with(start));
        clauses.extend(system.map(|(_, name)| format!("sys_platform == '{name}'")));
        let machine = ["x86_64", "aarch64"].into_iter().find(|name| platform.ends_with(name));
        clauses.extend(machine.map(|name| format!("platform_machine == '{name}'")));
        need::marker(&clauses.join(" and "))
            .map_err(|cause| file.invalid(format!("a target is invalid: {cause}")))
    };
    targets.iter().map(of).collect()
}

#[cfg(test)]
mod tests;
