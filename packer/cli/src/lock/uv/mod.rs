//! Reads `uv.lock` and `NAME.py.lock`
//! ([about the file](https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile)).

mod file;
mod fresh;
mod sources;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

use pep440_rs::VersionSpecifiers;
use pep508_rs::MarkerTree;

use self::file::{Declared, Dependency, Source, UvFile, UvLock, UvPackage, VERSION};
use super::error::Error;
use super::model::{Edge, File, Hash, Lock, Node, Origin};
use super::paths::{file_name, joined, url_of};
use super::wanted::{LockFile, Wanted};
use crate::wheel::normalize;

/// Reads the file.
pub(super) fn read(file: &LockFile, wanted: &Wanted) -> Result<Lock, Error> {
    let uv: UvLock = file.toml()?;
    if uv.version != VERSION {
        let cause = format!("version {} of the format is unknown", uv.version);
        return Err(file.invalid(cause));
    }
    let project = wanted.directory.map(|directory| {
        let at_directory = |package: &&UvPackage| {
            package.source.local().is_some_and(|path| joined(file, path) == directory)
        };
        let named = |package: &&UvPackage| Some(&package.name) == wanted.name.as_ref();
        let found = uv.packages.iter().find(at_directory);
        found.or_else(|| uv.packages.iter().filter(|p| p.source.local().is_some()).find(named))
    });
    let mut active = Vec::new();
    let mut roots = match project {
        Some(Some(project)) => project_roots(file, &uv, project, wanted, &mut active)?,
        Some(None) => return Err(Error::NotLocked { path: file.path.clone() }),
        None => declared(file, &uv.manifest.requirements)?,
    };
    if project.is_none() {
        let groups = wanted.groups(uv.manifest.dependency_groups.keys())?;
        wanted.extras([])?;
        for (name, requirements) in &uv.manifest.dependency_groups {
            if groups.contains(&normalize(name)) {
                roots.extend(declared(file, requirements)?);
            }
        }
    }
    let own = project.flatten();
    let nodes = uv.packages.iter().map(|package| {
        let mut node = node(file, &uv, package, wanted)?;
        if own.is_some_and(|own| std::ptr::eq(own, package)) {
            // The project itself is built anyway.
            node.origin = Origin::Nothing;
        }
        Ok(node)
    });
    let nodes: Result<Vec<Node>, Error> = nodes.collect();
    let environments: Result<_, _> =
        uv.supported_markers.iter().map(|text| marker(file, Some(text))).collect();
    Ok(Lock {
        nodes: nodes?,
        roots,
        environments: environments?,
        overrides: uv.manifest.overrides.iter().map(|o| normalize(&o.name)).collect(),
        outdated: fresh::manifest(file, &uv, wanted),
        requires_python: uv.requires_python,
        active,
        encoded_extras: !uv.conflicts.is_empty(),
    })
}

/// The edges to the project with its wanted extras, and those of wanted groups. `active` gets the
/// groups as uv encodes them in the markers of conflicts.
fn project_roots(
    file: &LockFile,
    uv: &UvLock,
    project: &UvPackage,
    wanted: &Wanted,
    active: &mut Vec<String>,
) -> Result<Vec<Edge>, Error> {
    let extras = wanted.extras(project.optional_dependencies.keys())?;
    // Groups of a workspace without a project at its root are in the manifest.
    let own = project.dev_dependencies.keys().chain(uv.manifest.dependency_groups.keys());
    let groups = wanted.groups(own)?;
    conflicts(file, uv, project, &extras, &groups)?;
    let name = normalize(&project.name);
    active.push(format!("project-{}-{name}", name.len()));
    active.extend(groups.iter().map(|group| format!("group-{}-{name}-{group}", name.len())));
    let mut roots = vec![Edge {
        name: name.clone(),
        source: Some(project.source.key()),
        extras: extras.into_iter().collect(),
        ..Edge::default()
    }];
    for (group, dependencies) in &project.dev_dependencies {
        if groups.contains(&normalize(group)) {
            for dependency in dependencies {
                roots.push(edge(file, dependency)?);
            }
        }
    }
    for (group, requirements) in &uv.manifest.dependency_groups {
        if groups.contains(&normalize(group)) {
            roots.extend(declared(file, requirements)?);
        }
    }
    Ok(roots)
}

/// Refuses extras and groups that the lock declares to be in conflict.
fn conflicts(
    file: &LockFile,
    uv: &UvLock,
    project: &UvPackage,
    extras: &BTreeSet<String>,
    groups: &BTreeSet<String>,
) -> Result<(), Error> {
    for set in &uv.conflicts {
        let chosen = set.iter().filter(|item| {
            let chosen = |name: &Option<String>, among: &BTreeSet<String>| {
                name.as_ref().is_some_and(|name| among.contains(&normalize(name)))
            };
            item.package == project.name
                && (chosen(&item.extra, extras) || chosen(&item.group, groups))
        });
        let labels: Vec<String> = chosen
            .map(|item| match (&item.extra, &item.group) {
                (Some(extra), _) => format!("extra `{extra}`"),
                (None, group) => format!("group `{}`", group.as_deref().unwrap_or_default()),
            })
            .collect();
        if let [first, second, ..] = labels.as_slice() {
            return Err(Error::Conflict {
                path: file.path.clone(),
                first: first.clone(),
                second: second.clone(),
            });
        }
    }
    Ok(())
}

fn node(file: &LockFile, uv: &UvLock, package: &UvPackage, wanted: &Wanted) -> Result<Node, Error> {
    let edges = |list: &[Dependency]| -> Result<Vec<Edge>, Error> {
        list.iter().map(|dependency| edge(file, dependency)).collect()
    };
    let mut extras = BTreeMap::new();
    for (extra, list) in &package.optional_dependencies {
        extras.insert(normalize(extra), edges(list)?);
    }
    let markers: Result<_, _> =
        package.resolution_markers.iter().map(|text| marker(file, Some(text))).collect();
    Ok(Node {
        name: normalize(&package.name),
        version: package.version.clone(),
        source: package.source.key(),
        origin: origin(file, package)?,
        markers: markers?,
        dependencies: edges(&package.dependencies)?,
        extras,
        outdated: fresh::member(file, uv, package, wanted),
    })
}

fn edge(file: &LockFile, dependency: &Dependency) -> Result<Edge, Error> {
    Ok(Edge {
        name: normalize(&dependency.name),
        extras: dependency.extra.iter().map(|extra| normalize(extra)).collect(),
        marker: marker(file, dependency.marker.as_ref())?,
        version: dependency.version.clone(),
        source: dependency.source.as_ref().map(Source::key),
        ..Edge::default()
    })
}

/// The edges of requirements that a script or a workspace's root declares.
fn declared(file: &LockFile, requirements: &[Declared]) -> Result<Vec<Edge>, Error> {
    let edge = |declared: &Declared| -> Result<Edge, Error> {
        let specifiers = match &declared.specifier {
            Some(text) if declared.source.is_index() => VersionSpecifiers::from_str(text)
                .map_err(|_| file.invalid(format!("`{text}` is not a range of versions")))?,
            _ => VersionSpecifiers::default(),
        };
        Ok(Edge {
            name: normalize(&declared.name),
            extras: declared.extras.iter().map(|extra| normalize(extra)).collect(),
            marker: marker(file, declared.marker.as_ref())?,
            specifiers,
            ..Edge::default()
        })
    };
    requirements.iter().map(edge).collect()
}

fn marker(file: &LockFile, text: Option<&String>) -> Result<MarkerTree, Error> {
    let Some(text) = text else { return Ok(MarkerTree::TRUE) };
    MarkerTree::from_str(text)
        .map_err(|error| file.invalid(format!("`{text}` is not a marker: {}", error.message)))
}

fn origin(file: &LockFile, package: &UvPackage) -> Result<Origin, Error> {
    let source = &package.source;
    if let Some(path) = source.directory.as_ref().or(source.editable.as_ref()) {
        return Ok(Origin::Directory(joined(file, path)));
    }
    if source.r#virtual.is_some() {
        return Ok(Origin::Nothing);
    }
    let invalid = || file.invalid(format!("the source of {} is unknown", package.name));
    if let Some(git) = &source.git {
        let (url, commit) = git.rsplit_once('#').ok_or_else(invalid)?;
        let mut url = url::Url::parse(url).map_err(|_| invalid())?;
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let subdirectory = query.into_iter().find(|(name, _)| name == "subdirectory");
        url.set_query(None);
        return Ok(Origin::Git {
            url: url.into(),
            commit: commit.to_owned(),
            subdirectory: subdirectory.map(|(_, value)| value),
        });
    }
    if let Some(place) = source.url.as_ref().or(source.path.as_ref()) {
        let url = if source.url.is_some() { place.clone() } else { url_of(&joined(file, place)) };
        let listed = package.sdist.as_ref().or(package.wheels.first());
        let hashes = listed.and_then(|listed| listed.hash.as_deref()).and_then(Hash::parse);
        return Ok(Origin::Archive {
            file: File {
                name: file_name(&url),
                url: Some(url),
                hashes: hashes.into_iter().collect(),
            },
            subdirectory: source.subdirectory.clone(),
        });
    }
    let registry = source.registry.as_deref().ok_or_else(invalid)?;
    let is_url = registry.contains("://");
    let files = package.wheels.iter().chain(&package.sdist);
    let files = files.filter_map(|listed| listed_file(file, registry, listed)).collect();
    Ok(Origin::Files { index: is_url.then(|| registry.to_owned()), files })
}

/// A file of an index, or of a directory with wheels.
fn listed_file(file: &LockFile, registry: &str, listed: &UvFile) -> Option<File> {
    let url = match (&listed.url, &listed.path) {
        (Some(url), _) => Some(url.clone()),
        (None, Some(path)) if registry.contains("://") => url_of_index(registry, path),
        (None, Some(path)) => Some(url_of(&joined(file, registry).join(Path::new(path)))),
        (None, None) => None,
    };
    let name = listed.filename.clone().or_else(|| Some(file_name(url.as_deref()?)))?;
    let hashes = listed.hash.as_deref().and_then(Hash::parse).into_iter().collect();
    Some(File { name, url, hashes })
}

/// The URL of a file that is relative to its index.
fn url_of_index(index: &str, path: &str) -> Option<String> {
    Some(url::Url::parse(index).ok()?.join(path).ok()?.into())
}
