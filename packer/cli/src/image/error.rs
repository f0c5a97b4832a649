//! Why an image cannot be made.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

use crate::archive;
use crate::build_cache;

/// Why an image cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The image cannot be written or read.
    #[error(transparent)]
    Image(#[from] snakecrate_image::Error),
    /// The application's metadata cannot be read.
    #[error(transparent)]
    About(Box<crate::package::Error>),
    /// The build cache cannot be used.
    #[error(transparent)]
    Cache(#[from] build_cache::Error),
    /// An image has nothing that a bundled C library would come from.
    #[error("{} has no C library of its own, and an image has no other", .0.display())]
    NoCLibrary(PathBuf),
    /// The archive has no runtime inside.
    #[error("{} needs a runtime file, which an image doesn't have", .0.display())]
    NoRuntime(PathBuf),
    /// This packer has no launcher for the target.
    #[error("this snakecrate has no launcher for {0}")]
    NoLauncher(&'static str),
    /// The archive has a first-run hook.
    #[error("{} has a first-run hook, and an image is read-only: it would run at each start", .0.display())]
    FirstRun(PathBuf),
    /// A component's files are elsewhere.
    #[error("{} downloads {component} when it starts, and an image is read-only", path.display())]
    Download {
        /// The archive.
        path: PathBuf,
        /// The component's label.
        component: String,
    },
    /// The interpreter cannot be bound to its C library.
    #[error("the interpreter of {} cannot use a C library of its own: {reason}", path.display())]
    Interpreter {
        /// The archive.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// A temporary file cannot be written or read.
    #[error("cannot use {}: {source}", path.display())]
    Temporary {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The variable with the image's time makes no sense.
    #[error("SOURCE_DATE_EPOCH is `{0}`, which isn't a number of seconds since 1970")]
    Date(String),
    /// A label without a value.
    #[error("`{0}` isn't a label: it has no name or no `=`")]
    Label(String),
    /// The other interpreter doesn't fit the image.
    #[error("cannot replace {old} of the image by {new}: {reason}")]
    OtherRuntime {
        /// The image's interpreter.
        old: String,
        /// The other one.
        new: String,
        /// The reason.
        reason: String,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Archive(error) => error.remedy(),
            Self::Image(error) => error.remedy(),
            Self::Cache(error) => error.remedy(),
            Self::About(error) => error.remedy(),
            Self::NoCLibrary(_) => Some(
                "build the archive with --libc bundled, or give `snakecrate image` its source"
                    .into(),
            ),
            Self::NoRuntime(_) => Some("build the archive without --runtime external".into()),
            Self::NoLauncher(_) => Some("run ci/launchers and build snakecrate again".into()),
            Self::FirstRun(_) => {
                Some("build it without the hook, and run the hook in a container of its own".into())
            }
            Self::Download { .. } => {
                Some("build an archive that has all its components inside".into())
            }
            Self::Interpreter { .. } => Some("build the archive again with this snakecrate".into()),
            Self::Temporary { .. } => {
                Some("set SNAKECRATE_CACHE to a directory with enough space".into())
            }
            Self::Date(_) => Some("set it to a number, or unset it".into()),
            Self::Label(_) => Some("write it as NAME=VALUE".into()),
            Self::OtherRuntime { .. } => Some(
                "name an interpreter of the same minor version with --python, or build again"
                    .into(),
            ),
        }
    }
}
