use rustix::fs::{Mode, OFlags};

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

pub(crate) fn boot_id() -> Option<String> {
    let mut id = [0; 36];
    // Not by the standard library: musl's `open` makes two calls of it.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(BOOT_ID, flags, Mode::empty()).ok()?;
    let read = rustix::io::read(&file, &mut id).ok()?;
    let id = std::str::from_utf8(&id[..read]).ok()?;
    id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-').then(|| id.to_owned())
}

/// A system call is faster here than the vDSO, whose pages a process that asks once would have to
/// map first.
pub(crate) fn seconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes to what outlives the call.
    unsafe { libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_REALTIME, &raw mut now) };
    now.tv_sec
}

/// The standard library would also read control groups' files, which here costs more than it gains.
pub(crate) fn processors() -> usize {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize).max(1)
}
