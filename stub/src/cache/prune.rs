//! Removing what is no longer used, while applications start and run.

use std::collections::BTreeSet;
use std::io;
use std::time::SystemTime;

use rustix::fs::Mode;
use rustix::io::Errno;

use super::inventory::{Inventory, names};
use super::remove::remove_tree;
use super::root::{Root, ignore_existing, open_directory};
use super::staging::{lock, remove_in_place, sweep};
use super::{COMPONENTS, ENVS, STAGING};

/// What is between key and process id in the name of a tree that is being removed.
const PRUNED: &str = ".pruned.";

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
    let Some(aside) = put_aside(root, COMPONENTS, key)? else { return Ok(false) };
    // Who found it whole before that is still in staging, or in `envs` by now. In this order: trees
    // go from the one to the other.
    let is_making = names(root, STAGING)?.iter().any(|name| !name.contains(PRUNED));
    if is_making || !names(root, ENVS)?.is_subset(envs) {
        let at = root.directory();
        if rustix::fs::renameat(at, &aside, at, format!("{COMPONENTS}/{key}")).is_ok() {
            return Ok(false);
        }
        // Somebody has made it anew.
    }
    remove_tree(root.directory(), &aside)?;
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
        Some(aside) => Ok(remove_tree(root.directory(), &aside)?),
        None => Ok(()),
    }
}

/// Renames a tree to a name in staging; `None` if it has gone.
fn put_aside(root: &Root, area: &str, key: &str) -> io::Result<Option<String>> {
    let aside = format!("{STAGING}/{key}{PRUNED}{}", std::process::id());
    let at = root.directory();
    // A cleaner takes empty directories; without this one nothing would be found to rename.
    ignore_existing(rustix::fs::mkdirat(at, STAGING, Mode::from(0o755)))?;
    // In containers, process ids of the dead come again.
    remove_tree(at, &aside)?;
    match rustix::fs::renameat(at, format!("{area}/{key}"), at, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::XDEV) => {
            remove_in_place(root, &format!("{area}/{key}"))?;
            Ok(None)
        }
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A cache with one component, `key`.
    fn root() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::create(&dir.path().join("cache")).unwrap();
        fs::create_dir_all(root.path_of(COMPONENTS, "key").join("lib")).unwrap();
        (dir, root)
    }

    fn remove(root: &Root) -> bool {
        remove_component(root, "key", &["old".to_owned()].into()).unwrap()
    }

    #[test]
    fn a_component_goes_only_if_nobody_can_have_found_it_whole_meanwhile() {
        let (_dir, root) = root();
        let (component, other) = (root.path_of(COMPONENTS, "key"), "0123.pruned.1");
        for (area, name) in [(STAGING, "being made"), (ENVS, "new")] {
            let path = root.path_of(area, name);
            fs::create_dir(&path).unwrap();
            assert!(!remove(&root) && component.join("lib").exists(), "{area}");
            fs::remove_dir(path).unwrap();
        }
        for (area, name) in [(STAGING, other), (ENVS, "old")] {
            fs::create_dir(root.path_of(area, name)).unwrap();
        }
        assert!(remove(&root) && !component.exists());
        assert_eq!(Vec::from_iter(names(&root, STAGING).unwrap()), [other]);
    }

    #[test]
    fn a_tree_goes_where_a_cleaner_took_the_staging_area() {
        let (_dir, root) = root();
        fs::remove_dir(root.path_of(STAGING, "")).unwrap();
        take_away(&root, COMPONENTS, "key").unwrap();
        assert!(!root.path_of(COMPONENTS, "key").exists());
    }

    #[test]
    fn what_a_dead_process_of_the_same_id_left_is_in_nobodys_way() {
        let (_dir, root) = root();
        let left = format!("key{PRUNED}{}", std::process::id());
        fs::create_dir_all(root.path_of(STAGING, left).join("lib")).unwrap();
        take_away(&root, COMPONENTS, "key").unwrap();
        assert!(!root.path_of(COMPONENTS, "key").exists());
        assert!(names(&root, STAGING).unwrap().is_empty());
    }
}
