//! Removing what is no longer used, while applications start and run.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::io;
use std::os::fd::OwnedFd;
use std::time::SystemTime;

use rustix::fs::Mode;
use rustix::io::Errno;

use super::inventory::{EnvInfo, Inventory, names};
use super::remove::remove_tree;
use super::root::{Root, ignore_existing, open_directory};
use super::staging::{lock, remove_in_place, sweep};
use super::{COMPONENTS, ENVS, STAGING};

/// What is between key and process id in the name of a tree that is being removed.
const PRUNED: &str = ".pruned.";

/// Which environments are to go: those that any of the rules is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Those not used since.
    pub unused_since: Option<SystemTime>,
    /// Those made before, used or not.
    pub made_before: Option<SystemTime>,
    /// The least recently used ones, until the components of all others have no more bytes.
    pub max_size: Option<u64>,
}

/// What was removed, or would be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Keys of environments.
    pub envs: Vec<String>,
    /// Keys of components.
    pub components: Vec<String>,
}

impl Rules {
    /// The environments that are to go. One that somebody has a lease on never is.
    fn stale<'a>(&self, inventory: &'a Inventory) -> Vec<&'a EnvInfo> {
        let is_before = |time, limit: Option<SystemTime>| limit.is_some_and(|limit| time < limit);
        let is_old = |env: &&EnvInfo| {
            let by_age = is_before(env.last_used, self.unused_since)
                || is_before(env.made, self.made_before);
            by_age && !env.in_use
        };
        let (mut stale, mut kept): (Vec<_>, Vec<_>) = inventory.envs.iter().partition(is_old);
        // Last those that go first.
        kept.sort_by_key(|env| Reverse((env.in_use, env.last_used)));
        if let Some(max) = self.max_size {
            while inventory.size_of(&kept) > max
                && let Some(env) = kept.pop_if(|env| !env.in_use)
            {
                stale.push(env);
            }
        }
        stale
    }
}

/// Removes the environments that `rules` are about and nobody has a lease on, then components that
/// no environment is made of. With `dry_run` it only says what would go.
///
/// A tree is renamed away before it is deleted, so a name stays whole to its end. While another
/// process makes an environment no component is removed: it may be about to use it.
pub fn prune(root: &Root, rules: &Rules, dry_run: bool) -> io::Result<Pruned> {
    let mut inventory = Inventory::read(root)?;
    let mut pruned = Pruned::default();
    if !dry_run {
        sweep(root)?;
    }
    for env in rules.stale(&inventory) {
        if dry_run || remove_env(root, &env.key)? {
            pruned.envs.push(env.key.clone());
        }
    }
    let gone: BTreeSet<_> = pruned.envs.iter().cloned().collect();
    if !dry_run {
        if !names(root, STAGING)?.is_empty() {
            return Ok(pruned);
        }
        // Environments may have been made since.
        inventory = Inventory::read(root)?;
    }
    let envs = inventory.envs.iter().map(|env| env.key.clone()).collect();
    for component in &inventory.components {
        if component.used_by.iter().all(|env| gone.contains(env))
            && (dry_run || remove_component(root, &component.key, &envs)?)
        {
            pruned.components.push(component.key.clone());
        }
    }
    Ok(pruned)
}

/// Removes `components/<key>`, which none of `envs` is made of, unless there are other
/// environments by now.
pub(super) fn remove_component(
    root: &Root,
    key: &str,
    envs: &BTreeSet<String>,
) -> io::Result<bool> {
    let Some((staging, aside)) = put_aside(root, COMPONENTS, key)? else { return Ok(false) };
    // Who found it whole before that is still in staging, or in `envs` by now. In this order: trees
    // go from the one to the other.
    let is_making = names(root, STAGING)?.iter().any(|name| !name.contains(PRUNED));
    if (is_making || !names(root, ENVS)?.is_subset(envs))
        && let Ok(components) = root.open_area(COMPONENTS)
        && rustix::fs::renameat(&staging, &aside, &components, key).is_ok()
    {
        return Ok(false);
    }
    // Nobody wants it, or somebody has made it anew.
    remove_tree(&staging, &aside)?;
    Ok(true)
}

/// Removes `envs/<key>` unless it is leased by now.
pub(super) fn remove_env(root: &Root, key: &str) -> io::Result<bool> {
    let directory = match open_directory(root.directory(), format!("{ENVS}/{key}")) {
        Err(Errno::NOENT) => return Ok(false),
        other => other?,
    };
    // A lease that is taken from here on finds the lock, and its application starts cold.
    // Where locks do not work there are no leases either: then its age has to do.
    if lock(&directory) == Err(Errno::WOULDBLOCK) {
        return Ok(false);
    }
    take_away(root, ENVS, key)?;
    Ok(true)
}

/// Renames a tree out of its area and deletes it.
pub(super) fn take_away(root: &Root, area: &str, key: &str) -> io::Result<()> {
    match put_aside(root, area, key)? {
        Some((staging, name)) => Ok(remove_tree(&staging, &name)?),
        None => Ok(()),
    }
}

/// Renames a tree to a name in staging; `None` if it has gone.
fn put_aside(root: &Root, area: &str, key: &str) -> io::Result<Option<(OwnedFd, String)>> {
    let name = format!("{key}{PRUNED}{}", std::process::id());
    // A cleaner takes empty directories; without this one nothing would be found to rename.
    let made = rustix::fs::mkdirat(root.directory(), STAGING, Mode::from(0o755));
    let areas = ignore_existing(made)
        .and_then(|()| root.open_area(area))
        .and_then(|from| Ok((from, root.open_area(STAGING)?)));
    let (from, staging) = match areas {
        Ok(areas) => areas,
        // An archive's `uninstall` takes the areas away when they are empty.
        Err(Errno::NOENT) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    };
    // In containers, process ids of the dead come again.
    remove_tree(&staging, &name)?;
    match rustix::fs::renameat(&from, key, &staging, &name) {
        Ok(()) => Ok(Some((staging, name))),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::XDEV) => {
            remove_in_place(&from, key)?;
            Ok(None)
        }
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests;
