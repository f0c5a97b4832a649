use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

use super::process::{Image, with_image};

/// Variables, one of which names the user's display.
const DISPLAYS: [&str; 2] = ["WAYLAND_DISPLAY", "DISPLAY"];
/// Where the child has its streams before they get their numbers.
const ASIDE: libc::c_int = 10;
/// Descriptors to close one by one on kernels before 5.9, which cannot close a range.
const MANY: libc::c_int = 1024;

pub(crate) fn is_useful() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    DISPLAYS.into_iter().any(is_set) && !io::stderr().is_terminal()
}

pub(crate) fn leave(program: &Path, argv: &[OsString]) -> io::Result<()> {
    start(program, argv, None, false).map(|_| ())
}

pub(crate) fn wait(program: &Path, argv: &[OsString]) -> io::Result<()> {
    start(program, argv, None, true).map(end)
}

#[derive(Debug)]
pub(crate) struct Dialog {
    id: Pid,
    input: UnixStream,
}

impl Dialog {
    pub(crate) fn start(program: &Path, argv: &[OsString]) -> io::Result<Self> {
        // Unlike a pipe, a socket can be written to without SIGPIPE, whose disposition is the user's.
        let (input, theirs) = UnixStream::pair()?;
        Ok(Self { id: start(program, argv, Some(&theirs), true)?, input })
    }

    pub(crate) fn send(&self, text: &str) {
        let flags = libc::MSG_NOSIGNAL | libc::MSG_DONTWAIT;
        // SAFETY: the text outlives the call.
        unsafe { libc::send(self.input.as_raw_fd(), text.as_ptr().cast(), text.len(), flags) };
    }
}

impl Drop for Dialog {
    fn drop(&mut self) {
        // Nobody else gets the child's id before it has been waited for.
        let _ = kill_process(self.id, Signal::KILL);
        end(self.id);
    }
}

/// Waits for the end of a child. A process that ignores the end of its children waits, too.
fn end(id: Pid) {
    while matches!(waitpid(Some(id), WaitOptions::empty()), Err(rustix::io::Errno::INTR)) {}
}

/// Starts a child process, whose standard input is `input`, if it gets one. If `is_bound`, it is killed when this
/// thread ends.
#[inline(never)]
fn start(
    program: &Path,
    argv: &[OsString],
    input: Option<&UnixStream>,
    is_bound: bool,
) -> io::Result<Pid> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let output = null.as_raw_fd();
    let streams = [input.map_or(output, AsRawFd::as_raw_fd), output];
    let parent = rustix::process::getpid().as_raw_pid();
    with_image(program, argv, None, &[], &[], |image| {
        // SAFETY: the child makes system calls only, as other threads may hold locks.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: as above; it does not return.
            unsafe { become_image(image, streams, is_bound.then_some(parent)) };
        }
        Pid::from_raw(child).filter(|_| child > 0).ok_or_else(io::Error::last_os_error)
    })?
}

/// Replaces this process, which `fork` has just made.
///
/// # Safety
///
/// The process has to be a copy that nobody else uses.
unsafe fn become_image(image: &Image, streams: [RawFd; 2], parent: Option<i32>) -> ! {
    // SAFETY: the process is a copy; the calls take numbers, and `execute` what the parent has made.
    unsafe {
        libc::setsid();
        if let Some(parent) = parent {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid() != parent {
                libc::_exit(1);
            }
        }
        // A caller may have closed its own streams, so that ours have their numbers.
        let [input, output] = streams.map(|stream| libc::fcntl(stream, libc::F_DUPFD, ASIDE));
        libc::dup2(input, 0);
        libc::dup2(output, 1);
        libc::dup2(output, 2);
        if libc::syscall(libc::SYS_close_range, 3, libc::c_uint::MAX, 0) != 0 {
            (3..MANY).for_each(|descriptor| {
                libc::close(descriptor);
            });
        }
        image.execute();
        libc::_exit(127)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(code: &str) -> [OsString; 3] {
        ["sh".into(), "-c".into(), code.into()]
    }

    #[test]
    fn a_program_gets_three_streams_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        let code = format!("ls -l /proc/self/fd | sed -n 's/.* -> //p' > {}", out.display());
        let (_kept, theirs) = UnixStream::pair().unwrap();
        // SAFETY: the number is that of an open descriptor.
        assert!(unsafe { libc::fcntl(theirs.as_raw_fd(), libc::F_DUPFD, 50) } >= 50);
        wait(Path::new("/bin/sh"), &shell(&code)).unwrap();
        let found = std::fs::read_to_string(&out).unwrap();
        assert!(!found.contains("socket:"), "{found}");
        assert_eq!(found.matches("/dev/null").count(), 2, "{found}");
    }

    #[test]
    fn a_dialog_reads_what_is_sent_and_is_killed() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        let code = format!("read line; echo \"$line $$\" > {}; exec sleep 1000", out.display());
        let dialog = Dialog::start(Path::new("/bin/sh"), &shell(&code)).unwrap();
        dialog.send("42\n");
        let text = loop {
            match std::fs::read_to_string(&out) {
                Ok(text) if text.ends_with('\n') => break text,
                _ => std::thread::sleep(std::time::Duration::from_millis(5)),
            }
        };
        drop(dialog);
        let id = text.strip_prefix("42 ").unwrap().trim();
        assert!(!Path::new("/proc").join(id).exists(), "{id} is left");
    }

    #[test]
    fn a_dialog_that_does_not_read_stops_nobody() {
        let dialog = Dialog::start(Path::new("/bin/sh"), &shell("exec sleep 1000")).unwrap();
        for _ in 0..10_000 {
            dialog.send("1234567890123456789012345678901234567890\n");
        }
    }

    #[test]
    fn a_dialog_that_has_ended_raises_no_signal() {
        let dialog = Dialog::start(Path::new("/bin/sh"), &shell("exit")).unwrap();
        let proc = format!("/proc/{}/stat", dialog.id.as_raw_pid());
        while !std::fs::read_to_string(&proc).unwrap().contains(") Z ") {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        dialog.send("1\n");
    }
}
