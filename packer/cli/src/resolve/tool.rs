//! The program that resolves, downloads and builds: uv where it is installed, else pip.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pep440_rs::Version;

use super::error::Error;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

/// The oldest pip with `--python` and installation reports.
const OLDEST_PIP: [u64; 2] = [22, 3];
/// The oldest uv whose `pip compile` writes pylock.toml.
const OLDEST_UV: [u64; 2] = [0, 7];
/// The earliest time that a zip file can hold, 1980-01-01. All wheels built here get it.
const SOURCE_DATE_EPOCH: &str = "315532800";

/// uv or pip.
#[derive(Debug, Clone)]
pub(super) enum Tool {
    /// uv's path.
    Uv(PathBuf),
    /// The start of the command, before pip's own arguments: `python -m pip`, `pip --python …`.
    Pip(Vec<OsString>),
}

/// The outcome of a program.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Tool {
    /// The tool to use with `interpreter`.
    pub(super) fn find(interpreter: &Interpreter, ui: Ui) -> Result<Self, Error> {
        if let Some(uv) = find_uv() {
            match version(&mut Command::new(&uv), "uv ") {
                Some(found) if found >= Version::new(OLDEST_UV) => return Ok(Self::Uv(uv)),
                _ => ui.warn(format_args!("{} is too old; using pip", uv.display())),
            }
        }
        find_pip(interpreter)
            .map(Self::Pip)
            .ok_or_else(|| Error::NoTool(interpreter.executable.clone()))
    }

    /// The name of the tool that [`Tool::find`] will choose, unless uv is too old.
    pub(super) fn likely() -> &'static str {
        if find_uv().is_some() { "uv" } else { "pip" }
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Uv(_) => "uv",
            Self::Pip(_) => "pip",
        }
    }
}

/// `$SNAKECRATE_UV`, `$UV` (which uv sets for the programs that it runs), or the first on the
/// `PATH`. An empty `SNAKECRATE_UV` forbids uv.
fn find_uv() -> Option<PathBuf> {
    match env::var_os("SNAKECRATE_UV") {
        Some(path) if path.is_empty() => return None,
        Some(path) => return Some(path.into()),
        None => {}
    }
    let given = env::var_os("UV").map(PathBuf::from).filter(|path| path.is_file());
    given.or_else(|| on_path("uv"))
}

/// The first executable of that name on the `PATH`.
pub(super) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let candidates = env::split_paths(&path).filter(|dir| dir.is_absolute()).map(|d| d.join(name));
    candidates.into_iter().find(|path| path.is_file())
}

/// The version that `command --version` prints after `prefix`.
fn version(command: &mut Command, prefix: &str) -> Option<Version> {
    prepare(command);
    let output = command.arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.strip_prefix(prefix)?.split_whitespace().next()?.parse().ok()
}

/// pip for `interpreter`: its own, the one in its `ensurepip`, or another on this host.
pub(super) fn find_pip(interpreter: &Interpreter) -> Option<Vec<OsString>> {
    let own = |rest: &[&OsStr]| -> Vec<OsString> {
        let isolated = [interpreter.executable.as_os_str(), OsStr::new("-I")];
        isolated.iter().chain(rest).map(OsString::from).collect()
    };
    let with_python = |command: &[&OsStr]| -> Vec<OsString> {
        let rest = [OsStr::new("--python"), interpreter.executable.as_os_str()];
        command.iter().chain(&rest).map(OsString::from).collect()
    };
    let mut candidates = vec![own(&[OsStr::new("-m"), OsStr::new("pip")])];
    // Debian keeps the wheel outside of `ensurepip`.
    let bundles =
        [interpreter.stdlib.join("ensurepip/_bundled"), "/usr/share/python-wheels".into()];
    candidates.extend(
        bundles
            .iter()
            .filter_map(|dir| pip_wheel(dir))
            .map(|wheel| own(&[wheel.join("pip").as_os_str()])),
    );
    for name in ["pip", "pip3"] {
        candidates.extend(on_path(name).map(|pip| with_python(&[pip.as_os_str()])));
    }
    for name in ["python3", "python"] {
        candidates.extend(
            on_path(name).map(|python| {
                with_python(&[python.as_os_str(), OsStr::new("-m"), OsStr::new("pip")])
            }),
        );
    }
    candidates.into_iter().find(|command| {
        version(&mut command_of(command), "pip ")
            .is_some_and(|found| found >= Version::new(OLDEST_PIP))
    })
}

fn pip_wheel(directory: &Path) -> Option<PathBuf> {
    let mut wheels: Vec<PathBuf> = directory
        .read_dir()
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("pip-") && name.ends_with(".whl")
        })
        .collect();
    wheels.sort();
    wheels.pop()
}

/// A command of these words.
pub(super) fn command_of(words: &[OsString]) -> Command {
    let mut command = Command::new(words.first().map_or(OsStr::new(""), OsString::as_os_str));
    command.args(words.iter().skip(1));
    command
}

/// Sets an environment in which tools give the same result everywhere. The user's settings for the
/// tools themselves (proxies, certificates, credentials, indexes) stay.
fn prepare(command: &mut Command) {
    for name in ["PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONSTARTUP"] {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH)
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .env("NO_COLOR", "1")
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_INPUT", "1")
        .env("PIP_NO_COLOR", "1")
        // Nothing is installed, so settings that forbid installing do not matter.
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .env("PIP_BREAK_SYSTEM_PACKAGES", "1")
        .env("PIP_USER", "0")
        .env("UV_NO_PROGRESS", "1")
        .env("UV_PYTHON_DOWNLOADS", "never");
    // The packer's own downloads accept the system's certificates, too.
    let chosen = ["SSL_CERT_FILE", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS"];
    if chosen.iter().all(|name| env::var_os(name).is_none()) {
        command.env("UV_SYSTEM_CERTS", "1").env("UV_NATIVE_TLS", "1");
    }
    // Debug information would hold the path of the build directory.
    for name in ["CFLAGS", "CXXFLAGS"] {
        let flags = env::var_os(name).unwrap_or_default();
        command.env(name, [flags.as_os_str(), OsStr::new("-g0")].join(OsStr::new(" ")));
    }
}

/// Runs `command`, called `program` in messages.
pub(super) fn run(program: &str, command: &mut Command, ui: Ui) -> Result<Ran, Error> {
    prepare(command);
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    ui.detail(words.join(" "));
    let output =
        command.output().map_err(|source| Error::Start { program: program.to_owned(), source })?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let ran = Ran {
        success: output.status.success(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    ran.stderr.lines().for_each(|line| ui.detail(line));
    Ok(ran)
}
