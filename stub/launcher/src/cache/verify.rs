//! Comparing all of the cache with what was packed.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::check::{Cached, Difference, read_file};
use super::inventory::{EnvInfo, Inventory};
use super::prune::take_away;
use super::pulse::Pulse;
use super::root::{Root, open_directory};
use super::{COMPONENTS, ENVS, LAUNCH, WORK};
use crate::env::{INTERPRETER, MAX_INTERPRETER, own_interpreter};
use crate::launch::{Libc, Plan};
use crate::progress::Progress;
use snakecrate_format::listing::{Mode, Node};
use snakecrate_format::manifest::Manifest;

/// A tree that is not what it should be.
#[derive(Debug)]
pub struct Finding {
    /// Its path, relative to the root: `v1/components/…`.
    pub tree: String,
    /// What it is, for people: `wheel click 8.1.7`.
    pub what: String,
    /// The differences; one without a path is about the tree as a whole.
    pub differences: Vec<Difference>,
}

/// Compares every component with its listing and every environment with its components. Calls
/// `progress` before each tree with what it is.
pub fn verify(root: &Root, progress: impl Fn(&str)) -> io::Result<Vec<Finding>> {
    let inventory = Inventory::read(root)?;
    let mut findings = Vec::new();
    for info in &inventory.components {
        let tree = format!("{COMPONENTS}/{}", info.key);
        let what = info.component.as_ref().map_or_else(
            || "a component without a record".to_owned(),
            |c| format!("{} {} {}", c.kind.as_str(), c.name, c.version),
        );
        progress(&what);
        let differences = component(root, &info.key);
        if !differences.is_empty() {
            findings.push(Finding { tree, what, differences });
        }
    }
    for info in &inventory.envs {
        let name = info.manifest.as_ref().map_or("without a manifest", |m| m.name.as_str());
        let what = format!("environment {name}");
        progress(&what);
        let differences = env(root, info);
        if !differences.is_empty() {
            findings.push(Finding { tree: format!("{ENVS}/{}", info.key), what, differences });
        }
    }
    Ok(findings)
}

/// As [`verify`], of the environment `key` and the components of its `manifest`. `None` if there is
/// no such environment.
pub fn verify_one(root: &Root, key: &str, manifest: &Manifest) -> io::Result<Option<Vec<Finding>>> {
    let mut findings = Vec::new();
    let info = match EnvInfo::read(root, key) {
        Err(Errno::NOENT) => return Ok(None),
        other => other.ok(),
    };
    for listed in &manifest.components {
        let key = listed.digest.key();
        // What is missing is told of the environment that needs it.
        if Cached::open(root, &key).is_err() {
            continue;
        }
        let differences = component(root, &key);
        if !differences.is_empty() {
            let what = format!("{} {} {}", listed.kind.as_str(), listed.name, listed.version);
            findings.push(Finding { tree: format!("{COMPONENTS}/{key}"), what, differences });
        }
    }
    let differences = info.map_or_else(|| whole("unreadable"), |info| env(root, &info));
    if !differences.is_empty() {
        let what = format!("environment {}", manifest.name);
        findings.push(Finding { tree: format!("{ENVS}/{key}"), what, differences });
    }
    Ok(Some(findings))
}

/// Removes the trees that `findings` are about, and the environments that are made of them: their
/// archives make them anew. Returns how many went.
pub fn remove(root: &Root, findings: &[Finding]) -> io::Result<usize> {
    let inventory = Inventory::read(root)?;
    let mut trees = BTreeSet::new();
    for finding in findings {
        let key = finding.tree.rsplit('/').next().unwrap_or_default();
        // What others removed or made meanwhile may have looked like damage.
        let differences = match inventory.envs.iter().find(|env| env.key == key) {
            Some(info) => env(root, info),
            None => component(root, key),
        };
        if differences.is_empty() {
            continue;
        }
        let made_of_it = inventory.envs.iter().filter(|env| env.uses(key));
        trees.extend(made_of_it.map(|env| (ENVS, env.key.as_str())));
        let area = if finding.tree.starts_with(ENVS) { ENVS } else { COMPONENTS };
        trees.insert((area, key));
    }
    // Environments first: one without its components would not start.
    for (area, key) in trees.iter().rev() {
        take_away(root, area, key)?;
    }
    Ok(trees.len())
}

/// An environment on a C library of its own needs that, and has an interpreter of its own.
fn c_library(root: &Root, env: &OwnedFd, manifest: &Manifest, plan: &Plan) -> Option<Difference> {
    let (Libc::Own(loader), Some((library, component))) = (&plan.c_library, manifest.c_library())
    else {
        return None;
    };
    let key = component.digest.key();
    if Cached::open(root, &key).is_err() {
        return Some(Difference { path: key, what: "a component that is missing" });
    }
    let expected = own_interpreter(root, manifest, library, loader).ok();
    let there = read_file(env, INTERPRETER, MAX_INTERPRETER).ok();
    (there.is_none() || there != expected)
        .then(|| Difference { path: INTERPRETER.to_owned(), what: "altered" })
}

fn whole(what: &'static str) -> Vec<Difference> {
    vec![Difference { path: String::new(), what }]
}

fn component(root: &Root, key: &str) -> Vec<Difference> {
    let cached = match Cached::open(root, key) {
        Ok(cached) => cached,
        // Gone meanwhile.
        Err(Errno::NOENT) => return Vec::new(),
        Err(_) => return whole("unreadable"),
    };
    let Ok(component) = cached.component() else { return whole("its record is unreadable") };
    if component.digest.key() != key {
        return whole("its record is another component's");
    }
    match cached.listing(&component) {
        Ok(listing) => cached.differences(&listing, &Pulse::new(&Progress::default(), None)),
        Err(_) => whole("its listing is damaged"),
    }
}

/// Files of an environment are the very files of its components (links to them), or as long as
/// they are; scripts have a line of their own.
fn env(root: &Root, info: &EnvInfo) -> Vec<Difference> {
    let directory = match open_directory(root.directory(), format!("{ENVS}/{}", info.key)) {
        Ok(directory) => directory,
        // Gone meanwhile.
        Err(Errno::NOENT) => return Vec::new(),
        Err(_) => return whole("unreadable"),
    };
    let Some(manifest) = &info.manifest else { return whole("its manifest is unreadable") };
    let plan = read_file(&directory, LAUNCH, 1 << 20).ok().and_then(Plan::parse);
    let Some(plan) = plan.filter(|plan| plan.home == root.path_of(ENVS, &info.key)) else {
        return whole("its launch plan is damaged or another place's");
    };
    let mut differences = Vec::new();
    let mut seen = BTreeSet::new();
    differences.extend(c_library(root, &directory, manifest, &plan));
    for component in manifest.layers() {
        let key = component.digest.key();
        let Some((cached, listing)) = Cached::open(root, &key)
            .ok()
            .and_then(|cached| cached.listing(component).ok().map(|listing| (cached, listing)))
        else {
            differences.push(Difference { path: key, what: "a component that is missing" });
            continue;
        };
        for item in listing.items() {
            let path = item.path.as_str();
            if !seen.insert(path.to_owned()) {
                continue;
            }
            let stat = |at| rustix::fs::statat(at, path, AtFlags::SYMLINK_NOFOLLOW);
            let what = match (&item.node, stat(&directory), stat(cached.directory())) {
                (_, Err(_), _) => "missing",
                (Node::Link(_), Ok(there), _)
                    if FileType::from_raw_mode(there.st_mode) == FileType::Symlink =>
                {
                    continue;
                }
                (Node::File { mode: Mode::Script, .. }, Ok(_), _) => continue,
                (Node::File { size, .. }, Ok(there), Ok(original))
                    if (there.st_dev, there.st_ino) == (original.st_dev, original.st_ino)
                        || there.st_nlink == 1 && u64::try_from(there.st_size) == Ok(*size) =>
                {
                    continue;
                }
                _ => "not its component's",
            };
            differences.push(Difference { path: path.to_owned(), what });
        }
    }
    if rustix::fs::statat(&directory, WORK, AtFlags::empty()).is_ok() {
        differences.push(Difference { path: WORK.to_owned(), what: "left over" });
    }
    differences
}
