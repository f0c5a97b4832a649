use rustix::fs::{Mode, OFlags};

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

pub(crate) fn boot_id() -> Option<String> {
    let mut id = [0; 36];
    // The standard library's `open` takes two system calls with musl.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(BOOT_ID, flags, Mode::empty()).ok()?;
    let read = rustix::io::read(&file, &mut id).ok()?;
    let id = std::str::from_utf8(&id[..read]).ok()?;
    id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-').then(|| id.to_owned())
}

/// Uses a system call: for a single question it is faster than the vDSO, whose pages would have to
/// be mapped first.
pub(crate) fn seconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to what outlives the call.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_REALTIME, &raw mut now) };
    now.tv_sec
}

/// The standard library would also read the files of control groups, which costs more than it gains
/// here.
pub(crate) fn processors() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize).max(1)
}
