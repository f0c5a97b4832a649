//! The work of `cache prune` and `cache clear`, and the report about it.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use snakecrate_cache::inventory::{ComponentInfo, Inventory};
use snakecrate_cache::prune::{Pruned, Rules, prune};
use snakecrate_cache::root::Root;
use snakecrate_format::size::Size;
use snakecrate_platform::tree;

use super::cache_document::{Component, Environment, Removal, RemovedFile};
use super::labels;
use crate::build_cache::{self, BuildCache};
use crate::prune::build_files::{self, BuildFile};
use crate::prune::values::{Bytes, When};
use snakecrate_base::ui::{Count, Ui};

const YEAR: Duration = Duration::from_hours(365 * 24);

/// The rule when the user gives none.
const UNUSED: When = When::Days(30);

/// The things that were removed, or would be.
pub(super) struct PruneReport {
    before: Inventory,
    pruned: Pruned,
    build_files: Vec<BuildFile>,
    /// What went from the cache that archives are proven in.
    proof: Option<Box<PruneReport>>,
}

impl PruneReport {
    /// Prunes by the user's rules. Build files have no other rule than their last use.
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
        let mut build_files = build_files::removable(root.path(), rules.unused_since, now);
        let report = Self::apply(root, &rules, dry_run)?;
        if !dry_run {
            // A file that cannot be removed costs space and nothing else.
            build_files.retain(|file| file.remove(root).is_ok());
        }
        let proof = Self::of_proofs(root, &rules, dry_run)?;
        Ok(Self { build_files, proof, ..report })
    }

    /// Removes everything that isn't in use, and the packer's whole directory.
    pub(super) fn clear(root: &Root) -> io::Result<Self> {
        // Whatever the clock was when a thing was used.
        let later = SystemTime::now() + YEAR;
        let rules = Rules { unused_since: Some(later), ..Rules::default() };
        let build_files = build_files::removable(root.path(), rules.unused_since, later);
        let report = Self::apply(root, &rules, false)?;
        let proof = Self::of_proofs(root, &rules, false)?;
        tree::remove(root.directory(), build_cache::NAME)?;
        Ok(Self { build_files, proof, ..report })
    }

    /// Removes environments and components from the cache that archives are proven in, if there is one.
    fn of_proofs(root: &Root, rules: &Rules, dry_run: bool) -> io::Result<Option<Box<Self>>> {
        let proof = BuildCache::at(root.path().join(build_cache::NAME)).proof();
        let report = Root::open(&proof).ok().map(|root| Self::apply(&root, rules, dry_run));
        Ok(report.transpose()?.map(Box::new))
    }

    /// Removes environments and components by `rules`.
    fn apply(root: &Root, rules: &Rules, dry_run: bool) -> io::Result<Self> {
        let before = Inventory::read(root)?;
        let pruned = prune(root, rules, dry_run)?;
        Ok(Self { before, pruned, build_files: Vec::new(), proof: None })
    }

    fn components(&self) -> impl Iterator<Item = &ComponentInfo> {
        let is_pruned = |info: &&ComponentInfo| self.pruned.components.contains(&info.key);
        self.before.components.iter().filter(is_pruned)
    }

    /// A line for each thing.
    pub(super) fn text(&self) -> String {
        self.lines().concat()
    }

    fn lines(&self) -> Vec<String> {
        let envs = self.before.envs.iter().filter(|env| self.pruned.envs.contains(&env.key));
        let components = self.components().map(|info| {
            let (name, _, bytes) = labels::component(info);
            format!("{name}, {}\n", Size(bytes))
        });
        let files =
            self.build_files.iter().map(|file| format!("{}, {}\n", file.path(), Size(file.bytes)));
        let proof = self.proof.iter().flat_map(|proof| proof.lines());
        let envs = envs.map(|env| format!("environment {}\n", labels::environment(env)));
        let proof = proof.map(|line| format!("proven {line}"));
        envs.chain(components).chain(files).chain(proof).collect()
    }

    /// The report for programs.
    pub(super) fn document<'a>(&'a self, path: &Path, dry_run: bool) -> Removal<'a> {
        let in_use = self.before.envs.iter().filter(|env| env.in_use);
        let envs = self.before.envs.iter().filter(|env| self.pruned.envs.contains(&env.key));
        let file = |file: &BuildFile| RemovedFile { path: file.path(), bytes: file.bytes };
        let mut removal = Removal {
            root: path.to_owned(),
            dry_run,
            envs: envs.map(|env| Environment::new(path, env)).collect(),
            components: self.components().map(|one| Component::new(path, one)).collect(),
            build_files: self.build_files.iter().map(file).collect(),
            bytes: self.components().map(|info| labels::component(info).2).sum::<u64>()
                + self.build_files.iter().map(|file| file.bytes).sum::<u64>(),
            kept: in_use.map(|env| Environment::new(path, env)).collect(),
        };
        if let Some(proof) = &self.proof {
            let path = BuildCache::at(path.join(build_cache::NAME)).proof();
            let proof = proof.document(&path, dry_run);
            removal.envs.extend(proof.envs);
            removal.components.extend(proof.components);
            removal.kept.extend(proof.kept);
            removal.bytes += proof.bytes;
        }
        removal
    }

    /// Prints the sums, and the environments that were kept because they are in use.
    pub(super) fn print(&self, dry_run: bool, ui: Ui) {
        let (mut envs, mut components, mut bytes) = (0, 0, 0);
        for report in std::iter::once(self).chain(self.proof.as_deref()) {
            envs += report.pruned.envs.len();
            components += report.pruned.components.len();
            bytes += report.components().map(|info| labels::component(info).2).sum::<u64>();
        }
        bytes += self.build_files.iter().map(|file| file.bytes).sum::<u64>();
        let verb = if dry_run { "Would remove" } else { "Removed" };
        ui.step(
            verb,
            format_args!(
                "{}, {} and {}, {}",
                Count(envs, "environment"),
                Count(components, "component"),
                Count(self.build_files.len(), "build file"),
                Size(bytes)
            ),
        );
        for env in self.before.envs.iter().filter(|env| env.in_use) {
            ui.step("Kept", format_args!("{}, which is in use", labels::environment(env)));
        }
    }
}
