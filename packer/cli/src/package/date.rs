//! The time that everything in a package has.

use std::env;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::Error;

/// Variable with the time in seconds since 1970: <https://reproducible-builds.org/specs/source-date-epoch/>
const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The time of packages without that variable: 2000-01-01. Archives have none, and Debian's lintian
/// takes files from before 1984 for the mistake of a build.
const FIXED: u32 = 946_684_800;

/// A time in whole seconds since 1970. RPM has 32 bits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date(pub(super) u32);

impl Date {
    /// The time that the environment names, or the fixed one.
    ///
    /// # Errors
    ///
    /// [`Error::Date`]
    pub fn of_environment() -> Result<Self, Error> {
        match env::var(VARIABLE) {
            Ok(text) => text.parse().map(Self).map_err(|_| Error::Date(text)),
            Err(env::VarError::NotPresent) => Ok(Self(FIXED)),
            Err(env::VarError::NotUnicode(text)) => {
                Err(Error::Date(text.to_string_lossy().into_owned()))
            }
        }
    }

    /// The time that the environment names, as RFC 3339 has it; `None` if it names none.
    ///
    /// # Errors
    ///
    /// [`Error::Date`]
    pub fn chosen() -> Result<Option<String>, Error> {
        if env::var_os(VARIABLE).is_none() {
            return Ok(None);
        }
        let Self(seconds) = Self::of_environment()?;
        Ok(Some(Timestamp::from_second(seconds.into()).unwrap_or_default().to_string()))
    }

    /// As changelogs have it: `Sat, 1 Jan 2000 00:00:00 +0000`.
    pub(super) fn rfc2822(self) -> String {
        let time = Timestamp::from_second(self.0.into()).unwrap_or_default();
        let text = rfc2822::DateTimePrinter::new().timestamp_to_string(&time);
        // RFC 2822 has `-0000` for times without a place; Debian's changelogs don't.
        text.unwrap_or_default().replace("-0000", "+0000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_changelogs() {
        assert_eq!(Date(FIXED).rfc2822(), "Sat, 1 Jan 2000 00:00:00 +0000");
        assert_eq!(Date(0).rfc2822(), "Thu, 1 Jan 1970 00:00:00 +0000");
    }
}
