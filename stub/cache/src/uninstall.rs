//! Removing one archive's unpacked files, except those that other archives use.

use std::io;

use snakecrate_format::manifest::Manifest;

use crate::inventory::{Inventory, names};
use crate::last_errors;
use crate::layout::{COMPONENTS, ENVS, LAYOUT, STAGING, TAG};
use crate::prune::{remove_component, remove_env};
use crate::root::Root;
use crate::sweep::sweep;

/// The outcome of an uninstall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uninstalled {
    /// The cache has nothing of the archive to remove.
    Nothing,
    /// Its application is running.
    InUse,
    /// It was removed.
    Removed {
        /// The number of removed trees.
        trees: usize,
        /// The size of the removed components in bytes.
        bytes: u64,
        /// The number of components that stay, since other environments use or may use them.
        kept: usize,
    },
}

/// Removes `envs/<key>`, then the components of `manifest` that no other environment is made of,
/// and the cache itself if nothing is left in it.
pub fn uninstall(root: &Root, key: &str, manifest: &Manifest) -> io::Result<Uninstalled> {
    sweep(root)?;
    let is_there = |area: &str, key: &str| root.directory().has(format!("{area}/{key}"));
    let mut trees = 0;
    if is_there(ENVS, key) {
        trees += usize::from(remove_env(root, key, None)?);
        if is_there(ENVS, key) {
            return Ok(Uninstalled::InUse);
        }
    }
    // Another process may be about to use any of them.
    let busy = !names(root, STAGING)?.is_empty();
    let inventory = Inventory::read(root)?;
    let envs = inventory.envs.iter().map(|env| env.key.clone()).collect();
    let (mut bytes, mut kept) = (0, 0);
    for component in &manifest.components {
        let key = component.digest.key();
        if !is_there(COMPONENTS, &key) {
            continue;
        }
        if busy
            || inventory.envs.iter().any(|env| env.uses(&key))
            || !remove_component(root, &key, &envs, None)?
        {
            kept += 1;
            continue;
        }
        trees += 1;
        bytes += component.bytes;
    }
    if trees == 0 {
        return Ok(Uninstalled::Nothing);
    }
    remove_if_empty(root);
    Ok(Uninstalled::Removed { trees, bytes, kept })
}

/// Removes an empty cache. A process that starts at the same time makes it again.
fn remove_if_empty(root: &Root) {
    let at = root.directory();
    if ![COMPONENTS, ENVS, STAGING].iter().all(|area| at.remove_directory(area).is_ok()) {
        return;
    }
    let _ = last_errors::clear(root);
    if at.remove_directory(LAYOUT).is_err() {
        return;
    }
    let left = names(root, ".").unwrap_or_default();
    if left.iter().all(|name| name == TAG) && left.iter().all(|name| at.remove_file(name).is_ok()) {
        let _ = std::fs::remove_dir(root.path());
    }
}
