//! Why no package can be made.

use std::io;
use std::path::PathBuf;

use snakecrate_base::error::Remedy;

use crate::{archive, audit_sources};

/// Why no package can be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Its files cannot be arranged as an environment.
    #[error(transparent)]
    Prefix(#[from] crate::prefix::Error),
    /// Its native code cannot be read.
    #[error(transparent)]
    Audit(#[from] audit_sources::Error),
    /// No package can have this name.
    #[error("no package can be called `{0}`")]
    Name(String),
    /// A system doesn't work without the package that has this name.
    #[error("a package called `{0}` would replace a part of the system")]
    Essential(String),
    /// There is no version.
    #[error("`{0}` has no version")]
    NoVersion(String),
    /// The version isn't PEP 440.
    #[error("`{version}` isn't a version as PEP 440 has them: {cause}")]
    Version {
        /// The version.
        version: String,
        /// The fault.
        cause: String,
    },
    /// Nobody maintains it.
    #[error("`{0}` has no maintainer: none of its maintainers and authors has an e-mail address")]
    NoMaintainer(String),
    /// Not a name and an address.
    #[error("the maintainer `{0}` isn't `NAME <MAIL>`")]
    Maintainer(String),
    /// A value that a field of a package cannot have.
    #[error("`{value}` cannot be the {what} of a package")]
    Value {
        /// The field: `section`.
        what: &'static str,
        /// The value.
        value: String,
    },
    /// An entry whose name no command in `/usr/bin` should have.
    #[error("the entry `{0}` cannot be a command in /usr/bin")]
    Entry(String),
    /// An entry with the name of one of the system's commands.
    #[error("the entry `{0}` would replace the system's command of this name")]
    Command(String),
    /// A service that starts an entry that isn't there.
    #[error("the service `{service}` starts `{entry}`, but {archive} has no such entry")]
    NoEntry {
        /// The service.
        service: String,
        /// The entry.
        entry: String,
        /// The application.
        archive: String,
    },
    /// A key of a service has a value that no unit can have.
    #[error("`{value}` cannot be the {key} of the service `{service}`")]
    Service {
        /// The service.
        service: String,
        /// The key.
        key: &'static str,
        /// Its value.
        value: String,
    },
    /// The variable isn't a time.
    #[error("SOURCE_DATE_EPOCH is `{0}`, which isn't a number of seconds up to the year 2105")]
    Date(String),
    /// The package cannot be written.
    #[error("cannot write `{}`: {source}", path.display())]
    Write {
        /// The package.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The parts of an RPM package contradict each other.
    #[error("cannot make the RPM package: {0}")]
    Rpm(String),
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Archive(error) => return error.remedy(),
            Self::Prefix(error) => return error.remedy(),
            Self::Audit(error) => return error.remedy(),
            Self::Name(_) => "name the package with --package-name: lower-case letters, digits, `+`, \
                              `-` and `.`, two at least"
                .into(),
            Self::Essential(_) => "name the package with --package-name".into(),
            Self::NoVersion(_) | Self::Version { .. } => {
                "give the version with --package-version, such as 1.0".into()
            }
            Self::NoMaintainer(_) | Self::Maintainer(_) => {
                "name a person with --maintainer 'NAME <MAIL>', or in [tool.snakecrate.packaging]".into()
            }
            Self::Value { what, .. } => format!("change `{what}` in [tool.snakecrate.packaging]"),
            Self::Entry(_) | Self::Command(_) => {
                "build the archive with the other entries only: -e NAME, or -e OTHER=MODULE:FUNCTION"
                    .into()
            }
            Self::NoEntry { service, .. } => {
                format!("set `entry` in [tool.snakecrate.service.{service}]")
            }
            Self::Service { service, key, .. } => {
                format!("change `{key}` in [tool.snakecrate.service.{service}]")
            }
            Self::Date(_) => "set SOURCE_DATE_EPOCH to seconds since 1970, or unset it".into(),
            Self::Write { .. } => "name a writable file or directory with -o".into(),
            Self::Rpm(_) => "report this as a bug in snakecrate, with the command".into(),
        })
    }
}
