//! Tests that cannot run on this machine: skipped, with the reason.
//!
//! libtest has no way to skip a test that has started; one that returns early counts as passed. So
//! a skipped test records its name and the reason, and `ci/count` takes it off the passed ones.
//! Two maintained crates don't fit: `test-with` decides when the tests are compiled, and
//! `libtest-mimic` needs a list of all tests in place of `#[test]`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::panic::Location;

/// The variable that names the file of skipped tests: a line `BINARY<TAB>TEST<TAB>REASON` for each.
pub const SKIPPED: &str = "SNAKECRATE_SKIPPED_TESTS";

/// Ends the running test, which counts as skipped. A helper that calls it returns the default of
/// its type, such as `None`.
#[macro_export]
macro_rules! skip {
    ($($reason:tt)+) => {{
        $crate::testing::record_skip(&format!($($reason)+));
        return Default::default();
    }};
}

/// Records that the running test is skipped: in the file that [`SKIPPED`] names, else on standard
/// error. Use [`skip!`](crate::skip), which also ends the test.
///
/// # Panics
///
/// If it cannot write to that file.
#[track_caller]
pub fn record_skip(reason: &str) {
    let thread = std::thread::current();
    // The thread of a test has its name, but with `--test-threads 1` that is the main thread.
    let name = thread.name().filter(|name| *name != "main");
    let name = name.map_or_else(|| Location::caller().to_string(), str::to_owned);
    let Some(file) = std::env::var_os(SKIPPED) else {
        // Not `eprintln!`: libtest captures it and shows it for failed tests only. One write, as
        // tests run side by side.
        let _ = std::io::stderr().write_all(format!("skipped: {name}: {reason}\n").as_bytes());
        return;
    };
    let binary = std::env::current_exe().unwrap_or_default();
    let binary = binary.file_name().unwrap_or_default().to_string_lossy();
    let line = format!("{binary}\t{name}\t{}\n", reason.replace(['\n', '\t'], " "));
    // One write, as several processes append.
    let file = OpenOptions::new().append(true).create(true).open(file);
    file.and_then(|mut file| file.write_all(line.as_bytes())).expect("the list of skipped tests");
}
