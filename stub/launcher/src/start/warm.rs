//! A warm start: the environment exists, and the archive is not read.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fs::{File, FileTimes};
use std::io::{self, ErrorKind, Read};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use snakecrate_cache::environment::guards;
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::inventory;
use snakecrate_cache::layout::{ENVS, LAUNCH};
use snakecrate_cache::lease::{self, Lock};
use snakecrate_cache::root::Root;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::is_execution_refused;
use snakecrate_platform::file::Metadata;
use snakecrate_platform::{child, host, process};

use super::attempt::{NotStarted, StartError};
use crate::entry_choice::{Command, Hook};
use crate::error::Error;
use crate::request::Request;
use snakecrate_cache::c_library::select::{host_id, is_bundled};

/// The variable that names the archive for the application.
pub const ARCHIVE_VARIABLE: &str = "SNAKECRATE_ARCHIVE";
/// The longest time in seconds between two updates of the access time, as with `relatime`.
const DAY: u64 = 24 * 60 * 60;
/// Launch plans up to this length, in bytes, are read in one call.
const PLAN_BUFFER: usize = 16 << 10;

/// An environment with a lease on it.
#[derive(Debug)]
pub struct Env {
    lease: Directory,
    plan: LaunchPlan,
}

impl Env {
    /// Opens `envs/<key>` below `root`, takes a lease on it and confirms that it is complete.
    pub fn open(root: &Root, key: &str) -> Result<Self, NotStarted> {
        let Ok(env) = root.open_tree(ENVS, key) else { return Err(NotStarted::Absent) };
        match lease::take(&env) {
            // Prune is removing it, or its maker has not released it yet.
            Lock::Busy => Err(NotStarted::Absent),
            Lock::Taken | Lock::Unsupported => Self::confirm(root, key, env),
        }
    }

    /// Like [`Env::open`], for an environment that is open and leased.
    pub fn confirm(root: &Root, key: &str, lease: Directory) -> Result<Self, NotStarted> {
        match usable_plan(root, key, &lease) {
            Some(plan) => Ok(Self { lease, plan }),
            None => Err(NotStarted::suspect(&lease)),
        }
    }

    /// Replaces the process by what `request` asks for; returns only if that fails. The first-run
    /// hook of an entry runs before, unless it has run already.
    pub fn start(self, request: Request<'_>, archive: &Path) -> Result<Infallible, StartError> {
        let found = process::started_as().unwrap_or_default();
        let Command { first_run: hook, program, argv, hides, entry, size } =
            request.command(&self.plan, &found).map_err(StartError::Final)?;
        // Checked here, since the interpreter would fail on a missing file and run an empty one.
        if differs(Metadata::of(&entry), size) {
            return Err(gone(&self.plan, NotStarted::suspect(&self.lease)));
        }
        let variable = (ARCHIVE_VARIABLE, archive.as_os_str());
        let removed = request.removed();
        if let Some(hook) = hook.filter(|hook| !hook.has_run(&self.lease)) {
            self.run(&hook, variable, removed)?;
        }
        let Self { lease, plan } = self;
        // The lease lasts as long as the application, which inherits it. If the process cannot be
        // replaced, it is released.
        let lease = lease.inherited();
        let source = process::execute(&program, &argv, Some(variable), removed, &hides);
        let why = lease.as_ref().map_or(NotStarted::Absent, NotStarted::suspect);
        Err(refused(&plan, program, source, why))
    }

    /// Runs the first-run hook.
    fn run(
        &self,
        hook: &Hook,
        variable: (&str, &OsStr),
        removed: &[&str],
    ) -> Result<(), StartError> {
        let Command { program, entry, size, .. } = &hook.command;
        if differs(Metadata::of(entry), *size) {
            return Err(gone(&self.plan, NotStarted::suspect(&self.lease)));
        }
        match hook.run(&self.plan, &self.lease, variable, removed) {
            Ok(None) => Ok(()),
            Ok(Some(status)) => {
                let (code, signal) = (status.code(), child::signal(status));
                Err(StartError::Final(Error::FirstRun { code, signal }))
            }
            Err(source) => {
                let why = NotStarted::suspect(&self.lease);
                Err(refused(&self.plan, program.clone(), source, why))
            }
        }
    }
}

/// The error for a file of the environment of `plan` that disappeared.
fn gone(plan: &LaunchPlan, why: NotStarted) -> StartError {
    // The cache's root is three directories above the environment: see `Root::path_of`.
    let path = plan.home.ancestors().nth(3).unwrap_or(&plan.home).to_owned();
    StartError::Repairable(Error::Cache { path, source: ErrorKind::NotFound.into() }, why)
}

/// The error for a `program` that the system does not execute, for the reason `source`.
fn refused(plan: &LaunchPlan, program: PathBuf, source: io::Error, why: NotStarted) -> StartError {
    // The kernel also reports "not found" if it does not find the program's loader. If the archive
    // bundles a C library, the environment is made again and may use that.
    if source.kind() == ErrorKind::NotFound
        && (!program.exists() || plan.c_library != LibcInUse::Only)
    {
        return gone(plan, why);
    }
    // The program was truncated or overwritten, or the place no longer allows execution.
    let is_refused = is_execution_refused(&source);
    let error = Error::Execute { path: program, source };
    if is_refused { StartError::Repairable(error, why) } else { StartError::Final(error) }
}

/// The launch plan, if it can start the environment.
fn usable_plan(root: &Root, key: &str, env: &Directory) -> Option<LaunchPlan> {
    let plan = LaunchPlan::parse(read_plan(env).ok()?)?;
    if plan.home != root.path_of(ENVS, key) {
        return None;
    }
    // A crash before this boot may have lost writes, except in a read-only cache.
    let boot_id = host::boot_id().unwrap_or_default();
    if plan.boot_id != boot_id.as_bytes() && env.is_writable() {
        return None;
    }
    if let LibcInUse::Hosts(known) = &plan.c_library
        && host_id().as_ref() != Some(known)
        && (env.is_writable() || !still_suits(env))
    {
        return None;
    }
    (!has_changed(env, &plan)).then_some(plan)
}

/// Whether the host's C library, which is another than that of the environment's making, is suitable
/// for it, too. Found out at each start, since nobody here can write it down.
fn still_suits(env: &Directory) -> bool {
    inventory::manifest(env).is_some_and(|manifest| {
        manifest.c_library().is_none_or(|(library, _)| !is_bundled(library))
    })
}

/// Whether a guard of this start is gone or has another size. The randomly chosen guards count only
/// if the cache is writable, so that the environment can be repaired.
fn has_changed(env: &Directory, plan: &LaunchPlan) -> bool {
    let (mut first, mut chosen) = plan.guards(process::random());
    // Closing it would cost a system call; `execve` closes it anyway.
    let runtime = match env.open_for_look_up(&plan.runtime) {
        Ok(runtime) => ManuallyDrop::new(runtime),
        Err(error) => return is_gone(&error),
    };
    let has_changed = |(path, size): (&str, u64)| {
        let found = match guards::in_runtime(path) {
            Some(path) => runtime.metadata_of(path),
            None => env.metadata_of(path),
        };
        differs(found, Some(size))
    };
    first.any(has_changed) || chosen.any(has_changed) && env.is_writable()
}

/// Whether a file is gone, or does not have the expected size. After any other error it counts as
/// unchanged.
fn differs(found: io::Result<Metadata>, size: Option<u64>) -> bool {
    match found {
        Ok(found) => size.is_some_and(|size| found.size() != size),
        Err(error) => is_gone(&error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Updates the launch plan's access time, by which prune knows the last use of the environment. The
/// kernel updates it about once a day (`relatime`); where it does not (`noatime`), this does.
fn note_use(plan: &File) {
    let Ok(found) = Metadata::of_file(plan) else { return };
    let now = host::seconds();
    if found.accessed().seconds.abs_diff(now) > DAY {
        let since = Duration::from_secs(u64::try_from(now).unwrap_or(0));
        let times = FileTimes::new().set_accessed(SystemTime::UNIX_EPOCH + since);
        // This fails in a read-only cache and in another user's.
        let _ = plan.set_times(times);
    }
}

fn read_plan(env: &Directory) -> io::Result<Vec<u8>> {
    let mut file = env.open_file(LAUNCH)?;
    let mut plan = vec![0; PLAN_BUFFER];
    let mut length = 0;
    loop {
        match file.read(&mut plan[length..]) {
            Ok(read) => {
                length += read;
                // A read of a regular file that does not fill the buffer has reached the end.
                if length < plan.len() {
                    plan.truncate(length);
                    note_use(&file);
                    return Ok(plan);
                }
                plan.resize(plan.len() * 2, 0);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
