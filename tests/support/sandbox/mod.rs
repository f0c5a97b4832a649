//! A temporary place of its own for every test:
//!
//! ```text
//! <root>/work/            the working directory, where `file` puts files
//! <root>/home/            HOME of archives
//! <root>/cache/           SNAKECRATE_CACHE
//! <root>/user-<uid>/      home and cache of another user, made by `Run::as_user`
//! ```

mod outcome;
mod place;
mod run;
pub mod shared;
mod strace;
mod terminal;
mod tests;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use walkdir::WalkDir;

pub use outcome::Outcome;
pub use run::{Run, unshare, uv};

use crate::support::target;
use shared::Shared;
pub use strace::Call;

/// The packer under test.
pub const PACKER: &str = env!("CARGO_BIN_EXE_snakecrate");

/// A temporary place, removed at the end of the test.
pub struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Self::at(&std::env::temp_dir())
    }

    /// In memory, if the machine has such a place and allows execution there: for tests that fill and
    /// empty a cache again and again.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        let forbids = rustix::fs::StatVfsMountFlags::NOEXEC;
        match rustix::fs::statvfs(memory) {
            Ok(found) if !found.f_flag.contains(forbids) => Self::at(memory),
            _ => Self::new(),
        }
    }

    fn at(place: &Path) -> Self {
        let root = tempfile::Builder::new().prefix("snakecrate-test-").tempdir_in(place).unwrap();
        // Other users must be able to enter.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["work", "home", "cache"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        Self { root }
    }

    /// Writes a file below the working directory, and creates the directories above it.
    pub fn file(self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
        self
    }

    /// Copies a project of `tests/projects` into the working directory, with the back end.
    pub fn project(self, name: &str) -> Self {
        copy_tree(&shared::projects().join(name), &self.path(name));
        self.backend(name)
    }

    /// Makes a project with a name and the back end. `more` is added to its pyproject.toml.
    pub fn bare_project(self, name: &str, more: &str) -> Self {
        let project = format!(
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
             [project]\nname = '{name}'\nversion = '1'\nrequires-python = '>=3.11'\n{more}"
        );
        self.file(&format!("{name}/pyproject.toml"), project).backend(name)
    }

    /// Copies a file from this machine into the working directory.
    pub fn copy(self, from: &str, to: &str) -> Self {
        let to = self.path(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        copy_executable(Path::new(from), &to);
        self
    }

    /// Puts the back end of `tests/projects` into the folder of a project.
    pub fn backend(self, folder: &str) -> Self {
        fs::copy(shared::projects().join("backend.py"), self.path(folder).join("backend.py"))
            .unwrap();
        self
    }

    /// Copies an archive that the suite shares into the working directory, as `name`.
    pub fn with(self, archive: &Shared, name: &str) -> Self {
        copy_executable(archive.path(), &self.path(name));
        self
    }

    /// Replaces an archive by one with changed bytes.
    pub fn rewrite(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path(name);
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        let part = self.path("rewritten.part");
        fs::write(&part, bytes).unwrap();
        fs::set_permissions(&part, fs::metadata(&path).unwrap().permissions()).unwrap();
        fs::remove_file(&path).unwrap();
        copy_executable(&part, &path);
        fs::remove_file(part).unwrap();
    }

    /// A path in the working directory.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.path().join("work").join(path)
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub fn cache(&self) -> PathBuf {
        self.root.path().join("cache")
    }

    /// The names in the working directory, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The trees in `components`, `envs` or `staging` of the cache, sorted. Empty if there is no such
    /// directory.
    pub fn cached(&self, kind: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.cache().join("v2").join(kind)) else { return vec![] };
        let folders = entries.map(Result::unwrap).filter(|e| e.file_type().unwrap().is_dir());
        let mut names: Vec<_> = folders.map(|e| e.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The packer with the cache of this sandbox.
    pub fn packer<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run<'_> {
        Run::packer(self, &self.cache()).args(arguments)
    }

    /// Runs `snakecrate ARGUMENTS…` to its end.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        self.packer(arguments).output()
    }

    /// Runs `snakecrate build ARGUMENTS…`, quickly and quietly. All builds of the suite share a cache,
    /// so that the runtime is compressed once.
    pub fn build<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Outcome {
        Run::packer(self, &shared::packer_cache())
            .arg("build")
            .args(arguments)
            .args(shared::OPTIONS)
            .args(target::options())
            .output()
    }

    /// [`build`](Self::build) with a variable in the environment.
    pub fn build_with<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        name: &str,
        value: &str,
    ) -> Outcome {
        let run = Run::packer(self, &shared::packer_cache()).arg("build").args(arguments);
        run.args(shared::OPTIONS).args(target::options()).env(name, value).output()
    }

    /// An archive in the working directory. Its environment has the home and the cache of this sandbox,
    /// and nothing else.
    pub fn archive(&self, name: impl AsRef<Path>) -> Run<'_> {
        Run::archive(self, &self.path(name))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Trees in the cache are read-only, and not every user is root.
        for entry in WalkDir::new(self.root.path()).into_iter().flatten() {
            if entry.file_type().is_dir() {
                let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755));
            }
        }
    }
}

/// Copies with `cp`. The system doesn't execute a file that is open for writing, and a test beside this
/// one could fork while this process has it open.
fn copy_executable(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-p").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "cp {} {}", from.display(), to.display());
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in WalkDir::new(from) {
        let entry = entry.unwrap();
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
