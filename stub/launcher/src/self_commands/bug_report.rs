//! `report`: the facts that a publisher needs to explain a failure, without the user's data: no values
//! of variables, no arguments, no names of users, files or directories.

use std::path::{Path, PathBuf};

use snakecrate_cache::c_library::select::host_id;
use snakecrate_cache::component::Cached;
use snakecrate_cache::last_errors;
use snakecrate_cache::layout::{ENVS, LAYOUT};
use snakecrate_cache::lease::is_leased;
use snakecrate_cache::places::all;
use snakecrate_cache::root::Root;
use snakecrate_cache::unusable::Unusable;
use snakecrate_format::manifest::FORMAT;
use snakecrate_format::order::sort_by;
use snakecrate_format::size::Size;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::facts;

use super::info::{c_library, is_of_interest};
use super::invocation::Invocation;
use super::report::{Text, print};
use crate::date::Date;
use crate::error::Error;
use crate::redact::Redaction;
use crate::start::attempt::NotStarted;
use crate::start::warm::Env;

/// The version of the report's form.
const VERSION: u32 = 1;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    invocation.no_arguments()?;
    let manifest = &invocation.manifest;
    let record = invocation.payload.record();
    let mut text = Text::default();
    text.field("report", format_args!("{VERSION}"));
    let launcher = env!("CARGO_PKG_VERSION");
    text.field("launcher", format_args!("{launcher}, archive format {FORMAT}, cache {LAYOUT}"));
    text.field("name", format_args!("{}", invocation.title()));
    if let Some(publisher) = manifest.publisher() {
        text.field("publisher", format_args!("{publisher}"));
    }
    text.field("digest", format_args!("{}", record.manifest_digest));
    text.field("target", format_args!("{}", manifest.target));
    let (python, options) = (&manifest.python, manifest.launch.options.join(" "));
    text.field("python", format_args!("{} {} {options}", python.implementation, python.version));
    text.runtime(&invocation.runtime);
    let found = match manifest.c_library {
        None if host_id().is_some() => "; the host has glibc",
        None => "; the host has no glibc",
        Some(_) => "",
    };
    text.field("libc", format_args!("{}{found}", c_library(manifest)));
    text.field("kernel", format_args!("{}", facts::kernel()));
    let surroundings = facts::surroundings();
    if !surroundings.is_empty() {
        text.field("inside", format_args!("{}", surroundings.join(", ")));
    }
    let size = Size(record.archive_length);
    text.field("archive", format_args!("{size}, on {}", mount(&invocation.archive)));
    let errors = caches(invocation, &mut text);
    let limits = facts::limits();
    let limits: Vec<_> = limits.iter().map(limit).collect();
    text.field("limits", format_args!("{}", limits.join(", ")));
    text.field("variables", format_args!("{}", variables()));
    if errors.is_empty() {
        text.field("last error", format_args!("none is known"));
    }
    for error in errors {
        let (date, launcher, status) = (Date(error.time), error.launcher, error.status);
        let message = error.message;
        text.field("last error", format_args!("{date}, launcher {launcher}, {status}: {message}"));
    }
    print(Redaction::new(&invocation.archive).hide(&text.0))?;
    Ok(0)
}

/// Adds a line for each place where the cache may be, and one for the place that a start uses. Returns
/// the last errors of this archive.
fn caches(invocation: &Invocation<'_>, text: &mut Text) -> Vec<last_errors::LastError> {
    let archive = invocation.payload.record().manifest_digest.to_string();
    let (mut errors, mut ready, mut usable) = (Vec::new(), None, None);
    for path in all() {
        let shown = path.display();
        match Root::open(&path) {
            Ok(root) => {
                let (state, is_ready) = state(invocation, &root);
                text.field("cache", format_args!("{shown}: {state}"));
                errors.extend(last_errors::all(&root).into_iter().filter(|e| e.archive == archive));
                usable.get_or_insert_with(|| path.clone());
                if is_ready {
                    ready.get_or_insert(path);
                }
            }
            Err(why) => {
                text.field("cache", format_args!("{shown}: {why}"));
                if matches!(why, Unusable::Missing) {
                    usable.get_or_insert(path);
                }
            }
        }
    }
    if let Some(path) = ready.or(usable) {
        text.field("starts in", format_args!("{}, on {}", path.display(), mount(&path)));
    }
    sort_by(&mut errors, |a, b| a.time > b.time);
    errors
}

/// The state of the archive's environment and components in a cache, and whether a start finds them
/// ready.
fn state(invocation: &Invocation<'_>, root: &Root) -> (String, bool) {
    let key = invocation.key();
    let (mut state, is_ready) = match Env::open(root, &key) {
        Ok(_) => ("unpacked and ready".to_owned(), true),
        Err(NotStarted::Suspect(_)) => ("unpacked, the next start checks it".to_owned(), false),
        Err(_) => ("not unpacked".to_owned(), false),
    };
    if root.open_tree(ENVS, &key).is_ok_and(|env| is_leased(&env)) {
        state += ", in use";
    }
    let (mut present, mut stamped) = (0, 0);
    let components = &invocation.manifest.components;
    for component in components {
        if let Ok(cached) = Cached::open(root, &component.digest.key()) {
            present += 1;
            stamped += usize::from(cached.is_stamped());
        }
    }
    let all = components.len();
    state =
        format!("{state}; {present} of {all} components, {stamped} checked since the last boot");
    if !root.directory().is_writable() {
        state += "; read-only";
    }
    (state, is_ready)
}

/// The mount and the free space at `path`, or at the nearest directory above that exists.
fn mount(path: &Path) -> String {
    let existing = path.ancestors().find(|path| path.exists()).map(Path::to_owned);
    let existing: PathBuf = existing.unwrap_or_else(|| "/".into());
    let mut text = match facts::mount(&existing) {
        Some(mount) => format!("{} ({}), {}", mount.kind, mount.options, Size(mount.size)),
        None => "an unknown file system".to_owned(),
    };
    let directory = if existing.is_dir() { Some(&*existing) } else { existing.parent() };
    let free = directory.and_then(|path| Directory::open(path).ok()?.free_space().ok());
    if let Some(free) = free {
        text = format!("{text}, {} free", Size(free.bytes));
        if free.files < 1_000_000 {
            text = format!("{text} for {} files", free.files);
        }
    }
    text
}

fn limit(limit: &facts::Limit) -> String {
    let value = limit.value.map_or_else(|| "unlimited".into(), |value| value.to_string());
    format!("{} {value}", limit.name)
}

/// The names of variables that can change a start.
fn variables() -> String {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let mut names: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| is_of_interest(name) && name.bytes().all(is_plain) && name.len() <= 64)
        .collect();
    sort_by(&mut names, |a, b| a < b);
    if names.is_empty() { "none that matters".into() } else { names.join(", ") }
}
