//! Removing unused environments and components, while applications start and run.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::time::{Instant, SystemTime};

use snakecrate_format::order::sort_by;
use snakecrate_platform::directory::{Directory, OPEN};
use snakecrate_platform::error::ignore_existing;
use snakecrate_platform::tree;

use crate::gate::Gate;
use crate::inventory::{EnvInfo, Inventory, names};
use crate::layout::{COMPONENTS, ENVS, PRUNED, STAGING};
use crate::lease::{self, Lock};
use crate::publish::remove_in_place;
use crate::root::Root;
use crate::sweep::sweep;

/// Rules that select environments to remove. One matching rule is enough.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Selects environments that were not used since then.
    pub unused_since: Option<SystemTime>,
    /// Selects environments that were made before then, even if they were used since.
    pub made_before: Option<SystemTime>,
    /// Selects the least recently used environments, until the components of all others have at
    /// most this many bytes.
    pub max_size: Option<u64>,
}

/// The trees that were removed, or would be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Keys of environments.
    pub envs: Vec<String>,
    /// Keys of components.
    pub components: Vec<String>,
}

impl Rules {
    /// The environments to remove. Leased ones stay.
    fn stale<'a>(&self, inventory: &'a Inventory) -> Vec<&'a EnvInfo> {
        let is_before = |time, limit: Option<SystemTime>| limit.is_some_and(|limit| time < limit);
        let is_old = |env: &&EnvInfo| {
            let by_age = is_before(env.last_used, self.unused_since)
                || is_before(env.made, self.made_before);
            by_age && !env.in_use
        };
        let (mut stale, mut kept): (Vec<_>, Vec<_>) = inventory.envs.iter().partition(is_old);
        // The environments to remove first are at the end, for `pop_if`.
        sort_by(&mut kept, |a, b| {
            let by_use = (b.in_use, b.last_used).cmp(&(a.in_use, a.last_used));
            by_use.then_with(|| a.order().cmp(&b.order())).is_lt()
        });
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

/// Removes the environments that match `rules` and have no lease, then components that no
/// environment is made of. With `dry_run` it only reports what would be removed.
///
/// A tree is renamed away before it is deleted, so a tree under its name is always whole. While
/// another process makes an environment, no component is removed: that process may be about to use
/// it.
pub fn prune(root: &Root, rules: &Rules, dry_run: bool) -> io::Result<Pruned> {
    let mut inventory = Inventory::read(root)?;
    let mut pruned = Pruned::default();
    if !dry_run {
        sweep(root)?;
    }
    for env in rules.stale(&inventory) {
        if dry_run || remove_env(root, &env.key, None)? {
            pruned.envs.push(env.key.clone());
        }
    }
    let mut gone = BTreeSet::new();
    gone.extend(pruned.envs.iter().cloned());
    if !dry_run {
        if !names(root, STAGING)?.is_empty() {
            return Ok(pruned);
        }
        // Environments may have been made since, those that were removed among them: their keys are
        // the same.
        inventory = Inventory::read(root)?;
        gone.clear();
    }
    let mut envs = BTreeSet::new();
    envs.extend(inventory.envs.iter().map(|env| env.key.clone()));
    for component in &inventory.components {
        if component.used_by.iter().all(|env| gone.contains(env))
            && (dry_run || remove_component(root, &component.key, &envs, None)?)
        {
            pruned.components.push(component.key.clone());
        }
    }
    Ok(pruned)
}

/// Removes `components/<key>`, which none of `envs` is made of. It stays if another process has
/// made an environment since `envs` was read, or is making one. Returns whether it was removed. At
/// the `deadline` it is [`ErrorKind::TimedOut`], and the rest is left in staging.
pub(crate) fn remove_component(
    root: &Root,
    key: &str,
    envs: &BTreeSet<String>,
    deadline: Option<Instant>,
) -> io::Result<bool> {
    let gate = match Gate::close(root) {
        Ok(Some(gate)) => gate,
        Ok(None) => return Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A process that found the component has a tree in staging, or already in `envs`. Staging is
    // checked first, since trees move from there to `envs`.
    let may_be_used = || -> io::Result<bool> {
        let is_making = names(root, STAGING)?.iter().any(|name| !name.contains(PRUNED));
        Ok(is_making || !names(root, ENVS)?.is_subset(envs))
    };
    if may_be_used()? {
        return Ok(false);
    }
    let Some((staging, aside)) = put_aside(root, COMPONENTS, key)? else { return Ok(false) };
    // Launchers of earlier versions do not know the gate.
    if may_be_used()?
        && let Ok(components) = root.open_area(COMPONENTS)
        && staging.rename(&aside, &components, key).is_ok()
    {
        return Ok(false);
    }
    drop(gate);
    // No process uses it, or another process has made it again.
    tree::remove_until(&staging, &aside, deadline)?;
    Ok(true)
}

/// Removes `envs/<key>` unless it is leased. Returns whether it was removed. At the `deadline` it is
/// [`ErrorKind::TimedOut`], and the rest is left in staging.
pub(crate) fn remove_env(root: &Root, key: &str, deadline: Option<Instant>) -> io::Result<bool> {
    let directory = match root.open_tree(ENVS, key) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    // An application that wants a lease from now on finds the lock, and starts cold. Where locks do
    // not work there are no leases either, so only the rules protect the environment.
    if lease::lock(&directory) == Lock::Busy {
        return Ok(false);
    }
    // While it is locked, nobody puts another in its place: see `Staging::publish`.
    let there = root.directory().metadata_of(format!("{ENVS}/{key}"));
    if there.map(|found| found.id()).ok() != directory.metadata().map(|found| found.id()).ok() {
        return Ok(false);
    }
    if let Some((staging, name)) = put_aside(root, ENVS, key)? {
        tree::remove_until(&staging, &name, deadline)?;
    }
    Ok(true)
}

/// Renames a tree out of its area and deletes it.
pub(crate) fn take_away(root: &Root, area: &str, key: &str) -> io::Result<()> {
    match put_aside(root, area, key)? {
        Some((staging, name)) => tree::remove(&staging, &name),
        None => Ok(()),
    }
}

/// Renames a tree to a name in staging; `None` if it is gone.
fn put_aside(root: &Root, area: &str, key: &str) -> io::Result<Option<(Directory, String)>> {
    let name = format!("{key}{PRUNED}{}", std::process::id());
    // A cleaner may have removed the empty staging directory; then the rename below would fail.
    let areas = ignore_existing(root.directory().create(STAGING, OPEN))
        .and_then(|()| root.open_area(area))
        .and_then(|from| Ok((from, root.open_area(STAGING)?)));
    let (from, staging) = match areas {
        Ok(areas) => areas,
        // An archive's `uninstall` removes the areas when they are empty.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // An earlier process may have had the same id, in containers above all.
    tree::remove(&staging, &name)?;
    match from.rename(key, &staging, &name) {
        Ok(()) => Ok(Some((staging, name))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            remove_in_place(&from, key)?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
