//! How far the making of an environment is, for whoever draws it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// A part of a cold start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Looking at archive and cache.
    Looking,
    /// Another process makes the same.
    Waiting,
    /// Are components in the cache what they should be?
    Comparing,
    /// Making what the cache lacks.
    Unpacking,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Looking, Self::Waiting, Self::Comparing, Self::Unpacking];
}

/// A phase and how much of it is done.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicUsize,
    done: AtomicU64,
    all: AtomicU64,
}

impl Progress {
    /// Starts a phase that ends at `all`; 0 if that is not known.
    pub fn begin(&self, phase: Phase, all: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
        self.phase.store(phase as usize, Ordering::Relaxed);
    }

    /// Counts what is done.
    pub fn add(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        Phase::ALL[self.phase.load(Ordering::Relaxed)]
    }

    /// How much of the phase is done, and where it ends; `None` if that is not known.
    pub fn share(&self) -> Option<(u64, u64)> {
        let all = self.all.load(Ordering::Relaxed);
        (all > 0).then(|| (self.done.load(Ordering::Relaxed).min(all), all))
    }
}
