//! Overlays: a copy of an archive's environment with more distributions behind its own, for tests.
//!
//! ```text
//! <overlay>/env/     the environment, linked file by file: its interpreter sees the overlay
//! <overlay>/more/    the distributions that are added
//! <overlay>/start.py replaces the archive's interpreter by the copy's
//! ```
//!
//! A module of the copy ([`hook`]), which its interpreters import when they start, puts `more` at the
//! end of the search path. So child processes see it, too. The archive's own environment is not
//! changed.

mod copy;
mod hook;
mod write;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_format::digest::Digest;

use crate::BUILD_ID;
use crate::build_cache::{self, BuildCache};
use crate::resolve::Fetched;
use crate::wheel::{self, Slim, Store};
use snakecrate_base::error::Remedy;
use snakecrate_base::python::Interpreter;

pub use hook::Pinned;

/// Why an overlay could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The build cache cannot be used.
    #[error(transparent)]
    Cache(#[from] build_cache::Error),
    /// A wheel cannot be used.
    #[error(transparent)]
    Wheel(#[from] wheel::Error),
    /// The system refuses to read or write.
    #[error("cannot lay the tests' requirements over the archive's environment: {}: {source}", path.display())]
    System {
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Cache(error) => error.remedy(),
            Self::Wheel(error) => error.remedy(),
            Self::System { .. } => Some("set SNAKECRATE_CACHE to a directory that you own".into()),
        }
    }
}

/// What an overlay is made of.
#[derive(Debug)]
pub struct Parts<'a> {
    /// The archive's environment.
    pub env: &'a Path,
    /// What its own modules are, which come first whatever else is on the search path.
    pub pinned: Pinned,
    /// The interpreter that the wheels are for, of the same minor version as the archive's. It has the
    /// whole standard library.
    pub interpreter: &'a Interpreter,
    /// The wheels to add.
    pub wheels: &'a [&'a Fetched],
}

/// An overlay in the build cache.
#[derive(Debug)]
pub struct Overlay {
    directory: PathBuf,
}

impl Overlay {
    /// Makes the overlay unless the cache has it.
    ///
    /// # Errors
    ///
    /// A wheel cannot be unpacked, or the system refuses.
    pub fn make(parts: &Parts<'_>, cache: &BuildCache) -> Result<Self, Error> {
        let overlay = Self { directory: cache.overlay(&key(parts)) };
        if overlay.directory.is_dir() {
            return Ok(overlay);
        }
        let parent = overlay.directory.parent().unwrap_or(cache.path());
        fs::create_dir_all(parent).map_err(at(parent))?;
        let staging = snakecrate_base::temporary::directory_in(parent).map_err(at(parent))?;
        let site = parts.interpreter.site_packages();
        let env = staging.path().join("env");
        copy::environment(parts.env, &env, &overlay.env())?;
        unpack(parts, cache, &staging.path().join("more"), &overlay.python())?;
        let hook = hook::source(parts, &overlay.env().join(&site), &overlay.more().join(&site));
        for (path, text) in [
            (env.join(&site).join(hook::MODULE), hook.as_str()),
            (env.join(&site).join(hook::PATH_FILE), hook::IMPORT),
            (staging.path().join("start.py"), include_str!("start.py")),
        ] {
            fs::write(&path, text).map_err(at(&path))?;
        }
        let staging = staging.keep();
        match fs::rename(&staging, &overlay.directory) {
            Ok(()) => {}
            // Another process was faster.
            Err(_) if overlay.directory.is_dir() => {
                let _ = fs::remove_dir_all(&staging);
            }
            Err(source) => return Err(at(&overlay.directory)(source)),
        }
        Ok(overlay)
    }

    /// The script that replaces the archive's interpreter by the copy's.
    pub fn start(&self) -> PathBuf {
        self.directory.join("start.py")
    }

    /// The copy's interpreter.
    pub fn python(&self) -> PathBuf {
        self.env().join("bin/python3")
    }

    /// The directories of scripts, the archive's own first.
    pub fn scripts(&self) -> [PathBuf; 2] {
        [self.env().join("bin"), self.more().join("bin")]
    }

    fn env(&self) -> PathBuf {
        self.directory.join("env")
    }

    fn more(&self) -> PathBuf {
        self.directory.join("more")
    }
}

/// An error at `path`.
fn at(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::System { path: path.clone(), source }
}

/// Overlays with the same key are equal.
fn key(parts: &Parts<'_>) -> String {
    let (env, stdlib) = (parts.env.display(), parts.interpreter.stdlib.display());
    let mut lines = vec![format!("{BUILD_ID}\n{env}\n{stdlib}\n")];
    lines.extend(parts.wheels.iter().map(|wheel| format!("{} {}\n", wheel.name, wheel.sha256)));
    Digest::of(lines.concat().as_bytes()).key()
}

/// Unpacks the wheels to `more`. Their scripts are run by `python`.
fn unpack(parts: &Parts<'_>, cache: &BuildCache, more: &Path, python: &Path) -> Result<(), Error> {
    let kept = cache.temporary_directory().map_err(at(cache.path()))?;
    let store = Store::new(kept.path());
    for wheel in parts.wheels {
        let distribution = wheel::unpack(&wheel.path, parts.interpreter, &store, &Slim::default())?;
        write::tree(&distribution.tree, more, python)?;
    }
    Ok(())
}
