//! `desktop-install` and `desktop-remove`: the entry in the user's menu, with its icon and the types of its
//! documents.
//!
//! ```text
//! <env>/desktop/applications/<id>.desktop       →  <data>/applications/<id>.desktop
//!               icons/hicolor/…/<id>.svg        →  <data>/icons/hicolor/…/<id>.svg
//!               mime/packages/<id>.xml          →  <data>/mime/packages/<id>.xml
//!                                                  <data>/snakecrate/desktop/<name>   the record
//! ```
//!
//! The record has the archive's path, and a line `DIGEST PATH` for each file. Files that it doesn't have, or that
//! have changed since, belong to the user.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use snakecrate_cache::places;
use snakecrate_format::desktop::{ARCHIVE, FOLDER, quoted};
use snakecrate_format::digest::Digest;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_platform::{dialog, directory};

use super::invocation::Invocation;
use super::prepare::environment;
use super::report::{Text, print};
use crate::error::Error;

/// Below the user's data: the records.
const RECORDS: &str = "snakecrate/desktop/";
/// Programs that read a directory anew, and the directory below the user's data.
const READERS: [(&str, &str); 2] = [
    ("/usr/bin/update-desktop-database", "applications"),
    ("/usr/bin/update-mime-database", "mime"),
];
/// Deeper directories have nothing of ours.
const DEPTH: usize = 6;

pub fn install(invocation: &Invocation<'_>) -> Result<i32, Error> {
    invocation.no_arguments()?;
    // The specification allows no `=` in a program's path.
    let archive = invocation.archive.to_str().filter(|path| !path.contains('='));
    let Some(quoted) = archive.and_then(quoted) else {
        return Err(Error::DesktopPath(invocation.archive.clone()));
    };
    let data = places::user_data().ok_or(Error::NoUserData)?;
    let folder = environment(invocation, false)?.join(FOLDER);
    let mut files = Vec::new();
    collect(&folder, "", 0, &mut files).map_err(|source| failed(&folder, source))?;
    if files.is_empty() {
        return Err(Error::NoDesktop);
    }
    snakecrate_format::order::sort_by(&mut files, |a, b| a.0 < b.0);
    let old = Record::read(&data, invocation)?;
    let mut record = Record { archive: invocation.archive.clone(), files: Vec::new() };
    for (path, contents) in &mut files {
        let marker = ARCHIVE.as_bytes();
        let mut parts = contents.windows(marker.len());
        if path.starts_with("applications/")
            && let Some(at) = parts.position(|part| part == marker)
        {
            contents.splice(at..at + marker.len(), quoted.bytes());
        }
        let at = data.join(&*path);
        if fs::symlink_metadata(&at).is_ok() && !old.is_ours(&at, path) {
            return Err(Error::Foreign(at));
        }
        record.files.push((Digest::of(contents), path.clone()));
    }
    // If this is interrupted, the files of before and those of now are ours.
    record.files.extend_from_slice(&old.files);
    write(&record_path(&data, invocation), &record.encode())?;
    let mut text = Text::default();
    for (_, path) in &old.files {
        if !files.iter().any(|(kept, _)| kept == path) {
            old.remove(&data, path, &mut text)?;
        }
    }
    for (path, contents) in &files {
        let at = data.join(path);
        write(&at, contents)?;
        text.line(format_args!("{}: written", at.display()));
    }
    read_anew(&data);
    print(text.0)?;
    Ok(0)
}

pub fn remove(invocation: &Invocation<'_>) -> Result<i32, Error> {
    invocation.no_arguments()?;
    let mut text = Text::default();
    remove_files(invocation, &mut text)?;
    if text.0.is_empty() {
        text.line(format_args!("{} has no desktop entry", invocation.title()));
    }
    print(text.0)?;
    Ok(0)
}

/// Removes the files that `desktop-install` has written, and reports each.
pub fn remove_files(invocation: &Invocation<'_>, text: &mut Text) -> Result<(), Error> {
    let Some(data) = places::user_data() else { return Ok(()) };
    let record = Record::read(&data, invocation)?;
    if record.files.is_empty() {
        return Ok(());
    }
    for (number, (_, path)) in record.files.iter().enumerate() {
        // The record may have digests of two versions of a file.
        if !record.files[..number].iter().any(|(_, before)| before == path) {
            record.remove(&data, path, text)?;
        }
    }
    let path = record_path(&data, invocation);
    fs::remove_file(&path).map_err(|source| failed(&path, source))?;
    read_anew(&data);
    Ok(())
}

/// The files of an application, as `desktop-install` has written them.
#[derive(Default)]
struct Record {
    archive: PathBuf,
    files: Vec<(Digest, String)>,
}

impl Record {
    /// Reads the record of this archive's application: empty if there is none. Fails if another archive has
    /// written it.
    fn read(data: &Path, invocation: &Invocation<'_>) -> Result<Self, Error> {
        let path = record_path(data, invocation);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(failed(&path, source)),
        };
        let mut lines = text.split('\n');
        let archive = PathBuf::from(lines.next().unwrap_or_default());
        if archive.as_os_str() != invocation.archive.as_os_str() && archive.exists() {
            return Err(Error::InstalledBy(archive));
        }
        let mut files = Vec::new();
        for line in lines {
            // A record that somebody has changed names nothing outside.
            if let Some((digest, path)) = line.split_once(' ')
                && let Ok(digest) = digest.parse()
                && EntryPath::new(path).is_ok()
            {
                files.push((digest, path.to_owned()));
            }
        }
        Ok(Self { archive, files })
    }

    fn encode(&self) -> Vec<u8> {
        let mut text = Text::default();
        text.line(format_args!("{}", self.archive.display()));
        for (digest, path) in &self.files {
            text.line(format_args!("{digest} {path}"));
        }
        text.0.into_bytes()
    }

    /// Whether the file at `at` is the file `path` of this record, unchanged.
    fn is_ours(&self, at: &Path, path: &str) -> bool {
        let is_file = fs::symlink_metadata(at).is_ok_and(|found| found.is_file());
        let Some(contents) = is_file.then(|| fs::read(at).ok()).flatten() else { return false };
        let found = Digest::of(&contents);
        self.files.iter().any(|(digest, of)| of == path && *digest == found)
    }

    /// Removes the file at `path`, unless it was changed since.
    fn remove(&self, data: &Path, path: &str, text: &mut Text) -> Result<(), Error> {
        let at = data.join(path);
        if fs::symlink_metadata(&at).is_err() {
            return Ok(());
        }
        let mut what = "changed since, not removed";
        if self.is_ours(&at, path) {
            fs::remove_file(&at).map_err(|source| failed(&at, source))?;
            what = "removed";
        }
        text.line(format_args!("{}: {what}", at.display()));
        Ok(())
    }
}

fn record_path(data: &Path, invocation: &Invocation<'_>) -> PathBuf {
    let name = invocation.manifest.name.bytes();
    let name = name.map(|byte| if byte == b'/' { '-' } else { char::from(byte) });
    data.join(RECORDS.chars().chain(name).chain(".files".chars()).collect::<String>())
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Desktop { path: path.to_owned(), source }
}

/// The files below `folder`/`path`, with their contents.
fn collect(
    folder: &Path,
    path: &str,
    depth: usize,
    files: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder.join(path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let Ok(name) = entry?.file_name().into_string() else { continue };
        let path = if path.is_empty() { name } else { [path, "/", &name].concat() };
        let at = folder.join(&path);
        // In environments, directories may be links.
        if !at.is_dir() {
            files.push((path, fs::read(at)?));
        } else if depth < DEPTH {
            collect(folder, &path, depth + 1, files)?;
        }
    }
    Ok(())
}

/// Writes a file that appears when it is complete.
fn write(path: &Path, contents: &[u8]) -> Result<(), Error> {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".snakecrate-tmp");
    make_parents(path);
    let written = fs::write(&aside, contents).and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| failed(path, source))
}

/// Makes the directories above `path`. If one cannot be made, writing fails.
fn make_parents(path: &Path) {
    if let Some(parent) = path.parent()
        && !parent.exists()
    {
        make_parents(parent);
        let _ = directory::create(parent, 0o755);
    }
}

/// Lets the desktop read its directories anew, where it has programs for that.
fn read_anew(data: &Path) {
    for (program, directory) in READERS {
        let directory = data.join(directory);
        if Path::new(program).exists() && directory.is_dir() {
            let _ = dialog::wait(Path::new(program), &[program.into(), directory.into()]);
        }
    }
}
