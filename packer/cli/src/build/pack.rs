//! Trees become components: unpacked, compiled, compressed, each once.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use snakecrate_format::manifest::Source as Provenance;

use super::Error;
use super::facts::{Facts, FactsCache};
use super::launch::bytecode_form;
use super::requires::Overrides;
use crate::BUILD_ID;
use crate::build_cache::BuildCache;
use crate::bytecode;
use crate::component::Packed;
use crate::footprint::Footprint;
use crate::resolve::{Fetched, Origin};
use crate::settings::Settings;
use crate::wheel::{self, Distribution, Dropped, WheelName};
use snakecrate_audit::Object;
use snakecrate_base::python::Interpreter;
use snakecrate_base::timings;
use snakecrate_base::tree::{Node, Tree};
use snakecrate_base::ui::{Count, Progress, Ui, Verbosity};
use snakecrate_runtime::{IncludedLibs, Policy, Scanner, Workers};

/// Unpacked length in bytes from which on a distribution is packed before all are unpacked. The others
/// wait until everything has been checked, so that errors in the metadata come soon.
const LARGE: u64 = 64 << 20;

/// Everything that all steps of a build need.
pub(super) struct Work<'a> {
    pub(super) settings: &'a Settings,
    pub(super) interpreter: &'a Interpreter,
    pub(super) workers: &'a Workers,
    pub(super) scanner: Scanner<'a>,
    pub(super) cache: FactsCache,
    pub(super) unpacked: wheel::Store,
    pub(super) level: i32,
    pub(super) slim: wheel::Slim,
    pub(super) footprint: Option<Arc<Footprint>>,
    pub(super) form: bytecode::Form,
    pub(super) overrides: Overrides,
    /// The number of distributions that were packed by earlier builds.
    pub(super) was_cached: AtomicUsize,
    pub(super) ui: Ui,
}

/// A distribution that is packed, or has a tree to pack.
pub(super) struct Prepared {
    pub(super) facts: Facts,
    pub(super) key: String,
    pub(super) source: Option<Provenance>,
    /// The package URL, unless it is that of a distribution on `PyPI`.
    pub(super) purl: Option<String>,
    /// The wheel's platform tags.
    pub(super) tags: Vec<String>,
    pub(super) state: State,
}

/// A packed wheel or application, and its files that are not packed.
pub(super) type PackedFiles = (Packed, Vec<Dropped>);

/// The components of a runtime, and their ELF files.
#[derive(Debug, Clone)]
pub(super) struct PackedRuntime {
    pub(super) core: Packed,
    /// Components of kind `part`, by name.
    pub(super) parts: BTreeMap<String, Packed>,
    pub(super) objects: Vec<Object>,
}

pub(super) enum State {
    Packed(Packed),
    Unpacked(Tree),
}

impl<'a> Work<'a> {
    /// The work on one archive. Wheels are unpacked to the directory `unpacked`.
    pub(super) fn new(
        settings: &'a Settings,
        interpreter: &'a Interpreter,
        workers: &'a Workers,
        cache: &BuildCache,
        unpacked: &Path,
        overrides: Overrides,
        ui: Ui,
    ) -> Result<Self, Error> {
        Ok(Self {
            settings,
            interpreter,
            workers,
            scanner: Scanner::remembering(workers, &cache.imports()),
            cache: FactsCache::new(cache),
            unpacked: wheel::Store::new(unpacked),
            level: settings.level,
            slim: wheel::Slim::new(&settings.exclude, &settings.keep, settings.strip)?,
            footprint: None,
            form: bytecode_form(settings),
            overrides,
            was_cached: AtomicUsize::new(0),
            ui,
        })
    }

    /// The same, which leaves out what the proof of `footprint` did not load.
    pub(super) fn with_footprint(self, footprint: Option<Arc<Footprint>>) -> Self {
        Self { slim: self.slim.with_footprint(footprint.clone()), footprint, ..self }
    }
}

impl Work<'_> {
    /// Takes a wheel from the cache, or unpacks it.
    pub(super) fn prepare(&self, fetched: &Fetched) -> Result<Prepared, Error> {
        let python = self.interpreter;
        let source = match &fetched.origin {
            Origin::Index { file, sha256 } => {
                Some(Provenance { file: file.clone(), sha256: sha256.clone() })
            }
            Origin::Built => None,
        };
        let purl = fetched.index().map(|_| fetched.purl());
        let key = format!(
            "wheel {} {} {} {} {} {} {:?} {:?} {}",
            fetched.sha256,
            python.target,
            python.full_version,
            python.magic,
            python.abi(),
            self.level,
            self.form,
            self.slim,
            BUILD_ID,
        );
        let tags = WheelName::of(&fetched.path).map(|name| name.platforms).unwrap_or_default();
        if let Some((facts, packed)) = self.cache.lookup(&key) {
            self.was_cached.fetch_add(1, Ordering::Relaxed);
            return Ok(Prepared { facts, key, source, purl, tags, state: State::Packed(packed) });
        }
        let distribution = self.unpack(fetched)?;
        // The facts are cached with the component, so the scanner need not remember the sources.
        let facts = Facts::of(&distribution, &Scanner::new(self.workers))?;
        Ok(Prepared { facts, key, source, purl, tags, state: State::Unpacked(distribution.tree) })
    }

    /// Prepares `wheels`, and packs the large ones: their files leave the disk before those of others
    /// come, and are read while the system still has them in memory.
    pub(super) fn prepare_all(&self, wheels: &[Fetched]) -> Result<Vec<Prepared>, Error> {
        let length = |wheel: &Fetched| fs::metadata(&wheel.path).map_or(0, |file| file.len());
        let mut order: Vec<_> = wheels.iter().enumerate().collect();
        // The largest come first, so that no thread starts one at the end.
        order.sort_by_key(|(_, wheel)| Reverse(length(wheel)));
        let unseen = Ui::new(Verbosity::Quiet).bytes("", 0);
        let one = |(index, wheel)| Ok((index, self.pack_if_large(self.prepare(wheel)?, &unseen)?));
        let prepared: Result<Vec<(usize, Prepared)>, Error> =
            order.into_iter().par_bridge().map(one).collect();
        let mut prepared = prepared?;
        let cached = self.was_cached.load(Ordering::Relaxed);
        if !prepared.is_empty() {
            let all = Count(prepared.len(), "distribution");
            timings::note("unpack", format!("{cached} of {all}"));
        }
        prepared.sort_by_key(|(index, _)| *index);
        Ok(prepared.into_iter().map(|(_, wheel)| wheel).collect())
    }

    fn pack_if_large(&self, wheel: Prepared, progress: &Progress) -> Result<Prepared, Error> {
        let State::Unpacked(tree) = &wheel.state else { return Ok(wheel) };
        if tree.iter().map(|(_, node)| size(node)).sum::<u64>() < LARGE {
            return Ok(wheel);
        }
        let (packed, dropped) = self.pack_wheel(&wheel, progress)?;
        self.unpacked.remove(tree);
        let facts = Facts { dropped, ..wheel.facts };
        Ok(Prepared { facts, state: State::Packed(packed), ..wheel })
    }

    pub(super) fn unpack(&self, fetched: &Fetched) -> Result<Distribution, Error> {
        Ok(wheel::unpack(&fetched.path, self.interpreter, &self.unpacked, &self.slim)?)
    }

    /// Compiles and compresses runtime, wheels and application side by side.
    pub(super) fn pack_all<'p>(
        &self,
        policy: &Policy,
        included: &IncludedLibs,
        wheels: impl Iterator<Item = &'p Prepared>,
        app: Tree,
        dropped_of_app: &[Dropped],
    ) -> Result<(PackedRuntime, Vec<PackedFiles>, PackedFiles), Error> {
        let progress = self.ui.bytes("Packing", 0);
        let wheels: Vec<&Prepared> = wheels.collect();
        let (runtime, rest) = rayon::join(
            || self.runtime(policy, included, &progress),
            || {
                rayon::join(
                    || {
                        let one = |wheel: &&Prepared| self.pack_wheel(wheel, &progress);
                        wheels.par_iter().map(one).collect::<Result<Vec<_>, Error>>()
                    },
                    || self.pack(app, dropped_of_app, &progress),
                )
            },
        );
        Ok((runtime?, rest.0?, rest.1?))
    }

    /// Compiles and compresses a wheel that isn't packed yet.
    pub(super) fn pack_wheel(
        &self,
        wheel: &Prepared,
        progress: &Progress,
    ) -> Result<PackedFiles, Error> {
        let tree = match &wheel.state {
            State::Packed(packed) => return Ok((packed.clone(), wheel.facts.dropped.clone())),
            State::Unpacked(tree) => tree.clone(),
        };
        let (packed, dropped) = self.pack(tree, &wheel.facts.dropped, progress)?;
        let facts = Facts { dropped: dropped.clone(), ..wheel.facts.clone() };
        self.cache.remember(&wheel.key, &facts, &packed);
        Ok((packed, dropped))
    }

    /// Compiles and compresses `tree`. `dropped` are files that it has lost already.
    pub(super) fn pack(
        &self,
        mut tree: Tree,
        dropped: &[Dropped],
        progress: &Progress,
    ) -> Result<PackedFiles, Error> {
        let report = bytecode::compile(&mut tree, self.workers, self.form, self.ui)?;
        let packages = self.interpreter.site_packages();
        let dropped = wheel::after_compiling(dropped, &report.replaced, &tree, &packages);
        if self.form.sourceless {
            wheel::follow_bytecode(&mut tree)?;
        }
        progress.expect(tree.iter().map(|(_, node)| size(node)).sum());
        Ok((self.cache.store().pack(&tree, self.level, progress)?, dropped))
    }
}

/// The length of a file in bytes.
fn size(node: &Node) -> u64 {
    match node {
        Node::File { content, .. } => content.len().unwrap_or(0),
        Node::Link(_) => 0,
    }
}
