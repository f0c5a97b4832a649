use std::io::Write;

/// Drawing on consoles isn't implemented yet.
pub(crate) fn is_drawable() -> bool {
    false
}

pub(crate) fn columns() -> Option<usize> {
    None
}

pub(crate) fn write(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
