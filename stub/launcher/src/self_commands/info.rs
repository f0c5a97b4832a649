//! `info`: show what a start does on this host, with the values of variables.

use std::env;

use snakecrate_cache::layout::{ENVS, INTERPRETER};
use snakecrate_cache::places::all;
use snakecrate_cache::root::Root;
use snakecrate_format::manifest::{Component, Kind, Manifest};
use snakecrate_format::order::sort_by;
use snakecrate_format::size::Size;

use super::inspect::contents;
use super::invocation::Invocation;
use super::report::{Text, print};
use crate::error::Error;
use crate::request::VARIABLE;
use crate::start::attempt::NotStarted;
use crate::start::warm::Env;
use snakecrate_cache::c_library::select::{Reason, reason};

/// Beginnings of the names of variables that can change a start.
const VARIABLES: [&str; 5] = ["SNAKECRATE", "LD_", "PYTHON", "__PYVENV_LAUNCHER__", "XDG_CACHE"];

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    invocation.no_arguments()?;
    let manifest = &invocation.manifest;
    let record = invocation.payload.record();
    let mut text = Text::default();
    text.field("name", format_args!("{}", invocation.title()));
    let (archive, size) = (invocation.archive.display(), Size(record.archive_length));
    text.field("archive", format_args!("{archive} ({size})"));
    text.field("digest", format_args!("{}", record.manifest_digest));
    text.field("launcher", format_args!("{}", env!("CARGO_PKG_VERSION")));
    text.field("target", format_args!("{}", manifest.target));
    let (python, options) = (&manifest.python, manifest.launch.options.join(" "));
    let (name, version) = (&python.implementation, &python.version);
    text.field("python", format_args!("{name} {version} {options}"));
    text.runtime(&invocation.runtime);
    text.field("libc", format_args!("{}", c_library(manifest)));
    let seen = if manifest.launch.loader_variables { "seen" } else { "hidden" };
    text.field("loader", format_args!("LD_* variables are {seen}"));
    if !manifest.launch.disabled_commands.is_empty() {
        let names = manifest.launch.disabled_commands.join(", ");
        text.field("disabled", format_args!("{names}"));
    }
    caches(invocation, &mut text);
    variables(&mut text);
    contents(manifest, &mut text);
    print(text.0)?;
    Ok(0)
}

/// The C library that a start on this host chooses, and why.
pub fn c_library(manifest: &Manifest) -> String {
    let Some(library) = &manifest.c_library else {
        return "the host's, as the archive bundles none".into();
    };
    let is_it = |component: &&Component| component.kind == Kind::CLibrary;
    let component = manifest.components.iter().find(is_it);
    let bundled = component.map_or_else(String::new, |c| format!("{} {}", c.name, c.version));
    match reason(library) {
        None => format!("the host's, which is new enough; {bundled} is bundled"),
        Some(Reason::Chosen) => format!("{bundled}, bundled, by the build's choice"),
        Some(Reason::NoGlibc) => format!("{bundled}, bundled, as the host has no glibc"),
        Some(Reason::Lacks(need)) => {
            let (library, prefix, version) = (&need.library, &need.prefix, &need.version);
            format!("{bundled}, bundled, as the host has no {library} with {prefix}{version}")
        }
    }
}

/// Adds a line for each place where the cache may be, and one for the interpreter.
fn caches(invocation: &Invocation<'_>, text: &mut Text) {
    let key = invocation.key();
    let mut interpreter = None;
    for path in all() {
        let shown = path.display();
        let root = match Root::open(&path) {
            Ok(root) => root,
            Err(why) => {
                text.field("cache", format_args!("{shown}: {why}"));
                continue;
            }
        };
        let env = root.path_of(ENVS, &key);
        let state = match Env::open(&root, &key) {
            Ok(_) => {
                interpreter.get_or_insert_with(|| env.join(INTERPRETER));
                format!("unpacked to {}", env.display())
            }
            Err(NotStarted::Suspect(_)) => {
                format!("unpacked to {}, which the next start checks", env.display())
            }
            Err(_) => "not unpacked".into(),
        };
        text.field("cache", format_args!("{shown}: {state}"));
    }
    if let Some(path) = interpreter {
        text.field("executes", format_args!("{}", path.display()));
    }
}

/// Whether a variable of this name can change a start.
pub fn is_of_interest(name: &str) -> bool {
    name != VARIABLE && VARIABLES.iter().any(|start| name.starts_with(start))
}

/// Adds a line for each variable that can change a start.
fn variables(text: &mut Text) {
    let mut found: Vec<_> = env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .filter(|(name, _)| is_of_interest(name))
        .collect();
    sort_by(&mut found, |a, b| a < b);
    for (name, value) in found {
        text.field("variable", format_args!("{name}={}", value.display()));
    }
}
