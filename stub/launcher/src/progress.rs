//! The progress bar of a cold start.
//!
//! The bar is drawn on standard error, if that is the terminal of this process, the process is in
//! the foreground, and the terminal can erase a line. The bar appears after 0.3 seconds and is
//! erased before anything else is written or executed. Warm starts have no bar.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;
use std::time::Duration;

use snakecrate_cache::progress::{Phase, Progress};
use snakecrate_platform::terminal;

/// The delay before the bar appears.
const UNSEEN: Duration = Duration::from_millis(300);
/// The pause between two drawings.
const REDRAWN: Duration = Duration::from_millis(100);
/// Returns to the start of the line and erases it.
const WIPE: &str = "\r\x1b[K";
/// The width in columns if the terminal does not report one.
const COLUMNS: usize = 80;
const SHORTEST_BAR: usize = 5;
const LONGEST_BAR: usize = 40;

fn text(phase: Phase) -> &'static str {
    match phase {
        Phase::Looking => "checking what needs unpacking",
        Phase::Waiting => "waiting for another start that unpacks it",
        Phase::Comparing => "checking what was unpacked before",
        Phase::Unpacking => "unpacking for the first start",
    }
}

/// Runs `work`, and draws its progress meanwhile if standard error is a suitable terminal. `name`
/// is the application's name.
pub fn with_progress<T>(name: &str, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !can_wipe() || !terminal::is_drawable() {
        return work(&progress);
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let draw = || draw(&progress, name, &over);
        // If the system refuses another thread, there is no bar.
        let ticker = std::thread::Builder::new().spawn_scoped(scope, draw).ok();
        let _end = ticker.map(|ticker| End { over: &over, ticker: ticker.thread().clone() });
        work(&progress)
    })
}

fn draw(progress: &Progress, name: &str, over: &AtomicBool) {
    let mut drawn = String::new();
    std::thread::park_timeout(UNSEEN);
    while !over.load(Ordering::Acquire) {
        let line = line(progress, name, terminal::columns().unwrap_or(COLUMNS));
        if line != drawn && terminal::is_drawable() {
            terminal::write(&[WIPE, &line].concat());
            drawn = line;
        }
        std::thread::park_timeout(REDRAWN);
    }
    // If the process is in the background by now, the line is no longer ours.
    if !drawn.is_empty() && terminal::is_drawable() {
        terminal::write(WIPE);
    }
}

/// One line that is shorter than `columns`, since a terminal may wrap after the last column.
fn line(progress: &Progress, name: &str, columns: usize) -> String {
    // Other characters than these may take any number of columns.
    let is_plain = name.bytes().all(|b| b.is_ascii_graphic());
    let name = if is_plain { name } else { "snakecrate" };
    let mut line = [name, ": ", text(progress.phase())].concat();
    let width = columns.saturating_sub(1);
    if let Some((done, total)) = progress.share() {
        let percent = format!(" {:3} %", u128::from(done) * 100 / u128::from(total));
        let bar = width.saturating_sub(line.len() + " []".len() + percent.len());
        if bar >= SHORTEST_BAR {
            let bar = bar.min(LONGEST_BAR);
            let full = usize::try_from(bar as u128 * u128::from(done) / u128::from(total));
            let full = full.unwrap_or(0);
            line.extend([" [", &"#".repeat(full), &" ".repeat(bar - full), "]"]);
        }
        line.push_str(&percent);
    }
    line.truncate(width);
    line
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

/// Whether the terminal, if there is one, understands escape sequences.
fn can_wipe() -> bool {
    std::env::var_os("TERM").is_some_and(|name| !name.is_empty() && name != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: u64, all: u64, columns: usize) -> String {
        let progress = Progress::default();
        progress.begin(Phase::Unpacking, all);
        progress.add(done);
        super::line(&progress, "app", columns)
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
            let line = super::line(&Progress::default(), name, 80);
            assert_eq!(line, "snakecrate: checking what needs unpacking");
        }
    }
}
