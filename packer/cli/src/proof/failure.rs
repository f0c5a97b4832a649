//! Why a proof failed, and what of its output is shown.

use std::fmt;
use std::io;
use std::process::ExitStatus;

use snakecrate_platform::child;

use crate::archive;
use crate::build::HOOK;
use crate::build_cache;
use snakecrate_base::error::Remedy;

/// The lines of an output that are shown, from its end.
const SHOWN: usize = 20;

/// Why an archive was not proven.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An entry does not work.
    #[error("{} {cause}{}", title(entry), also(others))]
    Entry {
        /// Its name, or [`HOOK`].
        entry: String,
        /// Why not.
        cause: Cause,
        /// Further entries that do not work.
        others: Vec<String>,
        /// Entries that do.
        working: Vec<String>,
    },
    /// The interpreter of the archive does not start.
    #[error("the archive {0}")]
    NoStart(Cause),
    /// The system does not execute the archive.
    #[error("the archive cannot be started: {0}")]
    Start(io::Error),
    /// A command of the user fails.
    #[error("`{command}` {cause}")]
    Command {
        /// The command.
        command: String,
        /// Why.
        cause: Cause,
    },
    /// A command is none of an entry.
    #[error("the proof command `{name}` isn't an entry")]
    UnknownEntry {
        /// Its first word.
        name: String,
        /// The entries.
        entries: Vec<String>,
    },
    /// The surroundings cannot be made.
    #[error("cannot prepare the proof: {0}")]
    Scratch(io::Error),
    /// The runtime file of the archive cannot be written.
    #[error("cannot prepare the proof: {0}")]
    Runtime(archive::Error),
    /// The build cache cannot be used.
    #[error(transparent)]
    Cache(build_cache::Error),
}

/// Why a start failed.
#[derive(Debug)]
pub enum Cause {
    /// An exception, by its traceback.
    Raised(String),
    /// The process ended by itself.
    Ended {
        /// Its status.
        status: ExitStatus,
        /// Its output.
        output: String,
    },
    /// The loader does not find these.
    NotLoaded(String),
    /// It took more seconds than these.
    TooLong(u64),
}

impl Error {
    /// The output that shows the cause, in full.
    pub fn output(&self) -> Option<&str> {
        match self {
            Self::Entry { cause, .. } | Self::Command { cause, .. } | Self::NoStart(cause) => {
                match cause {
                    Cause::Raised(text) | Cause::NotLoaded(text) => Some(text),
                    Cause::Ended { output, .. } => Some(output),
                    Cause::TooLong(_) => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the archive itself is to blame, so that it is worth a look.
    pub fn is_about_archive(&self) -> bool {
        matches!(
            self,
            Self::Entry { .. } | Self::NoStart(_) | Self::Start(_) | Self::Command { .. }
        )
    }

    /// Whether more time might help.
    fn took_too_long(&self) -> bool {
        matches!(
            self,
            Self::Entry { cause: Cause::TooLong(_), .. }
                | Self::Command { cause: Cause::TooLong(_), .. }
                | Self::NoStart(Cause::TooLong(_))
        )
    }
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::UnknownEntry { entries, .. } => {
                Some(format!("begin it with one of: {}", entries.join(", ")))
            }
            Self::Cache(error) => error.remedy(),
            Self::Runtime(error) => error.remedy(),
            Self::Scratch(_) => Some("set SNAKECRATE_CACHE to a directory that you own".into()),
            Self::Entry { working, .. } if !working.is_empty() => {
                let entries: Vec<_> = working.iter().map(|name| format!("-e {name}")).collect();
                Some(format!("offer only entries that start: {}", entries.join(" ")))
            }
            _ if self.took_too_long() => Some("allow more with --proof-timeout".into()),
            _ => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised(traceback) => {
                write!(f, "cannot be started:\n{}", traceback.trim_end())
            }
            Self::NotLoaded(complaints) => {
                write!(f, "cannot be loaded:\n{complaints}")
            }
            Self::TooLong(seconds) => write!(f, "took more than {seconds} s"),
            Self::Ended { status, output } => {
                match (child::signal(*status), status.code()) {
                    (Some(signal), _) => write!(f, "was killed by signal {signal}")?,
                    (None, Some(code)) => write!(f, "exits with status {code}")?,
                    (None, None) => f.write_str("failed")?,
                }
                match end(output) {
                    "" => Ok(()),
                    shown => write!(f, ":\n{shown}"),
                }
            }
        }
    }
}

fn title(entry: &str) -> String {
    if entry == HOOK { "the first-run hook".into() } else { format!("the entry `{entry}`") }
}

fn also(others: &[String]) -> String {
    let name = |other: &String| match other.as_str() {
        HOOK => "the first-run hook".to_owned(),
        name => name.to_owned(),
    };
    let others: Vec<_> = others.iter().map(name).collect();
    if others.is_empty() { String::new() } else { format!("\nalso failing: {}", others.join(", ")) }
}

/// The last lines of an output.
fn end(output: &str) -> &str {
    let output = output.trim_end();
    let start = output.rmatch_indices('\n').nth(SHOWN - 1).map_or(0, |(at, _)| at + 1);
    &output[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_outputs_are_shown_from_their_end() {
        let output = (0..100).map(|number| format!("line {number}\n")).collect::<Vec<_>>().concat();
        let shown = end(&output);
        assert!(shown.starts_with("line 80\n") && shown.ends_with("line 99"), "{shown}");
        assert_eq!(end("one\n"), "one");
        assert_eq!(end("\n"), "");
    }
}
