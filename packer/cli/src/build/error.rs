//! Why nothing was built.

use std::io;
use std::path::PathBuf;

use super::entries;
use snakecrate_audit as audit;

use crate::{archive, build_cache, bytecode, component, resolve, settings, source, wheel};
use snakecrate_base::error::Remedy;
use snakecrate_runtime as runtime;
use snakecrate_runtime::discover::{self, BadSpec};

/// An error of some part of the way from source to archive, or of the way as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// Its settings.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// `--python`.
    #[error(transparent)]
    Spec(#[from] BadSpec),
    /// No interpreter was found.
    #[error(transparent)]
    Discover(#[from] discover::Error),
    /// The runtime.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// Its distributions.
    #[error(transparent)]
    Resolve(#[from] resolve::Error),
    /// A wheel.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// Its entries.
    #[error(transparent)]
    Entries(#[from] entries::Error),
    /// Bytecode.
    #[error(transparent)]
    Bytecode(#[from] bytecode::Error),
    /// A component.
    #[error(transparent)]
    Component(#[from] component::Error),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// It would not run, or needs more than is allowed.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// `--default` names no entry.
    #[error("`{name}` cannot be the default: it is no entry")]
    Default {
        /// What was named.
        name: String,
        /// The entries.
        entries: Vec<String>,
    },
    /// Archives aren't made for this system, and no other target was named.
    #[error("this system isn't one that archives are made for")]
    NoTarget,
    /// The packer embeds no launcher for the target.
    #[error("this snakecrate has no launcher for {target}")]
    NoLauncher {
        /// The name of the target.
        target: &'static str,
    },
    /// This machine has no C library that could be bundled.
    #[error("the C library of this machine is not glibc, and cannot be packed")]
    NoCLibrary,
    /// There is no place for the packer's own files.
    #[error(transparent)]
    Cache(#[from] build_cache::Error),
    /// The runtime's files cannot be looked at.
    #[error("cannot read {}: {source}", path.display())]
    Interpreter {
        /// The interpreter's executable.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.remedy(),
            Self::Settings(error) => error.remedy(),
            Self::Spec(error) => error.remedy(),
            Self::Discover(error) => error.remedy(),
            Self::Runtime(error) => error.remedy(),
            Self::Resolve(error) => error.remedy(),
            Self::Wheel(error) => error.remedy(),
            Self::Entries(error) => error.remedy(),
            Self::Bytecode(error) => error.remedy(),
            Self::Component(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Audit(error) => error.remedy(),
            Self::Default { entries, .. } => Some(format!("there is: {}", entries.join(", "))),
            Self::NoLauncher { target } => Some(format!("use a snakecrate built on {target}")),
            Self::NoTarget => Some("build on x86-64 or AArch64 Linux".into()),
            Self::NoCLibrary => Some("build on a machine with glibc, or say --libc host".into()),
            Self::Cache(error) => error.remedy(),
            Self::Interpreter { .. } => Some("name another with --python".into()),
        }
    }
}
