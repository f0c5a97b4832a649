//! Leases: shared locks on environments, held while an application runs.

use std::io::{self, ErrorKind};

use snakecrate_platform::directory::Directory;

/// How a try for a lock ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// It is ours, until the directory is closed.
    Taken,
    /// Somebody else has it.
    Busy,
    /// Locks do not work here: nobody has any, and nothing but work is lost.
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

/// Takes the lock of whoever makes or removes a tree, without waiting.
pub fn lock(tree: &Directory) -> Lock {
    tree.lock().into()
}

/// Whether somebody holds a lease. The lock is taken for a moment to find out.
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
