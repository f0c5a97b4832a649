//! Why a runtime could not be made.

use std::io;
use std::path::PathBuf;

use snakecrate_format::entry_path::BadPath;

use crate::elf::Malformed;
use crate::worker::NotStarted;
use snakecrate_base::error::Remedy;

/// Why a runtime could not be made. Errors of finding an interpreter are [`crate::discover::Error`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// An interpreter of an unsupported kind.
    #[error("{} is {what}, which archives cannot carry", path.display())]
    Unsupported {
        /// The executable.
        path: PathBuf,
        /// The kind.
        what: String,
    },
    /// An executable or library that cannot be changed.
    #[error("cannot make {} relocatable: {reason}", path.display())]
    Elf {
        /// The file.
        path: PathBuf,
        /// The error in it.
        reason: Malformed,
    },
    /// The interpreter itself needs a library that its system lacks.
    #[error("{} needs {name}, which isn't {place}", path.display())]
    Library {
        /// The executable, or one of its libraries.
        path: PathBuf,
        /// The library.
        name: String,
        /// The system, as [`crate::libraries::Host`] is displayed.
        place: String,
    },
    /// A library that cannot be included.
    #[error("cannot include {name}: {problem}")]
    Include {
        /// Its name.
        name: String,
        /// The reason.
        problem: String,
    },
    /// The interpreter does not start, or is not the expected one.
    #[error(transparent)]
    Interpreter(#[from] NotStarted),
    /// The time zones cannot be put into one file.
    #[error("cannot put the time zones together: {0}")]
    Zones(zip::result::ZipError),
    /// A file name that archives cannot have.
    #[error("the runtime has a file that archives cannot have: {0}")]
    Path(#[from] BadPath),
    /// A pattern of files to keep or drop.
    #[error("`{pattern}` isn't a pattern of file names: {reason}")]
    Pattern {
        /// The text.
        pattern: String,
        /// The error in it.
        reason: &'static str,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Interpreter(error) => return error.remedy(),
            Self::Include { name, .. } => format!(
                "install the package that has it (apt-file search {name}; dnf provides '*/{name}')"
            ),
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the cache directory can be written".into(),
            Self::Unsupported { .. } => "name another Python with --python".into(),
            Self::Library { .. } => {
                "repair that installation, or name another one with --python".into()
            }
            Self::Read { .. } => "check that it exists and can be read".into(),
            Self::Elf { .. } => {
                "try another build of Python, such as python-build-standalone's".into()
            }
            Self::Zones(_) => "leave them out with --runtime-drop zoneinfo, and report it".into(),
            Self::Path(_) => "remove that file from the installation, or drop it".into(),
            Self::Pattern { .. } => "write it like `lib2to3` or `encodings/*_codec.py`".into(),
        })
    }
}
