//! Child processes that are kept apart: with another name, for a limited time, without a network.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::imp;

/// Sets the name by which `command`'s program is started, its first argument.
pub fn set_name(command: &mut Command, name: &OsStr) -> io::Result<()> {
    imp::child::set_name(command, name)
}

/// Makes `command` the first process of a group of its own, for [`wait_for_group`]. It has no terminal,
/// and is killed when the thread that starts it ends.
pub fn lead_group(command: &mut Command) {
    imp::child::lead_group(command);
}

/// Waits until `child`, which leads a group, ends, or for as long as `limit`; then kills whatever is
/// left of its group. Returns the child's status, or `None` if it reached the limit.
pub fn wait_for_group(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    imp::child::wait_for_group(child, limit)
}

/// Lets `command` run without a network, except for a loopback device of its own. Where the system
/// does not allow this, the command does not start.
pub fn without_network(command: &mut Command) -> io::Result<()> {
    imp::child::without_network(command)
}

/// The signal that ended a process; `None` if it exited.
pub fn signal(status: ExitStatus) -> Option<i32> {
    imp::child::signal(status)
}

/// Whether this system starts programs of a foreign processor (`aarch64`) through an emulator.
pub fn is_emulated(processor: &str) -> bool {
    imp::child::is_emulated(processor)
}
