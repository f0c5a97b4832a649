//! `cache prune` and `cache clear`: what goes, and what is said of it.

use std::io;
use std::time::SystemTime;

use snakecrate_format::size::Size;
use snakecrate_launcher::cache::inventory::{ComponentInfo, Inventory};
use snakecrate_launcher::cache::prune::{Pruned, Rules, prune};
use snakecrate_launcher::cache::root::Root;

use super::cache::{describe, name_of};
use crate::prune::own::{self, Stale};
use crate::prune::values::{Bytes, When};
use snakecrate_base::ui::{Count, Ui};

/// Where nothing else is said.
const UNUSED: When = When::Days(30);

/// What went, or would.
pub(super) struct Gone {
    inventory: Inventory,
    pruned: Pruned,
    own: Vec<Stale>,
}

impl Gone {
    /// Prunes by what the user gave. The packer's own files have no other rule than their last use.
    pub(super) fn prune(
        root: &Root,
        unused: Option<When>,
        older: Option<When>,
        max_size: Option<Bytes>,
        dry_run: bool,
    ) -> io::Result<Self> {
        let now = SystemTime::now();
        let is_given = unused.is_some() || older.is_some() || max_size.is_some();
        let unused = if is_given { unused } else { Some(UNUSED) };
        let rules = Rules {
            unused_since: unused.map(|when| when.before(now)),
            made_before: older.map(|when| when.before(now)),
            max_size: max_size.map(|bytes| bytes.0),
        };
        let mut own = own::stale(root.path(), rules.unused_since, now);
        let gone = Self::apply(root, &rules, dry_run)?;
        if !dry_run {
            // Failing to remove one costs space and nothing else.
            own.retain(|stale| stale.remove(root).is_ok());
        }
        Ok(Self { own, ..gone })
    }

    /// Removes environments and components by `rules`.
    pub(super) fn apply(root: &Root, rules: &Rules, dry_run: bool) -> io::Result<Self> {
        let inventory = Inventory::read(root)?;
        let pruned = prune(root, rules, dry_run)?;
        Ok(Self { inventory, pruned, own: Vec::new() })
    }

    fn components(&self) -> impl Iterator<Item = &ComponentInfo> {
        let is_gone = |info: &&ComponentInfo| self.pruned.components.contains(&info.key);
        self.inventory.components.iter().filter(is_gone)
    }

    /// A line for each.
    pub(super) fn text(&self) -> String {
        let envs = self.inventory.envs.iter().filter(|env| self.pruned.envs.contains(&env.key));
        let components = self.components().map(|info| {
            let (name, _, bytes) = describe(info);
            format!("{name}, {}\n", Size(bytes))
        });
        let own = self.own.iter().map(|own| format!("{}, {}\n", own.path(), Size(own.bytes)));
        envs.map(|env| format!("environment {}\n", name_of(env)))
            .chain(components)
            .chain(own)
            .collect()
    }

    /// The sums, and what was left because it runs.
    pub(super) fn report(&self, dry_run: bool, ui: Ui) {
        let bytes: u64 = self.components().map(|info| describe(info).2).sum();
        let bytes = bytes + self.own.iter().map(|own| own.bytes).sum::<u64>();
        let (envs, components) = (self.pruned.envs.len(), self.pruned.components.len());
        let verb = if dry_run { "Would remove" } else { "Removed" };
        ui.step(
            verb,
            format_args!(
                "{}, {} and {}, {}",
                Count(envs, "environment"),
                Count(components, "component"),
                Count(self.own.len(), "build file"),
                Size(bytes)
            ),
        );
        for env in self.inventory.envs.iter().filter(|env| env.in_use) {
            ui.step("Kept", format_args!("{}, which is running", name_of(env)));
        }
    }
}
