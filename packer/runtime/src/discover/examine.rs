//! Facts of an interpreter: asked if this machine can run it, else read from its tree.

use std::path::Path;

use snakecrate_base::host;
use snakecrate_base::python::Interpreter;

use super::described;
use super::error::Error;
use super::remembered;
use super::request::Job;
use super::tree::system_root;

impl Job<'_> {
    /// Whether the interpreter at `path` is run. One of an unpacked system isn't, even if this machine
    /// could: it would use this machine's libraries.
    pub(super) fn runs(&self, path: &Path) -> bool {
        host::target() == Some(self.target) && system_root(path, self.target).is_none()
    }
}

/// The interpreter at `path`.
pub(super) fn examined(path: &Path, job: &Job<'_>) -> Result<Interpreter, Error> {
    if job.runs(path) {
        remembered::probe(path, job.target, &job.directories.probed)
    } else {
        described::interpreter(path, job)
    }
}
