//! One resolution under way.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::error::Error;
use super::request::Options;
use super::requirements::Files;
use super::tool::Tool;
use snakecrate_base::python::Interpreter;
use snakecrate_base::ui::Ui;

/// One resolution under way.
pub(super) struct Job<'a> {
    pub(super) interpreter: &'a Interpreter,
    pub(super) options: &'a Options,
    pub(super) ui: Ui,
    pub(super) cache: Cache,
    /// For files of this job, removed at its end.
    pub(super) scratch: &'a Path,
    /// The directory that tools run in: they look up their configuration and relative paths there.
    pub(super) directory: PathBuf,
    /// Directories with links to cached wheels, for jobs without an index.
    pub(super) links: Vec<PathBuf>,
    /// Requirements files for the tool, our own first.
    pub(super) lists: Vec<PathBuf>,
    /// The user's requirements files.
    pub(super) files: &'a Files,
    /// See [`Job::tool`].
    pub(super) tool: OnceCell<Tool>,
}

impl Job<'_> {
    /// The tool, looked for when it is first needed.
    pub(super) fn tool(&self) -> Result<&Tool, Error> {
        if self.tool.get().is_none() {
            let found = Tool::find(self.interpreter, self.ui)?;
            let _ = self.tool.set(found);
        }
        let none = || Error::NoTool(self.interpreter.executable.clone());
        self.tool.get().ok_or_else(none)
    }
}
