//! Signs of life: who makes a tree touches its directory now and then, and who waits for it goes
//! by that.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;

use crate::progress::Progress;

/// How long one waits for another process without a sign of life from it.
pub const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// Counts what is done, and at most once a second shows those who wait that it goes on.
#[derive(Debug)]
pub struct Pulse<'a> {
    progress: &'a Progress,
    staging: Option<BorrowedFd<'a>>,
    started: Instant,
    /// The second of the last sign, from the start.
    last: AtomicU64,
}

impl<'a> Pulse<'a> {
    /// Of work in this directory of staging; nobody waits for work that has none.
    pub fn new(progress: &'a Progress, staging: Option<BorrowedFd<'a>>) -> Self {
        Self { progress, staging, started: Instant::now(), last: AtomicU64::new(0) }
    }

    /// So much more is done.
    pub fn add(&self, done: u64) {
        self.progress.add(done);
        self.beat();
    }

    /// Something is done that counts for nothing.
    pub fn beat(&self) {
        let Some(staging) = self.staging else { return };
        let (now, last) = (self.started.elapsed().as_secs(), self.last.load(Ordering::Relaxed));
        let is_ours = now > last
            && self.last.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if is_ours {
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            let _ = rustix::fs::futimens(
                staging,
                &Timestamps { last_access: now, last_modification: now },
            );
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

/// What tells a directory from itself at another time. Never compared with a clock: that may be
/// wrong, and a file server's is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign([u64; 6]);

impl Sign {
    /// The state of a directory. It has to be freshly open: a network file system asks its server
    /// then, and not again for a while.
    pub fn of(directory: impl AsFd) -> Result<Self, Errno> {
        let stat = rustix::fs::fstat(directory)?;
        Ok(Self([
            stat.st_dev,
            stat.st_ino,
            stat.st_mtime.cast_unsigned(),
            stat.st_mtime_nsec,
            stat.st_ctime.cast_unsigned(),
            stat.st_ctime_nsec,
        ]))
    }
}

/// Waiting for another process.
pub(super) struct Wait {
    patience: Duration,
    /// Since the last sign of life; what was slept, not what a clock says.
    quiet: Duration,
    pause: Duration,
    seen: Option<Sign>,
}

impl Wait {
    pub(super) fn new(patience: Duration) -> Self {
        Self { patience, quiet: Duration::ZERO, pause: FIRST_PAUSE, seen: None }
    }

    /// Sleeps for a moment; `false` if there was no other `sign` for too long.
    pub(super) fn goes_on(&mut self, sign: Option<Sign>) -> bool {
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
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn rounds(wait: &mut Wait, mut signs: impl Iterator<Item = u64>) -> usize {
        let sign = |n| Some(Sign([0, 0, n, 0, 0, 0]));
        signs.by_ref().take_while(|n| wait.goes_on(sign(*n))).count()
    }

    #[test]
    fn who_gives_signs_of_life_is_waited_for_and_who_does_not_is_not() {
        let mut wait = Wait::new(SHORT);
        // Any change will do, a clock that is put back, too.
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
    fn a_beat_is_a_sign_and_there_is_one_a_second_at_most() {
        let dir = tempfile::tempdir().unwrap();
        let directory = crate::cache::root::open_directory(rustix::fs::CWD, dir.path()).unwrap();
        let of_1970 = Timespec { tv_sec: 1, tv_nsec: 0 };
        let times = Timestamps { last_access: of_1970, last_modification: of_1970 };
        rustix::fs::futimens(&directory, &times).unwrap();
        let progress = Progress::default();
        let mut pulse = Pulse::new(&progress, Some(directory.as_fd()));
        let is_touched = || {
            std::fs::metadata(dir.path()).unwrap().modified().unwrap()
                > std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1)
        };
        // Begun an hour from now, no second is over.
        pulse.started += Duration::from_hours(1);
        pulse.add(1);
        assert!(!is_touched());
        pulse.started -= Duration::from_hours(2);
        let before = Sign::of(&directory).unwrap();
        pulse.add(1);
        assert!(is_touched());
        assert_ne!(Sign::of(&directory).unwrap(), before);
        rustix::fs::futimens(&directory, &times).unwrap();
        *pulse.last.get_mut() += 60;
        pulse.beat();
        assert!(!is_touched());
    }
}
