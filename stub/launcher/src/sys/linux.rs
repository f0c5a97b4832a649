//! Linux: the auxiliary vector, `/proc/self/exe`, `execve`.

use std::borrow::Cow;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int};
use std::fs::File;
use std::io;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use rustix::io::Errno;

const OWN_EXECUTABLE: &str = "/proc/self/exe";
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The process's arguments, byte for byte.
///
/// # Safety
///
/// `count` and `values` are the `argc` and `argv` that the C runtime gave to `main`.
#[allow(unsafe_code)]
pub unsafe fn arguments(count: c_int, values: *const *const c_char) -> Vec<OsString> {
    (0..usize::try_from(count).unwrap_or(0))
        .map(|index| {
            // SAFETY: `main` gets `count` pointers to NUL-terminated strings that live for ever.
            let argument = unsafe { CStr::from_ptr(*values.add(index)) };
            OsString::from_vec(argument.to_bytes().to_vec())
        })
        .collect()
}

/// Whether the kernel gave this process more rights than its caller has (setuid, setgid, file
/// capabilities).
#[allow(unsafe_code)]
pub fn is_privileged() -> bool {
    // SAFETY: reads a word that the kernel put on the stack.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// The effective user id, without a system call.
#[allow(unsafe_code)]
pub fn effective_uid() -> u32 {
    // SAFETY: as above.
    let uid = unsafe { libc::getauxval(libc::AT_EUID) };
    u32::try_from(uid).unwrap_or(u32::MAX)
}

/// A number that no two processes share but by chance, without a system call.
#[allow(unsafe_code)]
pub fn random() -> usize {
    // SAFETY: reads a word that the kernel put on the stack.
    let address = unsafe { libc::getauxval(libc::AT_RANDOM) } as *const [u8; size_of::<usize>()];
    if address.is_null() {
        return 0;
    }
    // SAFETY: AT_RANDOM is the address of 16 random bytes on the initial stack.
    usize::from_le_bytes(unsafe { *address })
}

/// Seconds since 1970, as far as the clock knows. By a system call: a process that asks once has it
/// sooner than by way of the vDSO, whose pages it would have to map first.
#[allow(unsafe_code)]
pub fn seconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to what outlives the call.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_REALTIME, &raw mut now) };
    now.tv_sec
}

/// The path of the running executable, links resolved.
pub fn own_path() -> io::Result<PathBuf> {
    std::fs::read_link(OWN_EXECUTABLE).or_else(|_| std::path::absolute(started_as()?))
}

/// The running executable, open for reading: the very file, even if another has its name by now.
pub fn open_own() -> io::Result<File> {
    File::open(OWN_EXECUTABLE).or_else(|_| File::open(started_as()?))
}

/// The path that the kernel was given: as the caller wrote it, or as it was found on the `PATH`.
#[allow(unsafe_code)]
pub fn started_as() -> io::Result<PathBuf> {
    // SAFETY: reads a word that the kernel put on the stack.
    let address = unsafe { libc::getauxval(libc::AT_EXECFN) };
    if address == 0 {
        return Err(io::ErrorKind::NotFound.into());
    }
    // SAFETY: AT_EXECFN is the address of a NUL-terminated string on the initial stack.
    let path = unsafe { CStr::from_ptr(address as *const c_char) };
    Ok(PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

/// What tells this run of the kernel from the last; `None` where `/proc` does not say.
pub fn boot_id() -> Option<String> {
    let mut id = [0; 36];
    // Not by the standard library: musl's `open` makes two calls of it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(BOOT_ID, flags, Mode::empty()).ok()?;
    let read = rustix::io::read(&file, &mut id).ok()?;
    let id = std::str::from_utf8(&id[..read]).ok()?;
    id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-').then(|| id.to_owned())
}

/// An archive that is open for reading.
#[derive(Debug)]
pub struct SharedFile(pub File);

impl snakecrate_format::payload::ReadAt for SharedFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }
}

/// Closes a file that was written to, and tells what the kernel says then: a network file system
/// may find only now that there is no room.
#[allow(unsafe_code)]
pub fn close(file: impl Into<OwnedFd>) -> Result<(), Errno> {
    let descriptor = file.into().into_raw_fd();
    // SAFETY: it was owned here, and nobody uses it from here on.
    let closed = unsafe { libc::close(descriptor) };
    // It is closed in any case.
    match io::Error::last_os_error() {
        error if closed < 0 && error.kind() != io::ErrorKind::Interrupted => {
            Err(Errno::from_io_error(&error).unwrap_or(Errno::IO))
        }
        _ => Ok(()),
    }
}

/// What [`execute`] calls a variable by that it hides is its name behind this.
const HIDING: &[u8] = b"SNAKECRATE_";

/// Replaces the process. Signal mask, dispositions, descriptors and limits stay what they were:
/// the standard library's `exec` would reset two of them.
///
/// The environment is the process's own with a variable set to a value. Those that begin with what
/// is `hidden` have another name, which the program is to mend. Returns the error.
#[allow(unsafe_code)]
pub fn execute(
    program: &Path,
    argv: &[OsString],
    variable: (&str, &OsStr),
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
    // SAFETY: one thread is left, and nobody changes the environment while it is used.
    let entries = unsafe { environment() };
    let entries = entries.iter().filter_map(|&entry| passed_on(entry, variable.0, hidden));
    let entries: Vec<_> = entries.collect();
    let environment = entries.iter().map(|entry| entry.as_ptr());
    let environment: Vec<_> = environment.chain([setting.as_ptr(), std::ptr::null()]).collect();
    // SAFETY: every pointer in the two arrays is to a NUL-terminated string that outlives the call.
    unsafe {
        libc::execve(program.as_ptr(), argv.as_ptr(), environment.as_ptr());
    }
    io::Error::last_os_error()
}

/// An entry of the environment as the program gets it; none of `variable`, which is set anew, nor
/// what has the name of something hidden and is not. One without a `=` means nothing to a loader.
fn passed_on<'a>(entry: &'a CStr, variable: &str, hidden: &[&str]) -> Option<Cow<'a, CStr>> {
    let bytes = entry.to_bytes();
    let length = bytes.iter().position(|&byte| byte == b'=');
    let name = &bytes[..length.unwrap_or(bytes.len())];
    let is_hidden = |name: &[u8]| hidden.iter().any(|start| name.starts_with(start.as_bytes()));
    if name == variable.as_bytes() {
        return None;
    }
    if length.is_some() {
        if name.strip_prefix(HIDING).is_some_and(is_hidden) {
            return None;
        }
        if is_hidden(name) {
            return CString::new([HIDING, bytes].concat()).ok().map(Cow::Owned);
        }
    }
    Some(Cow::Borrowed(entry))
}

/// The entries of `environ`, byte for byte: those without a `=`, too.
///
/// # Safety
///
/// Nobody changes the environment as long as they are used.
#[allow(unsafe_code)]
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

/// Directories for every user's temporary files, best first: `/var/tmp` outlives a reboot.
pub const SHARED_TEMPORARY: [&str; 2] = ["/var/tmp", "/tmp"];

/// A path of any bytes.
pub fn path_from_bytes(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}

/// How many processors this process may use. The standard library would read control groups'
/// files too, which here costs more than it tells.
pub fn processors() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loaders_variables_get_other_names_and_all_else_comes_through() {
        let given = |entry: &str, names: &[&str]| {
            let entry = CString::new(entry).unwrap();
            passed_on(&entry, "SET", names).map(|entry| entry.to_str().unwrap().to_owned())
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
            ("", Some(""), Some("")),
            ("=x", Some("=x"), Some("=x")),
        ] {
            assert_eq!(given(entry, &["LD_"]).as_deref(), hidden, "{entry}");
            assert_eq!(given(entry, &[]).as_deref(), seen, "{entry}");
        }
    }
}
