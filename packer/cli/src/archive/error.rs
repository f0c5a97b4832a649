//! What goes wrong with archives.

use std::io;
use std::path::PathBuf;

use snakecrate_format::manifest::BadManifest;
use snakecrate_format::record::{BadRecord, SECTION};

use snakecrate_base::error::Remedy;

/// Why an archive cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nothing at the path.
    #[error("no such file: `{}`", .0.display())]
    NotFound(PathBuf),
    /// The file cannot be opened or read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Not an executable with a boot record.
    #[error("`{}` is not an archive: {reason}", path.display())]
    NotAnArchive {
        /// The file.
        path: PathBuf,
        /// What it lacks.
        reason: String,
    },
    /// Of another version, or damaged in its first bytes.
    #[error("`{}`: {source}", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What is wrong with the record.
        source: BadRecord,
    },
    /// Shorter than it was made.
    #[error("`{}` is truncated: have {have} bytes, need {need}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        have: u64,
        /// The length it should have.
        need: u64,
    },
    /// The manifest's bytes are right, but what they say is not.
    #[error("`{}`: {source}", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: BadManifest,
    },
    /// Bytes that are not what they were.
    #[error("`{}` is damaged: {what}, at offset {offset}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which part, and what is wrong with it.
        what: String,
        /// Where the part begins in the file.
        offset: u64,
    },
    /// The launcher that an archive is to begin with is not one.
    #[error("this launcher cannot carry an archive: {0}")]
    Stub(String),
    /// The parts of an archive contradict each other.
    #[error("cannot make an archive of this: {0}")]
    Spec(String),
    /// A packed component's file is not what it was when it was packed.
    #[error("the component cache is damaged: `{}`", .0.display())]
    Cache(PathBuf),
    /// The output cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The directory to extract to has something in it.
    #[error("`{}` is there already and is not an empty directory", .0.display())]
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
