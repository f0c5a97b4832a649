//! Why no interpreter was found.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;
use snakecrate_base::host;
use snakecrate_download as download;
use snakecrate_format::target::Target;

use super::spec::BadSpec;

/// Why no interpreter was found.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--python` cannot be read.
    #[error(transparent)]
    Spec(#[from] BadSpec),
    /// The project's `requires-python` isn't a PEP 440 specifier set.
    #[error("`requires-python` is `{text}`: {reason}")]
    Requires {
        /// The project's text.
        text: String,
        /// The error in it, in one line.
        reason: String,
    },
    /// No installed interpreter fits, and none was downloaded.
    #[error("no Python {wanted}{} is installed{}", for_foreign(target), list(found))]
    Unknown {
        /// The version asked for, in words.
        wanted: String,
        /// The target of the archive.
        target: &'static Target,
        /// Version and path of each installed interpreter.
        found: Vec<String>,
        /// Why none was downloaded either.
        download: Option<Box<Error>>,
    },
    /// The path that `--python` names doesn't lead to a Python.
    #[error("{} {problem}", path.display())]
    NoPython {
        /// The path.
        path: PathBuf,
        /// A phrase: `does not exist`.
        problem: &'static str,
    },
    /// An interpreter did not answer.
    #[error("{} does not work as a Python interpreter: {reason}", path.display())]
    Probe {
        /// The executable.
        path: PathBuf,
        /// The line of its output that says why.
        reason: String,
    },
    /// An interpreter of an unsupported kind.
    #[error("{} is {what}, which archives cannot carry", path.display())]
    Unsupported {
        /// The executable.
        path: PathBuf,
        /// `PyPy 3.10`, `Python 3.8.18`.
        what: String,
    },
    /// An interpreter for another processor.
    #[error("{} is for {machine}, but the archive is for {target}", path.display())]
    Machine {
        /// The executable.
        path: PathBuf,
        /// `aarch64`.
        machine: String,
        /// The target of the archive.
        target: &'static Target,
    },
    /// A tree does not tell a fact about its interpreter.
    #[error("cannot tell the {what} of {} without running it", path.display())]
    Unknowable {
        /// The executable.
        path: PathBuf,
        /// The fact: `version`.
        what: &'static str,
    },
    /// The libraries of an interpreter cannot be read.
    #[error(transparent)]
    Tree(Box<crate::Error>),
    /// No interpreter of this machine works for one of another.
    #[error(
        "{} needs a CPython {minor} of this machine to compile for it, and none is installed{}",
        path.display(),
        with_magic(magic.as_deref())
    )]
    NoHost {
        /// The executable.
        path: PathBuf,
        /// `3.12`
        minor: String,
        /// The magic number of its bytecode in hex, if it is known.
        magic: Option<String>,
        /// Why none was downloaded either.
        download: Option<Box<Error>>,
    },
    /// A download failed.
    #[error(transparent)]
    Download(#[from] download::Error),
    /// Debian's packages cannot be had.
    #[error(transparent)]
    Debian(#[from] snakecrate_debian::Error),
    /// Debian's packages aren't for a target.
    #[error("Debian has no packages for {target}")]
    NoDebian {
        /// The target of the archive.
        target: &'static Target,
    },
    /// A download is necessary, but not allowed.
    #[error("unavailable offline: {url}")]
    Offline {
        /// The address, without credentials.
        url: String,
    },
    /// The mirror's list has no version that fits.
    #[error("{url} has no Python {wanted}; it has {}", has.join(", "))]
    NotOffered {
        /// The list.
        url: String,
        /// The version asked for, in words.
        wanted: String,
        /// The versions in it.
        has: Vec<String>,
    },
    /// An archive of a Python could not be unpacked.
    #[error("cannot unpack {}: {reason}", path.display())]
    Unpack {
        /// The archive.
        path: PathBuf,
        /// The error.
        reason: String,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file or directory cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

fn with_magic(magic: Option<&str>) -> String {
    magic.map(|magic| format!(" with magic {magic}")).unwrap_or_default()
}

/// ` for aarch64-linux`, unless that is this machine's: an interpreter of this machine may well be there.
fn for_foreign(target: &'static Target) -> String {
    if is_foreign(target) { format!(" for {target}") } else { String::new() }
}

fn is_foreign(target: &'static Target) -> bool {
    host::target() != Some(target)
}

fn list(found: &[String]) -> String {
    if found.is_empty() { ", and no other".into() } else { format!("; found {}", found.join(", ")) }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Spec(error) => return error.remedy(),
            Self::Download(error) => return error.remedy(),
            Self::Tree(error) => return error.remedy(),
            Self::Debian(error) => return error.remedy(),
            Self::Unknowable { .. } => {
                "name a Python with its `include` directory, such as python-build-standalone's"
                    .into()
            }
            Self::NoHost { minor, download: Some(error), .. } => format!(
                "install one, such as with `uv python install {minor}` (the download failed: {error})"
            ),
            Self::NoHost { minor, .. } => {
                format!("install one, such as with `uv python install {minor}`")
            }
            Self::Requires { .. } => "write it as PEP 440 defines it, such as `>=3.10`".into(),
            Self::Unknown { target, download, .. } if is_foreign(target) => match download {
                Some(error) => format!(
                    "name one with --python {target}=SPEC, such as the root of an unpacked system (the \
                     download failed: {error})"
                ),
                None => format!(
                    "build once without --offline, or name one with --python {target}=SPEC, such as \
                     the root of an unpacked system"
                ),
            },
            Self::Unknown { download: Some(error), .. } => format!(
                "install one, or name one with --python (the download failed, too: {error})"
            ),
            Self::Unknown { .. } => "install one, or name one of these with --python".into(),
            Self::NoPython { .. } => {
                "give a version, an interpreter, the directory of a standalone Python, or its \
                 .tar.gz or .tar.zst"
                    .into()
            }
            Self::Probe { .. } => {
                "repair that installation, or name another one with --python".into()
            }
            Self::Unsupported { .. } => "name a CPython 3.9 or newer with --python".into(),
            Self::Machine { target, .. } | Self::NoDebian { target } => {
                format!("name a CPython for {target} with --python")
            }
            Self::NotOffered { .. } => {
                "ask for one of these, or give the URL of another release".into()
            }
            Self::Offline { .. } => "build once without --offline, or download it yourself".into(),
            Self::Unpack { .. } => "check that the file is complete; download it again".into(),
            Self::Read { .. } => "check that it exists and can be read".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the cache directory can be written".into(),
        })
    }
}
