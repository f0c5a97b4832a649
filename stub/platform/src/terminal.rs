//! The terminal behind standard error.

use crate::imp;

/// Whether a line can be drawn now: standard error is our terminal, this process is in its
/// foreground (else writing could stop it), and it is not halted by Ctrl-S (else writing would
/// wait).
pub fn is_drawable() -> bool {
    imp::terminal::is_drawable()
}

/// The number of its columns; `None` if it does not report one.
pub fn columns() -> Option<usize> {
    imp::terminal::columns()
}

/// Writes to standard error in one call. Errors are ignored.
pub fn write(text: &str) {
    imp::terminal::write(text);
}
