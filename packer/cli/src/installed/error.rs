//! Why a virtual environment cannot be packed.

use std::io;
use std::path::{Path, PathBuf};

use crate::wheel;
use snakecrate_base::error::Remedy;

/// A virtual environment that cannot be packed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The environment is for another Python.
    #[error("{} has no packages for Python {minor}", directory.display())]
    OtherPython {
        /// The environment.
        directory: PathBuf,
        /// The interpreter's version: `3.12`.
        minor: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A distribution whose files are not known.
    #[error("{} has no RECORD, so its files are not known", .0.display())]
    NoRecord(PathBuf),
    /// Something that was not installed from a wheel.
    #[error("{} was not installed from a wheel, so its files are not known", .0.display())]
    Egg(PathBuf),
    /// A `.pth` file that no distribution has.
    #[error("{} changes what Python finds, and no distribution lists it", .0.display())]
    Paths(PathBuf),
    /// A file that a RECORD lists is not there.
    #[error("{name} is incomplete: {} is missing", path.display())]
    Missing {
        /// The distribution.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A file is not the one that was installed.
    #[error("{} was altered after {name} was installed", path.display())]
    Altered {
        /// The distribution.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// A file outside of the environment.
    #[error("{name} has a file outside of the environment: {}", path.display())]
    Outside {
        /// The distribution.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// Requirements that would change the environment.
    #[error("a virtual environment is packed as it is, without {0}")]
    More(&'static str),
    /// The archive is for another target than this machine's, which the environment is for.
    #[error("{} has distributions for this machine, and the archive is for {target}", directory.display())]
    Foreign {
        /// The environment.
        directory: PathBuf,
        /// The name of the archive's target.
        target: &'static str,
    },
    /// The metadata is invalid.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::OtherPython { .. } => "leave out --python, or name the environment's own".into(),
            Self::File { .. } => "check the file's permissions".into(),
            Self::NoRecord(_) | Self::Egg(_) => {
                "install it again with `uv pip install` or a current pip".into()
            }
            Self::Paths(path) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                format!(
                    "install the project that {name} leads to, without --editable, and remove it"
                )
            }
            Self::Missing { name, .. }
            | Self::Altered { name, .. }
            | Self::Outside { name, .. } => {
                format!("install {name} again: `pip install --force-reinstall --no-deps {name}`")
            }
            Self::Foreign { .. } => {
                "build the project or requirement that it was made from, instead of the environment"
                    .into()
            }
            Self::More(_) => "install it into the environment first".into(),
            Self::Wheel(error) => return error.remedy(),
        })
    }
}

/// Adds the path to an error of the system.
pub(super) trait At<T> {
    fn at(self, path: &Path) -> Result<T, Error>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::File { path: path.to_owned(), source })
    }
}
