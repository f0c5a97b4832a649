//! `poetry.lock`, versions 1 and 2
//! ([source](https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py)).
//!
//! Since 2.1 the file says of each package in which groups it is, and by which markers: Poetry
//! installs exactly these, and so does this reader. Older files need a walk from the requirements in
//! pyproject.toml, where several versions of one package may fit.

mod dependencies;
mod digest;
mod document;
mod files;

use std::collections::BTreeSet;

use pep508_rs::MarkerTree;

use dependencies::{Tables, needs};
use document::{Document, Package};

use super::error::Error;
use super::model::{Edge, Lock, Node};
use super::need::{self, Draft};
use super::wanted::{LockFile, Wanted};
use crate::source::poetry_alternatives;
use crate::wheel::normalize;

/// The group that is always wanted.
const MAIN: &str = "main";
/// Poetry before 1.2 did not lock these.
const UNLOCKED: [&str; 4] = ["distribute", "pip", "setuptools", "wheel"];

pub(super) fn read(file: &LockFile, wanted: &Wanted) -> Result<Lock, Error> {
    let document: Document = file.toml()?;
    let version = &document.metadata.lock_version;
    if !matches!(version.split('.').next(), Some("1" | "2")) {
        return Err(file.invalid(format!("lock-version {version}: only 1 and 2 can be read")));
    }
    let tables = Tables::of(wanted.pyproject);
    let extras = wanted.extras(document.extras.keys().chain(&tables.extras()))?;
    let known: BTreeSet<String> = document
        .package
        .iter()
        .flat_map(|package| package.groups.iter().flatten())
        .cloned()
        .chain(tables.groups())
        .filter(|group| group != MAIN)
        .collect();
    let groups = wanted.groups(&known)?;
    let requires_python = document.metadata.python_versions.as_deref().unwrap_or("*");
    let mut lock = Lock {
        requires_python: match poetry_alternatives(requires_python).as_slice() {
            [one] if !one.is_empty() => Some(one.clone()),
            _ => None,
        },
        outdated: digest::outdated(file, wanted, document.metadata.content_hash.as_deref()),
        ..Lock::default()
    };
    if document.package.iter().all(|package| package.groups.is_some()) {
        lock.active = extras.into_iter().collect();
        for package in &document.package {
            let mut node = node(file, &document, package)?;
            for (group, marker) in markers(file, package)? {
                if group == MAIN || groups.contains(&group) {
                    lock.roots.push(root(&node, marker.clone()));
                }
                // Without the extras, the version is still the one for the target.
                node.markers.push(marker.simplify_extras_with(|_| true));
            }
            lock.nodes.push(node);
        }
        return Ok(lock);
    }
    let roots = tables.roots(&extras, &groups).map_err(|cause| {
        file.invalid(format!("the project's requirements cannot be read: {cause}"))
    })?;
    let drafts: Result<Vec<Draft>, Error> =
        document.package.iter().map(|package| draft(file, &document, package)).collect();
    (lock.nodes, lock.roots) = need::decide(&drafts?, &roots, wanted.environment);
    Ok(lock)
}

/// The groups of a package, and its marker in each.
fn markers(file: &LockFile, package: &Package) -> Result<Vec<(String, MarkerTree)>, Error> {
    let of = |group: &String| {
        let group = normalize(group);
        let text = package.markers.as_ref().map_or("", |markers| markers.of(&group));
        let marker = need::marker(text)
            .map_err(|cause| file.invalid(format!("marker of {}: {cause}", package.name)))?;
        Ok((group, marker))
    };
    package.groups.iter().flatten().map(of).collect()
}

/// A requirement that stands for the package itself.
fn root(node: &Node, marker: MarkerTree) -> Edge {
    Edge {
        name: node.name.clone(),
        marker,
        version: node.version.clone(),
        source: Some(node.source.clone()),
        ..Edge::default()
    }
}

fn node(file: &LockFile, document: &Document, package: &Package) -> Result<Node, Error> {
    Ok(Node {
        name: normalize(&package.name),
        version: Some(package.version.clone()),
        source: files::label(package),
        origin: files::origin(file, document, package)?,
        ..Node::default()
    })
}

fn draft(file: &LockFile, document: &Document, package: &Package) -> Result<Draft, Error> {
    let invalid = |cause| file.invalid(format!("{}: {cause}", package.name));
    let mut all = Vec::new();
    for (name, constraints) in &package.dependencies {
        all.extend(needs(name, constraints, &package.extras).map_err(invalid)?);
    }
    let pythons = package.python_versions.as_deref().unwrap_or("*");
    Ok(Draft {
        node: node(file, document, package)?,
        pythons: dependencies::versions(pythons).map_err(invalid)?,
        needs: all,
        ..Draft::default()
    })
}

#[cfg(test)]
mod tests;
