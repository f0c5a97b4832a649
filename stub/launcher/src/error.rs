//! Failures before the application runs, each with an exit status and a remedy.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_cache::places::VARIABLE;
use snakecrate_cache::runtimes::{NoRuntime, VARIABLE as RUNTIME};
use snakecrate_cache::unusable::Unusable;
use snakecrate_format::exit_status;
use snakecrate_format::manifest::BadManifest;
use snakecrate_format::payload::BadPayload;
use snakecrate_format::record::BadRecord;
use snakecrate_platform::error::is_wrong_format;

use crate::entry_choice::NoEntry;

/// A failure of the launcher itself. Its exit statuses are 2 and 120 to 126.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Several entries and none chosen: status 2.
    #[error("{}", describe(.0))]
    NoEntry(NoEntry),
    /// The value of `SNAKECRATE` isn't a command: status 2.
    #[error("the launcher has no command `{}`", word.display())]
    NoCommand {
        /// The value of `SNAKECRATE`.
        word: OsString,
        /// The names of the commands.
        names: Vec<&'static str>,
    },
    /// A command of the launcher does not know this argument: status 2.
    #[error("`{}` is not an argument of this command", .0.display())]
    Argument(OsString),
    /// The archive disables this command: status 2.
    #[error("this archive was built without `SNAKECRATE={0}`")]
    Disabled(&'static str),
    /// `run` without a name: status 2.
    #[error("`run` requires the name of a script")]
    NoName,
    /// The archive has no script of this name: status 2.
    #[error("this archive has no script `{}`", name.display())]
    NoScript {
        /// The name.
        name: OsString,
        /// The names of its entries and scripts.
        names: Vec<String>,
    },
    /// `prepare --all-users` of an archive with a first-run hook: status 2.
    #[error("this archive has a first-run hook, which each user's own cache remembers")]
    FirstRunOfAll,
    /// `extract` without a directory: status 2.
    #[error("`extract` requires a directory")]
    NoDirectory,
    /// `extract` cannot write: status 125.
    #[error("cannot extract to {path}: {source}")]
    Extract {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The archive has no files for desktops: status 2.
    #[error("this archive has no desktop entry")]
    NoDesktop,
    /// There is no directory for the user's data: status 125.
    #[error("no directory for desktop entries")]
    NoUserData,
    /// A desktop entry cannot name this archive: status 125.
    #[error("a desktop entry cannot name {}", .0.display())]
    DesktopPath(PathBuf),
    /// A file that `desktop-install` would write is there already: status 125.
    #[error("{} is there already, and not from this archive", .0.display())]
    Foreign(PathBuf),
    /// Another archive of this application has installed its desktop entry: status 125.
    #[error("the desktop entry is that of {}", .0.display())]
    InstalledBy(PathBuf),
    /// A file for the desktop cannot be read or written: status 125.
    #[error("cannot write {path}: {source}")]
    Desktop {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Standard output cannot be written to: status 125.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
    /// The boot record cannot be used: status 121.
    #[error(transparent)]
    Record(#[from] BadRecord),
    /// The archive is incomplete, damaged or too new: status 121.
    #[error(transparent)]
    Payload(#[from] BadPayload),
    /// There is no runtime file for an archive without a runtime, or it cannot be used: status 120.
    #[error(transparent)]
    Runtime(Box<NoRuntime>),
    /// The runtime file and the host both have too old a C library: status 120.
    #[error(
        "this archive needs {needed}; the host's is older, and the runtime file has glibc {found}"
    )]
    CLibrary {
        /// The requirement: `GLIBC_2.38`.
        needed: String,
        /// The version in the runtime file.
        found: String,
    },
    /// No place for the cache: status 122.
    #[error("no place to unpack to{}", list(.0))]
    NoCache(Vec<(PathBuf, Unusable)>),
    /// The cache is still damaged after several repairs: status 122.
    #[error("the cache in {path} cannot be repaired: {source}")]
    Cache {
        /// Its root.
        path: PathBuf,
        /// The last error of the operating system.
        source: io::Error,
    },
    /// The file has setuid or setgid bits or file capabilities: status 123.
    #[error("refusing to run with rights that the caller does not have")]
    Privileged,
    /// The operating system cannot open the archive: status 125.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The archive.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The hook before an entry's first start failed: its status, or 128 and the number of the signal
    /// that ended it.
    #[error("the application's first-run hook {}", ended(*code, *signal))]
    FirstRun {
        /// Its status, if it exited.
        code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// A file of a ready environment is missing or unreadable: status 126.
    #[error("the environment in {} is damaged: {source}", path.display())]
    Ready {
        /// The environment.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// `SNAKECRATE` names a command, and a ready environment has none: status 2.
    #[error("an extracted environment has no command `{}`", .0.display())]
    ReadyCommand(OsString),
    /// The operating system refuses to execute the program: status 126.
    #[error("cannot execute {path}: {source}")]
    Execute {
        /// The interpreter, or the program of a native entry.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl From<NoRuntime> for Error {
    fn from(error: NoRuntime) -> Self {
        Self::Runtime(error.into())
    }
}

impl Error {
    /// Blames the runtime file at `runtime` for damage in it, not the archive.
    #[must_use]
    pub fn in_runtime_file(self, runtime: Option<&Path>) -> Self {
        match (self, runtime) {
            (Self::Payload(source), Some(path)) if source.is_in_runtime_file() => {
                NoRuntime::Payload { path: path.to_owned(), source }.into()
            }
            (error, _) => error,
        }
    }

    /// The exit status.
    pub fn status(&self) -> i32 {
        match self {
            Self::NoEntry(_)
            | Self::NoCommand { .. }
            | Self::Argument(_)
            | Self::Disabled(_)
            | Self::NoName
            | Self::NoScript { .. }
            | Self::FirstRunOfAll
            | Self::NoDirectory
            | Self::NoDesktop
            | Self::ReadyCommand(_) => exit_status::USAGE,
            Self::Runtime(_) | Self::CLibrary { .. } => exit_status::NO_RUNTIME,
            Self::Record(_) | Self::Payload(_) => exit_status::DAMAGED,
            Self::NoCache(_) | Self::Cache { .. } => exit_status::NO_CACHE,
            Self::Privileged => exit_status::PRIVILEGED,
            Self::Open { .. }
            | Self::Extract { .. }
            | Self::NoUserData
            | Self::DesktopPath(_)
            | Self::Foreign(_)
            | Self::InstalledBy(_)
            | Self::Desktop { .. }
            | Self::Output(_) => exit_status::UNREADABLE,
            Self::FirstRun { code, signal } => {
                code.unwrap_or_else(|| signal.map_or(1, |signal| 128 + signal))
            }
            Self::Execute { .. } | Self::Ready { .. } => exit_status::NOT_EXECUTABLE,
        }
    }

    /// The remedy, as one line for the user.
    pub fn remedy(&self) -> String {
        match self {
            Self::NoEntry(NoEntry { names, .. }) => {
                format!("give one of them as the first argument: {}", names.join(", "))
            }
            Self::NoCommand { names, .. } => {
                format!("set SNAKECRATE to one of these: {}", names.join(", "))
            }
            Self::NoScript { names, .. } => format!("run one of these: {}", names.join(", ")),
            Self::Disabled(_) => "ask its publisher for one that allows it".into(),
            Self::Argument(_) | Self::NoDirectory | Self::NoName => "see SNAKECRATE=help".into(),
            Self::Extract { .. } => "name a directory that does not exist yet".into(),
            Self::NoDesktop => "ask its publisher for one that has an entry for menus".into(),
            Self::NoUserData => "set HOME or XDG_DATA_HOME".into(),
            Self::DesktopPath(_) => "move it to a path without `=` and control characters".into(),
            Self::Foreign(_) => "move that file away and try again".into(),
            Self::InstalledBy(path) => {
                format!("run it with SNAKECRATE=desktop-remove first: {}", path.display())
            }
            Self::Desktop { .. } => "check the directory's permissions and free space".into(),
            Self::FirstRunOfAll => "let each user start it".into(),
            Self::Output(_) => "check where the output goes".into(),
            Self::Record(BadRecord::Blank) => "snakecrate build makes a complete one".into(),
            Self::Record(BadRecord::Version(_) | BadRecord::Flags(_))
            | Self::Payload(BadPayload::Manifest(BadManifest::Feature(_))) => {
                "run it with its own launcher".into()
            }
            Self::Payload(BadPayload::Read(_)) => "check the disk it is on".into(),
            Self::Record(_) | Self::Payload(_) => "download it again".into(),
            Self::Runtime(error) => without_runtime(error),
            Self::CLibrary { .. } => "get a runtime file that was made on a newer system".into(),
            Self::NoCache(tried) => match tried.first() {
                Some((_, why)) if why.is_full() => {
                    format!("free some space, or set {VARIABLE} to a directory that has it")
                }
                Some((_, Unusable::NoInodes { .. })) => {
                    format!("delete some files, or set {VARIABLE} to a directory that has room")
                }
                _ => format!("set {VARIABLE} to a directory of yours that allows execution"),
            },
            Self::Cache { path, .. } => format!("delete {} and try again", path.display()),
            Self::Privileged => {
                "remove its setuid and setgid bits and capabilities, and start it as that user"
                    .into()
            }
            Self::Open { .. } => "make the file readable".into(),
            Self::FirstRun { .. } => {
                "fix the cause and start the application again; the hook then runs again".into()
            }
            Self::Ready { .. } => "extract or install it again".into(),
            Self::ReadyCommand(_) => "unset SNAKECRATE, and use its bin/python3".into(),
            Self::Execute { source, .. } => match source.kind() {
                _ if is_wrong_format(source) => "get the archive for this kind of machine".into(),
                io::ErrorKind::NotFound => {
                    "it needs the C library (glibc) of a common Linux distribution".into()
                }
                io::ErrorKind::ArgumentListTooLong => "give it fewer or shorter arguments".into(),
                _ => format!("set {VARIABLE} to a directory of yours that allows execution"),
            },
        }
    }
}

fn without_runtime(error: &NoRuntime) -> String {
    match error {
        NoRuntime::Missing { .. } => {
            format!("put the file there, or name it in {RUNTIME} (`snakecrate runtime` makes one)")
        }
        NoRuntime::Untrusted { at, why: Unusable::Writable, .. } => {
            format!("take the right to write from others: chmod go-w {}", at.display())
        }
        NoRuntime::Untrusted { .. } | NoRuntime::Read { .. } => {
            format!(
                "set {RUNTIME} to a runtime file of yours or root's, in a directory of the same"
            )
        }
        NoRuntime::Record { .. } | NoRuntime::Payload { .. } => {
            "get this file again, or make it with `snakecrate runtime`".into()
        }
        NoRuntime::Misfit { .. } => format!("set {RUNTIME} to a file that has what is needed"),
    }
}

fn ended(code: Option<i32>, signal: Option<i32>) -> String {
    match (code, signal) {
        (Some(code), _) => format!("failed with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "failed".into(),
    }
}

fn describe(NoEntry { names, unknown }: &NoEntry) -> String {
    let count = names.len();
    match unknown {
        Some(name) => format!("this archive has {count} entries, but not `{}`", name.display()),
        None => format!("this archive has {count} entries and no default"),
    }
}

fn list(tried: &[(PathBuf, Unusable)]) -> String {
    let place = |(path, why): &(PathBuf, Unusable)| format!("{}: {why}", path.display());
    let places: Vec<_> = tried.iter().map(place).collect();
    if places.is_empty() { String::new() } else { format!(" ({})", places.join("; ")) }
}
