//! Why a wheel cannot be packed.

use std::io;
use std::path::PathBuf;

use snakecrate_format::entry_path::BadPath;

use snakecrate_base::error::Remedy;

/// A wheel that cannot be packed.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct Error {
    /// The wheel.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub kind: Kind,
}

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum Kind {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// What was unpacked cannot be written to the build directory.
    #[error("cannot write to {}: {source}", path.display())]
    Write {
        /// The file in the build directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Not a zip file, or a broken one.
    #[error("is not a whole zip file: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The name is not `name-version(-build)-python-abi-platform.whl`.
    #[error("the file's name is not that of a wheel")]
    Name,
    /// For another machine or operating system.
    #[error("wrong architecture: the wheel is for {0}, the interpreter for {1}")]
    Platform(String, String),
    /// For another Python.
    #[error("the wheel is for {0}, the interpreter is {1}")]
    Python(String, String),
    /// Its `Wheel-Version` is one this program does not know.
    #[error("has wheel format {0}; only 1.x is known")]
    Version(String),
    /// A file of the metadata is missing or says something that makes no sense.
    #[error("{0}")]
    Metadata(String),
    /// A path that leads somewhere else.
    #[error("holds a path that is not allowed: {0}")]
    Path(#[from] BadPath),
    /// A symbolic link.
    #[error("`{0}` is a symbolic link, which wheels cannot have")]
    Link(String),
    /// The same path twice, or two paths that would be installed as one.
    #[error("holds `{0}` twice")]
    Duplicate(String),
    /// A file that RECORD does not list.
    #[error("`{0}` is not listed in RECORD")]
    Unlisted(String),
    /// A file that only RECORD knows of.
    #[error("`{0}` is listed in RECORD but not there")]
    Missing(String),
    /// A file is not what RECORD says.
    #[error("`{0}` is not the file that RECORD describes (its {1} differs)")]
    Altered(String, &'static str),
    /// More or bigger files than a wheel can sensibly have.
    #[error("is too big: {0}")]
    TooBig(String),
}

impl Kind {
    /// The error for the wheel at `path`.
    pub(crate) fn at(self, path: impl Into<PathBuf>) -> Error {
        Error { path: path.into(), kind: self }
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        let text = match &self.kind {
            Kind::Read(_) => "check that the file is there and readable",
            Kind::Write { .. } => "make room on the disk, or set TMPDIR to a directory with more",
            Kind::Name => "name it as it was published: NAME-VERSION-PYTHON-ABI-PLATFORM.whl",
            Kind::Platform(..) => "use the wheel for this machine, or its source distribution",
            Kind::Python(..) => {
                "choose the interpreter it was made for with --python, or another wheel"
            }
            Kind::Version(_) => "a newer snakecrate may know this format",
            Kind::Zip(_)
            | Kind::Unlisted(_)
            | Kind::Missing(_)
            | Kind::Altered(..)
            | Kind::Metadata(_)
            | Kind::Path(_)
            | Kind::Link(_)
            | Kind::Duplicate(_)
            | Kind::TooBig(_) => {
                "the wheel is damaged or was made wrongly: download or build it again, or choose \
                 another version"
            }
        };
        Some(text.into())
    }
}
