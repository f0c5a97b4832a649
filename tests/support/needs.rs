//! What a test needs of the machine, and not every machine has.
//!
//! Rust, a C compiler, Python and uv are always there: `ci/setup` checks them.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::geteuid;

use crate::support::sandbox::unshare;
use crate::support::target;
use snakecrate_format::target::Target;

/// Something that this machine may lack.
#[derive(Clone, Copy)]
pub enum Need {
    /// To become another user.
    Root,
    /// To mount file systems in a namespace of the test's own.
    Mounts,
    /// strace(1), which stops and delays what the test runs, and makes system calls fail.
    Tracing,
    /// A program on the `PATH`.
    Program(&'static str),
    /// SIGINT, which a suite that a shell started with `&` ignores, and so do its children, as they
    /// should.
    Interrupts,
    /// Archives that this machine runs itself, without an emulator, for this reason.
    Native(&'static str),
    /// A launcher for this target, and a way to start programs of it.
    Start(&'static Target),
}

/// Skips the test unless the machine has all of these needs: `needs!(Root, Mounts)`.
macro_rules! needs {
    ($($need:expr),+) => {{
        #[allow(unused_imports, reason = "not every test uses all of them")]
        use $crate::support::needs::Need::{Interrupts, Mounts, Native, Program, Root, Start, Tracing};
        if let Some(reason) = [$($need),+].into_iter().find_map($crate::support::needs::Need::lacks) {
            snakecrate_base::skip!("{reason}");
        }
    }};
}
pub(crate) use needs;

impl Need {
    /// Why this machine cannot run the test; none if it can.
    pub fn lacks(self) -> Option<String> {
        let (has, lacks) = match self {
            Self::Root => (
                geteuid().is_root() && succeeds(Command::new("true").uid(12345).gid(12345)),
                "only root can become another user".to_owned(),
            ),
            Self::Mounts => (
                succeeds(unshare().args(["mount", "-t", "tmpfs", "none", "/usr/share"])),
                "unshare(1) cannot mount here".to_owned(),
            ),
            Self::Tracing if target::is_foreign() => {
                (false, "strace(1) would see the calls of the emulator".to_owned())
            }
            Self::Tracing => (
                succeeds(Command::new("strace").args(["-o", "/dev/null", "true"])),
                "strace(1) is missing or cannot trace here".to_owned(),
            ),
            Self::Program(name) => (
                succeeds(Command::new("sh").args(["-c", "command -v \"$0\"", name])),
                format!("{name} is missing"),
            ),
            Self::Native(why) => (!target::is_foreign(), format!("under an emulator, {why}")),
            Self::Start(target) => match target::lacks(target) {
                Some(lacks) => (false, lacks),
                None => (true, String::new()),
            },
            Self::Interrupts => (
                !ignores_interrupts(),
                "the suite was started in the background, where SIGINT is ignored".to_owned(),
            ),
        };
        (!has).then_some(lacks)
    }
}

fn ignores_interrupts() -> bool {
    const SIGINT: u64 = 1 << 1;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap() & SIGINT != 0
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_missing_program_is_named_as_the_reason() {
    assert_eq!(Need::Program("sh").lacks(), None);
    assert_eq!(Need::Program("no-such-program").lacks().unwrap(), "no-such-program is missing");
}
