//! Interpreters from Debian's packages, unpacked to a root of their own.
//!
//! ```text
//! suites/<key>.json    what the suite came to, by mirror, suite, architecture and version
//! roots/<digest>/      the packages, by their digests
//! ```
//!
//! The signed list of the suite is fetched by every build that may use the network. If it is the one
//! that the note was made from, nothing else is.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use snakecrate_base::python::{DistributionPackage, Interpreter};
use snakecrate_base::redact::redacted;
use snakecrate_base::temporary;
use snakecrate_base::ui::Count;
use snakecrate_debian::{Keyring, MIRROR, Package, Release, Selection, Source};
use snakecrate_format::target::{Processor, System, Target};

use super::error::Error;
use super::examine::examined;
use super::request::Job;
use super::unpack::publish;

/// What a suite came to.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The identity of the suite's list of packages.
    index: String,
    /// The date of the list.
    date: String,
    /// The directory's name in `roots`.
    root: String,
    distribution: String,
    suite: String,
    release: Option<String>,
    /// The package of the interpreter.
    python: Package,
    /// The number of packages.
    packages: usize,
}

/// The Python of `suite`, which is its `minor` (`3.11`) or its default one.
pub(super) fn interpreter(
    suite: &str,
    minor: Option<&str>,
    job: &Job<'_>,
) -> Result<Interpreter, Error> {
    let architecture = architecture(job.target).ok_or(Error::NoDebian { target: job.target })?;
    let source = Source {
        mirror: job.debian_mirror.unwrap_or(MIRROR),
        suite,
        architecture,
        downloads: &job.directories.archives,
        ui: job.ui,
    };
    let path = job.directories.suites.join(format!("{}.json", key(&source, minor, job)));
    let known = note(&path);
    let is_unpacked = |note: &Note| job.directories.roots.join(&note.root).is_dir();
    let is_local = source.mirror.starts_with("file:");
    let note = if job.offline && !is_local {
        known.filter(is_unpacked).ok_or_else(|| Error::Offline {
            url: redacted(&format!("{}/dists/{suite}", source.mirror)).into_owned(),
        })?
    } else {
        current(&source, minor, known, &path, job)?
    };
    let root = job.directories.roots.join(&note.root);
    let executable = root.join("usr/bin").join(&note.python.name);
    let found = examined(&executable, job)?;
    let package = DistributionPackage {
        distribution: note.distribution,
        suite: note.suite,
        release: note.release,
        file: note.python.file_name().to_owned(),
        sha256: note.python.sha256,
        name: note.python.name,
        version: note.python.version,
        architecture: note.python.architecture,
        packages: note.packages,
    };
    Ok(Interpreter { package: Some(package), ..found })
}

/// What the suite comes to now; its packages are unpacked.
fn current(
    source: &Source<'_>,
    minor: Option<&str>,
    known: Option<Note>,
    path: &Path,
    job: &Job<'_>,
) -> Result<Note, Error> {
    let progress = job.ui.spinner("Reading", format_args!("{} of {}", source.suite, source.mirror));
    let keyring = Keyring::open(job.debian_keyring)?;
    let date = known.as_ref().map(|note| note.date.clone());
    let release = Release::fetch(source, &keyring, date.as_deref())?;
    let root = |note: &Note| job.directories.roots.join(&note.root);
    if let Some(note) = known
        && note.index == release.index_digest()
        && note.date == release.date
        && root(&note).is_dir()
    {
        return Ok(note);
    }
    let selection = release.select(source, minor)?;
    let note = Note::of(&release, &selection);
    drop(progress);
    if !root(&note).is_dir() {
        job.ui.step(
            "Downloading",
            format_args!(
                "{} of {} {} ({})",
                Count(note.packages, "package"),
                note.distribution,
                note.suite,
                source.architecture
            ),
        );
        publish(&root(&note), |aside| Ok(selection.unpack(source, aside)?))?;
    }
    note.write(path).map_err(|source| Error::Write { path: path.to_owned(), source })?;
    Ok(note)
}

impl Note {
    fn of(release: &Release, selection: &Selection) -> Self {
        Self {
            index: release.index_digest().to_owned(),
            date: release.date.clone(),
            root: selection.key(),
            distribution: release.distribution.clone(),
            suite: release.suite.clone(),
            release: release.version.clone(),
            python: selection.python.clone(),
            packages: selection.packages.len(),
        }
    }

    /// Writes the note to `path`, whole or not at all.
    fn write(&self, path: &Path) -> io::Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let mut file = temporary::file_in(directory)?;
        file.write_all(&serde_json::to_vec(self)?)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }
}

/// The note at `path`, if it exists and is one.
fn note(path: &Path) -> Option<Note> {
    let note: Note = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let is_name = note.root.len() == 32 && note.root.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then_some(note)
}

/// The identity of everything that the user may choose; another keyring makes another note.
fn key(source: &Source<'_>, minor: Option<&str>, job: &Job<'_>) -> String {
    let mut hasher = blake3::Hasher::new();
    let keys = job.debian_keyring.map(fs::read);
    let keys = keys.and_then(Result::ok).map(|keys| blake3::hash(&keys).to_string());
    let Source { mirror, suite, architecture, .. } = source;
    let parts = [mirror, suite, architecture, minor.unwrap_or_default()];
    for part in parts.into_iter().chain([keys.as_deref().unwrap_or_default()]) {
        hasher.update(part.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Debian's name for a target.
fn architecture(target: &Target) -> Option<&'static str> {
    match (target.system, target.processor) {
        (System::Linux, Processor::X86_64) => Some("amd64"),
        (System::Linux, Processor::Aarch64) => Some("arm64"),
        _ => None,
    }
}
