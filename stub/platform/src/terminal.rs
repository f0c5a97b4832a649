//! The terminal behind standard error.

use crate::imp;

/// Whether a line can be drawn now: standard error is our terminal, this process is in its
/// foreground (else writing could stop it), and nobody has halted it by Ctrl-S (else writing would
/// wait).
pub fn is_drawable() -> bool {
    imp::terminal::is_drawable()
}

/// How many columns it has; `None` where it does not say.
pub fn columns() -> Option<usize> {
    imp::terminal::columns()
}

/// Writes to standard error by one call. Text that cannot be written is lost.
pub fn write(text: &str) {
    imp::terminal::write(text);
}
