//! Why a build failed.

use std::io;
use std::path::PathBuf;

use super::{entries, requires};
use snakecrate_audit as audit;

use crate::{
    archive, attestations, build_cache, bytecode, component, lock, resolve, settings, source,
    wheel, wheelhouse,
};
use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;
use snakecrate_runtime as runtime;
use snakecrate_runtime::discover::{self, BadSpec};

/// An error of one step from source to archive, or of the build as a whole.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source cannot be used.
    #[error(transparent)]
    Source(#[from] source::Error),
    /// A distribution has the wrong publisher, or none.
    #[error(transparent)]
    Publishers(#[from] attestations::Error),
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] settings::Error),
    /// `--python` cannot be understood.
    #[error(transparent)]
    Spec(#[from] BadSpec),
    /// No interpreter was found.
    #[error(transparent)]
    Discover(#[from] discover::Error),
    /// Two values of `--python` are for the same target.
    #[error("--python is given twice: {first} and {second}")]
    Pythons {
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// The interpreters of two targets have different minor versions.
    #[error(
        "all targets of a build have the same minor version of Python, and {} has {} ({}), {} has {} ({})",
        .0[0].executable.display(), .0[0].minor(), .0[0].target,
        .0[1].executable.display(), .0[1].minor(), .0[1].target,
    )]
    Minors(Box<[Interpreter; 2]>),
    /// The runtime cannot be made.
    #[error(transparent)]
    Runtime(#[from] runtime::Error),
    /// A lock file cannot be used.
    #[error(transparent)]
    Lock(#[from] lock::Error),
    /// The file of `vex` says nothing about vulnerabilities.
    #[error("{} isn't a VEX document: {source}", path.display())]
    Vex {
        /// Its path.
        path: PathBuf,
        /// The cause.
        source: snakecrate_advisories::BadVex,
    },
    /// A file cannot be included.
    #[error(transparent)]
    Include(#[from] super::include::Error),
    /// The entry for menus of desktops cannot be made.
    #[error(transparent)]
    Desktop(#[from] super::desktop::Error),
    /// The virtual environment cannot be packed.
    #[error(transparent)]
    Installed(#[from] crate::installed::Error),
    /// The distributions cannot be resolved.
    #[error(transparent)]
    Resolve(#[from] resolve::Error),
    /// The wheels of a directory cannot be used.
    #[error(transparent)]
    Wheelhouse(#[from] wheelhouse::Error),
    /// A wheel cannot be used.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// The entries cannot be offered.
    #[error(transparent)]
    Entries(#[from] entries::Error),
    /// A packed distribution requires something that is not packed.
    #[error(transparent)]
    Requires(#[from] requires::Error),
    /// Bytecode cannot be made.
    #[error(transparent)]
    Bytecode(#[from] bytecode::Error),
    /// A component cannot be packed.
    #[error(transparent)]
    Component(#[from] component::Error),
    /// The archive cannot be written.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The archive would not run, or requires more than is allowed.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// `--default` names an unknown entry.
    #[error("there is no entry named `{name}` to use as the default")]
    Default {
        /// The unknown name.
        name: String,
        /// The entries.
        entries: Vec<String>,
    },
    /// Archives aren't made for this system, and no other target was named.
    #[error("cannot make archives for this system")]
    NoTarget,
    /// The packer embeds no launcher for the target.
    #[error("this snakecrate has no launcher for {target}")]
    NoLauncher {
        /// The name of the target.
        target: &'static str,
    },
    /// There is no C library that could be bundled.
    #[error("there is no glibc for {target} to bundle")]
    NoCLibrary {
        /// The name of the target.
        target: &'static str,
    },
    /// An option is about the runtime, which is in another file.
    #[error("`{option}` is about the runtime, which is in another file")]
    External {
        /// The option.
        option: &'static str,
    },
    /// Components of an archive cannot be replaced.
    #[error(transparent)]
    Swap(#[from] super::swap_error::Error),
    /// The build cache cannot be used.
    #[error(transparent)]
    Cache(#[from] build_cache::Error),
    /// The files of the interpreter cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Interpreter {
        /// The interpreter's executable.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.remedy(),
            Self::Settings(error) => error.remedy(),
            Self::Desktop(error) => error.remedy(),
            Self::Spec(error) => error.remedy(),
            Self::Discover(error) => error.remedy(),
            Self::Pythons { .. } => {
                Some("give one of them, or name the target of each: --python TARGET=SPEC".into())
            }
            Self::Minors(_) => Some("name interpreters of one minor version".into()),
            Self::Runtime(error) => error.remedy(),
            Self::Lock(error) => error.remedy(),
            Self::Publishers(error) => error.remedy(),
            Self::Include(error) => error.remedy(),
            Self::Installed(error) => error.remedy(),
            Self::Resolve(error) => error.remedy(),
            Self::Wheelhouse(error) => error.remedy(),
            Self::Wheel(error) => error.remedy(),
            Self::Entries(error) => error.remedy(),
            Self::Requires(error) => error.remedy(),
            Self::Bytecode(error) => error.remedy(),
            Self::Component(error) => error.remedy(),
            Self::Archive(error) => error.remedy(),
            Self::Audit(error) => error.remedy(),
            Self::Default { entries, .. } => Some(format!("choose one of: {}", entries.join(", "))),
            Self::NoLauncher { target } => {
                Some(format!("see `snakecrate targets`, or use a snakecrate built on {target}"))
            }
            Self::NoTarget => Some("build on x86-64 or AArch64 Linux".into()),
            Self::NoCLibrary { target } => Some(format!(
                "name the Python of an unpacked system with --python {target}=PATH, or use --libc host"
            )),
            Self::Vex { .. } => Some("give vex an OpenVEX or CycloneDX document in JSON".into()),
            Self::External { option } => {
                Some(format!("give {option} to `snakecrate runtime`, which makes that file"))
            }
            Self::Swap(error) => error.remedy(),
            Self::Cache(error) => error.remedy(),
            Self::Interpreter { .. } => Some("choose another interpreter with --python".into()),
        }
    }
}
