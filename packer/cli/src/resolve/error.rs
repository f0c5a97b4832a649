//! Why distributions could not be resolved, downloaded or built.

use std::io;
use std::path::PathBuf;

use pep440_rs::Version;

use super::failure::{self, BuildFailure, Lines};
use crate::wheel;
use snakecrate_base::error::Remedy;
use snakecrate_download as download;

/// A resolution, download or build that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no uv.
    #[error("uv is required to resolve requirements and to build wheels, and it is not installed")]
    NoUv,
    /// The uv that was found is too old.
    #[error("{} is uv {found}; 0.7 or newer is required", path.display())]
    OldUv {
        /// Its path.
        path: PathBuf,
        /// Its version.
        found: Version,
    },
    /// The variable `UV` names something else.
    #[error("the variable UV is {}, which isn't uv", .0.display())]
    NotUv(PathBuf),
    /// A program cannot be started.
    #[error("cannot run {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: io::Error,
    },
    /// No set of distributions fits the requirements.
    #[error("uv cannot resolve the requirements{0}")]
    Unsatisfiable(Lines),
    /// There is only a source distribution, and building is not allowed.
    #[error("a distribution has no wheel, and building it from source is not allowed{0}")]
    OnlySource(Lines),
    /// uv failed for another reason: the network, the index, its configuration.
    #[error("uv failed{0}")]
    Uv(Lines),
    /// A wheel cannot be built.
    #[error("cannot build a wheel of {what}: {failure}")]
    Build {
        /// The project or distribution.
        what: String,
        /// Why.
        failure: Box<BuildFailure>,
    },
    /// The requirements of a build cannot be installed.
    #[error("cannot install what the build of {what} requires{message}")]
    BuildRequirements {
        /// The project or distribution.
        what: String,
        /// uv's message.
        message: Lines,
    },
    /// A git repository cannot be fetched.
    #[error("cannot fetch the git source {address}{message}")]
    Git {
        /// Its address, without credentials.
        address: String,
        /// The message of git or uv.
        message: Lines,
    },
    /// Something is not in the cache, and `--offline` forbids the network.
    #[error("unavailable offline: {0}")]
    Offline(String),
    /// uv cannot resolve without the network.
    #[error("uv cannot resolve the requirements offline{0}")]
    OfflineResolution(Lines),
    /// The answer of a program or index has an unknown form.
    #[error("cannot read the output of {program}: {cause}")]
    Answer {
        /// `uv`, `git` or the index.
        program: &'static str,
        /// The problem with it.
        cause: String,
    },
    /// No file of a distribution can be used.
    #[error("no file of {name} fits Python {python} on {target}")]
    NoFile {
        /// The distribution.
        name: String,
        /// The name of the archive's target.
        target: &'static str,
        /// Its minor version: `3.12`.
        python: String,
    },
    /// A distribution has wheels, but none for a foreign target.
    #[error(
        "{name} has no wheel for Python {python} on {target}, and a wheel built here would not run there"
    )]
    NoWheel {
        /// The distribution.
        name: String,
        /// The name of the archive's target.
        target: &'static str,
        /// Its minor version: `3.12`.
        python: String,
    },
    /// A wheel that was built here is not for the foreign target.
    #[error("the wheel that this machine builds of {what} would not run on {target}: {file}")]
    Foreign {
        /// The project or distribution.
        what: String,
        /// The name of the archive's target.
        target: &'static str,
        /// The wheel.
        file: String,
    },
    /// The requirements files have hashes, but not this file's.
    #[error("the requirements files have no matching hash for {0}")]
    Hash(String),
    /// An extra that the project or wheel does not have.
    #[error("{what} has no extra `{extra}`")]
    Extra {
        /// The project or wheel.
        what: String,
        /// The unknown name.
        extra: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// A distribution does not support this Python.
    #[error("{what} requires Python {wanted}, but the interpreter is {actual}")]
    Python {
        /// The project or wheel.
        what: String,
        /// Its `Requires-Python`.
        wanted: String,
        /// The interpreter's version.
        actual: String,
    },
    /// A download failed.
    #[error(transparent)]
    Download(#[from] download::Error),
    /// A wheel cannot be used.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// A file of the packer's cache, or one of the user's, cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

/// uv's words for a name that the index doesn't have.
const NO_SUCH_PACKAGE: &str = "was not found in the package registry";

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoUv => "run `pip install uv` or `pipx install uv`".into(),
            Self::OldUv { .. } => {
                "run `pip install --upgrade uv` or `pipx install uv`, or name a newer uv in the \
                 variable UV"
                    .into()
            }
            Self::NotUv(_) => "set UV to the path of uv, or unset it".into(),
            Self::Start { .. } => "check that the program is complete and executable".into(),
            Self::Unsatisfiable(message) if message.to_string().contains(NO_SUCH_PACKAGE) => {
                "check its name, or choose the index that has it with --index-url".into()
            }
            Self::Unsatisfiable(_) => {
                "change the requirements, or choose another Python with --python".into()
            }
            Self::OnlySource(_) => {
                "choose a version that has wheels, or allow building from source".into()
            }
            Self::Uv(_) => {
                "check the network, the index and uv's configuration; use -v to see the command"
                    .into()
            }
            Self::Build { failure, .. } => failure.remedy(),
            Self::BuildRequirements { .. } => {
                "check `build-system.requires` in its pyproject.toml, and the index".into()
            }
            Self::Git { message, .. } => failure::git_remedy(&message.to_string()).into(),
            Self::Offline(_) | Self::OfflineResolution(_) => {
                "build once without --offline, or give a directory with the wheels to --find-links"
                    .into()
            }
            Self::Answer { program, .. } => format!("try another version of {program}"),
            Self::NoFile { .. } => {
                "choose another version of it, or another Python with --python".into()
            }
            Self::NoWheel { target, .. } => format!(
                "build its wheel on {target}, and give the directory to --find-links, or one with all \
                 wheels to --wheelhouse; a lock file must list the wheel, too"
            ),
            Self::Foreign { target, .. } => format!(
                "build that wheel on {target}, and give its directory to --find-links, that of all \
                 wheels to --wheelhouse, or your project's own wheel in place of the project"
            ),
            Self::Hash(_) => "add its hash to the requirements file, or remove all hashes".into(),
            Self::Extra { known, .. } if known.is_empty() => "remove the extra".into(),
            Self::Extra { known, .. } => format!("choose one of: {}", known.join(", ")),
            Self::Python { .. } => "choose another interpreter with --python".into(),
            Self::Download(error) => return error.remedy(),
            Self::Wheel(error) => return error.remedy(),
            Self::File { .. } => "check that the file exists and its permissions".into(),
        })
    }
}

/// Adds the path to an I/O error.
pub(super) trait At<T> {
    /// The error is about `path`.
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::File { path: path.into(), source })
    }
}
