//! The command for a script of any distribution in the archive.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Component, Path};

use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::layout::INTERPRETER;

use super::{in_bin, interpreter};
use crate::entry_choice::{Command, choose, loaded};
use crate::error::Error;
use snakecrate_cache::c_library::elf::has_loader;

/// The length in bytes of the part of a file that is read to tell how it starts.
const HEAD: u64 = 4096;
/// The start of a script whose interpreter's path is too long for a `#!` line: see
/// [`with_interpreter`](crate::env::shebang::with_interpreter).
const THROUGH_SHELL: &[u8] = b"#!/bin/sh\n'''exec' \"";

/// The entry called `name`; else the file `bin/<name>`, run by the interpreter if that is what its
/// first line says. Its `argv[0]` is the path of that file, as in a virtual environment.
pub fn command(plan: &LaunchPlan, name: &OsStr, arguments: &[OsString]) -> Result<Command, Error> {
    let path = in_bin(plan, name);
    let unknown = || Error::NoScript { name: name.to_owned(), names: names(plan) };
    let is_plain = matches!(
        Path::new(name).components().collect::<Vec<_>>()[..],
        [Component::Normal(only)] if only == name
    );
    if !is_plain {
        return Err(unknown());
    }
    let is_file = !is_interpreter(name) && path.is_file();
    let own_name = if is_file { path.clone().into_os_string() } else { name.to_owned() };
    if plan.entries.iter().any(|entry| entry.name == name.as_encoded_bytes()) {
        let argv = [&[own_name], arguments].concat();
        let command = choose(plan, &argv, Path::new("")).map_err(Error::NoEntry)?;
        return Ok(Command { first_run: None, ..command });
    }
    if !is_file {
        return Err(unknown());
    }
    let argv = [&[own_name], arguments].concat();
    let mut head = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    read.map_err(|source| Error::Open { path: path.clone(), source })?;
    let line = [b"#!", plan.home.join(INTERPRETER).as_os_str().as_encoded_bytes()].concat();
    if head.starts_with(&line) || head.starts_with(THROUGH_SHELL) {
        return Ok(Command { entry: path, ..interpreter::command(plan, &argv) });
    }
    Ok(match &plan.c_library {
        LibcInUse::Own(loader) if has_loader(&head) => loaded(loader, path, None, &argv),
        _ => {
            let (program, entry, hides) = (path.clone(), path, vec![]);
            Command { program, entry, size: None, hides, argv, first_run: None }
        }
    })
}

/// The names of all entries and scripts.
fn names(plan: &LaunchPlan) -> Vec<String> {
    let entries = plan.entries.iter().map(|entry| String::from_utf8_lossy(&entry.name).into());
    let mut names = BTreeSet::new();
    names.extend(entries);
    for file in fs::read_dir(in_bin(plan, OsStr::new(""))).into_iter().flatten().flatten() {
        if !is_interpreter(&file.file_name()) {
            names.insert(file.file_name().to_string_lossy().into_owned());
        }
    }
    names.into_iter().collect()
}

/// Whether `bin/<name>` is the interpreter: `python3.12`.
fn is_interpreter(name: &OsStr) -> bool {
    let rest = name.as_encoded_bytes().strip_prefix(b"python");
    rest.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'))
}
