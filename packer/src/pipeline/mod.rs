//! From source to archive.
//!
//! ```text
//! source → entries + requirements → wheels → components → blobs → archive
//! runtime request → runtime tree (trimmed, relocatable) → component → blobs ↗
//! ```

mod boot;
mod conflicts;
pub mod entries;
mod error;
mod facts;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use snakecrate_stub::cache::root::candidates;
use snakecrate_stub::digest::Digest;
use snakecrate_stub::entry_path::EntryPath;
use snakecrate_stub::manifest::{Entry, Kind, Launch, Python, Source as Provenance};

use crate::archive::{self, Plan, PlannedComponent, Written};
use crate::bytecode;
use crate::component::Packed;
use crate::config::Config;
use crate::python::Interpreter;
use crate::resolve::{self, Fetched, Local, Origin, Wanted};
use crate::runtime::reach;
use crate::runtime::{self, Imports, Part, Policy, Spec};
use crate::sbom;
use crate::source::{Source, script_tree};
use crate::tree::{Node, Tree};
use crate::ui::{Count, Progress, Ui};
use crate::wheel::{self, Distribution};
pub use error::Error;
use facts::{Facts, Known};

/// The launcher that the build script made.
pub const STUB: &[u8] = include_bytes!(env!("SNAKECRATE_STUB"));

/// The level of compression where none is asked for: `stub/FORMAT.md` has the measurements.
pub const DEFAULT_LEVEL: i32 = 19;

/// The packer's directory in the cache.
pub const BUILD: &str = "build";

/// A value of `runtime-keep`: every part of the standard library but tkinter. Applications that
/// have the whole library share one runtime in the cache.
const WHOLE_LIBRARY: &str = "stdlib";

/// The licence of the interpreter, as SPDX names it.
const PYTHON_LICENCE: &str = "Python-2.0.1";

/// An archive that is ready to be written.
#[derive(Debug)]
pub struct Build {
    plan: Plan,
}

/// The directory for the packer's own files: wheels, runtimes, components.
pub fn build_cache() -> Result<PathBuf, Error> {
    let mut last = Error::Cache { path: BUILD.into(), source: std::io::ErrorKind::NotFound.into() };
    for place in candidates() {
        let path = place.join(BUILD);
        match snakecrate_stub::cache::root::Root::create(&place) {
            Ok(_) => match std::fs::create_dir_all(&path) {
                Ok(()) => return Ok(path),
                Err(source) => last = Error::Cache { path, source },
            },
            Err(why) => {
                last = Error::Cache { path, source: std::io::Error::other(why.to_string()) };
            }
        }
    }
    Err(last)
}

impl Build {
    /// Does all the work but writing: resolves, unpacks, compiles, compresses.
    pub fn prepare(source: &Source, config: &Config, ui: Ui) -> Result<Self, Error> {
        let cache = build_cache()?;
        let interpreter = find_interpreter(source, config, &cache, ui)?;
        let fetched = fetch(source, config, &interpreter, &cache, ui)?;
        let unpacked = tempfile::Builder::new()
            .prefix("unpacked-")
            .tempdir_in(&cache)
            .map_err(|source| Error::Cache { path: cache.clone(), source })?;
        let work = Work {
            config,
            interpreter: &interpreter,
            known: Known::new(&cache),
            unpacked: wheel::Store::new(unpacked.path()),
            level: config.level.unwrap_or(DEFAULT_LEVEL),
            ui,
        };
        let plan = work.plan(source, fetched)?;
        Ok(Self { plan })
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// The names of its entries.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.plan.entries.iter().map(|entry| entry.name.as_str())
    }

    /// Names the contents: archives with the same key are the same.
    pub fn key(&self) -> String {
        let Plan { name, version, python, launch, entries, components, .. } = &self.plan;
        let components: Vec<_> =
            components.iter().map(|c| (c.kind, &c.name, &c.version, &c.packed)).collect();
        let contents = (name, version, python, launch, entries, components);
        let contents = serde_json::to_vec(&contents).unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&contents).update(STUB).update(&self.plan.sbom);
        Digest(*hasher.finalize().as_bytes()).key()
    }

    /// Writes the archive.
    pub fn write(self, output: &Path) -> Result<Written, Error> {
        Ok(archive::write(output, STUB, self.plan)?)
    }
}

fn find_interpreter(
    source: &Source,
    config: &Config,
    cache: &Path,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let request = runtime::Request {
        spec: config.python.as_deref().map(Spec::parse).transpose()?,
        requires_python: source.requires_python()?.map(|specifiers| specifiers.to_string()),
        offline: config.offline.unwrap_or(false),
        mirror: config.python_mirror.clone(),
        cache: cache.join("runtimes"),
    };
    let interpreter = runtime::find(&request, ui)?;
    let path = interpreter.executable.display();
    ui.step("Using", format_args!("CPython {} at {path}", interpreter.full_version));
    Ok(interpreter)
}

fn fetch(
    source: &Source,
    config: &Config,
    interpreter: &Interpreter,
    cache: &Path,
    ui: Ui,
) -> Result<Vec<Fetched>, Error> {
    let mut wanted = Wanted {
        requirements: config.with.clone(),
        files: config.requirements.clone(),
        local: None,
    };
    match source {
        Source::Project { directory: path, extras } | Source::Wheel { path, extras } => {
            wanted.local = Some(Local { path: path.clone(), extras: extras.clone() });
        }
        Source::Requirement { text, .. } => wanted.requirements.insert(0, text.clone()),
        Source::Script { metadata, .. } => {
            let own = metadata.iter().flat_map(|block| block.dependencies.iter().cloned());
            wanted.requirements.splice(0..0, own);
        }
    }
    if wanted.requirements.is_empty() && wanted.files.is_empty() && wanted.local.is_none() {
        return Ok(Vec::new());
    }
    let options = resolve::Options {
        index_url: config.index_url.clone(),
        find_links: config.find_links.clone(),
        offline: config.offline.unwrap_or(false),
        no_build: false,
        no_binary: config.no_binary.clone(),
        only_binary: config.only_binary.clone(),
        cache: cache.to_owned(),
    };
    Ok(resolve::resolve(interpreter, &wanted, &options, ui)?)
}

/// The parts of a build that all steps need.
struct Work<'a> {
    config: &'a Config,
    interpreter: &'a Interpreter,
    known: Known,
    unpacked: wheel::Store,
    level: i32,
    ui: Ui,
}

/// A distribution on its way: packed before, or with a tree that is yet to be packed.
struct Prepared {
    facts: Facts,
    key: String,
    source: Option<Provenance>,
    state: State,
}

enum State {
    Packed(Packed),
    Unpacked(Tree),
}

impl Work<'_> {
    fn plan(&self, source: &Source, fetched: Vec<Fetched>) -> Result<Plan, Error> {
        let (local, others): (Vec<_>, Vec<_>) = fetched.into_iter().partition(|f| f.local);
        let project = match (source, local.into_iter().next()) {
            (Source::Project { .. }, Some(local)) => Some(self.unpack(&local)?),
            (_, Some(wheel)) => {
                return self.assemble(
                    source,
                    None,
                    &[wheel].into_iter().chain(others).collect::<Vec<_>>(),
                );
            }
            (_, None) => None,
        };
        self.assemble(source, project, &others)
    }

    fn assemble(
        &self,
        source: &Source,
        project: Option<Distribution>,
        wheels: &[Fetched],
    ) -> Result<Plan, Error> {
        let spinner = self.ui.spinner("Unpacking", Count(wheels.len(), "distribution"));
        let prepared: Vec<Prepared> =
            wheels.par_iter().map(|wheel| self.prepare(wheel)).collect::<Result<_, Error>>()?;
        drop(spinner);
        let main = main_of(source, &prepared);
        let (name, version) = match (&project, main) {
            (Some(project), _) => (project.name.clone(), Some(project.version.clone())),
            (None, Some(main)) => (main.facts.name.clone(), Some(main.facts.version.clone())),
            (None, None) => (wheel::normalize(&source.name().unwrap_or_default()), None),
        };
        let project_facts = project.as_ref().map(Facts::of).transpose()?;
        let (file, mut app) = match (source, project) {
            (Source::Script { path, .. }, _) => {
                let (file, tree) = script_tree(path)?;
                (Some(file), tree)
            }
            (_, Some(project)) => (None, project.tree),
            (_, None) => (None, Tree::default()),
        };
        // Before the boot scripts are in it: they run any module by its name, but only their own.
        let app_imports = match &project_facts {
            Some(facts) => facts.imports.clone(),
            None => Imports::of(&app)?,
        };
        let own = project_facts.as_ref().or(main.map(|main| &main.facts));
        let offer = offer(source, own, file, &prepared);
        let module = self.config.module.as_deref();
        let entries = entries::choose(&offer, &self.config.entries, module, &mut app)?;
        let default = self.default_entry(&name, &entries)?;

        let leave_out = self.leave_out(&name, &app_imports, &prepared);
        let (runtime, packed, app) = self.pack_all(leave_out, prepared.iter(), app)?;
        let version_or_none = version.clone().unwrap_or_else(|| "0".into());
        let component = |kind, name: &str, version: &str, source, packed| PlannedComponent {
            kind,
            name: name.to_owned(),
            version: version.to_owned(),
            source,
            packed,
        };
        let python = self.interpreter;
        let mut components = vec![
            component(Kind::Runtime, &python.implementation, &python.full_version, None, runtime),
            component(Kind::App, &name, &version_or_none, None, app),
        ];
        for (wheel, packed) in prepared.iter().zip(packed) {
            let Facts { name, version, .. } = &wheel.facts;
            components.push(component(Kind::Wheel, name, version, wheel.source.clone(), packed));
        }
        self.warn_of_conflicts(&components);
        let all: Vec<&Facts> = prepared.iter().map(|p| &p.facts).collect();
        let sbom = bill(&name, version.as_deref(), &components, project_facts.as_ref(), &all);
        let executable = format!("bin/python{}", python.minor());
        let executable = EntryPath::new(&executable)
            .map_err(|error| Error::Archive(archive::Error::Plan(error.to_string())))?;
        Ok(Plan {
            name,
            version,
            target: env!("SNAKECRATE_HOST_TARGET").into(),
            python: Python {
                implementation: python.implementation.clone(),
                version: python.full_version.clone(),
                executable,
            },
            launch: Launch { default, options: self.options() },
            entries,
            components,
            sbom,
        })
    }

    /// The parts of the standard library that nothing in the archive can import.
    fn leave_out(&self, name: &str, app: &Imports, wheels: &[Prepared]) -> BTreeSet<Part> {
        let config = self.config;
        // `NAME=MODULE:FUNCTION`; other entries are scripts of the distributions.
        let called = config.entries.iter().filter_map(|entry| {
            let (module, _) = entry.split_once('=')?.1.split_once(':')?;
            Some(module.trim().to_owned())
        });
        let modules: Vec<String> = called.chain(config.module.clone()).collect();
        let launch = reach::Launch {
            isolated: config.isolated.unwrap_or(true),
            options: &config.python_options,
            modules: &modules,
        };
        let wheels = wheels.iter().map(|wheel| (wheel.facts.name.as_str(), &wheel.facts.imports));
        let mut need =
            reach::need(self.interpreter, std::iter::once((name, app)).chain(wheels), launch);
        if need.open.is_none() && config.runtime_keep.iter().any(|part| part == WHOLE_LIBRARY) {
            need.leave_out.retain(|part| *part == Part::Tkinter);
            need.open = Some("runtime-keep".into());
        }
        if let Some(why) = &need.open {
            self.ui.detail(format_args!("the whole standard library: {why}"));
            return need.leave_out;
        }
        let parts: Vec<_> = need.leave_out.iter().map(ToString::to_string).collect();
        self.ui.detail(format_args!("left out, as nothing can import it: {}", parts.join(", ")));
        if !need.kept.is_empty() {
            self.ui.detail(format_args!("kept: {}", need.kept.join(", ")));
        }
        need.leave_out
    }

    /// What was packed before, or the unpacked wheel.
    fn prepare(&self, fetched: &Fetched) -> Result<Prepared, Error> {
        let python = self.interpreter;
        let source = match &fetched.origin {
            Origin::Index { file, sha256 } => {
                Some(Provenance { file: file.clone(), sha256: sha256.clone() })
            }
            Origin::Built => None,
        };
        let key = format!(
            "wheel {} {} {} {} {} {}",
            fetched.sha256,
            python.magic,
            python.cache_tag,
            python.lib(),
            self.level,
            env!("CARGO_PKG_VERSION"),
        );
        if let Some((facts, packed)) = self.known.lookup(&key) {
            return Ok(Prepared { facts, key, source, state: State::Packed(packed) });
        }
        let distribution = self.unpack(fetched)?;
        let facts = Facts::of(&distribution)?;
        Ok(Prepared { facts, key, source, state: State::Unpacked(distribution.tree) })
    }

    fn unpack(&self, fetched: &Fetched) -> Result<Distribution, Error> {
        Ok(wheel::unpack(&fetched.path, self.interpreter, &self.unpacked)?)
    }

    /// Compiles and compresses runtime, wheels and application side by side.
    fn pack_all<'p>(
        &self,
        leave_out: BTreeSet<Part>,
        wheels: impl Iterator<Item = &'p Prepared>,
        app: Tree,
    ) -> Result<(Packed, Vec<Packed>, Packed), Error> {
        let progress = self.ui.bytes("Packing", 0);
        let wheels: Vec<&Prepared> = wheels.collect();
        let (runtime, rest) = rayon::join(
            || self.runtime(leave_out, &progress),
            || {
                rayon::join(
                    || {
                        let one = |wheel: &&Prepared| self.pack_wheel(wheel, &progress);
                        wheels.par_iter().map(one).collect::<Result<Vec<_>, Error>>()
                    },
                    || self.pack(app, &progress),
                )
            },
        );
        Ok((runtime?, rest.0?, rest.1?))
    }

    fn pack_wheel(&self, wheel: &Prepared, progress: &Progress) -> Result<Packed, Error> {
        let tree = match &wheel.state {
            State::Packed(packed) => return Ok(packed.clone()),
            State::Unpacked(tree) => tree.clone(),
        };
        let packed = self.pack(tree, progress)?;
        self.known.remember(&wheel.key, &wheel.facts, &packed);
        Ok(packed)
    }

    fn runtime(&self, leave_out: BTreeSet<Part>, progress: &Progress) -> Result<Packed, Error> {
        let policy = Policy {
            keep: self.config.runtime_keep.clone(),
            drop: self.config.runtime_drop.clone(),
            leave_out,
        };
        let python = self.interpreter;
        let fingerprint = runtime::fingerprint(python, &policy)
            .map_err(|source| Error::Interpreter { path: python.executable.clone(), source })?;
        let key = format!("runtime {fingerprint} {}", self.level);
        if let Some(packed) = self.known.store().lookup(&key) {
            return Ok(packed);
        }
        let packed = self.pack(runtime::harvest(python, &policy, self.ui)?, progress)?;
        // Not remembered, it is only slower the next time.
        let _ = self.known.store().remember(&key, &packed);
        Ok(packed)
    }

    fn pack(&self, mut tree: Tree, progress: &Progress) -> Result<Packed, Error> {
        let report = bytecode::compile(&mut tree, self.interpreter, self.ui)?;
        for (path, why) in &report.refused {
            self.ui.detail(format_args!("no bytecode for {path}: {why}"));
        }
        let size = |node: &Node| match node {
            Node::File { content, .. } => content.len().unwrap_or(0),
            Node::Link(_) => 0,
        };
        progress.expect(tree.iter().map(|(_, node)| size(node)).sum());
        Ok(self.known.store().pack(&tree, self.level, progress)?)
    }

    /// Installers overwrite silently what another distribution brought.
    fn warn_of_conflicts(&self, components: &[PlannedComponent]) {
        let mut layers: Vec<_> = components.iter().filter(|c| c.kind != Kind::Runtime).collect();
        layers.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let listings = layers.iter().filter_map(|c| Some((c.name.as_str(), c.packed.listing()?)));
        for conflict in conflicts::find(listings) {
            self.ui.warn(conflict);
        }
    }

    /// The one that was asked for; else the one that is called as the application.
    fn default_entry(&self, name: &str, entries: &[Entry]) -> Result<Option<String>, Error> {
        let there = |name: &str| entries.iter().any(|entry| entry.name == name);
        match &self.config.default {
            Some(wanted) if there(wanted) => Ok(Some(wanted.clone())),
            Some(wanted) => Err(Error::Default {
                name: wanted.clone(),
                entries: entries.iter().map(|entry| entry.name.clone()).collect(),
            }),
            None => Ok((entries.len() > 1 && there(name)).then(|| name.to_owned())),
        }
    }

    fn options(&self) -> Vec<String> {
        let isolated = self.config.isolated.unwrap_or(true).then(|| "-I".to_owned());
        isolated.into_iter().chain(self.config.python_options.iter().cloned()).collect()
    }
}

/// The distribution that is the application, where it is not a project.
fn main_of<'p>(source: &Source, prepared: &'p [Prepared]) -> Option<&'p Prepared> {
    if matches!(source, Source::Script { .. } | Source::Project { .. }) {
        return None;
    }
    let name = wheel::normalize(&source.name()?);
    prepared.iter().find(|wheel| wheel.facts.name == name)
}

fn offer<'p>(
    source: &Source,
    own: Option<&'p Facts>,
    file: Option<EntryPath>,
    prepared: &'p [Prepared],
) -> entries::Offer<'p> {
    let is_own = |facts: &Facts| own.is_some_and(|own| own.name == facts.name);
    let others = prepared.iter().map(|p| &p.facts).filter(|facts| !is_own(facts));
    entries::Offer {
        source: source.to_string(),
        own: own.iter().flat_map(|facts| &facts.scripts).collect(),
        others: others.flat_map(|facts| &facts.scripts).collect(),
        file,
        runnable: own.map(|facts| facts.runnable.clone()).unwrap_or_default(),
    }
}

fn bill(
    name: &str,
    version: Option<&str>,
    components: &[PlannedComponent],
    project: Option<&Facts>,
    wheels: &[&Facts],
) -> Vec<u8> {
    let part = |component: &PlannedComponent| {
        let facts = match component.kind {
            Kind::App => project,
            Kind::Wheel => wheels.iter().find(|facts| facts.name == component.name).copied(),
            Kind::Runtime => None,
        };
        let licences = match component.kind {
            Kind::Runtime => vec![sbom::Licence::Expression(PYTHON_LICENCE.into())],
            _ => facts.map(|facts| facts.licences.clone()).unwrap_or_default(),
        };
        sbom::Part {
            kind: component.kind,
            name: component.name.clone(),
            version: component.version.clone(),
            summary: facts.and_then(|facts| facts.summary.clone()),
            licences,
            source: component.source.clone(),
            digest: component.packed.digest,
            requires: facts.map(|facts| facts.requires.clone()).unwrap_or_default(),
        }
    };
    let parts: Vec<sbom::Part> = components.iter().map(part).collect();
    sbom::document(name, version, &parts)
}
