use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, set_parent_process_death_signal,
    setsid, waitid,
};

/// The longest pause between two looks at a child.
const PAUSE: Duration = Duration::from_millis(10);
/// Interpreters of foreign programs that the kernel knows.
const FORMATS: &str = "/proc/sys/fs/binfmt_misc";

#[expect(clippy::unnecessary_wraps, reason = "other systems cannot")]
pub(crate) fn set_name(command: &mut Command, name: &OsStr) -> io::Result<()> {
    command.arg0(name);
    Ok(())
}

pub(crate) fn lead_group(command: &mut Command) {
    let lead = || {
        // A group of a session of its own has no terminal to wait for.
        setsid()?;
        Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
    };
    // SAFETY: between fork and exec it makes system calls only.
    unsafe { command.pre_exec(lead) };
}

pub(crate) fn wait_for_group(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let id = id.ok_or(io::ErrorKind::InvalidInput)?;
    let until = Instant::now() + limit;
    let mut pause = Duration::from_millis(1);
    // The child stays a zombie until the end of this function, so nobody else gets its id.
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let mut in_time = true;
    while waitid(WaitId::Pid(id), look)?.is_none() {
        if Instant::now() >= until {
            in_time = false;
            break;
        }
        sleep(pause);
        pause = (pause * 2).min(PAUSE);
    }
    // Fails if nothing but the zombie is left.
    let _ = kill_process_group(id, Signal::KILL);
    let status = child.wait()?;
    Ok(in_time.then_some(status))
}

#[expect(clippy::unnecessary_wraps, reason = "other systems cannot")]
pub(crate) fn without_network(command: &mut Command) -> io::Result<()> {
    let user = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    let maps = [
        // The kernel's condition for the map of groups.
        ("/proc/self/setgroups", "deny".to_owned()),
        ("/proc/self/uid_map", format!("{user} {user} 1")),
        ("/proc/self/gid_map", format!("{group} {group} 1")),
    ];
    let isolate = move || {
        // SAFETY: takes no pointer; the process has a single thread.
        if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
            // Others than root may have a network namespace in a user namespace.
            // SAFETY: as above.
            if unsafe { libc::unshare(libc::CLONE_NEWUSER | libc::CLONE_NEWNET) } != 0 {
                return Err(io::Error::last_os_error());
            }
            for (path, text) in &maps {
                fs::OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())?;
            }
        }
        start_loopback();
        Ok(())
    };
    // SAFETY: between fork and exec it makes system calls only; paths this short are not allocated.
    unsafe { command.pre_exec(isolate) };
    Ok(())
}

/// Starts the namespace's loopback device, which is its only one. Without it, servers of the process
/// cannot be reached, which is no reason not to start it.
fn start_loopback() {
    // SAFETY: zeros are a valid `ifreq`.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    request.ifr_ifru.ifru_flags = i16::try_from(libc::IFF_UP).unwrap_or(1);
    // SAFETY: the request is valid, and outlives the call; the descriptor is this function's own.
    unsafe {
        let socket = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        libc::ioctl(socket, libc::SIOCSIFFLAGS as _, &raw mut request);
        libc::close(socket);
    }
}

pub(crate) fn signal(status: ExitStatus) -> Option<i32> {
    status.signal()
}

pub(crate) fn is_emulated(processor: &str) -> bool {
    // The kernel's switch for all formats, and the names that qemu's packages register.
    ["status", &format!("qemu-{processor}")].iter().all(|name| {
        let text = fs::read_to_string(format!("{FORMATS}/{name}"));
        text.is_ok_and(|text| text.starts_with("enabled"))
    })
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    fn shell(code: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", code]).stdin(Stdio::null()).stdout(Stdio::null());
        lead_group(&mut command);
        command
    }

    #[test]
    fn the_whole_group_is_killed_at_the_limit() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("id");
        let code = format!("sleep 100 & echo $! > {}; wait", file.display());
        let mut child = shell(&code).spawn().unwrap();
        let status = wait_for_group(&mut child, Duration::from_millis(500)).unwrap();
        assert_eq!(status, None);
        let id = fs::read_to_string(file).unwrap();
        let until = Instant::now() + Duration::from_secs(5);
        // A killed process is a zombie until its parent has looked.
        let is_alive = || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim()));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        while is_alive() {
            assert!(Instant::now() < until, "the sleeping process is still there");
            sleep(PAUSE);
        }
    }

    #[test]
    fn an_exit_in_time_has_its_status() {
        let mut child = shell("exit 3").spawn().unwrap();
        let status = wait_for_group(&mut child, Duration::from_mins(1)).unwrap().unwrap();
        assert_eq!((status.code(), signal(status)), (Some(3), None));
    }
}
