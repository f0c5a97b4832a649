//! Asks an interpreter about itself.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Error;
use super::elf::facts::{foreign_machine, is_elf};
use snakecrate_base::python::Interpreter;

/// The oldest version that archives carry: the oldest whose runtime is tested.
pub const OLDEST: (u8, u8) = (3, 9);

const PROBE: &str = include_str!("probe.py");

#[derive(serde::Deserialize)]
struct Answer {
    #[serde(flatten)]
    interpreter: Interpreter,
    free_threaded: bool,
}

/// The facts about the interpreter at `path`; of a virtual environment, about its base.
pub fn probe(path: &Path) -> Result<Interpreter, Error> {
    let answer = ask(path)?;
    let interpreter = answer.interpreter;
    let unsupported = |what| Err(Error::Unsupported { path: path.to_owned(), what });
    let (major, minor, _) = interpreter.version;
    if interpreter.implementation != "cpython" {
        return unsupported(format!("{} {major}.{minor}", interpreter.implementation));
    }
    if answer.free_threaded {
        return unsupported(format!("a free-threaded Python {major}.{minor}"));
    }
    if (major, minor) < OLDEST {
        return unsupported(format!("Python {}", interpreter.full_version));
    }
    if let Some(machine) = machine(&interpreter.executable)? {
        return Err(Error::Machine { path: path.to_owned(), machine });
    }
    Ok(interpreter)
}

/// The foreign machine that the executable at `path` is for.
fn machine(path: &Path) -> Result<Option<String>, Error> {
    let mut start = [0; 64];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut start))
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(foreign_machine(&start))
}

fn ask(path: &Path) -> Result<Answer, Error> {
    // A foreign executable cannot answer; its header tells why. Scripts (shims) may.
    let mut start = [0; 64];
    if File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && is_elf(&start)
        && let Some(machine) = foreign_machine(&start)
    {
        return Err(Error::Machine { path: path.to_owned(), machine });
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
        // Python says at the end what went wrong, other programs (shims) at the beginning.
        let line = if words.contains("Traceback") { lines.next_back() } else { lines.next() };
        // Some quote what they were given: our whole program.
        let short = |line: &str| line.chars().take(160).collect();
        return Err(fail(line.map_or_else(|| output.status.to_string(), short)));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| fail(error.to_string()))
}
