//! The surroundings of a proof: no variables of the user's, an empty home, no network, a limit of time.

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use snakecrate_cache::environment::first_run;
use snakecrate_cache::root::Root;
use snakecrate_cache::runtimes;
use snakecrate_format::manifest::{Piece, Template};
use snakecrate_format::record::BLANK;
use snakecrate_platform::child;
use snakecrate_platform::directory::Directory;
use tempfile::TempDir;

use super::{Cause, Error};
use crate::archive;
use crate::build::{Build, FIRST_RUN};
use crate::build_cache::BuildCache;
use crate::settings::{self, Assignment};

/// The bytes of an output that are read, from its end.
const TAIL: u64 = 64 << 10;

/// Where programs are looked for without a `PATH` (`os.defpath`): the proof has one because modules
/// read it while they are imported (pydub), and nobody starts an application without.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

/// The name of the runtime file, if the archive has no runtime.
const RUNTIME: &str = "runtime";

/// The status of `SNAKECRATE=repair ARCHIVE --exit-code` if something was repaired.
const REPAIRED: i32 = 10;

/// The cache that archives are unpacked into, once one has been started.
static CACHE: OnceLock<PathBuf> = OnceLock::new();

/// Removes what archives that were killed left in their cache.
pub fn sweep() {
    if let Some(root) = CACHE.get().and_then(|cache| Root::open(cache).ok()) {
        let _ = snakecrate_cache::sweep::sweep(&root);
    }
}

/// A place to start an archive in. It is removed at the end.
pub(super) struct Surroundings<'a> {
    /// The archive, or a copy if its file system forbids execution.
    archive: RefCell<PathBuf>,
    scratch: TempDir,
    cache: PathBuf,
    settings: &'a settings::Proof,
    /// The variables that the application gets.
    environment: &'a settings::Env,
    /// Whether the scratch directory has the archive's runtime.
    has_runtime_file: bool,
    /// `None` before the first start.
    isolated: Cell<Option<bool>>,
}

/// The end of a start.
pub(super) struct Ended {
    /// The status; `None` if time ran out.
    pub status: Option<ExitStatus>,
    /// The end of standard output.
    pub stdout: String,
    /// The end of standard error.
    pub stderr: String,
}

impl<'a> Surroundings<'a> {
    pub(super) fn new(
        archive: &Path,
        cache: &BuildCache,
        settings: &'a settings::Proof,
        build: &'a Build,
    ) -> Result<Self, Error> {
        let scratch = cache.temporary_directory().map_err(Error::Scratch)?;
        for directory in ["home", "tmp", "work"] {
            fs::create_dir(scratch.path().join(directory)).map_err(Error::Scratch)?;
        }
        let archive = std::path::absolute(archive).map_err(Error::Scratch)?;
        let _ = CACHE.set(cache.proof());
        if let Some(spec) = build.runtime_file() {
            let file = scratch.path().join(RUNTIME);
            archive::write(&file, &BLANK, spec.clone()).map_err(Error::Runtime)?;
        }
        Ok(Self {
            archive: RefCell::new(archive),
            scratch,
            cache: cache.proof(),
            settings,
            environment: build.environment(),
            has_runtime_file: build.runtime_file().is_some(),
            isolated: Cell::new(None),
        })
    }

    /// The path of a file for what the packer and its script give each other.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Whether everything was started without a network.
    pub(super) fn has_no_network(&self) -> bool {
        self.isolated.get() == Some(true)
    }

    /// The limit of time for each start, in seconds.
    pub(super) fn limit(&self) -> u64 {
        self.settings.timeout
    }

    /// Starts the archive as `name`; `complete` adds arguments and variables.
    pub(super) fn run(&self, name: &str, complete: impl Fn(&mut Command)) -> Result<Ended, Error> {
        let output = |name: &str| File::create(self.file(name)).map_err(Error::Scratch);
        let (stdout, stderr) = (output("stdout")?, output("stderr")?);
        let mut child = self.spawn(|command| {
            child::set_name(command, name.as_ref())?;
            command.stdout(stdout.try_clone()?).stderr(stderr.try_clone()?);
            complete(command);
            Ok(())
        })?;
        let limit = Duration::from_secs(self.limit());
        let status = child::wait_for_group(&mut child, limit).map_err(Error::Scratch)?;
        let tail = |name: &str| tail(&self.file(name)).map_err(Error::Scratch);
        Ok(Ended { status, stdout: tail("stdout")?, stderr: tail("stderr")? })
    }

    /// Compares the unpacked archive with what was packed. Returns whether anything had to be repaired.
    pub(super) fn repair(&self) -> Result<bool, Error> {
        let ended = self.run("repair", |command| {
            command.env("SNAKECRATE", "repair").arg("--exit-code");
        })?;
        Ok(ended.status.is_some_and(|status| status.code() == Some(REPAIRED)))
    }

    /// Unpacks the archive, and records that its first-run hook has run.
    pub(super) fn skip_first_run(&self) -> Result<(), Error> {
        let env = Directory::open(self.environment_path()?).map_err(Error::Scratch)?;
        first_run::record(&env, FIRST_RUN.as_bytes()).map_err(Error::Scratch)
    }

    /// Unpacks the archive, and returns the path of its environment.
    pub(super) fn environment_path(&self) -> Result<PathBuf, Error> {
        let ended = self.run("prepare", |command| {
            command.env("SNAKECRATE", "prepare");
        })?;
        let Some(status) = ended.status else {
            return Err(Error::NoStart(Cause::TooLong(self.limit())));
        };
        if !status.success() {
            return Err(Error::NoStart(Cause::Ended { status, output: ended.stderr }));
        }
        Ok(ended.stdout.trim_end_matches('\n').into())
    }

    fn spawn(&self, complete: impl Fn(&mut Command) -> io::Result<()>) -> Result<Child, Error> {
        let start =
            || self.spawn_isolated(&complete).or_else(|_| self.spawn_with(&complete, false));
        let started = start().or_else(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => {
                // As where the output's file system is mounted with `noexec`.
                let copy = self.file("archive");
                fs::copy(self.archive.borrow().as_path(), &copy)?;
                self.archive.replace(copy);
                start()
            }
            _ => Err(error),
        });
        started.map_err(Error::Start)
    }

    /// Starts without a network; not again where that has not worked.
    fn spawn_isolated(
        &self,
        complete: &impl Fn(&mut Command) -> io::Result<()>,
    ) -> io::Result<Child> {
        if self.isolated.get() == Some(false) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.spawn_with(complete, true)
    }

    fn spawn_with(
        &self,
        complete: &impl Fn(&mut Command) -> io::Result<()>,
        isolated: bool,
    ) -> io::Result<Child> {
        let mut command = Command::new(self.archive.borrow().as_path());
        let variables = self.settings.env.iter().map(|one| (&one.name, &one.value));
        command
            .env_clear()
            .env("HOME", self.file("home"))
            .env("TMPDIR", self.file("tmp"))
            .env("PATH", DEFAULT_PATH)
            .envs(self.filled(&self.environment.default))
            .envs(variables)
            .envs(self.filled(&self.environment.set))
            .env("SNAKECRATE_CACHE", &self.cache)
            .current_dir(self.file("work"))
            .stdin(Stdio::null());
        if self.has_runtime_file {
            command.env(runtimes::VARIABLE, self.file(RUNTIME));
        }
        for name in &self.environment.unset {
            command.env_remove(name);
        }
        complete(&mut command)?;
        child::lead_group(&mut command);
        if isolated {
            child::without_network(&mut command)?;
        }
        let child = command.spawn()?;
        self.isolated.set(Some(isolated));
        Ok(child)
    }
}

impl Surroundings<'_> {
    /// Variables of the application, as its boot script sets them.
    fn filled(&self, variables: &[Assignment]) -> Vec<(String, OsString)> {
        let archive = self.archive.borrow();
        let fill = |text: &str| {
            let Ok(template) = Template::new(text) else { return OsString::from(text) };
            let mut filled = OsString::new();
            for piece in template.pieces() {
                match piece {
                    Piece::Text(text) => filled.push(text),
                    Piece::Archive => filled.push(archive.as_path()),
                    Piece::Directory => filled.push(archive.parent().unwrap_or(&archive)),
                    Piece::Cache => filled.push(&self.cache),
                    Piece::Home => filled.push(self.file("home")),
                }
            }
            filled
        };
        variables.iter().map(|one| (one.name.clone(), fill(&one.value))).collect()
    }
}

/// The end of a file, as text.
fn tail(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
