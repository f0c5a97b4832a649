//! The command for the archive's interpreter with the user's arguments.

use std::ffi::OsString;

use snakecrate_cache::environment::plan::LaunchPlan;
use snakecrate_cache::layout::INTERPRETER;

use super::arguments::{Arguments, Program};
use crate::entry_choice::{Command, hides, options};

/// The directory of a script source and of the modules beside it, relative to the environment.
const APP: &str = "app";
/// Python code that does what a boot script does for an entry, then runs the user's program.
const PROLOGUE: &str = include_str!("prologue.py");

/// The interpreter with the options of the archive, then `arguments`.
///
/// A prologue comes first where the interpreter alone would see another environment or search path
/// than an entry: if variables are hidden from its loader, or if the application is a script.
pub fn command(plan: &LaunchPlan, arguments: &[OsString]) -> Command {
    let program = plan.home.join(INTERPRETER);
    let hides = hides(plan);
    let mut argv = vec![program.clone().into_os_string()];
    argv.extend(options(plan));
    let is_hidden = |(name, _): (OsString, OsString)| {
        hides.iter().any(|start| name.as_encoded_bytes().starts_with(start.as_bytes()))
    };
    let search = Some(plan.home.join(APP)).filter(|path| path.is_dir());
    let is_direct = search.is_none() && !std::env::vars_os().any(is_hidden);
    match Arguments::parse(arguments).filter(|_| !is_direct) {
        None => argv.extend_from_slice(arguments),
        Some(Arguments { options, program, rest }) => {
            argv.extend(options);
            if matches!(program, Program::Prompt(_)) {
                argv.push("-i".into());
            }
            let (kind, value) = match program {
                Program::Code(code) => ("code", code),
                Program::Module(name) => ("module", name),
                Program::File(path) => ("file", path),
                Program::Prompt(name) => ("prompt", name),
                Program::Input(name) => ("input", name),
            };
            let search = search.unwrap_or_default().into_os_string();
            argv.extend(["-c".into(), PROLOGUE.into(), search, kind.into(), value]);
            argv.extend_from_slice(rest);
        }
    }
    Command { entry: program.clone(), program, size: None, hides, argv, first_run: None }
}
