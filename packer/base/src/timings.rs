//! How long the stages of a command take.
//!
//! Stages follow each other on the command's main thread. One that begins within another interrupts
//! that one, so that all times together are those of the command.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A stage and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name: `pack`.
    pub name: &'static str,
    /// The time that it took, without stages within it.
    pub took: Duration,
    /// What it did, and what it found in the cache: `3 of 4 components from the cache`.
    pub notes: Vec<String>,
}

#[derive(Debug)]
struct Clock {
    stages: Vec<Stage>,
    /// The stages that have begun, as indexes; the last is running.
    begun: Vec<usize>,
    /// Since when the last is running.
    since: Option<Instant>,
}

static CLOCK: Mutex<Clock> =
    Mutex::new(Clock { stages: Vec::new(), begun: Vec::new(), since: None });

fn clock() -> MutexGuard<'static, Clock> {
    CLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Clock {
    /// Counts the time until now for the stage that is running.
    fn stop(&mut self) {
        let now = Instant::now();
        if let (Some(&running), Some(since)) = (self.begun.last(), self.since) {
            self.stages[running].took += now - since;
        }
        self.since = Some(now);
    }

    fn index(&mut self, name: &'static str) -> usize {
        let known = self.stages.iter().position(|stage| stage.name == name);
        known.unwrap_or_else(|| {
            self.stages.push(Stage { name, took: Duration::ZERO, notes: Vec::new() });
            self.stages.len() - 1
        })
    }
}

/// A stage that has begun. It ends when this is dropped.
#[must_use = "it ends when it is dropped"]
#[derive(Debug)]
pub struct Begun(());

/// Begins a stage. Stages of the same name count as one.
pub fn begin(name: &'static str) -> Begun {
    let mut clock = clock();
    clock.stop();
    let index = clock.index(name);
    clock.begun.push(index);
    Begun(())
}

impl Drop for Begun {
    fn drop(&mut self) {
        let mut clock = clock();
        clock.stop();
        clock.begun.pop();
    }
}

/// Adds a note to the stage of this name.
pub fn note(name: &'static str, text: impl Into<String>) {
    let mut clock = clock();
    let index = clock.index(name);
    clock.stages[index].notes.push(text.into());
}

/// The stages so far, in the order in which they began.
pub fn stages() -> Vec<Stage> {
    let mut clock = clock();
    clock.stop();
    clock.stages.clone()
}

#[cfg(test)]
mod tests {
    use std::thread::sleep;

    use super::*;

    #[test]
    fn a_stage_within_another_interrupts_it() {
        let pause = Duration::from_millis(20);
        let outer = begin("outer");
        let inner = begin("inner");
        sleep(pause);
        drop(inner);
        note("inner", "slept");
        drop(outer);
        let stages = stages();
        let [outer, inner] = &*stages else { panic!("{stages:?}") };
        assert!(inner.took >= pause && outer.took < inner.took, "{stages:?}");
        assert_eq!((inner.name, &*inner.notes), ("inner", &["slept".to_owned()][..]));
    }
}
