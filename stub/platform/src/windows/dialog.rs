use std::ffi::OsString;
use std::io;
use std::path::Path;

use crate::types::Unsupported;

/// Windows isn't implemented yet.
pub(crate) fn is_useful() -> bool {
    false
}

pub(crate) fn leave(_program: &Path, _argv: &[OsString]) -> io::Result<()> {
    Err(Unsupported("showing a window").into())
}

pub(crate) fn wait(_program: &Path, _argv: &[OsString]) -> io::Result<()> {
    Err(Unsupported("showing a window").into())
}

#[derive(Debug)]
pub(crate) struct Dialog;

impl Dialog {
    pub(crate) fn start(_program: &Path, _argv: &[OsString]) -> io::Result<Self> {
        Err(Unsupported("showing a window").into())
    }

    #[expect(clippy::unused_self, reason = "other systems have a process")]
    pub(crate) fn send(&self, _text: &str) {}
}
