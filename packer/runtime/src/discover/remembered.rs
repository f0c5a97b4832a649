//! The facts that an interpreter reported, kept while nothing changes that they depend on. A start of the
//! interpreter is the largest part of a rebuild that is not the back end's.
//!
//! ```text
//! probed/<digest of path, program and the loader's variables>.json   {"answer": {…}, "stamps": […]}
//! ```
//!
//! A script isn't asked once for all: a shim may choose another interpreter in another directory.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use snakecrate_audit::elf::is_elf;
use snakecrate_base::python::Interpreter;
use snakecrate_base::temporary;
use snakecrate_format::target::Target;
use snakecrate_platform::file::{ChangeStamp, Timestamp};

use super::Error;
use super::probe::{self, Answer};

/// Variables by which the loader finds other libraries.
const VARIABLES: [&str; 2] = ["LD_LIBRARY_PATH", "LD_PRELOAD"];
/// Seconds for which a change may stay unseen, because file systems have coarse clocks.
const RECENT: u64 = 2;

#[derive(Serialize, Deserialize)]
struct Note {
    answer: Answer,
    /// Files and directories, and their states; none if there was nothing.
    stamps: Vec<(PathBuf, Option<String>)>,
}

/// The interpreter at `path`, as [`probe::probe`] finds it; notes are in `directory`.
pub(super) fn probe(
    path: &Path,
    target: &'static Target,
    directory: &Path,
) -> Result<Interpreter, Error> {
    if !probe::header(path).is_ok_and(|header| is_elf(&header)) {
        return probe::probe(path, target);
    }
    let place = directory.join(format!("{}.json", key(path)));
    if let Some(answer) = kept(&place) {
        return probe::interpreter(path, answer, target);
    }
    let start = SystemTime::now();
    let answer = probe::ask(path, target)?;
    let interpreter = probe::interpreter(path, answer.clone(), target)?;
    if let Some(stamps) = stamps(path, &answer, start) {
        // Without the note, the next build asks again.
        let _ = write(&place, &Note { answer, stamps });
    }
    Ok(interpreter)
}

fn key(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [path.as_os_str().as_encoded_bytes(), probe::PROBE.as_bytes()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    for name in VARIABLES {
        let value = env::var_os(name).unwrap_or_default();
        hasher.update(value.as_encoded_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The answer in the note at `place`, if all is as it was.
fn kept(place: &Path) -> Option<Answer> {
    let note: Note = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
    let is_same = |(path, state): &(PathBuf, Option<String>)| stamp(path) == *state;
    note.stamps.iter().all(is_same).then_some(note.answer)
}

/// The states that `answer` depends on; none if something may have changed since `start`.
fn stamps(
    path: &Path,
    answer: &Answer,
    start: SystemTime,
) -> Option<Vec<(PathBuf, Option<String>)>> {
    let bin = path.parent()?;
    let mut paths = vec![path.to_owned(), bin.join("pyvenv.cfg")];
    paths.extend(bin.parent().map(|above| above.join("pyvenv.cfg")));
    // A directory's time changes when a file in it is replaced, as installers do it.
    paths.extend([answer.prefix.join("bin"), answer.prefix.join("lib"), answer.dynload.clone()]);
    paths.extend([answer.executable.clone(), answer.stdlib.clone(), answer.stdlib.join("os.py")]);
    let start = start.duration_since(UNIX_EPOCH).ok()?.as_secs();
    let oldest = i64::try_from(start.saturating_sub(RECENT)).ok()?;
    let is_settled = |path: &PathBuf| {
        let changed = ChangeStamp::of(path).map(|stamp| stamp.changed);
        changed.map_or(true, |Timestamp { seconds, .. }| seconds < oldest)
    };
    paths.iter().all(is_settled).then(|| {
        paths
            .into_iter()
            .map(|path| {
                let state = stamp(&path);
                (path, state)
            })
            .collect()
    })
}

/// The state of a file or directory, as text.
fn stamp(path: &Path) -> Option<String> {
    ChangeStamp::of(path).ok().map(|stamp| format!("{stamp:?}"))
}

fn write(place: &Path, note: &Note) -> io::Result<()> {
    let directory = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let mut file = temporary::file_in(directory)?;
    serde_json::to_writer(&mut file, note)?;
    file.persist(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use snakecrate_base::{host, skip};

    /// The `python3` of this machine, not a shim.
    fn python() -> Option<PathBuf> {
        let path = env::var_os("SNAKECRATE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
        Some(probe::probe(Path::new(&path), host::target()?).ok()?.executable)
    }

    #[test]
    fn an_answer_is_used_until_something_changes() {
        let Some((python, target)) = python().zip(host::target()) else { skip!("no Python here") };
        let directory = tempfile::tempdir().unwrap();
        // An environment, whose configuration says what the base is.
        let root = directory.path().join("env");
        fs::create_dir_all(root.join("bin")).unwrap();
        let home = python.parent().unwrap().display();
        fs::write(root.join("pyvenv.cfg"), format!("home = {home}\n")).unwrap();
        let path = root.join("bin/python3");
        snakecrate_platform::file::symlink(&python, &path).unwrap();
        let notes = directory.path().join("notes");
        let ask = || probe(&path, target, &notes).unwrap();
        let text_of = |python: &Interpreter| format!("{python:?}");
        let first = ask();
        assert!(!notes.exists(), "the environment is too young for a note");
        std::thread::sleep(Duration::from_secs(RECENT + 1));
        assert_eq!(text_of(&ask()), text_of(&first));
        let note = fs::read_dir(&notes).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&note).unwrap();
        // The note is what answers.
        let other = text.replace(&format!("\"{}\"", first.full_version), "\"3.99.0\"");
        assert_ne!(other, text);
        fs::write(&note, other).unwrap();
        assert_eq!(ask().full_version, "3.99.0");
        fs::write(root.join("pyvenv.cfg"), format!("home = {home}\nversion = 1\n")).unwrap();
        assert_eq!(text_of(&ask()), text_of(&first));
    }

    #[test]
    fn scripts_are_asked_each_time() {
        let Some((python, target)) = python().zip(host::target()) else { skip!("no Python here") };
        let directory = tempfile::tempdir().unwrap();
        let shim = directory.path().join("python3");
        fs::write(&shim, format!("#!/bin/sh\nexec {} \"$@\"\n", python.display())).unwrap();
        snakecrate_platform::file::set_mode(&shim, 0o755).unwrap();
        let notes = directory.path().join("notes");
        assert_eq!(probe(&shim, target, &notes).unwrap().executable, python);
        assert!(!notes.exists());
    }
}
