//! `SNAKECRATE=COMMAND ./app`: what an archive does for people who have nothing else.
//!
//! The application is not started. What was asked for goes to standard output; of `repair`, which
//! a starting application may call for, all goes to standard error.

mod extract;
mod help;
mod inspect;
mod repair;
mod uninstall;
mod verify;

use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::cache::root::{Root, candidates};
use crate::error::Error;
use crate::sys;
use snakecrate_format::manifest::Manifest;
use snakecrate_format::payload::Payload;
use snakecrate_format::record::BootRecord;

/// The variable.
pub const VARIABLE: &str = "SNAKECRATE";
/// Status of `verify` where something is not what was packed, and of `uninstall` where it runs.
const NOT_WELL: i32 = 1;

/// A command, with what it says of itself.
struct Command {
    name: &'static str,
    argument: &'static str,
    help: &'static str,
    run: fn(&Switch<'_>) -> Result<i32, Error>,
}

const COMMANDS: [Command; 6] = [
    Command { name: "help", argument: "", help: "this text", run: help::run },
    Command {
        name: "inspect",
        argument: "[--json]",
        help: "what is inside, and where it is unpacked; or the manifest",
        run: inspect::run,
    },
    Command {
        name: "verify",
        argument: "",
        help: "compare this file and what was unpacked with what was packed",
        run: verify::run,
    },
    Command {
        name: "repair",
        argument: "[--exit-code]",
        help: "the same of what was unpacked, and mend it; status 10 if it had to be",
        run: repair::run,
    },
    Command {
        name: "extract",
        argument: "DIRECTORY",
        help: "write its parts there as ordinary files",
        run: extract::run,
    },
    Command {
        name: "uninstall",
        argument: "",
        help: "remove what was unpacked and nothing else uses",
        run: uninstall::run,
    },
];

/// What a command works on.
struct Switch<'a> {
    /// The arguments behind the program's name.
    arguments: &'a [OsString],
    /// The archive's path.
    archive: PathBuf,
    payload: Payload,
    manifest: Manifest,
}

/// The command that the variable names; `None` if it is not set, or empty.
pub fn asked() -> Option<OsString> {
    std::env::var_os(VARIABLE).filter(|word| !word.is_empty())
}

/// Does what `word` says and returns the exit status.
pub fn run(
    word: &OsStr,
    record: BootRecord,
    arguments: &[OsString],
    archive: PathBuf,
) -> Result<i32, Error> {
    let Some(command) = COMMANDS.iter().find(|command| word == command.name) else {
        return Err(Error::NoCommand {
            word: word.to_owned(),
            names: COMMANDS.iter().map(|command| command.name).collect(),
        });
    };
    let file = sys::open_own().map_err(|source| Error::Open { path: archive.clone(), source })?;
    let payload = Payload::new(crate::sys::SharedFile(file), record)?;
    let manifest = payload.manifest()?;
    let arguments = arguments.get(1..).unwrap_or_default();
    (command.run)(&Switch { arguments, archive, payload, manifest })
}

impl Switch<'_> {
    /// The environment's name in the cache.
    fn key(&self) -> String {
        self.payload.record().manifest_digest.key()
    }

    /// `hello 1.0`
    fn title(&self) -> String {
        let Manifest { name, version, .. } = &self.manifest;
        version.as_ref().map_or_else(|| name.clone(), |version| format!("{name} {version}"))
    }

    /// Whether the one argument that a command knows is there; any other is an error.
    fn flag(&self, flag: &str) -> Result<bool, Error> {
        match self.arguments {
            [] => Ok(false),
            [only] if only == flag => Ok(true),
            [first, ..] => Err(Error::Argument(first.clone())),
        }
    }

    /// Any argument is an error.
    fn no_arguments(&self) -> Result<(), Error> {
        self.arguments.first().map_or(Ok(()), |first| Err(Error::Argument(first.clone())))
    }
}

/// The caches that are there, best first.
fn roots() -> impl Iterator<Item = Root> {
    candidates().into_iter().filter_map(|path| Root::open(&path).ok())
}

/// What a command has to say.
#[derive(Default)]
struct Text(String);

impl Text {
    /// Adds a line.
    fn line(&mut self, line: fmt::Arguments<'_>) {
        let written = writeln!(self.0, "{line}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
}

/// Writes to standard output.
fn print(bytes: impl AsRef<[u8]>) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(bytes.as_ref()).and_then(|()| out.flush()).map_err(Error::Output)
}

/// For error messages, where a command works in a cache.
fn in_cache(root: &Root) -> impl Fn(io::Error) -> Error {
    let path = root.path().to_owned();
    move |source| Error::Cache { path: path.clone(), source }
}
