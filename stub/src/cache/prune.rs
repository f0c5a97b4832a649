//! Removing what is no longer used, while applications start and run.

use std::collections::BTreeSet;
use std::io;
use std::time::SystemTime;

use rustix::io::Errno;

use super::inventory::{Inventory, names};
use super::remove::remove_tree;
use super::root::{Root, open_directory};
use super::staging::{lock, remove_in_place, sweep};
use super::{COMPONENTS, ENVS, STAGING};

/// What was removed, or would be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Keys of environments.
    pub envs: Vec<String>,
    /// Keys of components.
    pub components: Vec<String>,
}

/// Removes environments last used before `before` that nobody has a lease on, then components that
/// no environment is made of. With `dry_run` it only says what would go.
///
/// A tree is renamed away before it is deleted, so a name stays whole to its end. While another
/// process makes an environment no component is removed: it may be about to use it.
pub fn prune(root: &Root, before: SystemTime, dry_run: bool) -> io::Result<Pruned> {
    let mut inventory = Inventory::read(root)?;
    let mut pruned = Pruned::default();
    if !dry_run {
        sweep(root)?;
    }
    for env in &inventory.envs {
        let stale = env.last_used < before && !env.in_use;
        if stale && (dry_run || remove_env(root, &env.key)?) {
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
    for component in &inventory.components {
        if component.used_by.iter().all(|env| gone.contains(env)) {
            if !dry_run {
                take_away(root, COMPONENTS, &component.key)?;
            }
            pruned.components.push(component.key.clone());
        }
    }
    Ok(pruned)
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
    let aside = format!("{STAGING}/{key}.pruned.{}", std::process::id());
    let at = root.directory();
    match rustix::fs::renameat(at, format!("{area}/{key}"), at, &aside) {
        Ok(()) => Ok(remove_tree(at, &aside)?),
        Err(Errno::NOENT) => Ok(()),
        Err(Errno::XDEV) => Ok(remove_in_place(root, &format!("{area}/{key}"))?),
        Err(errno) => Err(errno.into()),
    }
}
