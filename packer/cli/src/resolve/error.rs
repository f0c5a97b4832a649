//! Why distributions could not be got.

use std::io;
use std::path::PathBuf;

use crate::wheel;
use snakecrate_base::download;
use snakecrate_base::error::Remedy;

/// A resolution, download or build that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither uv nor a pip that is new enough.
    #[error("there is no uv, and no pip 22.3 or newer that works with {}", .0.display())]
    NoTool(PathBuf),
    /// A program does not start.
    #[error("cannot run {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// No set of distributions fits the requirements.
    #[error("the requirements cannot be satisfied: {0}")]
    Unsatisfiable(String),
    /// There is a source distribution only, and building is not allowed.
    #[error("there is no wheel, only a source distribution: {0}")]
    OnlySource(String),
    /// The build back end failed.
    #[error("cannot build a wheel of {what}: {}", lines(output))]
    Build {
        /// The project or distribution.
        what: String,
        /// The last lines of what the back end said.
        output: Vec<String>,
    },
    /// Something is not in the cache, and the network may not be used.
    #[error("not to be had without the network: {0}")]
    Offline(String),
    /// The tool failed for another reason: the network, the index, its configuration.
    #[error("{program} failed: {words}")]
    Failed {
        /// `uv` or `pip`.
        program: &'static str,
        /// What it says.
        words: String,
    },
    /// The tool's answer is not understood.
    #[error("cannot make sense of what {program} answered: {cause}")]
    Answer {
        /// `uv` or `pip`.
        program: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// A file is not among those the requirements file lists the hashes of.
    #[error("the requirements files have no matching hash for {0}")]
    Hash(String),
    /// A distribution does not want this Python.
    #[error("{what} needs Python {wanted}; the interpreter is {actual}")]
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
    /// A wheel is not what it should be.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// A file of the packer's cache, or one of the user's, cannot be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn lines(output: &[String]) -> String {
    match output {
        [] => "the build back end failed without a word".into(),
        [one] => one.clone(),
        more => format!("the build back end says\n    {}", more.join("\n    ")),
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoTool(_) => {
                "install uv (https://docs.astral.sh/uv/) or `python3 -m ensurepip`".into()
            }
            Self::Start { .. } => "check that the program is whole and may be executed".into(),
            Self::Unsatisfiable(_) => {
                "change the requirements, or choose another Python with --python".into()
            }
            Self::OnlySource(_) => {
                "choose a version that has wheels, or allow building it from source".into()
            }
            Self::Build { .. } => "see all that it says with -v".into(),
            Self::Offline(_) => {
                "build once without --offline, or name a directory with the wheels with \
                 --find-links"
                    .into()
            }
            Self::Failed { .. } => {
                "check the network, the index and the tool's configuration; -v shows the command"
                    .into()
            }
            Self::Answer { program, .. } => format!("try another version of {program}"),
            Self::Hash(_) => {
                "list its hash in the requirements file, or take all hashes out".into()
            }
            Self::Python { .. } => "choose an interpreter that fits with --python".into(),
            Self::Download(error) => return error.remedy(),
            Self::Wheel(error) => return error.remedy(),
            Self::File { .. } => "check that it is there, and the permissions".into(),
        })
    }
}

/// Adds the path to errors of the system.
pub(crate) trait At<T> {
    /// The error is about `path`.
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, Error> {
        self.map_err(|source| Error::File { path: path.into(), source })
    }
}
