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
    /// The problem.
    #[source]
    pub kind: Kind,
}

/// A problem with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum Kind {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(#[from] io::Error),
    /// An unpacked file cannot be written to the build directory.
    #[error("cannot write to {}: {source}", path.display())]
    Write {
        /// The file in the build directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Not a zip file, or a damaged one.
    #[error("is not a complete zip file: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The name is not `name-version(-build)-python-abi-platform.whl`.
    #[error("the file name is not that of a wheel")]
    Name,
    /// For another machine or operating system.
    #[error("wrong architecture: the wheel is for {0}, the interpreter for {1}")]
    Platform(String, String),
    /// For another Python.
    #[error("the wheel is for {0}, the interpreter is {1}")]
    Python(String, String),
    /// Its `Wheel-Version` is not supported.
    #[error("has wheel format {0}, but only 1.x is supported")]
    Version(String),
    /// A file of the metadata is missing or invalid.
    #[error("{0}")]
    Metadata(String),
    /// A line of its entry points that names no function.
    #[error("declares a command that isn't NAME = MODULE:FUNCTION: `{0}`")]
    EntryPoint(String),
    /// A path that leads out of the environment.
    #[error("contains a path that is not allowed: {0}")]
    Path(#[from] BadPath),
    /// A symbolic link.
    #[error("`{0}` is a symbolic link, which wheels cannot have")]
    Link(String),
    /// The same path twice, or two paths that would be installed as one.
    #[error("contains `{0}` twice")]
    Duplicate(String),
    /// A file that RECORD does not list.
    #[error("`{0}` is not listed in RECORD")]
    Unlisted(String),
    /// A file differs from RECORD.
    #[error("`{0}` differs from RECORD in its {1}")]
    Altered(String, &'static str),
    /// More or bigger files than any real wheel has.
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
            Kind::Read(_) => "check that the file exists and is readable",
            Kind::Write { .. } => "free some disk space",
            Kind::Name => "rename it to NAME-VERSION-PYTHON-ABI-PLATFORM.whl, as it was published",
            Kind::Platform(..) => {
                "use its wheel for the archive's target, or its source distribution"
            }
            Kind::Python(..) => "choose its interpreter with --python, or another wheel",
            Kind::Version(_) => "update snakecrate",
            Kind::EntryPoint(_) => {
                "if it is your project, correct [project.scripts]; else choose another version"
            }
            Kind::Zip(_)
            | Kind::Unlisted(_)
            | Kind::Altered(..)
            | Kind::Metadata(_)
            | Kind::Path(_)
            | Kind::Link(_)
            | Kind::Duplicate(_)
            | Kind::TooBig(_) => "download or build the wheel again, or choose another version",
        };
        Some(text.into())
    }
}
