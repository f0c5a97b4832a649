//! `--only-proven`: the whole archive is proven first, and what its proof loaded is packed.

use std::io;
use std::sync::Arc;

use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::{Count, Ui};

use super::Error;
use super::proving::{started, unproven};
use crate::build::{Build, Check};
use crate::build_cache::BuildCache;
use crate::proof::{Outcome, Proof};
use crate::settings::Settings;
use crate::source::Source;

/// Why nothing is known about the code that an application loads.
#[derive(Debug, thiserror::Error)]
pub enum NoEvidence {
    /// There is no command.
    #[error("--only-proven packs what the commands of the proof load, and there are none")]
    NoCommand,
    /// The archive was not started.
    #[error("--only-proven packs what the proof loads, and the archive was not proven: {0}")]
    NotProven(String),
    /// Some commands run no interpreter that tells.
    #[error("nothing is known about the modules that these commands load: {}", .0.join(", "))]
    Unrecorded(Vec<String>),
    /// The archive cannot be written.
    #[error("cannot make a directory for the whole archive in the cache: {0}")]
    Scratch(io::Error),
}

impl Remedy for NoEvidence {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoCommand => {
                "name the commands that have to work, each with --proof-command, such \
                                as 'app --version'"
                    .into()
            }
            Self::NotProven(_) => "leave out --only-proven for this target".into(),
            Self::Unrecorded(_) => {
                "leave out --only-proven, or give commands that end by themselves".into()
            }
            Self::Scratch(_) => "set SNAKECRATE_CACHE to a directory that you own".into(),
        })
    }
}

/// Prepares the archive of `source` again, with the code only that the proof of `whole` loads.
pub(super) fn reduced(
    mut whole: Build,
    source: &Source,
    settings: &Settings,
    python: &Interpreter,
    ui: Ui,
) -> Result<Build, Error> {
    if settings.proof.commands.is_empty() {
        return Err(NoEvidence::NoCommand.into());
    }
    let proof = proof(&mut whole, settings, ui)?;
    check_recorded(&whole, &proof)?;
    let footprint = whole.footprint(proof.loaded(), python);
    let modules = footprint.modules();
    ui.step(
        "Reduced",
        format_args!(
            "{} to the {} that {} loaded, of {}",
            whole.name(),
            Count(modules.loaded, "module"),
            Count(proof.commands.len(), "command"),
            modules.all,
        ),
    );
    warn_of_untried(&whole, settings, ui);
    Build::prepare(source, settings, python, Some(Arc::new(footprint)), ui).map_err(Into::into)
}

/// The proof of the whole archive, which is written to the cache for it.
fn proof(whole: &mut Build, settings: &Settings, ui: Ui) -> Result<Proof, Error> {
    let cache = BuildCache::open().map_err(crate::build::Error::from)?;
    let directory = cache.temporary_directory().map_err(NoEvidence::Scratch)?;
    let (_aside, proven) = started(whole, settings, &directory.path().join(whole.name()), ui)?;
    match proven {
        Ok(Outcome::Proven(proof)) => Ok(proof),
        Ok(Outcome::NotRun { why }) => Err(NoEvidence::NotProven(why).into()),
        Ok(Outcome::Withhold(_)) => {
            Err(NoEvidence::NotProven("entries were left out".into()).into())
        }
        Err(error) => Err(unproven(whole, error, None)),
    }
}

/// Fails if commands of Python entries told nothing: native programs have their libraries listed instead.
fn check_recorded(whole: &Build, proof: &Proof) -> Result<(), NoEvidence> {
    let is_native = |command: &str| {
        whole.subjects().iter().any(|subject| {
            let is_it = command == subject.name
                || command.strip_prefix(&*subject.name).is_some_and(|rest| rest.starts_with(' '));
            is_it && matches!(subject.check, Check::Loaded | Check::Executable)
        })
    };
    let silent: Vec<String> =
        proof.unrecorded.iter().filter(|command| !is_native(command)).cloned().collect();
    if silent.is_empty() { Ok(()) } else { Err(NoEvidence::Unrecorded(silent)) }
}

/// Warns of entries that no command starts: only their imports are known.
fn warn_of_untried(whole: &Build, settings: &Settings, ui: Ui) {
    let is_tried = |name: &&str| settings.proof.commands.iter().any(|one| one.name() == *name);
    let untried: Vec<&str> = whole.entries().filter(|name| !is_tried(name)).collect();
    if let [first, ..] = &*untried {
        ui.warn_with_help(
            format_args!(
                "no command of the proof starts {}: what is imported later may be missing",
                untried.join(", ")
            ),
            format_args!("add one with --proof-command '{first} …'"),
        );
    }
}
