//! Signs of life: a process that makes a tree touches the tree's directory now and then, and a
//! process that waits for the tree goes by that.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::ChangeStamp;

use crate::progress::Progress;

/// How long a process waits for another without a sign of life from it.
pub const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Counts what is done, and at most once a second shows those who wait that it goes on.
#[derive(Debug)]
pub struct Pulse<'a> {
    progress: &'a Progress,
    staging: Option<&'a Directory>,
    started: Instant,
    /// The second of the last sign, from the start.
    last: AtomicU64,
}

impl<'a> Pulse<'a> {
    /// For work in this directory of staging. Nobody waits for work without one.
    pub fn new(progress: &'a Progress, staging: Option<&'a Directory>) -> Self {
        Self { progress, staging, started: Instant::now(), last: AtomicU64::new(0) }
    }

    /// Counts what is done.
    pub fn add(&self, done: u64) {
        self.progress.add(done);
        self.beat();
    }

    /// Shows that something was done that is not counted.
    pub fn beat(&self) {
        let Some(staging) = self.staging else { return };
        let (now, last) = (self.started.elapsed().as_secs(), self.last.load(Ordering::Relaxed));
        let is_ours = now > last
            && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_ours {
            let _ = staging.touch();
        }
    }
}

/// A reader each of whose reads is a sign of life.
pub struct Beating<'a, R>(pub R, pub &'a Pulse<'a>);

impl<R: Read> Read for Beating<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1.beat();
        self.0.read(buffer)
    }
}

/// Waiting for another process. A sign of life is a change stamp that differs from the last one, of
/// a freshly opened directory: a network file system asks its server then, and not again for a
/// while.
pub(crate) struct Wait {
    patience: Duration,
    /// Time since the last sign of life: the sum of the pauses, not what a clock says.
    quiet: Duration,
    pause: Duration,
    seen: Option<ChangeStamp>,
}

impl Wait {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, quiet: Duration::ZERO, pause: FIRST_PAUSE, seen: None }
    }

    /// Sleeps for a moment; `false` if there was no other `sign` for too long.
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
        // Any change will do, also a clock that is put back.
        assert_eq!(rounds(&mut wait, [9, 8, 3, 4, 1, 2, 3, 9, 0, 7].into_iter()), 10);
        // 50 ms were slept since the last change.
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
        // Begun an hour from now, no second is over.
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
