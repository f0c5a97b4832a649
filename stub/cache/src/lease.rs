//! Leases: shared locks on environments, held while an application runs.

use std::io::{self, ErrorKind};

use snakecrate_platform::directory::Directory;

/// The outcome of an attempt to take a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// This process has it, until the directory is closed.
    Taken,
    /// Another process has it.
    Busy,
    /// Locks do not work here, so no process has one. Only work may be done twice.
    Unsupported,
}

impl From<io::Result<()>> for Lock {
    fn from(result: io::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Taken,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Self::Busy,
            Err(_) => Self::Unsupported,
        }
    }
}

/// Takes a lease on an environment, without waiting.
pub fn take(env: &Directory) -> Lock {
    env.lock_shared().into()
}

/// Takes the exclusive lock for making or removing a tree, without waiting.
pub fn lock(tree: &Directory) -> Lock {
    tree.lock().into()
}

/// Whether a process holds a lease. Takes the exclusive lock for a moment to find out.
pub fn is_leased(env: &Directory) -> bool {
    match lock(env) {
        Lock::Taken => {
            let _ = env.unlock();
            false
        }
        Lock::Busy => true,
        Lock::Unsupported => false,
    }
}
