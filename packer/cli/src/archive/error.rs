//! Errors of reading and writing archives.

use std::io;
use std::path::PathBuf;

use snakecrate_format::manifest::BadManifest;
use snakecrate_format::record::{BadRecord, SECTION};

use snakecrate_base::error::Remedy;

/// Why an archive cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing exists at the path.
    #[error("no such file: `{}`", .0.display())]
    NotFound(PathBuf),
    /// The file cannot be opened or read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Not an executable with a boot record.
    #[error("`{}` is not an archive: {reason}", path.display())]
    NotAnArchive {
        /// The file.
        path: PathBuf,
        /// The part that it lacks.
        reason: String,
    },
    /// A runtime file, where an application is needed.
    #[error("`{}` is a runtime file, and no application", .0.display())]
    RuntimeFile(PathBuf),
    /// The record has another version, or is damaged.
    #[error("`{}`: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The fault of the record.
        source: BadRecord,
    },
    /// Shorter than the record says.
    #[error("`{}` is truncated: have {have} bytes, need {need}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        have: u64,
        /// The length it should have.
        need: u64,
    },
    /// The manifest has the right digest and cannot be used.
    #[error("`{}`: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The fault.
        source: BadManifest,
    },
    /// A target that this version doesn't know.
    #[error("`{}` is for the unknown target {target}", path.display())]
    Target {
        /// The file.
        path: PathBuf,
        /// The target that its manifest names.
        target: String,
    },
    /// Bytes that have changed since they were packed.
    #[error("`{}` is damaged: {what}, at offset {offset}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part, and its fault.
        what: String,
        /// The part's offset in the file.
        offset: u64,
    },
    /// The file given as launcher isn't one.
    #[error("this launcher cannot carry an archive: {0}")]
    Stub(String),
    /// The parts of an archive contradict each other.
    #[error("cannot make an archive of this: {0}")]
    Spec(String),
    /// A file of the component cache has changed.
    #[error("the component cache is damaged: `{}`", .0.display())]
    Cache(PathBuf),
    /// The output cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The directory to extract to isn't empty.
    #[error("`{}` exists and isn't an empty directory", .0.display())]
    NotEmpty(PathBuf),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NotFound(_) => "check the path".into(),
            Self::Read { .. } => "check its permissions, and that it is a file".into(),
            Self::NotAnArchive { .. } => {
                format!(
                    "give a file that `snakecrate build` made; its section `{SECTION}` marks it"
                )
            }
            Self::Record { source: BadRecord::Version(_) | BadRecord::Flags(_), .. }
            | Self::Manifest { source: BadManifest::Format(_) | BadManifest::Feature(_), .. } => {
                "use the version of snakecrate that built it, or a newer one".into()
            }
            Self::RuntimeFile(_) => {
                "give the application's file; `inspect`, `verify`, `extract`, `diff` and `audit` take both"
                    .into()
            }
            Self::Target { .. } => "use a newer snakecrate".into(),
            Self::Record { .. }
            | Self::Truncated { .. }
            | Self::Manifest { .. }
            | Self::Damaged { .. } => "download it again, or build it again".into(),
            Self::Stub(_) => "use the launcher that belongs to this version of snakecrate".into(),
            Self::Spec(_) => return None,
            Self::Cache(path) => format!("delete `{}` and build again", path.display()),
            Self::Write { path, source } if source.kind() == io::ErrorKind::IsADirectory => {
                format!("name a file, such as `{}`", path.join("app").display())
            }
            Self::Write { path, source } if source.kind() == io::ErrorKind::NotFound => {
                let parent = path.parent().unwrap_or(path);
                format!("make the directory `{}` first", parent.display())
            }
            Self::Write { .. } => {
                "check that the directory is there, may be written to and has room".into()
            }
            Self::NotEmpty(_) => "name a directory that does not exist yet".into(),
        })
    }
}
