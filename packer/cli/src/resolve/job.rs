//! One resolution under way.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::error::Error;
use super::find_uv;
use super::request::Options;
use super::requirements::Files;
use super::stand_ins::StandIns;
use snakecrate_base::host;
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
    /// The directory that uv runs in: it looks up its configuration and relative paths there.
    pub(super) directory: PathBuf,
    /// Directories with links to cached wheels, for jobs without an index.
    pub(super) links: Vec<PathBuf>,
    /// Requirements files for uv, our own first.
    pub(super) lists: Vec<PathBuf>,
    /// Dependency groups, as `PATH:NAME`.
    pub(super) groups: Vec<String>,
    /// Constraints files for uv.
    pub(super) constraints: Vec<PathBuf>,
    /// Files of overrides for uv.
    pub(super) overrides: Vec<PathBuf>,
    /// The user's requirements files.
    pub(super) files: &'a Files,
    /// The user's constraints files and overrides.
    pub(super) limits: &'a [Files; 2],
    /// See [`Job::stand_ins`].
    pub(super) stand_ins: OnceCell<StandIns>,
    /// See [`Job::uv`].
    pub(super) uv: OnceCell<PathBuf>,
}

impl Job<'_> {
    /// Whether the archive is for another target than this machine's. What is built here does not run
    /// there, unless it is for all.
    pub(super) fn is_foreign(&self) -> bool {
        Some(self.interpreter.target) != host::target()
    }

    /// The stand-ins for large wheels in local directories, written when they are first needed.
    pub(super) fn stand_ins(&self) -> Result<&StandIns, Error> {
        if let Some(stand_ins) = self.stand_ins.get() {
            return Ok(stand_ins);
        }
        let given = self.options.find_links.iter().map(Path::new);
        let local = given.chain(self.links.iter().map(PathBuf::as_path));
        let written = StandIns::new(local.filter(|path| path.is_dir()), self.scratch)?;
        Ok(self.stand_ins.get_or_init(|| written))
    }

    /// uv's path, looked for when it is first needed.
    pub(super) fn uv(&self) -> Result<&Path, Error> {
        if let Some(uv) = self.uv.get() {
            return Ok(uv);
        }
        let found = find_uv::find(&self.interpreter.host)?;
        Ok(self.uv.get_or_init(|| found))
    }
}
