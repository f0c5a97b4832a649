//! Reads `pylock.toml` and `pylock.NAME.toml`
//! ([specification](https://packaging.python.org/en/latest/specifications/pylock-toml/), PEP 751).
//!
//! The file is a flat list: each package has a marker, which may ask for extras and groups by
//! `'NAME' in extras` and `'NAME' in dependency_groups`. Groups that the file names as default
//! (`default-groups`) are those that an installer takes without being asked: for files that uv and
//! PDM write, the project's own requirements among them. Of these, groups that the project declares
//! in `[dependency-groups]` are left out unless they are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr as _;

use pep508_rs::MarkerTree;
use serde::Deserialize;

use super::error::Error;
use super::model::{Edge, File, Hash, Lock, Node, Origin};
use super::paths::{file_name, joined, url_of};
use super::requirement::groups_of;
use super::wanted::{LockFile, Wanted};
use crate::wheel::normalize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Pylock {
    lock_version: String,
    #[serde(default)]
    environments: Vec<String>,
    requires_python: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    #[serde(default)]
    dependency_groups: Vec<String>,
    #[serde(default)]
    default_groups: Vec<String>,
    #[serde(default)]
    packages: Vec<PylockPackage>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct PylockPackage {
    name: String,
    version: Option<String>,
    marker: Option<String>,
    requires_python: Option<String>,
    index: Option<String>,
    vcs: Option<Vcs>,
    directory: Option<Directory>,
    archive: Option<PylockFile>,
    sdist: Option<PylockFile>,
    #[serde(default)]
    wheels: Vec<PylockFile>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Vcs {
    r#type: String,
    url: Option<String>,
    path: Option<String>,
    commit_id: String,
    subdirectory: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Directory {
    path: String,
    subdirectory: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct PylockFile {
    name: Option<String>,
    url: Option<String>,
    path: Option<String>,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    subdirectory: Option<String>,
}

/// Reads the file.
pub(super) fn read(file: &LockFile, wanted: &Wanted) -> Result<Lock, Error> {
    let pylock: Pylock = file.toml()?;
    if pylock.lock_version.split('.').next() != Some("1") {
        let cause = format!("lock-version {} is unknown", pylock.lock_version);
        return Err(file.invalid(cause));
    }
    let extras = wanted.extras(&pylock.extras)?;
    let groups = wanted_groups(&pylock, wanted)?;
    let holds = Holds { extras: &extras, groups: &groups };
    let mut nodes = Vec::new();
    let mut roots = Vec::new();
    for (at, package) in pylock.packages.iter().enumerate() {
        let node = node(file, at, package)?;
        let marker = holds.marker(file, package.marker.as_deref())?;
        roots.push(Edge {
            name: node.name.clone(),
            source: Some(node.source.clone()),
            marker: and_python(file, marker, package.requires_python.as_deref())?,
            ..Edge::default()
        });
        nodes.push(node);
    }
    let environments: Result<_, _> =
        pylock.environments.iter().map(|text| holds.marker(file, Some(text))).collect();
    Ok(Lock {
        nodes,
        roots,
        requires_python: pylock.requires_python,
        environments: environments?,
        ..Lock::default()
    })
}

/// The wanted groups, and default groups that aren't the project's groups for development.
fn wanted_groups(pylock: &Pylock, wanted: &Wanted) -> Result<BTreeSet<String>, Error> {
    let mut groups =
        wanted.groups(pylock.dependency_groups.iter().chain(&pylock.default_groups))?;
    let development = groups_of(wanted.pyproject);
    let defaults = pylock.default_groups.iter().map(|name| normalize(name));
    groups.extend(defaults.filter(|name| !development.contains_key(name)));
    Ok(groups)
}

fn node(file: &LockFile, at: usize, package: &PylockPackage) -> Result<Node, Error> {
    let name = normalize(&package.name);
    let invalid = || file.invalid(format!("{} has no usable source", package.name));
    let origin = if let Some(vcs) = &package.vcs {
        if vcs.r#type != "git" {
            return Err(file.invalid(format!("{} comes from {}, not from git", name, vcs.r#type)));
        }
        let path = || Some(url_of(&joined(file, vcs.path.as_ref()?)));
        let url = vcs.url.clone().or_else(path).ok_or_else(invalid)?;
        Origin::Git {
            url: url.strip_prefix("git+").unwrap_or(&url).to_owned(),
            commit: vcs.commit_id.clone(),
            subdirectory: vcs.subdirectory.clone(),
        }
    } else if let Some(directory) = &package.directory {
        let path = joined(file, &directory.path);
        Origin::Directory(
            directory.subdirectory.as_ref().map_or(path.clone(), |sub| path.join(sub)),
        )
    } else if let Some(archive) = &package.archive {
        let subdirectory = archive.subdirectory.clone();
        Origin::Archive { file: listed(file, archive).ok_or_else(invalid)?, subdirectory }
    } else {
        let files = package.wheels.iter().chain(&package.sdist);
        let files: Vec<File> = files.filter_map(|one| listed(file, one)).collect();
        if files.is_empty() {
            return Err(invalid());
        }
        Origin::Files { index: package.index.clone(), files }
    };
    // Entries of one name differ in their markers only.
    let source = format!("packages[{at}]");
    Ok(Node { name, version: package.version.clone(), source, origin, ..Node::default() })
}

fn listed(file: &LockFile, listed: &PylockFile) -> Option<File> {
    // The path wins, as the specification says; it is there only if the file was copied.
    let local = listed.path.as_ref().map(|path| joined(file, path));
    let url = match local {
        Some(path) if path.exists() || listed.url.is_none() => Some(url_of(&path)),
        _ => listed.url.clone(),
    };
    let name = listed.name.clone().or_else(|| Some(file_name(url.as_deref()?)))?;
    let hashes = listed.hashes.iter();
    let hashes = hashes.filter_map(|(algorithm, hex)| Hash::parse(&format!("{algorithm}:{hex}")));
    Some(File { name, url, hashes: hashes.collect() })
}

/// `marker`, limited to the Python versions that the package supports.
fn and_python(
    file: &LockFile,
    mut marker: MarkerTree,
    requires_python: Option<&str>,
) -> Result<MarkerTree, Error> {
    for specifier in requires_python.unwrap_or_default().split(',').map(str::trim) {
        if !specifier.is_empty() {
            let digits = specifier.find(|c: char| c.is_ascii_digit()).unwrap_or(specifier.len());
            let (operator, version) = specifier.split_at(digits);
            let text = format!("python_full_version {} '{version}'", operator.trim());
            marker.and(parse(file, &text)?);
        }
    }
    Ok(marker)
}

fn parse(file: &LockFile, text: &str) -> Result<MarkerTree, Error> {
    MarkerTree::from_str(text)
        .map_err(|error| file.invalid(format!("`{text}` is not a marker: {}", error.message)))
}

/// The extras and groups that hold.
struct Holds<'a> {
    extras: &'a BTreeSet<String>,
    groups: &'a BTreeSet<String>,
}

impl Holds<'_> {
    /// Parses a marker after replacing what it says about extras and groups: PEP 508 itself has
    /// neither variable. A part that holds becomes one that is true everywhere.
    fn marker(&self, file: &LockFile, text: Option<&str>) -> Result<MarkerTree, Error> {
        let Some(text) = text else { return Ok(MarkerTree::TRUE) };
        let mut plain = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(['\'', '"']) {
            let quote = rest[start..].chars().next().unwrap_or('\'');
            let Some(length) = rest[start + 1..].find(quote) else { break };
            let (value, after) = (&rest[start + 1..][..length], &rest[start + length + 2..]);
            plain.push_str(&rest[..start]);
            if let Some((holds, after)) = self.membership(value, after) {
                plain.push_str(if holds {
                    "python_version >= '0'"
                } else {
                    "python_version < '0'"
                });
                rest = after;
            } else {
                plain.push_str(&rest[start..start + length + 2]);
                rest = after;
            }
        }
        plain.push_str(rest);
        parse(file, &plain)
    }

    /// Whether `value`, which `after` follows, is (not) in extras or groups; and what follows.
    fn membership<'t>(&self, value: &str, after: &'t str) -> Option<(bool, &'t str)> {
        let after = after.trim_start();
        let (negated, after) = match after.strip_prefix("not") {
            Some(after) if after.starts_with(char::is_whitespace) => (true, after.trim_start()),
            _ => (false, after),
        };
        let after = after.strip_prefix("in")?.trim_start();
        let sets = [("dependency_groups", self.groups), ("extras", self.extras)];
        let (set, after) =
            sets.iter().find_map(|(word, set)| Some((set, after.strip_prefix(word)?)))?;
        Some((set.contains(&normalize(value)) != negated, after))
    }
}

#[cfg(test)]
mod tests;
