use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::types::Unsupported;

pub(crate) fn on_interrupt(_clean: fn()) -> io::Result<()> {
    Err(Unsupported("work before the end by Ctrl-C").into())
}

pub(crate) fn is_interrupted() -> bool {
    false
}

/// Does nothing: Ctrl-C reaches all processes of a console.
pub(crate) fn end_descendants() {}

pub(crate) fn start_group(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

pub(crate) fn group_ended(leader: &mut Child) -> Option<ExitStatus> {
    leader.try_wait().ok().flatten()
}

/// Kills the leader alone, until it gets a job object.
pub(crate) fn end_group(leader: &mut Child, _limit: Duration) {
    let _ = leader.kill();
    let _ = leader.wait();
}
