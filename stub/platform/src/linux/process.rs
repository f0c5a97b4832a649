use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::Mode;

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
    variable: (&str, &OsStr),
    removed: &[&str],
    hidden: &[&str],
) -> io::Error {
    fn c_string(text: &OsStr) -> io::Result<CString> {
        CString::new(text.as_bytes()).map_err(io::Error::other)
    }
    let prepare = || -> io::Result<_> {
        let argv: Vec<_> = argv.iter().map(|a| c_string(a)).collect::<io::Result<_>>()?;
        let (name, value) = variable;
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        Ok((c_string(program.as_os_str())?, argv, c_string(&setting)?))
    };
    let (program, argv, setting) = match prepare() {
        Ok(prepared) => prepared,
        Err(error) => return error,
    };
    let argv: Vec<_> = argv.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect();
    // SAFETY: only one thread is left, and it does not change the environment while it is used.
    let entries = unsafe { environment() };
    let dropped: Vec<&str> = removed.iter().copied().chain([variable.0]).collect();
    let entries = entries.iter().filter_map(|&entry| passed_on(entry, &dropped, hidden));
    let entries: Vec<_> = entries.collect();
    let environment = entries.iter().map(|entry| entry.as_ptr());
    let environment: Vec<_> = environment.chain([setting.as_ptr(), std::ptr::null()]).collect();
    // SAFETY: every pointer in the two arrays is to a NUL-terminated string that outlives the call.
    unsafe {
        libc::execve(program.as_ptr(), argv.as_ptr(), environment.as_ptr());
    }
    io::Error::last_os_error()
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
