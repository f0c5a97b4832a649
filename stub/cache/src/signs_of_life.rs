//! Signs of life: a process that makes a tree touches the tree's directory about once a second. A
//! process that waits for the tree gives up when these signs stop.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::ChangeStamp;

use crate::progress::Progress;

/// How long a process waits for another one that shows no sign of life.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between two looks doubles from this one to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Counts progress, and gives a sign of life at most once a second.
#[derive(Debug)]
pub struct Pulse<'a> {
    progress: &'a Progress,
    staging: Option<&'a Directory>,
    started: Instant,
    /// When the last sign was given, in seconds since the start.
    last: AtomicU64,
}

impl<'a> Pulse<'a> {
    /// For work in the directory `staging`. Without one, no process waits for the work, and no
    /// signs are given.
    pub fn new(progress: &'a Progress, staging: Option<&'a Directory>) -> Self {
        Self { progress, staging, started: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Counts `done` more bytes.
    pub fn add(&self, done: u64) {
        self.progress.add(done);
        self.beat();
    }

    /// Gives a sign of life without counting anything.
    pub fn beat(&self) {
        let Some(staging) = self.staging else { return };
        let (now, last) = (self.started.elapsed().as_secs(), self.last.load(Ordering::Relaxed));
        // Threads share the pulse; only one of them touches the directory.
        let is_due = now > last
            && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_due {
            let _ = staging.touch();
        }
    }
}

/// A reader that gives a sign of life with each read.
pub struct Beating<'a, R>(pub R, pub &'a Pulse<'a>);

impl<R: Read> Read for Beating<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.beat();
        self.0.read(buffer)
    }
}

/// Waiting for another process. A sign of life is a change stamp that differs from the last one.
/// The caller opens the directory again for each stamp: a network file system asks its server then,
/// and not again for a while.
pub(crate) struct Wait {
    patience: Duration,
    /// Time since the last sign of life: the sum of the pauses, which no clock can falsify.
    quiet: Duration,
    pause: Duration,
    seen: Option<ChangeStamp>,
}

impl Wait {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, quiet: Duration::ZERO, pause: FIRST_PAUSE, seen: None }
    }

    /// Sleeps for a moment. Returns `false` if `sign` has stayed the same for too long.
    pub(crate) fn goes_on(&mut self, sign: Option<ChangeStamp>) -> bool {
        if sign != self.seen {
            self.seen = sign;
            self.quiet = Duration::ZERO;
        }
        if self.quiet >= self.patience {
            return false;
        }
        std::thread::sleep(self.pause);
        self.quiet += self.pause;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::time::SystemTime;

    use snakecrate_platform::file::{FileId, Timestamp};

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn rounds(wait: &mut Wait, mut signs: impl Iterator<Item = i64>) -> usize {
        let sign = |seconds| {
            let modified = Timestamp { seconds, nanoseconds: 0 };
            let id = FileId { device: 0, index: 0 };
            Some(ChangeStamp { id, size: 0, modified, changed: modified })
        };
        signs.by_ref().take_while(|n| wait.goes_on(sign(*n))).count()
    }

    #[test]
    fn only_a_process_that_shows_signs_of_life_is_waited_for() {
        let mut wait = Wait::new(SHORT);
        // Any change is a sign, even one by a clock that is set back.
        assert_eq!(rounds(&mut wait, [9, 8, 3, 4, 1, 2, 3, 9, 0, 7].into_iter()), 10);
        // More than `SHORT` was slept since the last change.
        assert_eq!(rounds(&mut wait, [7, 7, 7].into_iter()), 0);
        assert_eq!(rounds(&mut Wait::new(SHORT), [7; 100].into_iter()), 4);
    }

    #[test]
    fn a_directory_that_is_gone_gives_no_sign() {
        let mut wait = Wait::new(SHORT);
        let rounds = (0..100).take_while(|_| wait.goes_on(None)).count();
        assert_eq!(rounds, 4);
    }

    #[test]
    fn there_is_one_beat_a_second_at_most() {
        let dir = tempfile::tempdir().unwrap();
        let directory = Directory::open(dir.path()).unwrap();
        let in_1970 = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        let put_back = || {
            let times = FileTimes::new().set_accessed(in_1970).set_modified(in_1970);
            std::fs::File::open(dir.path()).unwrap().set_times(times).unwrap();
        };
        let is_touched = || std::fs::metadata(dir.path()).unwrap().modified().unwrap() > in_1970;
        put_back();
        let progress = Progress::default();
        let mut pulse = Pulse::new(&progress, Some(&directory));
        // The pulse starts an hour from now, so no second is over.
        pulse.started += Duration::from_hours(1);
        pulse.add(1);
        assert!(!is_touched());
        pulse.started -= Duration::from_hours(2);
        let before = directory.metadata().unwrap().stamp();
        pulse.add(1);
        assert!(is_touched());
        assert_ne!(directory.metadata().unwrap().stamp(), before);
        put_back();
        *pulse.last.get_mut() += 60;
        pulse.beat();
        assert!(!is_touched());
    }
}
