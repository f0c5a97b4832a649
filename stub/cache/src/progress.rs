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
    bytes: AtomicU64,
    total: AtomicU64,
}

/// How much of a phase is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// The part of `total` that is done.
    pub done: u64,
    /// The bytes that the phase reads or writes. It does so before all else.
    pub bytes: u64,
    /// All that is counted: `bytes`, and a number for each other thing that takes time.
    pub total: u64,
}

impl Progress {
    /// Starts a phase that reads or writes `bytes` and then counts `others`; both 0 if that is unknown.
    pub fn begin(&self, phase: Phase, bytes: u64, others: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.total.store(bytes.saturating_add(others), Ordering::Relaxed);
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

    /// How much of the phase is done; `None` if the total is unknown.
    pub fn share(&self) -> Option<Share> {
        let (bytes, total) =
            (self.bytes.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        let done = self.done.load(Ordering::Relaxed).min(total);
        (total > 0).then_some(Share { done, bytes, total })
    }
}
