//! `--timings`: how long the stages of a build take.

use std::time::{Duration, Instant};

use snakecrate_base::timings::{Stage, begin, stages};
use snakecrate_base::ui::table;

use super::{Error, print};

/// Does `work`, and prints how long its stages took if `is_wanted`.
pub(super) fn around(
    is_wanted: bool,
    work: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let since = Instant::now();
    let stage = begin("other");
    let done = work();
    drop(stage);
    if is_wanted {
        print(&text(&stages(), since.elapsed()))?;
    }
    done
}

/// Rows in the order of the stages; what belongs to none comes last.
fn text(stages: &[Stage], all: Duration) -> String {
    let mut rows = table(&["stage", "seconds", "share", "cached"]);
    let (other, named): (Vec<_>, Vec<_>) = stages.iter().partition(|stage| stage.name == "other");
    let seconds = |time: Duration| format!("{:7.2}", time.as_secs_f64());
    for stage in named.into_iter().chain(other) {
        let share = 100.0 * stage.took.as_secs_f64() / all.as_secs_f64().max(f64::EPSILON);
        let share = format!("{share:4.0} %");
        rows.add_row([stage.name.to_owned(), seconds(stage.took), share, stage.notes.join(", ")]);
    }
    rows.add_row(["all".to_owned(), seconds(all), " 100 %".to_owned(), String::new()]);
    rows.to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
