//! Runs programs so that they give the same result everywhere.

use std::env;
use std::ffi::OsStr;
use std::io::Read as _;
use std::process::{Command, Stdio};

use super::error::Error;
use snakecrate_base::ui::Ui;

/// The earliest time that a zip file can hold, 1980-01-01. All wheels built here get it.
const SOURCE_DATE_EPOCH: &str = "315532800";

/// The outcome of a program.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) success: bool,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// Sets an environment in which programs give the same result everywhere. The user's settings for uv
/// itself (proxies, certificates, credentials, indexes) stay.
pub(super) fn prepare(command: &mut Command) {
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
    show(command, ui);
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

/// Runs `command` with both of its outputs in one, in the order they were written. Whether it
/// succeeded is known from elsewhere.
pub(super) fn run_merged(program: &str, command: &mut Command, ui: Ui) -> Result<String, Error> {
    prepare(command);
    show(command, ui);
    let failed = |source| Error::Start { program: program.to_owned(), source };
    let (mut output, writer) = std::io::pipe().map_err(failed)?;
    command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
    let mut child = command.spawn().map_err(failed)?;
    // The command has the other ends of the pipe, which must be closed here.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut bytes = Vec::new();
    output.read_to_end(&mut bytes).map_err(failed)?;
    child.wait().map_err(failed)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    text.lines().for_each(|line| ui.detail(line));
    Ok(text)
}

/// Shows the command, for `--verbose`.
fn show(command: &Command, ui: Ui) {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    ui.detail(words.join(" "));
}
