//! The proof: an archive is started before its build succeeds.
//!
//! ```text
//! archive ─ SNAKECRATE=python ─→ script.py: every Python entry, in one interpreter ─┐
//!         ─ as each native entry, traced by its loader ─────────────────────────────┼→ Proof
//!         ─ as the entries of `proof.commands` ─────────────────────────────────────┘
//! ```
//!
//! Applications are not run, except by commands that the user gives. The module of an entry point is
//! imported and its function looked up; of scripts the leading imports are made; `-m` modules are
//! located. A native entry's loader lists the libraries that it finds. The first-run hook is treated
//! like an entry: it does not run, not even before the user's commands.
//!
//! The surroundings are made for the proof: an environment without the user's variables, an empty home
//! and working directory, no network where the system allows that, and a limit of time. The archive is
//! unpacked into a cache of the packer's own, so that a second proof unpacks only what is new.
//!
//! Nothing of a proof gets into the archive.

mod commands;
mod failure;
mod native;
mod python;
mod record;
mod remember;
mod surroundings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::size::Size;
use snakecrate_format::target::Target;

use crate::build::{Build, HOOK, Withheld};
use crate::build_cache::BuildCache;
use crate::settings;
use snakecrate_base::host::{self, Way, way_of_archive};
use snakecrate_base::timings;
use snakecrate_base::ui::{Count, Ui, warnings};

pub use failure::{Cause, Error};
use remember::Memory;
use surroundings::Surroundings;
pub use surroundings::sweep;

/// The outcome of a proof that did not fail.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// The archive starts.
    Proven(Proof),
    /// The archive starts, but some of its entries cannot be imported, and may be left out: see
    /// [`Build::may_withhold`]. It has to be written and proven without them.
    Withhold(Vec<Withheld>),
    /// The archive was not started.
    NotRun {
        /// Why not.
        why: String,
    },
}

/// What a proof found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// Whether this is known from an earlier build of the same archive.
    #[serde(skip)]
    pub as_before: bool,
    /// The names of the entries.
    pub entries: Vec<String>,
    /// The entries that should not be offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    withheld: Vec<Withheld>,
    /// The commands that succeeded.
    pub commands: Vec<String>,
    /// Those of them whose modules and libraries are not known.
    #[serde(default)]
    pub unrecorded: Vec<String>,
    /// Whether the archive had no network.
    pub network_isolated: bool,
    /// Seconds that all imports took together.
    pub seconds: f64,
    /// Seconds of the whole proof, unpacking included.
    pub seconds_in_all: f64,
    /// The most memory that the interpreter used, in bytes; `None` where the system does not say.
    pub memory: Option<u64>,
    /// The modules that were loaded by imports and commands. A file is named by its path in the environment or the runtime;
    /// those outside are absolute; modules in the interpreter have none.
    pub modules: BTreeMap<String, Option<String>>,
    /// The native code that was loaded: paths as above.
    pub libraries: Vec<String>,
    /// Other files of modules: those that only children or parts of a process had loaded, those that commands read as
    /// text, and those that show an error.
    #[serde(default)]
    pub files: Vec<String>,
}

impl Proof {
    /// Gives files their paths in the archive, and sorts them.
    fn settle(&mut self) {
        let modules = self.modules.values_mut().flatten();
        for path in modules.chain(&mut self.libraries).chain(&mut self.files) {
            if let Some(inside) = in_component(path) {
                *path = inside.to_owned();
            }
        }
        let named: BTreeSet<&String> = self.modules.values().flatten().collect();
        self.files.retain(|file| !named.contains(file));
        for list in [&mut self.libraries, &mut self.files] {
            list.sort_unstable();
            list.dedup();
        }
    }

    /// The paths of all code that was loaded.
    pub fn loaded(&self) -> impl Iterator<Item = &str> {
        let modules = self.modules.values().flatten();
        modules.chain(&self.libraries).chain(&self.files).map(String::as_str)
    }
}

/// The path in a component of a path in the cache, where components are directories that a key names.
fn in_component(path: &str) -> Option<&str> {
    path.rsplit_once("/components/")?.1.split_once('/').map(|(_, inside)| inside)
}

/// Proves the archive of `build` at `path`.
///
/// # Errors
///
/// It does not start, an entry cannot be imported, a command fails, or time runs out.
pub fn prove(
    archive: &Path,
    build: &Build,
    settings: &settings::Proof,
    ui: Ui,
) -> Result<Outcome, Error> {
    if !settings.run {
        return Ok(Outcome::NotRun { why: "the user chose so".into() });
    }
    let _stage = timings::begin("prove");
    let emulated = match way_of_archive(build.spec().target, build.has_c_library()) {
        Way::Native => false,
        Way::Emulated => true,
        Way::None(why) => {
            warn_once(build.spec().target, &why, ui);
            return Ok(Outcome::NotRun { why });
        }
    };
    let known: Vec<&str> = build.entries().collect();
    commands::check(&settings.commands, &known)?;
    let cache = BuildCache::open().map_err(Error::Cache)?;
    let memory = Memory::new(&cache, build, settings);
    let is_asked = |name: &str| settings.commands.iter().any(|command| command.name() == name);
    let may_withhold = |one: &Withheld| !is_asked(&one.entry) && build.may_withhold(one);
    match memory.recall() {
        Some(proof) if proof.withheld.is_empty() => {
            timings::note("prove", "proof");
            return Ok(Outcome::Proven(proof));
        }
        Some(proof) if proof.withheld.iter().all(may_withhold) => {
            return Ok(Outcome::Withhold(proof.withheld));
        }
        _ => {}
    }
    let (spinner, since) = (ui.spinner("Proving", build.name()), Instant::now());
    let surroundings = Surroundings::new(archive, &cache, settings, build)?;
    let attempt = || {
        let entries = known.iter().map(|&name| name.to_owned()).collect();
        let mut proof = Proof { entries, ..Proof::default() };
        python::prove(&surroundings, build.subjects(), may_withhold, &mut proof)?;
        if !proof.withheld.is_empty() {
            return Ok(proof);
        }
        if build.subjects().iter().any(|subject| subject.name == HOOK) {
            surroundings.skip_first_run()?;
        }
        native::prove(&surroundings, build.subjects(), &mut proof)?;
        let python = build.spec().python.executable.file_name();
        commands::prove(&surroundings, &settings.commands, python, &mut proof)?;
        Ok::<_, Error>(proof)
    };
    let mut proof = match attempt() {
        // A cleaner may have taken files from the proof cache.
        Err(error) if error.is_about_archive() && surroundings.repair()? => attempt()?,
        other => other?,
    };
    if !proof.withheld.is_empty() {
        memory.remember(&proof);
        return Ok(Outcome::Withhold(proof.withheld));
    }
    proof.network_isolated = surroundings.has_no_network();
    proof.seconds_in_all = since.elapsed().as_secs_f64();
    proof.settle();
    drop(spinner);
    ui.detail(format_args!("the proof took {:.2} s", proof.seconds_in_all));
    if !proof.network_isolated {
        ui.detail("the proof had a network: this system does not allow to isolate it");
    }
    if emulated {
        ui.detail(format_args!("proven by an emulator of {}", build.spec().target.name));
    }
    memory.remember(&proof);
    Ok(Outcome::Proven(proof))
}

/// Warns that archives for `target` are not proven; once, even if a build makes several.
fn warn_once(target: &Target, why: &str, ui: Ui) {
    let what = format!("the archive was not proven: {why}");
    if warnings().contains(&what) {
        return;
    }
    let help = match host::way(target) {
        Way::None(_) => {
            "try it on such a machine, or install an emulator that registers itself, such as Debian's \
             qemu-user-static"
        }
        _ => "bundle its C library with --libc auto, or try it on such a machine",
    };
    ui.warn_with_help(what, help);
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:.2} s", self.entries.join(", "), self.seconds)?;
        if !self.modules.is_empty() {
            write!(f, ", {}", Count(self.modules.len(), "module"))?;
        }
        if let Some(memory) = self.memory {
            write!(f, ", {}", Size(memory))?;
        }
        if !self.commands.is_empty() {
            write!(f, ", {}", Count(self.commands.len(), "command"))?;
        }
        if self.as_before { f.write_str(" (as before)") } else { Ok(()) }
    }
}
