//! How far a cold start is: counted by those who work, drawn for people who wait.
//!
//! The bar is on standard error, and only where that is the terminal of this process, in the
//! foreground, and able to wipe a line. It comes after 0.3 seconds and is gone before anything else
//! is written or executed. A warm start knows nothing of it.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

/// Who waits for less needs no bar.
const UNSEEN: Duration = Duration::from_millis(300);
const REDRAWN: Duration = Duration::from_millis(100);
/// Returns to the start of the line and wipes it.
const WIPE: &str = "\r\x1b[K";
/// Where a terminal does not tell how wide it is.
const COLUMNS: usize = 80;
const SHORTEST_BAR: usize = 5;
const LONGEST_BAR: usize = 40;

/// What a cold start is at.
#[derive(Debug, Clone, Copy)]
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
    /// In the order of the variants.
    const TEXTS: [&'static str; 4] = [
        "looking what there is to unpack",
        "waiting for another start that unpacks it",
        "checking what was unpacked before",
        "unpacking for the first start",
    ];
}

/// A phase and how much of it is done.
#[derive(Debug, Default)]
pub struct Progress {
    phase: AtomicUsize,
    done: AtomicU64,
    all: AtomicU64,
}

impl Progress {
    /// Starts a phase that comes to an end at `all`; 0 where that is not known.
    pub fn begin(&self, phase: Phase, all: u64) {
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
        self.phase.store(phase as usize, Ordering::Relaxed);
    }

    /// So much more of the phase is done.
    pub fn add(&self, done: u64) {
        self.done.fetch_add(done, Ordering::Relaxed);
    }

    /// Does `work`, and meanwhile draws how far it is, where somebody sees it. `name` is what is
    /// being started.
    pub fn shown<T>(name: &str, work: impl FnOnce(&Self) -> T) -> T {
        let progress = Self::default();
        if !can_wipe() || !may_draw() {
            return work(&progress);
        }
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let draw = || progress.draw(name, &over);
            // Without a further thread (a limit of the system's) there is no bar.
            let ticker = std::thread::Builder::new().spawn_scoped(scope, draw).ok();
            let _end = ticker.map(|ticker| End { over: &over, ticker: ticker.thread().clone() });
            work(&progress)
        })
    }

    fn draw(&self, name: &str, over: &AtomicBool) {
        let mut drawn = String::new();
        std::thread::park_timeout(UNSEEN);
        while !over.load(Ordering::Acquire) {
            let line = self.line(name, columns());
            if line != drawn && may_draw() {
                write(&[WIPE, &line].concat());
                drawn = line;
            }
            std::thread::park_timeout(REDRAWN);
        }
        // In the background by now, the line is no longer ours.
        if !drawn.is_empty() && may_draw() {
            write(WIPE);
        }
    }

    /// One line that is shorter than `columns`: a terminal may wrap at the last one.
    fn line(&self, name: &str, columns: usize) -> String {
        // What is not ASCII may take any number of columns.
        let is_plain = name.bytes().all(|b| b.is_ascii_graphic());
        let name = if is_plain { name } else { "snakecrate" };
        let mut line = [name, ": ", Phase::TEXTS[self.phase.load(Ordering::Relaxed)]].concat();
        let all = self.all.load(Ordering::Relaxed);
        let room = columns.saturating_sub(1);
        if all > 0 {
            let done = self.done.load(Ordering::Relaxed).min(all);
            let percent = format!(" {:3} %", u128::from(done) * 100 / u128::from(all));
            let bar = room.saturating_sub(line.len() + " []".len() + percent.len());
            if bar >= SHORTEST_BAR {
                let bar = bar.min(LONGEST_BAR);
                let full = usize::try_from(bar as u128 * u128::from(done) / u128::from(all));
                let full = full.unwrap_or(0);
                line.extend([" [", &"#".repeat(full), &" ".repeat(bar - full), "]"]);
            }
            line.push_str(&percent);
        }
        line.truncate(room);
        line
    }
}

/// Ends the drawing, even if the work panics.
struct End<'a> {
    over: &'a AtomicBool,
    ticker: Thread,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        self.ticker.unpark();
    }
}

/// Whether the terminal, if there is one, knows escape sequences.
fn can_wipe() -> bool {
    std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb")
}

/// Whether standard error is our terminal, this process is in its foreground (else writing could
/// stop it), and nobody has halted it by Ctrl-S (else writing would wait).
fn may_draw() -> bool {
    let stderr = io::stderr();
    let is_in_front = rustix::termios::tcgetpgrp(&stderr)
        .is_ok_and(|foreground| foreground == rustix::process::getpgrp());
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut ready = [PollFd::new(&stderr, PollFlags::OUT)];
    is_in_front && rustix::event::poll(&mut ready, Some(&at_once)) == Ok(1)
}

fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|&columns| columns > 0).unwrap_or(COLUMNS)
}

/// In one piece; a bar that cannot be written is no loss.
fn write(text: &str) {
    let _ = rustix::io::write(io::stderr().as_fd(), text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: u64, all: u64, columns: usize) -> String {
        let progress = Progress::default();
        progress.begin(Phase::Unpacking, all);
        progress.add(done);
        progress.line("app", columns)
    }

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        let start = "app: unpacking for the first start";
        assert_eq!(line(0, 100, 55), format!("{start} [           ]   0 %"));
        assert_eq!(line(50, 100, 55), format!("{start} [#####      ]  50 %"));
        assert_eq!(line(200, 100, 55), format!("{start} [###########] 100 %"));
        assert_eq!(line(u64::MAX / 2, u64::MAX, 55), format!("{start} [#####      ]  49 %"));
        assert_eq!(line(1, 2, 500).split(['[', ']']).nth(1).unwrap().len(), LONGEST_BAR);
        assert_eq!(line(1, 0, 55), start);
    }

    #[test]
    fn it_never_reaches_the_last_column() {
        let longest = line(1, 2, 500).len();
        for columns in 0..500 {
            let length = line(1, 2, columns).len();
            assert!(length < columns.max(1) && length <= longest, "{length} of {columns}");
        }
        assert_eq!(line(47, 100, 45), "app: unpacking for the first start  47 %");
        assert_eq!(line(47, 100, 20), "app: unpacking for ");
    }

    #[test]
    fn a_name_of_unknown_width_is_not_shown() {
        for name in ["\u{4e2d}", "a\x1b[2Jb", "a\nb", "a b"] {
            let line = Progress::default().line(name, 80);
            assert_eq!(line, "snakecrate: looking what there is to unpack");
        }
    }
}
