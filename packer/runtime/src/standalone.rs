//! Interpreters given by path, by archive or by URL: python-build-standalone in its forms.
//!
//! Everything appears in its directory of [`PythonDirectories`] under its final name when it is whole.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use snakecrate_format::target::Target;
use walkdir::WalkDir;

use super::find::Choice;
use super::fingerprint::files;
use super::probe::probe;
use super::{Error, index};
use snakecrate_base::download;
use snakecrate_base::python::Interpreter;
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;

/// The directories for Pythons that were downloaded or unpacked. They need not exist yet.
#[derive(Debug, Clone)]
pub struct PythonDirectories {
    /// `<sha256>.tar`: archives on their way, removed when they are unpacked.
    pub archives: PathBuf,
    /// `<sha256>/python/`: downloaded because no installed Python fitted.
    pub downloads: PathBuf,
    /// `<sha256>/…`: archives that the user named.
    pub given: PathBuf,
    /// `<digest>/`: copies of directories whose files had lost their execute bits.
    pub repaired: PathBuf,
}

impl PythonDirectories {
    fn archive(&self, sha256: &str) -> PathBuf {
        self.archives.join(format!("{sha256}.tar"))
    }
}

/// The interpreter at `path`: the executable, the directory or the archive.
pub fn at(
    path: &Path,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let no = |problem| Err(Error::NoPython { path: path.to_owned(), problem });
    let Ok(found) = fs::metadata(path) else { return no("does not exist") };
    if found.is_dir() {
        return in_directory(path, target, cache, ui);
    }
    let mut start = [0; 4];
    let fail = |source| Error::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(fail)?;
    let length = file.read(&mut start).map_err(fail)?;
    if Compression::of(&start[..length]).is_some() {
        let sha256 = download::file_sha256(path).map_err(fail)?;
        return unpacked(path, &cache.given.join(sha256), target, cache, ui);
    }
    if start.starts_with(b"#!") || start == *b"\x7fELF" {
        if found.mode() & 0o111 == 0 {
            return no("is not executable; give the directory that its `bin` is in");
        }
        return probe(path, target);
    }
    no("is neither an interpreter nor an archive of one")
}

/// The interpreter in the archive at `url`.
pub fn from_url(
    url: &str,
    sha256: &str,
    offline: bool,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let archive = cache.archive(sha256);
    let directory = cache.given.join(sha256);
    if !directory.is_dir() && !archive.is_file() && offline && !url.starts_with("file:") {
        return Err(Error::Offline { url: download::redacted(url) });
    }
    fetched(url, sha256, &directory, target, cache, ui)
}

/// Downloads the newest Python of the pinned release that will do.
pub(super) fn download(
    choice: &Choice<'_>,
    mirror: Option<&str>,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let url = index::address(mirror, "SHA256SUMS");
    let offers = index::offers(&download::text(&url)?, target);
    let best = |both| offers.iter().find(|offer| choice.fits(&offer.version, both));
    let Some(offer) = best(true).or_else(|| best(false)) else {
        let has = offers.iter().map(|offer| offer.version.to_string()).collect();
        let url = download::redacted(&url);
        return Err(Error::NotOffered { url, wanted: choice.describe(), has });
    };
    let directory = cache.downloads.join(&offer.sha256);
    ui.step("Downloading", format_args!("Python {}", offer.version));
    fetched(&index::address(mirror, &offer.file), &offer.sha256, &directory, target, cache, ui)
}

fn fetched(
    url: &str,
    sha256: &str,
    directory: &Path,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let archive = cache.archive(sha256);
    if !directory.is_dir() {
        download::fetch(url, sha256, &archive, ui)?;
    }
    let interpreter = unpacked(&archive, directory, target, cache, ui)?;
    // The tree is what is used; the archive was only on its way.
    let _ = fs::remove_file(&archive);
    Ok(interpreter)
}

/// The interpreter in `archive`, unpacked to `directory` unless it is there already.
fn unpacked(
    archive: &Path,
    directory: &Path,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    if !directory.is_dir() {
        let progress = ui.spinner("Unpacking", archive.display());
        publish(directory, |aside| {
            unpack(archive, aside).map_err(|error| Error::Unpack {
                path: archive.to_owned(),
                reason: error.to_string(),
            })
        })?;
        drop(progress);
    }
    in_directory(directory, target, cache, ui).map_err(|error| match error {
        Error::NoPython { problem, .. } => Error::NoPython { path: archive.to_owned(), problem },
        error => error,
    })
}

enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(&[0x1f, 0x8b]) {
            Some(Self::Gzip)
        } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Self::Zstd)
        } else {
            None
        }
    }
}

fn unpack(archive: &Path, to: &Path) -> io::Result<()> {
    let mut file = BufReader::new(File::open(archive)?);
    let mut start = [0; 4];
    file.read_exact(&mut start)?;
    file.rewind()?;
    let reader: Box<dyn Read> = match Compression::of(&start) {
        Some(Compression::Gzip) => Box::new(GzDecoder::new(file)),
        Some(Compression::Zstd) => Box::new(zstd::Decoder::with_buffer(file)?),
        None => return Err(io::Error::other("it is compressed with neither gzip nor zstd")),
    };
    tar::Archive::new(reader).unpack(to)
}

/// Makes a directory beside its final place, and renames it there when it is whole.
fn publish(directory: &Path, make: impl FnOnce(&Path) -> Result<(), Error>) -> Result<(), Error> {
    let fail = |source| Error::Write { path: directory.to_owned(), source };
    let parent = directory.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fail)?;
    let aside = temporary::directory_in(parent).map_err(fail)?;
    make(aside.path())?;
    match fs::rename(aside.path(), directory) {
        Ok(()) => {
            // It is not there any more under this name.
            let _ = aside.keep();
            Ok(())
        }
        // Someone else was faster.
        Err(_) if directory.is_dir() => Ok(()),
        Err(source) => Err(fail(source)),
    }
}

/// The interpreter in an installation's directory, or in one that holds it as its archives do.
fn in_directory(
    directory: &Path,
    target: &'static Target,
    cache: &PythonDirectories,
    ui: Ui,
) -> Result<Interpreter, Error> {
    let no = |problem| Error::NoPython { path: directory.to_owned(), problem };
    let prefix = ["", "python", "python/install", "install"]
        .iter()
        .map(|inner| directory.join(inner))
        .find(|prefix| prefix.join("bin").is_dir())
        .ok_or_else(|| no("has no `bin` directory with an interpreter"))?;
    let executable =
        interpreter_in(&prefix).ok_or_else(|| no("has no python3 in its `bin` directory"))?;
    let fail = |source| Error::Read { path: executable.clone(), source };
    if fs::metadata(&executable).map_err(fail)?.mode() & 0o111 == 0 {
        ui.detail(format_args!("{} has lost its execute bits", prefix.display()));
        return probe(&repaired(&prefix, &executable, cache)?, target);
    }
    probe(&executable, target)
}

/// `bin/python3.12`, else `bin/python3`.
fn interpreter_in(prefix: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let mut names: Vec<String> = versions
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("python3."))
        .collect();
    names.sort();
    names.push("python3".to_owned());
    names.iter().map(|name| prefix.join("bin").join(name)).find(|path| path.is_file())
}

/// A copy of the installation in `prefix` whose programs can be executed; returns its interpreter.
///
/// Files are hard links where that is possible, but those in `bin`: the user's directory stays as
/// it is, and so does it when Python writes bytecode beside its modules.
fn repaired(prefix: &Path, executable: &Path, cache: &PythonDirectories) -> Result<PathBuf, Error> {
    let fail = |source| Error::Read { path: prefix.to_owned(), source };
    let real = fs::canonicalize(prefix).map_err(fail)?;
    // npm gives every file the same time as well, so sizes have to tell releases apart.
    let mut hasher = blake3::Hasher::new();
    hasher.update(real.as_os_str().as_bytes());
    for file in files(&real, usize::MAX, |_| true) {
        hasher.update(file.map_err(fail)?.as_bytes());
        hasher.update(b"\n");
    }
    let key = hasher.finalize().to_hex();
    let directory = cache.repaired.join(&key[..32]);
    if !directory.is_dir() {
        publish(&directory, |aside| copy(&real, aside))?;
    }
    let name = executable.file_name().unwrap_or_default();
    Ok(directory.join("bin").join(name))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let cannot_write = |path: &Path, source| Error::Write { path: path.to_owned(), source };
    for entry in WalkDir::new(from).min_depth(1) {
        let entry = entry.map_err(|error| Error::Read {
            path: error.path().unwrap_or(from).to_owned(),
            source: error.into(),
        })?;
        let inside = entry.path().strip_prefix(from).unwrap_or(entry.path());
        let at = to.join(inside);
        let done = if entry.file_type().is_dir() {
            fs::create_dir(&at)
        } else if entry.file_type().is_symlink() {
            fs::read_link(entry.path()).and_then(|target| std::os::unix::fs::symlink(target, &at))
        } else if inside.starts_with("bin") {
            fs::copy(entry.path(), &at)
                .and_then(|_| fs::set_permissions(&at, fs::Permissions::from_mode(0o755)))
        } else {
            fs::hard_link(entry.path(), &at).or_else(|_| fs::copy(entry.path(), &at).map(drop))
        };
        done.map_err(|source| cannot_write(&at, source))?;
    }
    Ok(())
}
