//! What can go wrong with a runtime.

use std::io;
use std::path::PathBuf;

use snakecrate_format::entry_path::BadPath;
use snakecrate_format::target::Target;

use crate::elf::Malformed;
use crate::spec::BadSpec;
use crate::worker::NotStarted;
use snakecrate_base::download;
use snakecrate_base::error::Remedy;

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `--python` cannot be understood.
    #[error(transparent)]
    Spec(#[from] BadSpec),
    /// The project's `requires-python` is not a PEP 440 specifier set.
    #[error("`requires-python` is `{text}`: {reason}")]
    Requires {
        /// What the project says.
        text: String,
        /// What is wrong with it, in one line.
        reason: String,
    },
    /// No interpreter fits, and none was downloaded.
    #[error("no Python {wanted} here; {}", list(found))]
    Unknown {
        /// The version asked for, in words.
        wanted: String,
        /// Version and path of each interpreter there is.
        found: Vec<String>,
        /// Why a download did not help.
        download: Option<Box<Error>>,
    },
    /// A path that `--python` names leads nowhere, or to nothing that is a Python.
    #[error("{} {problem}", path.display())]
    NoPython {
        /// What was given.
        path: PathBuf,
        /// A phrase: `does not exist`.
        problem: &'static str,
    },
    /// An interpreter did not answer.
    #[error("{} does not work as a Python interpreter: {reason}", path.display())]
    Probe {
        /// The executable.
        path: PathBuf,
        /// Its last words.
        reason: String,
    },
    /// An interpreter that archives cannot carry.
    #[error("{} is {what}, which archives cannot carry", path.display())]
    Unsupported {
        /// The executable.
        path: PathBuf,
        /// `PyPy 3.10`, `a free-threaded build`.
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
    /// A download failed.
    #[error(transparent)]
    Download(#[from] download::Error),
    /// Something is to be downloaded, but nothing may be.
    #[error("{url} is not in the cache, and --offline forbids to download it")]
    Offline {
        /// The address, without credentials.
        url: String,
    },
    /// The mirror's list has nothing that fits.
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
        /// What went wrong.
        reason: String,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file or directory cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An executable or library that cannot be worked on.
    #[error("cannot make {} relocatable: {reason}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: Malformed,
    },
    /// The interpreter itself needs a library that is not here.
    #[error("{} needs {name}, which is not on this machine", path.display())]
    Library {
        /// The executable, or a library of its.
        path: PathBuf,
        /// The library.
        name: String,
    },
    /// A library that cannot be included.
    #[error("cannot include {name}: {problem}")]
    Graft {
        /// Its name.
        name: String,
        /// What is in the way.
        problem: String,
    },
    /// The interpreter does not start, or is not the expected one.
    #[error(transparent)]
    Interpreter(#[from] NotStarted),
    /// The time zones cannot be put into one file.
    #[error("cannot put the time zones together: {0}")]
    Zones(zip::result::ZipError),
    /// A name that cannot be in an archive.
    #[error("a file of the runtime cannot be in an archive: {0}")]
    Path(#[from] BadPath),
    /// A pattern of files to keep or drop.
    #[error("`{pattern}` is not a pattern of files: {reason}")]
    Pattern {
        /// What was given.
        pattern: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

fn list(found: &[String]) -> String {
    if found.is_empty() {
        "there is none at all".into()
    } else {
        format!("there is {}", found.join(", "))
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Spec(error) => return error.remedy(),
            Self::Download(error) => return error.remedy(),
            Self::Interpreter(error) => return error.remedy(),
            Self::Requires { .. } => "write it as PEP 440 has it, such as `>=3.10`".into(),
            Self::Unknown { download: Some(error), .. } => {
                format!("a download did not help ({error}); install one, or name one with --python")
            }
            Self::Unknown { .. } => "install one, or name one of these with --python".into(),
            Self::NoPython { .. } => {
                "give a version, an interpreter, the directory of a standalone Python, or its \
                 .tar.gz or .tar.zst"
                    .into()
            }
            Self::Graft { name, .. } => format!(
                "install the package that has it (apt-file search {name}; dnf provides '*/{name}')"
            ),
            Self::Probe { .. } | Self::Library { .. } => {
                "repair that installation, or name another one with --python".into()
            }
            Self::Unsupported { .. } => "name a CPython 3.9 or newer with --python".into(),
            Self::Machine { target, .. } => format!("name a CPython for {target} with --python"),
            Self::NotOffered { .. } => {
                "ask for one of these, or give the URL of another release".into()
            }
            Self::Offline { .. } => "build once without --offline, or download it yourself".into(),
            Self::Unpack { .. } => "check that the file is whole; download it again".into(),
            Self::Read { .. } => "check that it is there and can be read".into(),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the cache directory can be written".into(),
            Self::Elf { .. } => {
                "try another build of Python, such as python-build-standalone's".into()
            }
            Self::Zones(_) => "leave them out with --runtime-drop zoneinfo, and report it".into(),
            Self::Path(_) => "remove that file from the installation, or drop it".into(),
            Self::Pattern { .. } => "write it like `lib2to3` or `encodings/*_codec.py`".into(),
        })
    }
}
