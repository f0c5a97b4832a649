//! The progress of making an environment, for the code that draws it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A part of a cold start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the archive and looking into the cache.
    Looking,
    /// Waiting for another process that makes the same environment.
    Waiting,
    /// Comparing cached components with their listings.
    Comparing,
    /// Extracting missing components and assembling the environment.
    Unpacking,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Looking, Self::Waiting, Self::Comparing, Self::Unpacking];
}

/// The current phase and how much of it is done. Threads share it.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicUsize,
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// Starts a phase of `total` bytes; 0 if the total is unknown.
    pub fn begin(&self, phase: Phase, total: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
        self.phase.store(phase as usize, Ordering::Relaxed);
    }

    /// Counts `done` more bytes.
    pub fn add(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }

    /// The current phase.
    pub fn phase(&self) -> Phase {
        Phase::ALL[self.phase.load(Ordering::Relaxed)]
    }

    /// The bytes of the phase that are done, and their total; `None` if the total is unknown.
    pub fn share(&self) -> Option<(u64, u64)> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed).min(total), total))
    }
}
