//! The end of this process by a signal, with work before it (feature `interrupts`).

use std::io;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use crate::imp;

/// Calls `clean`, on a thread of its own, when a signal asks this process to end: the terminal's
/// interrupt or hang-up, or a termination. Then the process ends as that signal ends it, which shells
/// report as 128 and the signal's number. A second signal ends it at once. Signals that the process
/// ignores stay ignored.
///
/// # Errors
///
/// The system doesn't say when a signal comes. Signals then end the process at once.
pub fn on_interrupt(clean: fn()) -> io::Result<()> {
    imp::interrupt::on_interrupt(clean)
}

/// Whether such a signal has come.
pub fn is_interrupted() -> bool {
    imp::interrupt::is_interrupted()
}

/// Ends all processes that this one has started, and those that they have started, as far as they are
/// still below it: first they are asked to, then they are killed.
pub fn end_descendants() {
    imp::interrupt::end_descendants();
}

/// A child that leads a group of processes, which end together. Where this process is killed, they
/// end, too.
#[derive(Debug)]
pub struct Group {
    leader: Child,
    status: Option<ExitStatus>,
}

impl Group {
    /// Starts `command`. Its group isn't in the terminal's foreground, so it cannot read from the
    /// terminal.
    ///
    /// # Errors
    ///
    /// The system cannot start it.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let leader = imp::interrupt::start_group(command)?;
        Ok(Self { leader, status: None })
    }

    /// The child's status, if it has ended. Then what is left of the group is killed.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = imp::interrupt::group_ended(&mut self.leader);
        }
        self.status
    }

    /// Asks the group to end, and kills what is left of it after `limit`.
    pub fn end(&mut self, limit: Duration) {
        if self.ended().is_none() {
            imp::interrupt::end_group(&mut self.leader, limit);
        }
    }
}
