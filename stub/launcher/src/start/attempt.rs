//! Why an environment was not started.

use snakecrate_cache::unusable::Unusable;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::FileId;

use crate::error::Error;

/// Why a place has no environment to start, for the cold start that follows.
#[derive(Debug)]
pub enum NotStarted {
    /// The cache is not there or cannot be trusted.
    Root(Unusable),
    /// There is no such environment.
    Absent,
    /// This environment has to be checked: something is missing, or the machine was restarted since
    /// the last check.
    Suspect(FileId),
}

impl NotStarted {
    /// The environment in `env` has to be checked.
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
