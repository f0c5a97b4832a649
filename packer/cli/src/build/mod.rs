//! From source to archive.
//!
//! ```text
//! source → entries + requirements → wheels → components → blobs → archive
//! runtime request → runtime tree (trimmed, relocatable) → component → blobs ↗
//! ```

mod application;
mod assemble;
mod boot;
mod c_library;
mod completeness;
mod conflicts;
mod default_entry;
pub mod desktop;
pub mod entries;
mod error;
mod external;
mod facts;
mod gather;
mod groups;
pub mod hints;
mod host_packages;
pub mod include;
mod interpreters;
mod known;
mod launch;
mod left_out;
mod library_parts;
pub mod materials;
mod native;
mod outline;
mod pack;
mod policy;
pub mod requires;
mod runtime;
mod sbom_parts;
mod selection;
mod subject;
mod swap;
mod swap_error;
mod vex;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use snakecrate_format::digest::Digest;

use crate::archive::{self, ArchiveSpec, Aside, Written};
use crate::attestations::{self, Attested};
use crate::build_cache::BuildCache;
use crate::bytecode;
use crate::footprint::{Footprint, Places};
use crate::launchers::launcher;
use crate::lock::UsedLock;
use crate::resolve::Fetched;
use crate::settings::{Env, Settings};
use crate::source::Source;
use assemble::Planned;
pub use boot::FIRST_RUN;
use c_library::Bundled;
pub use error::Error;
use hints::{Hints, Unprovided};
pub use outline::Outline;
use pack::Work;
use snakecrate_audit::Report;
use snakecrate_base::error::Remedy as _;
use snakecrate_base::python::Interpreter;
use snakecrate_base::timings;
use snakecrate_base::ui::Ui;
use snakecrate_provenance::publisher::Publisher;
use snakecrate_provenance::statement::Resource;
use snakecrate_runtime::Workers;
pub use subject::{Check, HOOK, Subject, Withheld};
pub use swap::Swap;
pub use swap_error::Error as SwapError;

/// An archive that is ready to be written.
#[derive(Debug)]
pub struct Build {
    plan: ArchiveSpec,
    runtime_file: Option<ArchiveSpec>,
    launcher: &'static [u8],
    audit: Report,
    hints: Hints,
    subjects: Vec<Subject>,
    lock: Option<UsedLock>,
    /// Who published its distributions.
    attested: Vec<Attested>,
    /// The inputs, for statements about the build.
    materials: Vec<Resource>,
    environment: Env,
    /// Whether the user named the entries.
    named_entries: bool,
}

/// What a build takes from outside, beside the interpreter: the wheels of all distributions, which are
/// in the build cache or on this machine.
#[derive(Debug)]
pub struct Needs {
    /// The wheels, sorted by name.
    pub distributions: Vec<Fetched>,
    /// Names of distributions whose declared requirements a lock file overrides on purpose.
    pub overridden: BTreeSet<String>,
    /// The lock file that chose the distributions.
    pub lock: Option<UsedLock>,
}

/// Fails early if this packer embeds no launcher for a target of the settings.
///
/// # Errors
///
/// [`Error::NoLauncher`], [`Error::NoTarget`]
pub fn check_launchers(settings: &Settings) -> Result<(), Error> {
    interpreters::check_launchers(settings)
}

/// The interpreter to pack for each target of the settings, all of the same minor version. Each names
/// the target that a build is for: see [`Build::prepare`].
///
/// # Errors
///
/// A target has no interpreter here, or there is none of a version that all have.
pub fn interpreters(
    source: &Source,
    settings: &Settings,
    ui: Ui,
) -> Result<Vec<Interpreter>, Error> {
    let _stage = timings::begin("Python");
    let cache = BuildCache::open()?;
    cache.remove_abandoned();
    interpreters::all(Some(source), settings, &cache, ui)
}

/// Like [`interpreters`], for runtime files: no source has a say.
///
/// # Errors
///
/// As of [`interpreters`].
pub fn interpreters_alone(settings: &Settings, ui: Ui) -> Result<Vec<Interpreter>, Error> {
    let cache = BuildCache::open()?;
    cache.remove_abandoned();
    interpreters::all(None, settings, &cache, ui)
}

/// Gets everything that [`Build::prepare`] takes from outside: a later one with the same arguments
/// needs no network.
///
/// # Errors
///
/// A distribution cannot be had.
pub fn needs(
    source: &Source,
    settings: &Settings,
    interpreter: &Interpreter,
    ui: Ui,
) -> Result<Needs, Error> {
    gather::all(source, settings, interpreter, &BuildCache::open()?, ui)
}

/// The contents of a runtime file of `interpreter`.
///
/// # Errors
///
/// The runtime cannot be made, or would not run.
pub fn runtime_file(
    settings: &Settings,
    interpreter: &Interpreter,
    ui: Ui,
) -> Result<ArchiveSpec, Error> {
    let cache = BuildCache::open()?;
    if let Err(warning) = bytecode::check_reproducible(interpreter) {
        ui.warn_with_help(&warning, warning.remedy().unwrap_or_default());
    }
    let unpacked = cache.unpacking()?;
    let workers = Workers::new(interpreter);
    let work = Work::new(
        settings,
        interpreter,
        &workers,
        &cache,
        unpacked.path(),
        requires::Overrides::default(),
        ui,
    )?;
    work.plan_runtime_file()
}

impl Build {
    /// Does all the work except writing, for the target of `interpreter`: resolves, unpacks, compiles,
    /// compresses. With a footprint, code that is not of it is left out.
    pub fn prepare(
        source: &Source,
        settings: &Settings,
        interpreter: &Interpreter,
        footprint: Option<Arc<Footprint>>,
        ui: Ui,
    ) -> Result<Self, Error> {
        let cache = BuildCache::open()?;
        let workers = Workers::new(interpreter);
        let Needs { distributions: fetched, overridden, lock } = std::thread::scope(|scope| {
            // A project's own modules are compiled after each change; its back end takes longer than
            // the start of an interpreter.
            if matches!(source, Source::Project { .. }) {
                scope.spawn(|| workers.warm());
            }
            gather::all(source, settings, interpreter, &cache, ui)
        })?;
        if let Err(warning) = bytecode::check_reproducible(interpreter) {
            ui.warn_with_help(&warning, warning.remedy().unwrap_or_default());
        }
        let launcher = launcher(interpreter.target)
            .ok_or(Error::NoLauncher { target: interpreter.target.name })?;
        let unpacked = cache.unpacking()?;
        let mut overrides = requires::Overrides::of(source, settings);
        overrides.names.extend(overridden);
        let work =
            Work::new(settings, interpreter, &workers, &cache, unpacked.path(), overrides, ui)?
                .with_footprint(footprint);
        let directory = source.directory_of_files().unwrap_or(Path::new("."));
        let attested = attestations::check(settings, directory, &fetched, &cache, ui)?;
        let materials = match settings.provenance {
            Some(_) => materials::of_inputs(source, &fetched, &attested, interpreter),
            None => Vec::new(),
        };
        let planned = work.plan(source, fetched)?;
        let named_entries = !settings.entries.is_empty() || settings.module.is_some();
        Ok(Self {
            lock,
            attested,
            materials,
            named_entries,
            ..Self::of(planned, launcher, settings)
        })
    }

    /// What [`Build::prepare`] would pack, without packing it.
    ///
    /// # Errors
    ///
    /// As of [`Build::prepare`], as far as they come before packing.
    pub fn outline(
        source: &Source,
        settings: &Settings,
        interpreter: &Interpreter,
        ui: Ui,
    ) -> Result<Outline, Error> {
        let cache = BuildCache::open()?;
        let workers = Workers::new(interpreter);
        let Needs { distributions, overridden, lock } =
            gather::all(source, settings, interpreter, &cache, ui)?;
        let unpacked = cache.unpacking()?;
        let mut overrides = requires::Overrides::of(source, settings);
        overrides.names.extend(overridden);
        let work =
            Work::new(settings, interpreter, &workers, &cache, unpacked.path(), overrides, ui)?;
        work.outline(source, distributions, lock)
    }

    /// The build of an archive that is `planned`, without a lock file and with entries that nobody named.
    fn of(planned: Planned, launcher: &'static [u8], settings: &Settings) -> Self {
        let Planned { spec, runtime_file, audit, hints, subjects } = planned;
        Self {
            plan: spec,
            runtime_file,
            launcher,
            audit,
            hints,
            subjects,
            lock: None,
            attested: Vec::new(),
            materials: Vec::new(),
            environment: settings.env.clone(),
            named_entries: false,
        }
    }

    /// Whether an entry that does not find a module may be left out: the user did not ask for it, it
    /// isn't the default, and nothing in the archive should have the module. An example is a helper for
    /// a package that its distribution does not require.
    pub fn may_withhold(&self, Withheld { entry, module }: &Withheld) -> bool {
        let is_default = self.plan.launch.default.as_deref() == Some(entry);
        let is_entry = self.entries().any(|name| name == entry);
        is_entry && !self.named_entries && !is_default && self.hints.is_foreign(module)
    }

    /// Leaves out entries, and warns of each.
    pub fn withhold(&mut self, withheld: &[Withheld], ui: Ui) {
        for Withheld { entry, module } in withheld {
            self.plan.entries.retain(|one| one.name != *entry);
            self.subjects.retain(|one| one.name != *entry);
            let what = format_args!(
                "not offering {entry}: it imports {module}, which no packed distribution has"
            )
            .to_string();
            let has = self.hints.module(module).map_or_else(
                || format!("add the distribution that has {module} with --with"),
                |advice| advice.remedy,
            );
            ui.warn_with_help(what, format!("{has}; or name the entries to offer with -e"));
        }
    }

    /// The footprint of the files `loaded`, which its proof named, for an archive of `interpreter`.
    pub fn footprint<'a>(
        &self,
        loaded: impl Iterator<Item = &'a str>,
        interpreter: &Interpreter,
    ) -> Footprint {
        let of_runtime = self.runtime_file.iter().flat_map(|file| &file.components);
        let components = self.plan.components.iter().chain(of_runtime);
        let listings = components.filter_map(|component| component.packed.listing());
        let paths = listings.flat_map(|listing| {
            let paths = listing.items().iter().map(|item| item.path.to_string());
            paths.collect::<Vec<_>>()
        });
        let (library, site) = (interpreter.lib(), interpreter.site_packages());
        Footprint::new(loaded, paths, Places { library, site })
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        &self.plan.name
    }

    /// The variables that the application gets.
    pub fn environment(&self) -> &Env {
        &self.environment
    }

    /// The audit of its native code.
    pub fn audit(&self) -> &Report {
        &self.audit
    }

    /// What is known about modules and libraries that its archive might lack.
    pub fn hints(&self) -> &Hints {
        &self.hints
    }

    /// The libraries that nobody provides, each with a file that needs it.
    pub fn unprovided(&self) -> &[Unprovided] {
        &self.hints.unprovided
    }

    /// The names of its entries.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.plan.entries.iter().map(|entry| entry.name.as_str())
    }

    /// What a proof has to find out about its entries.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// The lock file that chose its distributions.
    pub fn lock(&self) -> Option<&UsedLock> {
        self.lock.as_ref()
    }

    /// Who published the distribution of this name, by its attestations.
    pub fn publishers(&self, name: &str) -> &[Publisher] {
        self.attested.iter().find(|one| one.name == name).map_or(&[], |one| &one.publishers)
    }

    /// Who published its distributions, by their attestations, as far as they were checked.
    pub fn attested(&self) -> &[Attested] {
        &self.attested
    }

    /// The distributions, the source and the interpreter that it is made from.
    pub fn materials(&self) -> &[Resource] {
        &self.materials
    }

    /// What the archive is made of.
    pub fn spec(&self) -> &ArchiveSpec {
        &self.plan
    }

    /// The runtime file of its interpreter, if the archive has no runtime.
    pub fn runtime_file(&self) -> Option<&ArchiveSpec> {
        self.runtime_file.as_ref()
    }

    /// Whether it brings a C library, or its runtime file does.
    pub fn has_c_library(&self) -> bool {
        self.runtime_file.as_ref().unwrap_or(&self.plan).c_library.is_some()
    }

    /// A key of the contents: archives with the same key are equal.
    pub fn key(&self) -> String {
        let ArchiveSpec {
            name,
            version,
            python,
            runtime,
            launch,
            entries,
            components,
            c_library,
            ..
        } = &self.plan;
        let of_runtime = self.runtime_file.iter().flat_map(|file| &file.components);
        let components = components.iter().chain(of_runtime);
        let components: Vec<_> =
            components.map(|c| (c.kind, &c.name, &c.version, &c.packed)).collect();
        let contents = (name, version, python, runtime, launch, entries, components, c_library);
        let contents = serde_json::to_vec(&contents).unwrap_or_default();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&contents).update(self.launcher);
        for attachment in &self.plan.attachments {
            hasher.update(&attachment.contents);
        }
        Digest(*hasher.finalize().as_bytes()).key()
    }

    /// Writes the archive.
    pub fn write(self, output: &Path) -> Result<Written, Error> {
        Ok(archive::write(output, self.launcher, self.plan)?)
    }

    /// Writes the archive under a temporary name beside `output`.
    pub fn write_aside(&self, output: &Path) -> Result<Aside, Error> {
        let _stage = timings::begin("write");
        Ok(archive::write_aside(output, self.launcher, self.plan.clone())?)
    }
}
