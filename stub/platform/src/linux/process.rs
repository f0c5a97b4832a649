use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::{CommandExt, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use rustix::fs::Mode;
use rustix::process::{
    Pid, Signal, WaitOptions, getpid, getppid, set_parent_process_death_signal, waitpid,
};

use crate::types::HIDING;

const OWN_EXECUTABLE: &str = "/proc/self/exe";

/// # Safety
///
/// See [`crate::process::arguments`].
pub(crate) unsafe fn arguments(count: c_int, values: *const *const c_char) -> Vec<OsString> {
    (0..usize::try_from(count).unwrap_or(0))
        .map(|index| {
            // SAFETY: `main` gets `count` pointers to NUL-terminated strings that live for ever.
            let argument = unsafe { CStr::from_ptr(*values.add(index)) };
            OsString::from_vec(argument.to_bytes().to_vec())
        })
        .collect()
}

pub(crate) fn is_privileged() -> bool {
    // SAFETY: reads a word that the kernel put on the stack.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

pub(crate) fn random() -> usize {
    // SAFETY: as above.
    let address = unsafe { libc::getauxval(libc::AT_RANDOM) } as *const [u8; size_of::<usize>()];
    if address.is_null() {
        return 0;
    }
    // SAFETY: AT_RANDOM is the address of 16 random bytes on the initial stack.
    usize::from_le_bytes(unsafe { *address })
}

pub(crate) fn own_path() -> io::Result<PathBuf> {
    std::fs::read_link(OWN_EXECUTABLE).or_else(|_| std::path::absolute(started_as()?))
}

pub(crate) fn open_own() -> io::Result<File> {
    File::open(OWN_EXECUTABLE).or_else(|_| File::open(started_as()?))
}

pub(crate) fn started_as() -> io::Result<PathBuf> {
    // SAFETY: reads a word that the kernel put on the stack.
    let address = unsafe { libc::getauxval(libc::AT_EXECFN) };
    if address == 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: AT_EXECFN is the address of a NUL-terminated string on the initial stack.
    let path = unsafe { CStr::from_ptr(address as *const c_char) };
    Ok(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

pub(crate) fn set_mask(mask: u32) -> u32 {
    rustix::process::umask(Mode::from(mask)).bits()
}

pub(crate) fn replace_by(command: &mut Command) -> io::Error {
    command.exec()
}

pub(crate) fn execute(
    program: &Path,
    argv: &[OsString],
    variable: Option<(&str, &OsStr)>,
    removed: &[&str],
    hidden: &[&str],
) -> io::Error {
    let execute = |image: &Image| image.execute();
    with_image(program, argv, variable, removed, hidden, execute).unwrap_or_else(|error| error)
}

pub(crate) fn run(
    program: &Path,
    argv: &[OsString],
    variable: (&str, &OsStr),
    removed: &[&str],
    hidden: &[&str],
) -> io::Result<ExitStatus> {
    with_image(program, argv, Some(variable), removed, hidden, |image| {
        let signals = Signals::while_waiting();
        let ended = run_image(image, &signals);
        signals.restore();
        ended
    })?
}

/// Runs a program in a child process, which gets `signals` as they were.
fn run_image(image: &Image, signals: &Signals) -> io::Result<ExitStatus> {
    // Closed by `execve`, else it has the reason why that failed.
    let (mut failure, report) = io::pipe()?;
    let parent = getpid();
    // SAFETY: this process has a single thread, so its copy may do anything.
    let child = unsafe { libc::fork() };
    if child == 0 {
        signals.restore();
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
        if getppid() != Some(parent) {
            // The parent ended before the request.
            // SAFETY: it ends the process.
            unsafe { libc::_exit(1) };
        }
        let error = image.execute().raw_os_error().unwrap_or(libc::EIO).to_ne_bytes();
        // SAFETY: the buffer outlives the call; then the process ends.
        unsafe {
            libc::write(report.as_raw_fd(), error.as_ptr().cast(), error.len());
            libc::_exit(1);
        }
    }
    if child < 0 {
        return Err(io::Error::last_os_error());
    }
    drop(report);
    let mut error = [0; size_of::<i32>()];
    let has_failed = failure.read_exact(&mut error).is_ok();
    let status = loop {
        match waitpid(Pid::from_raw(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => break status,
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    };
    if has_failed {
        return Err(io::Error::from_raw_os_error(i32::from_ne_bytes(error)));
    }
    Ok(ExitStatus::from_raw(status.as_raw()))
}

/// The dispositions of signals that a process changes while it waits for a child, as `system(3)`
/// does. A process that ignores the end of its children would not learn the child's status.
struct Signals([libc::sighandler_t; 3]);

impl Signals {
    const CHANGED: [(libc::c_int, libc::sighandler_t); 3] = [
        (libc::SIGINT, libc::SIG_IGN),
        (libc::SIGQUIT, libc::SIG_IGN),
        (libc::SIGCHLD, libc::SIG_DFL),
    ];

    fn while_waiting() -> Self {
        // SAFETY: neither disposition is a function.
        Self(Self::CHANGED.map(|(signal, waiting)| unsafe { libc::signal(signal, waiting) }))
    }

    /// A new process has no functions as dispositions, so these are the user's, as they were.
    fn restore(&self) {
        for ((signal, _), before) in Self::CHANGED.into_iter().zip(self.0) {
            if before != libc::SIG_ERR {
                // SAFETY: it was the disposition before.
                unsafe { libc::signal(signal, before) };
            }
        }
    }
}

/// What `execve` takes. The pointers in the two arrays are to NUL-terminated strings, with a null
/// pointer at the end.
pub(super) struct Image {
    program: CString,
    argv: Vec<*const c_char>,
    environment: Vec<*const c_char>,
}

impl Image {
    /// Replaces the process, and returns only if that fails.
    pub(super) fn execute(&self) -> io::Error {
        // SAFETY: `with_image` keeps the strings alive.
        unsafe {
            libc::execve(self.program.as_ptr(), self.argv.as_ptr(), self.environment.as_ptr());
        }
        io::Error::last_os_error()
    }
}

/// Calls `then` with what `execve` takes for these.
pub(super) fn with_image<T>(
    program: &Path,
    argv: &[OsString],
    variable: Option<(&str, &OsStr)>,
    removed: &[&str],
    hidden: &[&str],
    then: impl FnOnce(&Image) -> T,
) -> io::Result<T> {
    fn c_string(text: &OsStr) -> io::Result<CString> {
        CString::new(text.as_bytes()).map_err(io::Error::other)
    }
    let argv: Vec<_> = argv.iter().map(|a| c_string(a)).collect::<io::Result<_>>()?;
    let set = |(name, value): (&str, &OsStr)| {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        c_string(&setting)
    };
    let setting = variable.map(set).transpose()?;
    // SAFETY: only one thread is left, and it does not change the environment while it is used.
    let entries = unsafe { environment() };
    let dropped: Vec<&str> =
        removed.iter().copied().chain(variable.map(|(name, _)| name)).collect();
    let entries = entries.iter().filter_map(|&entry| passed_on(entry, &dropped, hidden));
    let entries: Vec<_> = entries.collect();
    let ended = |pointers: &mut dyn Iterator<Item = *const c_char>| -> Vec<_> {
        pointers.chain([std::ptr::null()]).collect()
    };
    Ok(then(&Image {
        program: c_string(program.as_os_str())?,
        argv: ended(&mut argv.iter().map(|text| text.as_ptr())),
        environment: ended(
            &mut entries
                .iter()
                .map(|entry| entry.as_ptr())
                .chain(setting.as_ref().map(|setting| setting.as_ptr())),
        ),
    }))
}

/// The entry of the environment that the program gets instead of `entry`. `None` for those called
/// as in `dropped`, and for a forged entry whose name has the prefix already. Others without a `=`
/// stay as they are, since loaders ignore them.
fn passed_on<'a>(entry: &'a CStr, dropped: &[&str], hidden: &[&str]) -> Option<Cow<'a, CStr>> {
    let bytes = entry.to_bytes();
    let length = bytes.iter().position(|&byte| byte == b'=');
    let name = &bytes[..length.unwrap_or(bytes.len())];
    let is_hidden = |name: &[u8]| hidden.iter().any(|start| name.starts_with(start.as_bytes()));
    if dropped.iter().any(|dropped| name == dropped.as_bytes()) {
        return None;
    }
    if length.is_some() {
        if name.strip_prefix(HIDING.as_bytes()).is_some_and(is_hidden) {
            return None;
        }
        if is_hidden(name) {
            return CString::new([HIDING.as_bytes(), bytes].concat()).ok().map(Cow::Owned);
        }
    }
    Some(Cow::Borrowed(entry))
}

/// The entries of `environ`, byte for byte, including those without a `=`.
///
/// # Safety
///
/// No thread may change the environment while the entries are used.
unsafe fn environment() -> Vec<&'static CStr> {
    unsafe extern "C" {
        static environ: *const *const c_char;
    }
    let mut entries = Vec::new();
    // SAFETY: `environ` is null or an array of NUL-terminated strings that a null pointer ends.
    unsafe {
        let mut at = environ;
        while !at.is_null() && !(*at).is_null() {
            entries.push(CStr::from_ptr(*at));
            at = at.add(1);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_variables_get_a_prefix_and_others_come_through() {
        let given = |entry: &str, names: &[&str]| {
            let entry = CString::new(entry).unwrap();
            passed_on(&entry, &["REMOVED", "SET"], names)
                .map(|entry| entry.to_str().unwrap().to_owned())
        };
        for (entry, hidden, seen) in [
            ("LD_PRELOAD=/x=y", Some("SNAKECRATE_LD_PRELOAD=/x=y"), Some("LD_PRELOAD=/x=y")),
            ("LD_=", Some("SNAKECRATE_LD_="), Some("LD_=")),
            ("SNAKECRATE_LD_PRELOAD=/x", None, Some("SNAKECRATE_LD_PRELOAD=/x")),
            ("LD_PRELOAD", Some("LD_PRELOAD"), Some("LD_PRELOAD")),
            ("LDX=LD_A=", Some("LDX=LD_A="), Some("LDX=LD_A=")),
            ("SNAKECRATE_CACHE=/c", Some("SNAKECRATE_CACHE=/c"), Some("SNAKECRATE_CACHE=/c")),
            ("SET=forged", None, None),
            ("SET", None, None),
            ("REMOVED=x", None, None),
            ("REMOVED2=x", Some("REMOVED2=x"), Some("REMOVED2=x")),
            ("", Some(""), Some("")),
            ("=x", Some("=x"), Some("=x")),
        ] {
            assert_eq!(given(entry, &["LD_"]).as_deref(), hidden, "{entry}");
            assert_eq!(given(entry, &[]).as_deref(), seen, "{entry}");
        }
    }
}
