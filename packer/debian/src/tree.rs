//! The files of packages below a directory, as a merged `/usr` has them.
//!
//! Nothing is written outside the directory, and no link in it leads out: absolute targets become
//! relative ones. Owners, times and all bits of modes but "executable" are dropped.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use snakecrate_platform::file;
use tar::{Archive, Entry, EntryType};

use crate::error::Error;

/// The version of the rules below. Another one makes another tree of the same packages.
pub(crate) const VERSION: u32 = 2;

/// Directories that are links into `usr`.
const MERGED: [&str; 4] = ["bin", "lib", "lib64", "sbin"];
/// The largest sum of the files' sizes, in bytes.
const MAX_BYTES: u64 = 4 << 30;
/// The largest number of members.
const MAX_MEMBERS: usize = 500_000;
/// Directories that nothing in an archive reads.
const SKIPPED: [&str; 9] = [
    "usr/share/bash-completion",
    "usr/share/bug",
    "usr/share/doc-base",
    "usr/share/gdb",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/menu",
];
/// The directory with the packages' licences, of which only these are kept.
const DOCUMENTS: &str = "usr/share/doc";

/// The directory that packages are unpacked to.
#[derive(Debug)]
pub(crate) struct Root {
    path: PathBuf,
    bytes: u64,
    members: usize,
    /// The files of the package that was added last.
    files: Vec<PathBuf>,
}

/// Why a member isn't unpacked.
enum Refused {
    /// A phrase about the member.
    Member(String),
    /// The system's error about a file.
    Write(PathBuf, io::Error),
}

impl From<&str> for Refused {
    fn from(reason: &str) -> Self {
        Self::Member(reason.to_owned())
    }
}

impl Root {
    /// The root in the existing, empty directory `path`.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub(crate) fn create(path: &Path) -> Result<Self, Error> {
        for name in MERGED {
            let (inner, link) = (Path::new("usr").join(name), path.join(name));
            fs::create_dir_all(path.join(&inner))
                .and_then(|()| file::symlink(&inner, &link))
                .map_err(|source| Error::Write { path: link, source })?;
        }
        Ok(Self { path: path.to_owned(), bytes: 0, members: 0, files: Vec::new() })
    }

    /// Adds the files of the tar archive `data` in `package`.
    ///
    /// # Errors
    ///
    /// It is malformed, too large, or has something that isn't unpacked.
    pub(crate) fn add(&mut self, data: impl Read, package: &str) -> Result<(), Error> {
        let malformed = |member: Option<String>, reason: String| Error::Package {
            package: package.to_owned(),
            member,
            reason,
        };
        self.files.clear();
        // Headers count as well: no member may make the reader take more than that.
        let mut archive = Archive::new(data.take(2 * MAX_BYTES));
        let entries = archive.entries().map_err(|error| malformed(None, error.to_string()))?;
        for entry in entries {
            let mut entry = entry.map_err(|error| malformed(None, error.to_string()))?;
            match self.member(&mut entry) {
                Ok(()) => {}
                Err(Refused::Member(reason)) => {
                    let name =
                        String::from_utf8_lossy(&entry.path_bytes()).escape_debug().to_string();
                    return Err(malformed(Some(name), reason));
                }
                Err(Refused::Write(path, source)) => return Err(Error::Write { path, source }),
            }
        }
        Ok(())
    }

    /// Lists the files of the package that was added last, as dpkg does: they name their licences.
    ///
    /// # Errors
    ///
    /// The lists cannot be written.
    pub(crate) fn list(&self, name: &str, version: &str, architecture: &str) -> Result<(), Error> {
        let directory = self.path.join("var/lib/dpkg");
        let status = directory.join("status");
        let mut list = String::new();
        for file in &self.files {
            list.extend(["/", &file.to_string_lossy(), "\n"]);
        }
        let paragraph =
            format!("Package: {name}\nArchitecture: {architecture}\nVersion: {version}\n\n");
        let write = || {
            fs::create_dir_all(directory.join("info"))?;
            fs::write(directory.join(format!("info/{name}:{architecture}.list")), list)?;
            let mut all = fs::OpenOptions::new().create(true).append(true).open(&status)?;
            io::Write::write_all(&mut all, paragraph.as_bytes())
        };
        write().map_err(|source| Error::Write { path: status.clone(), source })
    }

    fn member(&mut self, entry: &mut Entry<'_, impl Read>) -> Result<(), Refused> {
        self.members += 1;
        if self.members > MAX_MEMBERS {
            return Err("the packages have too many files".into());
        }
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            return Ok(());
        }
        let inside = {
            let path = entry.path().map_err(|error| Refused::Member(error.to_string()))?;
            merged(&inner(&path)?)
        };
        if inside.as_os_str().is_empty() || is_skipped(&inside) {
            return Ok(());
        }
        if kind != EntryType::Directory {
            self.files.push(inside.clone());
        }
        let at = self.path.join(&inside);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => "another member is at its place".into(),
            _ => Refused::Write(at.clone(), source),
        };
        match kind {
            EntryType::Directory => self.directory(&inside),
            EntryType::Regular | EntryType::Continuous => {
                self.directory(inside.parent().unwrap_or(Path::new("")))?;
                self.bytes = self.bytes.saturating_add(entry.size());
                if self.bytes > MAX_BYTES {
                    return Err("the packages are too large".into());
                }
                let is_executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
                let mode = if is_executable { 0o755 } else { 0o644 };
                let mut to = file::create_new(&at, mode).map_err(failed)?;
                io::copy(entry, &mut to).map_err(failed)?;
                file::set_mode(&at, mode).map_err(failed)
            }
            EntryType::Symlink => {
                self.directory(inside.parent().unwrap_or(Path::new("")))?;
                let target = link_name(entry)?;
                let target = relative(&inside, &target)?;
                file::symlink(&target, &at).map_err(failed)
            }
            EntryType::Link => {
                self.directory(inside.parent().unwrap_or(Path::new("")))?;
                let target = merged(&inner(&link_name(entry)?)?);
                self.directory(target.parent().unwrap_or(Path::new("")))?;
                let target = self.path.join(target);
                let is_file = fs::symlink_metadata(&target).is_ok_and(|found| found.is_file());
                if !is_file {
                    return Err("it is a hard link to no file before it".into());
                }
                fs::hard_link(&target, &at).map_err(failed)
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                Err("it is a device or a named pipe".into())
            }
            _ => Err("it is of an unknown type".into()),
        }
    }

    /// Makes the directory `inside` the root. No part of it may be a link.
    fn directory(&self, inside: &Path) -> Result<(), Refused> {
        let mut at = self.path.clone();
        for part in inside.components() {
            at.push(part);
            match fs::symlink_metadata(&at) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err("its directory is a link or a file".into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    fs::create_dir(&at).map_err(|source| Refused::Write(at.clone(), source))?;
                }
                Err(source) => return Err(Refused::Write(at, source)),
            }
        }
        Ok(())
    }
}

fn link_name(entry: &Entry<'_, impl Read>) -> Result<PathBuf, Refused> {
    let name = entry.link_name().map_err(|error| Refused::Member(error.to_string()))?;
    Ok(name.ok_or("it is a link to nothing")?.into_owned())
}

/// The path of a member below the root.
fn inner(path: &Path) -> Result<PathBuf, Refused> {
    let mut inside = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => inside.push(name),
            Component::CurDir => {}
            _ => return Err("its path leads out of the directory".into()),
        }
    }
    Ok(inside)
}

/// The path in a merged `/usr`: `usr/lib/x` for `lib/x`.
fn merged(inside: &Path) -> PathBuf {
    let first = inside.components().next();
    let is_merged = first.is_some_and(|first| MERGED.iter().any(|name| first.as_os_str() == *name));
    if is_merged { Path::new("usr").join(inside) } else { inside.to_owned() }
}

fn is_skipped(inside: &Path) -> bool {
    if SKIPPED.iter().any(|directory| inside.starts_with(directory)) {
        return true;
    }
    let Ok(document) = inside.strip_prefix(DOCUMENTS) else { return false };
    // usr/share/doc/libx may be a link to the documents of its sibling.
    document.components().count() > 1 && !document.ends_with("copyright")
}

/// The target of the link `inside`, relative to its directory and below the root.
fn relative(inside: &Path, target: &Path) -> Result<PathBuf, Refused> {
    let directory = inside.parent().unwrap_or(Path::new(""));
    let is_absolute = target.is_absolute();
    // `link/..` leads wherever the link does. At the start, `..` is what it seems: no part of
    // `directory` is a link.
    let downwards = target.components().skip_while(|part| *part == Component::ParentDir);
    if !is_absolute && downwards.into_iter().any(|part| part == Component::ParentDir) {
        return Err("it is a link with `..` inside its target".into());
    }
    let from = if is_absolute { Path::new("") } else { directory };
    let mut parts: Vec<OsString> = from.iter().map(ToOwned::to_owned).collect();
    for part in target.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_owned()),
            Component::ParentDir if is_absolute => drop(parts.pop()),
            Component::ParentDir => {
                parts.pop().ok_or("it is a link out of the directory")?;
            }
            Component::CurDir | Component::RootDir => {}
            Component::Prefix(_) => return Err("it is a link to another drive".into()),
        }
    }
    if !is_absolute {
        return Ok(target.to_owned());
    }
    let path = merged(&parts.iter().collect::<PathBuf>());
    let up = directory.iter().map(|_| "..");
    Ok(up.map(OsString::from).chain(path.iter().map(ToOwned::to_owned)).collect())
}

#[cfg(test)]
mod tests;
