//! The end of a command by a signal, such as that of Ctrl-C: nothing of it stays.

use std::sync::OnceLock;
use std::thread;

use snakecrate_platform::interrupt;

use crate::{temporary, ui};

/// Removes other things than temporary files and directories.
static OTHERS: OnceLock<fn()> = OnceLock::new();

/// From now on, a signal that ends this process also ends its children, and removes its temporary files
/// and directories. Where the system cannot do this, the next build removes them.
/// `others` removes what children leave.
pub fn leave_nothing_behind(others: fn()) {
    let _ = OTHERS.set(others);
    let _ = interrupt::on_interrupt(clean);
}

fn clean() {
    ui::end();
    interrupt::end_descendants();
    temporary::remove_all();
    if let Some(others) = OTHERS.get() {
        others();
    }
}

/// Whether a signal is ending this process.
pub fn is_pending() -> bool {
    interrupt::is_interrupted()
}

/// Returns only if no signal is ending this process. Errors of children that the signal has ended, too,
/// are none.
pub fn wait_if_pending() {
    while is_pending() {
        thread::park();
    }
}
