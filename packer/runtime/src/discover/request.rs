//! Requests for an interpreter.

use std::path::{Path, PathBuf};

use snakecrate_base::ui::Ui;
use snakecrate_format::target::Target;

use super::directories::PythonDirectories;
use super::installed::Places;
use super::spec::Spec;

/// The interpreter that the user and the project ask for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The target that the interpreter has to be for.
    pub target: &'static Target,
    /// `--python`.
    pub spec: Option<Spec>,
    /// The project's `requires-python`, a PEP 440 specifier set; counts unless `spec` is a path.
    pub requires_python: Option<String>,
    /// The minor version that it has to have, `(3, 12)`: all targets of one build have the same. Counts
    /// unless `spec` is a path.
    pub minor: Option<(u8, u8)>,
    /// Whether nothing may be downloaded.
    pub offline: bool,
    /// The mirror to download from instead of [`super::release::MIRROR`]: it has
    /// `<mirror>/<tag>/SHA256SUMS`.
    pub mirror: Option<String>,
    /// The mirror of Debian's packages instead of [`snakecrate_debian::MIRROR`].
    pub debian_mirror: Option<String>,
    /// The keys that sign the mirror's suites instead of Debian's: a file of `OpenPGP` keys.
    pub debian_keyring: Option<PathBuf>,
    /// The directories of downloaded and unpacked Pythons.
    pub directories: PythonDirectories,
}

impl Request {
    /// A request for any interpreter for `target` that is there without a download.
    pub fn offline(target: &'static Target, directories: PythonDirectories) -> Self {
        Self {
            target,
            spec: None,
            requires_python: None,
            minor: None,
            offline: true,
            mirror: None,
            debian_mirror: None,
            debian_keyring: None,
            directories,
        }
    }
}

/// The parts of a request that every way to an interpreter needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) target: &'static Target,
    pub(super) places: &'a Places,
    pub(super) offline: bool,
    pub(super) mirror: Option<&'a str>,
    pub(super) debian_mirror: Option<&'a str>,
    pub(super) debian_keyring: Option<&'a Path>,
    pub(super) directories: &'a PythonDirectories,
    pub(super) ui: Ui,
}
