//! Archives that tests only run: the first test that uses one builds it.
//!
//! Their projects are in `tests/projects`, with a PEP 517 back end of their own, so that a build needs
//! no package index.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Sandbox;
use crate::support::target;

/// Options of all builds of the suite. At this level components come from the cache, and debug builds
/// don't compress for minutes. The tests of the proof are in `tests/command/proof.rs`.
pub const OPTIONS: [&str; 4] = ["--quiet", "--level", "3", "--no-proof"];

/// One command, `probe`, that reports what it sees, and does what its arguments say.
pub static PROBE: Shared = Shared::new("probe");
/// `probe`, but not isolated.
pub static OPEN: Shared = Shared::with("probe", "open", &["--no-isolated"]);
/// `probe`, with a graphical entry.
pub static WINDOW: Shared = Shared::with("probe", "window", &["--gui"]);
/// Two commands, `left` and `right`, that print their names and arguments.
pub static PAIR: Shared = Shared::new("pair");
/// One command that prints `tiny`, with as few files as possible.
pub static TINY: Shared = Shared::new("tiny");

/// `probe` without a runtime.
pub static EXTERNAL: Shared = Shared::with("probe", "external", &["--runtime", "external"]);

/// The runtime file for [`EXTERNAL`], with the name that archives look for; the first call makes it.
pub fn runtime_file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let sandbox = Sandbox::new();
        let run = sandbox.packer(["--quiet", "runtime", "--level", "3"]);
        run.env("SNAKECRATE_CACHE", packer_cache()).expect(0, "", "");
        let names = sandbox.names();
        let [name] = &names[..] else { panic!("{names:?}") };
        let directory = folder().join("runtimes");
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join(name);
        fs::copy(sandbox.path(name), &path).unwrap();
        path
    })
}

/// An archive of a project in `tests/projects`.
pub struct Shared {
    project: &'static str,
    name: &'static str,
    options: &'static [&'static str],
    path: OnceLock<PathBuf>,
}

impl Shared {
    const fn new(project: &'static str) -> Self {
        Self::with(project, project, &[])
    }

    const fn with(
        project: &'static str,
        name: &'static str,
        options: &'static [&'static str],
    ) -> Self {
        Self { project, name, options, path: OnceLock::new() }
    }

    /// The archive; the first call builds it.
    pub fn path(&self) -> &Path {
        self.path.get_or_init(|| {
            let path = folder().join(self.name);
            let sandbox = Sandbox::new().project(self.project);
            let mut arguments = vec![self.project.as_ref(), "--output".as_ref(), path.as_os_str()];
            arguments.extend(self.options.iter().map(OsStr::new));
            if target::is_foreign() {
                // `tiny` has none of its own, and this machine has none of that target.
                arguments.extend(["--libc", "auto"].map(OsStr::new));
            }
            sandbox.build(arguments).done();
            path
        })
    }
}

/// The directory of the projects.
pub fn projects() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/projects")
}

/// The packer's cache for the suite's builds. It stays from run to run.
pub fn packer_cache() -> PathBuf {
    folder().join("cache")
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = if target::is_foreign() {
        folder.join(format!("suite-{}", target::target().name))
    } else {
        folder.join("suite")
    };
    fs::create_dir_all(&folder).unwrap();
    folder
}
