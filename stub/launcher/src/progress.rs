//! The progress bar of a cold start.
//!
//! The bar is drawn on standard error, if that is the terminal of this process, the process is in
//! the foreground, and the terminal can erase a line. The bar appears after 0.3 seconds and is
//! erased before anything else is written or executed. Warm starts have no bar.
//!
//! Without a terminal, a graphical entry gets a [window](crate::window) after a second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};

use snakecrate_cache::progress::{Phase, Progress, Share};
use snakecrate_format::size::Size;
use snakecrate_platform::terminal;

use crate::window::ProgressWindow;

/// The delay before the bar appears.
const UNSEEN: Duration = Duration::from_millis(300);
/// The delay before a window appears.
const UNSEEN_WINDOW: Duration = Duration::from_secs(1);
/// The pause between two drawings.
const REDRAWN: Duration = Duration::from_millis(100);
/// The time after which the pace of a phase is known well enough.
const SURE: Duration = Duration::from_secs(1);
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

/// Runs `work`, and draws its progress meanwhile: in a window if `has_window`, else if standard error is a
/// suitable terminal. `name` is the application's name.
pub fn with_progress<T>(name: &str, has_window: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !has_window && (!can_wipe() || !terminal::is_drawable()) {
        return work(&progress);
    }
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let draw = || {
            if has_window {
                draw_window(&progress, name, &over);
            } else {
                draw(&progress, name, &over);
            }
        };
        // If the system refuses another thread, there is no bar.
        let ticker = std::thread::Builder::new().spawn_scoped(scope, draw).ok();
        let _end = ticker.map(|ticker| End { over: &over, ticker: ticker.thread().clone() });
        work(&progress)
    })
}

fn draw(progress: &Progress, name: &str, over: &AtomicBool) {
    let (mut drawn, mut pace) = (String::new(), None);
    std::thread::park_timeout(UNSEEN);
    while !over.load(Ordering::Acquire) {
        let left = time_left(&mut pace, progress.phase(), progress.share(), Instant::now());
        let line = line(progress, name, left, terminal::columns().unwrap_or(COLUMNS));
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

fn draw_window(progress: &Progress, name: &str, over: &AtomicBool) {
    let until = Instant::now() + UNSEEN_WINDOW;
    let (mut window, mut shown) = (None, 0);
    while !over.load(Ordering::Acquire) {
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            std::thread::park_timeout(left);
            continue;
        }
        if window.is_none() {
            window = ProgressWindow::open(name);
        }
        let Some(window) = &window else { return };
        // With 100 % it would close itself.
        let share = progress.share().and_then(|share| part(100, share.done, share.total));
        let percent = share.unwrap_or(0).min(99);
        if percent != shown {
            window.show(percent);
            shown = percent;
        }
        std::thread::park_timeout(REDRAWN);
    }
}

/// When a phase was seen first, and how much was done then.
type Pace = Option<(Phase, Instant, u64)>;

/// The seconds that the phase still takes if it goes on as it has since it was seen first; `None` in the first
/// second.
fn time_left(pace: &mut Pace, phase: Phase, share: Option<Share>, now: Instant) -> Option<u64> {
    let Share { done, total, .. } = share?;
    let (_, since, before) = match *pace {
        Some(known @ (same, ..)) if same == phase => known,
        _ => *pace.insert((phase, now, done)),
    };
    let gone = now.saturating_duration_since(since);
    let tenths = gone.as_secs() * 10 + u64::from(gone.subsec_millis() / 100);
    let left = part(tenths, total - done, done.saturating_sub(before))?;
    (gone >= SURE).then(|| left.div_ceil(10))
}

/// `of` × `done` / `total`, rounded down; `None` if `total` is too small for that.
fn part(of: u64, done: u64, total: u64) -> Option<u64> {
    // So that the product fits.
    let shift = 32_u32.saturating_sub(done.max(total).leading_zeros());
    of.saturating_mul(done >> shift).checked_div(total >> shift)
}

/// One line that is shorter than `columns`, since a terminal may wrap after the last column. `left` are the
/// seconds that are left. Nothing that does not fit is shown in part, except the name and the phase.
fn line(progress: &Progress, name: &str, left: Option<u64>, columns: usize) -> String {
    // Other characters than these may take any number of columns.
    let is_plain = name.bytes().all(|b| b.is_ascii_graphic());
    let name = if is_plain { name } else { "snakecrate" };
    let mut line = [name, ": ", text(progress.phase())].concat();
    let mut free = columns.saturating_sub(1);
    line.truncate(free);
    free -= line.len();
    let Some(Share { done, bytes, total }) = progress.share() else { return line };
    let amount = match bytes {
        0 => format!(" {} %", part(100, done, total).unwrap_or(0)),
        _ => format!(" {} of {}", Size(done.min(bytes)), Size(bytes)),
    };
    let time = match left {
        Some(seconds @ ..100) => format!(", {seconds} s left"),
        Some(seconds) => format!(", {} min left", seconds.div_ceil(60)),
        None => String::new(),
    };
    let mut details = String::new();
    for detail in [amount, time] {
        if detail.len() > free {
            break;
        }
        free -= detail.len();
        details.push_str(&detail);
    }
    let bar = free.saturating_sub(" []".len()).min(LONGEST_BAR);
    if bar >= SHORTEST_BAR {
        let full = part(bar as u64, done, total).unwrap_or(0);
        let full = usize::try_from(full).map_or(bar, |full| full.min(bar));
        line.extend([" [", &"#".repeat(full), &" ".repeat(bar - full), "]"]);
    }
    line.push_str(&details);
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

    const START: &str = "app: unpacking for the first start";

    fn line(done: u64, all: u64, left: Option<u64>, columns: usize) -> String {
        let progress = Progress::default();
        progress.begin(Phase::Unpacking, all, 0);
        progress.add(done);
        super::line(&progress, "app", left, columns)
    }

    #[test]
    fn the_bar_is_as_full_as_the_work_is_done() {
        let line = |done, all| line(done, all, None, 69);
        assert_eq!(line(0, 900), format!("{START} [          ] 0 bytes of 900 bytes"));
        assert_eq!(line(450, 900), format!("{START} [####    ] 450 bytes of 900 bytes"));
        assert_eq!(line(5000, 2000), format!("{START} [##############] 2.0 kB of 2.0 kB"));
        let longest = format!("{START} [###     ] 9223372.1 TB of 18446744.1 TB");
        assert_eq!(super::tests::line(u64::MAX / 2, u64::MAX, None, 76), longest);
        assert_eq!(
            super::tests::line(1, 2, None, 500).split(['[', ']']).nth(1).unwrap().len(),
            LONGEST_BAR
        );
        assert_eq!(line(1, 0), START);
    }

    #[test]
    fn links_count_for_the_bar_and_not_as_bytes() {
        let progress = Progress::default();
        progress.begin(Phase::Unpacking, 5000, 5000);
        progress.add(7500);
        let line = super::line(&progress, "app", Some(0), 80);
        assert_eq!(line, format!("{START} [###########    ] 5.0 kB of 5.0 kB, 0 s left"));
        progress.begin(Phase::Unpacking, 0, 5000);
        progress.add(100);
        assert_eq!(super::line(&progress, "app", None, 48), format!("{START} [      ] 2 %"));
    }

    #[test]
    fn details_that_do_not_fit_are_left_out_whole() {
        let line = |columns| line(1_000_000, 4_000_000_000, Some(7), columns);
        let bytes = "1.0 MB of 4.0 GB";
        assert_eq!(line(71), format!("{START} [      ] {bytes}, 7 s left"));
        assert_eq!(line(70), format!("{START} [     ] {bytes}, 7 s left"));
        assert_eq!(line(69), format!("{START} {bytes}, 7 s left"));
        assert_eq!(line(62), format!("{START} {bytes}, 7 s left"));
        assert_eq!(line(61), format!("{START} [      ] {bytes}"));
        assert_eq!(line(51), format!("{START} [             ]"));
        assert_eq!(line(42), START);
        assert_eq!(line(20), "app: unpacking for ");
    }

    #[test]
    fn it_never_reaches_the_last_column() {
        let longest = line(1, 2, Some(99), 500).len();
        for columns in 0..500 {
            let length = line(1, 2, Some(99), columns).len();
            assert!(length < columns.max(1) && length <= longest, "{length} of {columns}");
        }
    }

    #[test]
    fn minutes_stand_for_many_seconds() {
        let time = |left| line(1, 2, Some(left), 500).rsplit_once(", ").unwrap().1.to_owned();
        assert_eq!([time(0), time(99)], ["0 s left", "99 s left"]);
        assert_eq!([time(100), time(120), time(121)], ["2 min left", "2 min left", "3 min left"]);
    }

    #[test]
    fn the_time_left_follows_from_the_pace() {
        let (mut pace, start) = (None, Instant::now());
        let mut at = |milliseconds, phase, done, total| {
            let now = start + Duration::from_millis(milliseconds);
            time_left(&mut pace, phase, Some(Share { done, bytes: total, total }), now)
        };
        // What was done before the bar appeared does not count.
        assert_eq!(at(0, Phase::Comparing, 500, 1500), None);
        assert_eq!(at(900, Phase::Comparing, 590, 1500), None);
        assert_eq!(at(1000, Phase::Comparing, 500, 1500), None);
        assert_eq!(at(1000, Phase::Comparing, 600, 1500), Some(9));
        assert_eq!(at(4000, Phase::Comparing, 600, 1500), Some(36));
        assert_eq!(at(4000, Phase::Comparing, 1500, 1500), Some(0));
        assert_eq!(at(5000, Phase::Unpacking, 1, 1500), None);
        assert_eq!(at(7000, Phase::Unpacking, u64::MAX / 2 + 1, u64::MAX), Some(2));
        assert_eq!(time_left(&mut pace, Phase::Unpacking, None, start), None);
    }

    #[test]
    fn a_name_of_unknown_width_is_not_shown() {
        for name in ["\u{4e2d}", "a\x1b[2Jb", "a\nb", "a b"] {
            let line = super::line(&Progress::default(), name, None, 80);
            assert_eq!(line, "snakecrate: checking what needs unpacking");
        }
    }
}
