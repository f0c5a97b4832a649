//! Facts that an interpreter reports about itself.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use snakecrate_audit::elf::{HEADER, foreign_machine};
use snakecrate_base::python::Interpreter;
use snakecrate_format::target::Target;

use super::Error;

/// The oldest version that archives may carry: older runtimes aren't tested.
pub const OLDEST: (u8, u8) = (3, 9);

pub(super) const PROBE: &str = include_str!("probe.py");

/// What [`PROBE`] reports.
#[derive(Clone, serde::Deserialize, serde::Serialize)]
pub(super) struct Answer {
    pub(super) executable: PathBuf,
    implementation: String,
    version: (u8, u8, u8),
    full_version: String,
    cache_tag: String,
    magic: String,
    pub(super) prefix: PathBuf,
    pub(super) stdlib: PathBuf,
    pub(super) dynload: PathBuf,
    free_threaded: bool,
}

/// Refuses an interpreter that archives may not carry; `path` is that of its executable.
pub(super) fn check_supported(
    path: &Path,
    implementation: &str,
    (major, minor, _): (u8, u8, u8),
    full_version: &str,
) -> Result<(), Error> {
    let unsupported = |what| Err(Error::Unsupported { path: path.to_owned(), what });
    if implementation != "cpython" {
        return unsupported(format!("{implementation} {major}.{minor}"));
    }
    if (major, minor) < OLDEST {
        return unsupported(format!("Python {full_version}"));
    }
    Ok(())
}

/// The interpreter at `path`, for `target`. For one of a virtual environment, that is its base.
pub fn probe(path: &Path, target: &'static Target) -> Result<Interpreter, Error> {
    interpreter(path, ask(path, target)?, target)
}

/// The interpreter at `path` that gave this answer.
pub(super) fn interpreter(
    path: &Path,
    answer: Answer,
    target: &'static Target,
) -> Result<Interpreter, Error> {
    let version = answer.version;
    check_supported(path, &answer.implementation, version, &answer.full_version)?;
    let header = header(&answer.executable)
        .map_err(|source| Error::Read { path: answer.executable.clone(), source })?;
    if let Some(machine) = foreign_machine(&header, target) {
        return Err(Error::Machine { path: path.to_owned(), machine, target });
    }
    Ok(Interpreter {
        host: answer.executable.clone(),
        root: PathBuf::from("/"),
        executable: answer.executable,
        implementation: answer.implementation,
        version: answer.version,
        full_version: answer.full_version,
        cache_tag: answer.cache_tag,
        magic: answer.magic,
        is_free_threaded: answer.free_threaded,
        target,
        prefix: answer.prefix,
        stdlib: answer.stdlib,
        dynload: answer.dynload,
        package: None,
    })
}

pub(super) fn header(path: &Path) -> io::Result<[u8; HEADER]> {
    let mut start = [0; HEADER];
    File::open(path)?.read_exact(&mut start)?;
    Ok(start)
}

pub(super) fn ask(path: &Path, target: &'static Target) -> Result<Answer, Error> {
    // A foreign executable cannot answer, and its header shows why. Scripts (shims) may answer.
    if let Ok(header) = header(path)
        && let Some(machine) = foreign_machine(&header, target)
    {
        return Err(Error::Machine { path: path.to_owned(), machine, target });
    }
    let fail = |reason: String| Error::Probe { path: path.to_owned(), reason };
    let mut command = Command::new(path);
    command.args(["-I", "-S", "-B", "-c", PROBE]).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") || name == "__PYVENV_LAUNCHER__" {
            command.env_remove(name);
        }
    }
    let output = command.output().map_err(|error| fail(error.to_string()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let mut lines = words.lines().filter(|line| !line.trim().is_empty());
        // Python prints its error last, other programs (shims) print it first.
        let line = if words.contains("Traceback") { lines.next_back() } else { lines.next() };
        // Some programs quote their arguments, and `PROBE` is long.
        let short = |line: &str| line.chars().take(160).collect();
        return Err(fail(line.map_or_else(|| output.status.to_string(), short)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| fail(error.to_string()))
}
