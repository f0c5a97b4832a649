//! Why an environment was not started.

use snakecrate_cache::unusable::Unusable;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::FileId;

use crate::error::Error;

/// Why the environment at a place was not started, for the cold start that follows.
#[derive(Debug)]
pub enum NotStarted {
    /// The cache does not exist or cannot be trusted.
    Root(Unusable),
    /// There is no such environment.
    Absent,
    /// This environment must be made again, with a check of its components: a file is missing or
    /// changed, the host was rebooted, or its C library changed.
    Suspect(FileId),
}

impl NotStarted {
    /// [`NotStarted::Suspect`] for the environment in `env`.
    pub fn suspect(env: &Directory) -> Self {
        env.metadata().map_or(Self::Absent, |found| Self::Suspect(found.id()))
    }
}

/// Why the application in an environment was not started.
#[derive(Debug)]
pub enum StartError {
    /// Making the environment again may help.
    Repairable(Error, NotStarted),
    /// It would not help.
    Final(Error),
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Repairable(error, _) | StartError::Final(error) => error,
        }
    }
}
