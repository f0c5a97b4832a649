//! `run --watch`: the application starts again when a file of its source changes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecursiveMode, Watcher as _};
use snakecrate_base::error::Remedy;
use snakecrate_base::interrupt;
use snakecrate_base::ui::Ui;
use snakecrate_platform::interrupt::Group;

use super::build::{built, resolve};
use crate::cli::{BuildArgs, run_defaults};
use crate::source::{SKIPPED, Source};

/// An editor writes several files; a build starts when nothing has changed for this long.
const QUIET: Duration = Duration::from_millis(200);
/// How often the application is looked at.
const PAUSE: Duration = Duration::from_millis(50);
/// How long the application may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Why a source cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It has no files of its own.
    #[error("cannot watch {0}: it has no files here")]
    NoFiles(String),
    /// The system doesn't say what changes.
    #[error("cannot watch {}: {source}", path.display())]
    Watch {
        /// The directory.
        path: PathBuf,
        /// The system's answer.
        source: notify::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::NoFiles(_) => {
                "give a project's directory or a script, or leave out --watch".into()
            }
            Self::Watch { .. } => "raise fs.inotify.max_user_watches, or leave out --watch".into(),
        })
    }
}

/// `snakecrate run --watch`: returns only if the source cannot be watched. Ctrl-C ends it.
pub(super) fn run(
    args: &BuildArgs,
    arguments: &[OsString],
    ui: Ui,
) -> Result<ExitCode, super::Error> {
    let (source, _) = resolve(args, &run_defaults())?;
    let root = root(&source)?;
    let (sender, changes) = channel();
    let failed = |source| Error::Watch { path: root.clone(), source };
    let (inside, only) = (root.clone(), only(&source));
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let is_ours = |path: &PathBuf| is_of_source(path, &inside, only.as_deref());
        if let Some(path) = event
            .ok()
            .filter(is_change)
            .and_then(|event| event.paths.into_iter().find(|path| is_ours(path)))
        {
            // The receiver lives as long as the process.
            let _ = sender.send(path);
        }
    })
    .map_err(failed)?;
    watcher.watch(&root, RecursiveMode::Recursive).map_err(failed)?;
    ui.step("Watching", root.display());
    loop {
        let mut running = match built(args, ui) {
            Ok(archive) => start(&archive, arguments),
            Err(error) => {
                interrupt::wait_if_pending();
                Err(error)
            }
        };
        if let Err(error) = &running {
            ui.error(error, error.remedy());
        }
        let path = wait(&changes, running.as_mut().ok(), ui);
        if let Ok(group) = &mut running {
            group.end(GRACE);
        }
        // A build writes nothing into its source, apart from what back ends leave there.
        while changes.recv_timeout(QUIET).is_ok() {}
        let shown = path.strip_prefix(&root).unwrap_or(&path);
        ui.step("Changed", shown.display());
    }
}

/// Waits for a change, and reports the end of the application.
fn wait(changes: &Receiver<PathBuf>, mut running: Option<&mut Group>, ui: Ui) -> PathBuf {
    loop {
        match changes.recv_timeout(PAUSE) {
            Ok(path) => return path,
            Err(RecvTimeoutError::Disconnected) => std::thread::park(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(status) = running.as_mut().and_then(|group| group.ended()) {
            running = None;
            ui.step("Ended", format_args!("{status}; waiting for a change"));
        }
    }
}

fn start(archive: &Path, arguments: &[OsString]) -> Result<Group, super::Error> {
    let mut command = Command::new(archive);
    command.args(arguments).stdin(Stdio::null()).env_remove("SNAKECRATE_ARCHIVE");
    let failed = |source| super::Error::Start { path: archive.to_owned(), source };
    Group::start(&mut command).map_err(failed)
}

/// The directory to watch.
fn root(source: &Source) -> Result<PathBuf, Error> {
    let file = |path: &PathBuf| path.parent().map(Path::to_owned);
    let root = match source {
        Source::Wheel { path, .. } | Source::Sdist { path, .. } => file(path),
        Source::Environment { directory } => Some(directory.clone()),
        source => source.directory_of_files().map(Path::to_owned),
    };
    root.ok_or_else(|| Error::NoFiles(source.to_string()))
}

/// The only file that counts, of a source that is one. A script may import its neighbours.
fn only(source: &Source) -> Option<PathBuf> {
    match source {
        Source::Wheel { path, .. } | Source::Sdist { path, .. } | Source::Zipapp { path } => {
            Some(path.clone())
        }
        _ => None,
    }
}

/// Whether a build with this file may differ. What no build packs, and what programs write beside
/// sources, doesn't count.
fn is_of_source(path: &Path, root: &Path, only: Option<&Path>) -> bool {
    if let Some(only) = only {
        return path == only;
    }
    let inside = path.strip_prefix(root).unwrap_or(path);
    let mut names = inside.iter().map(|name| name.to_string_lossy());
    let is_skipped = |name: &str| {
        name.starts_with('.') || SKIPPED.contains(&name) || name.ends_with(".egg-info")
    };
    !names.any(|name| is_skipped(&name)) && !inside.to_string_lossy().ends_with('~')
}

fn is_change(event: &Event) -> bool {
    match event.kind {
        EventKind::Create(_) | EventKind::Remove(_) => true,
        // A build reads its source, and so sets times of access.
        EventKind::Modify(kind) => !matches!(kind, ModifyKind::Metadata(_)),
        _ => false,
    }
}
