//! Requests: what a start executes.

mod arguments;
mod interpreter;
mod script;

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use snakecrate_cache::environment::plan::LaunchPlan;

use crate::entry_choice::{Command, choose};
use crate::error::Error;

/// What a start executes.
#[derive(Debug, Clone, Copy)]
pub enum Request<'a> {
    /// The entry that these arguments choose, of which the first is the archive's name.
    Entry(&'a [OsString]),
    /// The interpreter with these arguments.
    Interpreter(&'a [OsString]),
    /// The entry of this name, else the file of this name in the environment's `bin`, with these
    /// arguments.
    Script(&'a OsStr, &'a [OsString]),
}

impl Request<'_> {
    /// The command in the environment of `plan`. `found` is the path by which the archive was
    /// started.
    pub fn command(self, plan: &LaunchPlan, found: &Path) -> Result<Command, Error> {
        match self {
            Request::Entry(arguments) => choose(plan, arguments, found).map_err(Error::NoEntry),
            Request::Interpreter(arguments) => Ok(interpreter::command(plan, arguments)),
            Request::Script(name, arguments) => script::command(plan, name, arguments),
        }
    }

    /// The launcher's own variables that what is executed must not see.
    pub fn removed(self) -> &'static [&'static str] {
        match self {
            Request::Entry(_) => &[VARIABLE],
            Request::Interpreter(_) | Request::Script(..) => &[VARIABLE, REPAIRED],
        }
    }
}

/// The variable that names a command of the launcher.
pub const VARIABLE: &str = "SNAKECRATE";
/// The variable by which the boot script of an entry knows that the archive was repaired.
const REPAIRED: &str = "SNAKECRATE_REPAIRED";

/// The path of the environment's file `bin/<name>`.
fn in_bin(plan: &LaunchPlan, name: &OsStr) -> PathBuf {
    plan.home.join("bin").join(name)
}
