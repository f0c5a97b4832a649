//! A warm start: the environment is there, and nothing of the archive is read.

use std::ffi::{CStr, OsString};
use std::io::ErrorKind;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, Stat, Timespec, Timestamps, UTIME_OMIT, futimens};
use rustix::io::{Errno, FdFlags};

use crate::c_library::host_id;
use crate::cache::check::is_writable;
use crate::cache::root::{Root, Unusable, open_directory};
use crate::cache::staging::share;
use crate::cache::{ENVS, LAUNCH};
use crate::error::Error;
use crate::guard;
use crate::launch::{Libc, Plan};
use crate::sys;

/// The variable that tells the application where its archive is.
pub const ARCHIVE_VARIABLE: &str = "SNAKECRATE_ARCHIVE";
/// How long a use may stay unnoted, in seconds: as with `relatime`.
const DAY: u64 = 24 * 60 * 60;
/// Plans up to this long are read in one call.
const PLAN_BUFFER: usize = 16 << 10;

/// Why the environment cannot be started as it is.
#[derive(Debug)]
pub enum Cold {
    /// The cache is not there or cannot be trusted.
    Root(Unusable),
    /// No such environment.
    Absent,
    /// It is there and has to be looked after: something is missing, or the machine was restarted
    /// since it was checked. Holds its device and inode.
    Suspect(u64, u64),
}

/// An environment, leased.
#[derive(Debug)]
pub struct Env {
    lease: OwnedFd,
    plan: Plan,
}

impl Env {
    /// Opens `envs/<key>` below `root`, takes a lease on it and confirms that it is complete.
    pub fn open(root: &Root, key: &str) -> Result<Self, Cold> {
        let Ok(lease) = open_directory(root.directory(), format!("{ENVS}/{key}")) else {
            return Err(Cold::Absent);
        };
        // Prune has it, or the one who made it has not let go yet. Any other error: locks do not
        // work here, there is no lease, and nothing else is lost.
        if share(&lease) == Err(Errno::WOULDBLOCK) {
            return Err(Cold::Absent);
        }
        Self::confirm(root, key, lease)
    }

    /// As [`Env::open`], for an environment that is open and leased.
    pub fn confirm(root: &Root, key: &str, lease: OwnedFd) -> Result<Self, Cold> {
        let suspect = || suspect(&lease);
        let plan = read_plan(&lease).map_err(|_| suspect())?;
        let plan = Plan::parse(plan).ok_or_else(suspect)?;
        if plan.home != root.path_of(ENVS, key) {
            return Err(suspect());
        }
        // Another boot: writes may be lost. On a read-only cache there were none.
        let boot_id = sys::boot_id().unwrap_or_default();
        if plan.boot_id != boot_id.as_bytes() && is_writable(&lease) {
            return Err(suspect());
        }
        if let Libc::Hosts(known) = &plan.c_library
            && host_id().as_ref() != Some(known)
        {
            return Err(suspect());
        }
        if has_changed(&lease, &plan) {
            return Err(suspect());
        }
        Ok(Self { lease, plan })
    }

    /// Replaces the process with the entry that `arguments` choose. Returns why it did not, and
    /// what a cold start is to know, where that may help.
    pub fn start(self, arguments: &[OsString], archive: &Path) -> (Error, Option<Cold>) {
        let found = sys::started_as().unwrap_or_default();
        let command = match self.plan.command(arguments, &found) {
            Ok(command) => command,
            Err(none) => return (Error::NoEntry(none), None),
        };
        let gone = |plan: &Plan| Error::Cache {
            // Three names above: see `Root::path_of`.
            path: plan.home.ancestors().nth(3).unwrap_or(&plan.home).to_owned(),
            source: ErrorKind::NotFound.into(),
        };
        // Looked at here, since else only the interpreter would notice that it is gone, and nobody
        // that it is empty.
        if is_another(rustix::fs::stat(&command.entry), command.size) {
            return (gone(&self.plan), Some(suspect(&self.lease)));
        }
        // Held while the process is replaced; if that fails, it is let go.
        let lease = inheritable(self.lease);
        let variable = (ARCHIVE_VARIABLE, archive.as_os_str());
        let source = sys::execute(&command.program, &command.argv, variable, &command.hides);
        let cold = lease.as_ref().map_or(Cold::Absent, suspect);
        match Errno::from_io_error(&source) {
            // The kernel says "not found" of an interpreter's loader, too.
            // Where the archive has a loader of its own, the environment is made anew with it.
            Some(Errno::NOENT)
                if !command.program.exists() || self.plan.c_library != Libc::Only =>
            {
                (gone(&self.plan), Some(cold))
            }
            // It was cut or overwritten, or the place does not allow execution any more.
            Some(Errno::NOEXEC | Errno::ACCESS) => {
                (Error::Execute { path: command.program, source }, Some(cold))
            }
            _ => (Error::Execute { path: command.program, source }, None),
        }
    }
}

/// The lease lasts as long as the application: its descriptor is inherited, never in the place of
/// a standard stream that the user closed.
fn inheritable(lease: OwnedFd) -> Result<OwnedFd, Errno> {
    const FIRST_FREE: i32 = 3;
    let lease = if lease.as_raw_fd() < FIRST_FREE {
        rustix::io::fcntl_dupfd_cloexec(lease, FIRST_FREE)?
    } else {
        lease
    };
    rustix::io::fcntl_setfd(&lease, FdFlags::empty())?;
    Ok(lease)
}

fn suspect(env: &OwnedFd) -> Cold {
    rustix::fs::fstat(env).map_or(Cold::Absent, |stat| Cold::Suspect(stat.st_dev, stat.st_ino))
}

/// Whether a file that this start looks at is gone or has another size. Of those that chance chose
/// it matters only where something can be done: where the cache can be written to.
fn has_changed(env: &OwnedFd, plan: &Plan) -> bool {
    let (mut first, mut chosen) = plan.guards(sys::random());
    // Left open, and closed by `execve`: `close` would be one call more.
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let runtime = match rustix::fs::openat(env, &plan.runtime, flags, Mode::empty()) {
        Ok(runtime) => ManuallyDrop::new(runtime),
        Err(errno) => return is_gone(errno),
    };
    let differs = |(path, size): (&CStr, u64)| {
        let (at, path) = match guard::in_runtime(path) {
            Some(path) => (runtime.as_fd(), path),
            None => (env.as_fd(), path),
        };
        is_another(rustix::fs::statat(at, path, AtFlags::SYMLINK_NOFOLLOW), Some(size))
    };
    first.any(differs) || chosen.any(differs) && is_writable(env)
}

/// Whether a file is gone, or not as long as it should be. Where the system does not tell, it is
/// taken to be what it should.
fn is_another(found: Result<Stat, Errno>, size: Option<u64>) -> bool {
    match found {
        Ok(stat) => size.is_some_and(|size| u64::try_from(stat.st_size) != Ok(size)),
        Err(errno) => is_gone(errno),
    }
}

fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::NOENT | Errno::NOTDIR)
}

/// The launch plan's access time is when the environment was used last, for prune. The kernel notes
/// a read about once a day (`relatime`); where it does not (`noatime`), it is noted here as often.
fn note_use(plan: &OwnedFd) {
    let Ok(stat) = rustix::fs::fstat(plan) else { return };
    let now = sys::seconds();
    if stat.st_atime.abs_diff(now) > DAY {
        let last_access = Timespec { tv_sec: now, tv_nsec: 0 };
        let last_modification = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        // A cache that cannot be written to, or another's: then it is not noted.
        let _ = futimens(plan, &Timestamps { last_access, last_modification });
    }
}

fn read_plan(env: impl AsFd) -> Result<Vec<u8>, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(env, LAUNCH, flags, Mode::empty())?;
    let mut plan = vec![0; PLAN_BUFFER];
    let mut length = 0;
    loop {
        match rustix::io::read(&file, &mut plan[length..]) {
            Ok(read) => {
                length += read;
                // Short of the buffer, a read of a regular file has come to its end.
                if length < plan.len() {
                    plan.truncate(length);
                    note_use(&file);
                    return Ok(plan);
                }
                plan.resize(plan.len() * 2, 0);
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
