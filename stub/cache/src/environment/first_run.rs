//! First-run hooks: scripts of an environment that run once, before an entry's first start.
//!
//! A marker in the environment records that a script has run. It stays if the environment is made
//! again, and goes when the environment is removed.

use std::io::{self, ErrorKind};
use std::time::Duration;

use snakecrate_format::digest::Digest;
use snakecrate_format::entry_path::RESERVED;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::error::ignore_existing;

use crate::lease::{self, Lock};

/// The beginning of the names of markers; the key of the script's path follows.
const MARKER: &str = "first-run.";
/// The pause between two looks at a lock doubles from this one to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// The right to run a script: no other process runs it meanwhile, unless locks do not work here.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "it has the lock")] Option<Directory>);

/// Whether the script at `path` in the environment `env` has run.
pub fn has_run(env: &Directory, path: &[u8]) -> bool {
    env.has(marker(path))
}

/// Waits until no other process runs a script in `env`. `None` if the script at `path` has run
/// by then.
pub fn turn(env: &Directory, path: &[u8]) -> Option<Turn> {
    let mut pause = FIRST_PAUSE;
    // A file would have to be made, and cannot be in a read-only cache.
    let lock = env.open_in(RESERVED).ok();
    while lock.as_ref().is_some_and(|lock| lease::lock(lock) == Lock::Busy) {
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    (!has_run(env, path)).then_some(Turn(lock))
}

/// Records that the script at `path` has run.
///
/// # Errors
///
/// The cache cannot be written to. The script will run again.
pub fn record(env: &Directory, path: &[u8]) -> io::Result<()> {
    ignore_existing(env.create_file(marker(path), 0o444).map(drop))
}

/// Copies the markers of the environment `old` to the `new` one that replaces it.
pub fn keep(old: &Directory, new: &Directory) -> io::Result<()> {
    let entries = match old.open_in(RESERVED).and_then(|directory| directory.entries()) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for name in entries.iter().filter_map(|name| name.to_str()) {
        if name.starts_with(MARKER) {
            ignore_existing(new.create_file(format!("{RESERVED}/{name}"), 0o444).map(drop))?;
        }
    }
    Ok(())
}

fn marker(path: &[u8]) -> String {
    format!("{RESERVED}/{MARKER}{}", Digest::of(path).key())
}

#[cfg(test)]
mod tests {
    use snakecrate_platform::directory::OPEN;

    use super::*;

    fn environment() -> (tempfile::TempDir, Directory) {
        let place = tempfile::tempdir().unwrap();
        let env = Directory::open(place.path()).unwrap();
        env.create(RESERVED, OPEN).unwrap();
        (place, env)
    }

    #[test]
    fn each_script_has_a_marker_that_a_new_environment_keeps() {
        let ((_old, old), (_new, new)) = (environment(), environment());
        assert!(!has_run(&old, b"boot/a.py"));
        for _ in 0..2 {
            record(&old, b"boot/a.py").unwrap();
        }
        keep(&old, &new).unwrap();
        keep(&old, &new).unwrap();
        assert!(has_run(&new, b"boot/a.py") && !has_run(&new, b"boot/b.py"));
    }

    #[test]
    fn a_script_has_one_turn_at_a_time_and_none_after_it_has_run() {
        let (_place, env) = environment();
        let other = env.duplicate().unwrap();
        let first = turn(&env, b"a").unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turn(&other, b"a").is_some());
            std::thread::sleep(Duration::from_millis(30));
            assert!(!waiting.is_finished());
            record(&env, b"a").unwrap();
            drop(first);
            assert!(!waiting.join().unwrap());
        });
        // It failed: the next one has a turn.
        drop(turn(&env, b"b").unwrap());
        assert!(turn(&env, b"b").is_some());
    }
}
