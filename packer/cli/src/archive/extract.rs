//! An archive's component trees as ordinary files.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use snakecrate_format::listing::{Item, Listing, Node};
use snakecrate_format::manifest::Component;
use snakecrate_format::walk::{Contents, Sink};

use snakecrate_platform::file::{create_new, symlink};

use super::walk::{Failure, jobs, take, walk_all};
use super::{Archive, Error};
use snakecrate_base::temporary;
use snakecrate_base::ui::{Progress, Ui};

/// The result of an extraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extracted {
    /// Number of files and links.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Writes each component of `archive` to `<directory>/<kind>-<name>-<version>/`. The directory
/// appears when everything in it has been checked; until then it has a temporary name.
///
/// # Errors
///
/// [`Error::NotEmpty`], a damaged archive, a directory that cannot be written.
pub fn extract(archive: &Archive, directory: &Path, ui: Ui) -> Result<Extracted, Error> {
    let write_error = |source| Error::Write { path: directory.to_owned(), source };
    require_empty(directory)?;
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let staging = temporary::directory_with(&temporary::executable_builder(), parent);
    let staging = staging.map_err(write_error)?;
    let components = &archive.manifest().components;
    unpack(archive, components, staging.path(), ui)?;
    fs::rename(staging.path(), directory).map_err(write_error)?;
    let _gone = staging.keep();
    Ok(Extracted {
        files: components.iter().map(|component| component.files).sum(),
        bytes: components.iter().map(|component| component.bytes).sum(),
    })
}

/// Confirms that `directory` is absent or empty.
///
/// # Errors
///
/// [`Error::NotEmpty`], a directory that cannot be read.
pub fn require_empty(directory: &Path) -> Result<(), Error> {
    match fs::read_dir(directory).map(|mut names| names.next().is_none()) {
        Ok(true) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(false) => Err(Error::NotEmpty(directory.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(Error::NotEmpty(directory.to_owned()))
        }
        Err(source) => Err(Error::Write { path: directory.to_owned(), source }),
    }
}

/// Writes each of `components` to `<directory>/<kind>-<name>-<version>/`, in a directory that is there.
/// Returns their listings.
///
/// # Errors
///
/// A damaged archive, a directory that cannot be written.
pub fn unpack(
    archive: &Archive,
    components: &[Component],
    directory: &Path,
    ui: Ui,
) -> Result<Vec<Listing>, Error> {
    let progress = ui.bytes("Extracting", components.iter().map(|one| one.bytes).sum());
    let listings = components.par_iter().map(|component| archive.listing(component));
    let listings = listings.collect::<Result<Vec<_>, _>>()?;
    let jobs = jobs(components, &listings, |component, listing| {
        Extractor::new(directory.join(component.label()), listing, &progress)
    })?;
    walk_all(archive, &jobs)?;
    jobs.iter().try_for_each(|(walk, extractor)| extractor.link(walk.listing()))?;
    drop(jobs);
    Ok(listings)
}

/// Writes the files of one component below a directory.
struct Extractor<'a> {
    root: PathBuf,
    progress: &'a Progress,
}

impl<'a> Extractor<'a> {
    /// Makes all directories.
    fn new(root: PathBuf, listing: &Listing, progress: &'a Progress) -> Result<Self, Error> {
        let below = listing.directories().into_iter().map(|path| root.join(path));
        for directory in [root.clone()].into_iter().chain(below) {
            fs::create_dir(&directory)
                .map_err(|source| Error::Write { path: directory.clone(), source })?;
        }
        Ok(Self { root, progress })
    }

    /// Makes the links, when all files are there: so nothing is written through one.
    fn link(&self, listing: &Listing) -> Result<(), Error> {
        for item in listing.items() {
            if let Node::Link(target) = &item.node {
                let path = self.root.join(item.path.as_path());
                symlink(target.as_str(), &path).map_err(|source| Error::Write { path, source })?;
            }
        }
        Ok(())
    }
}

impl Sink for Extractor<'_> {
    type Error = Failure;

    fn file(&self, item: &Item, contents: &mut Contents<'_, '_>) -> Result<(), Failure> {
        let path = self.root.join(item.path.as_path());
        let write_error = |source| Error::Write { path: path.clone(), source };
        let mode = if item.is_executable() { 0o755 } else { 0o644 };
        let file = create_new(&path, mode).map_err(write_error);
        let mut file = file.map_err(Failure::Other)?;
        take(item, contents, |bytes| {
            file.write_all(bytes).map_err(write_error)?;
            self.progress.advance(bytes.len() as u64);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample::{archive, ui};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn trees_become_ordinary_files() {
        let directory = tempfile::tempdir().unwrap();
        let archive = Archive::open(&archive(directory.path())).unwrap();
        let out = directory.path().join("out");
        let extracted = extract(&archive, &out, ui()).unwrap();
        assert_eq!(extracted.files, 64);
        let script = out.join("wheel-click-8.1.7/bin/click");
        assert_eq!(fs::read(&script).unwrap(), b"#!python\nprint(1)\n");
        assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o700, 0o700);
        let link = out.join("runtime-cpython-3.12.1/bin/python3");
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("python3.12"));
        assert!(out.join("app-hello-1.0").is_dir());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
    }

    #[test]
    fn an_empty_directory_is_filled_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = archive(directory.path());
        let archive = Archive::open(&path).unwrap();
        let out = directory.path().join("out");
        fs::create_dir(&out).unwrap();
        extract(&archive, &out, ui()).unwrap();
        assert!(matches!(extract(&archive, &out, ui()), Err(Error::NotEmpty(_))));
        assert!(matches!(extract(&archive, &path, ui()), Err(Error::NotEmpty(_))));
        let nowhere = extract(&archive, &directory.path().join("a/b"), ui()).unwrap_err();
        assert!(matches!(nowhere, Error::Write { .. }), "{nowhere}");
    }

    #[test]
    fn a_damaged_archive_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = archive(directory.path());
        let mut bytes = fs::read(&path).unwrap();
        let archive = Archive::open(&path).unwrap();
        let wheel = &archive.manifest().components[2].blobs[0];
        bytes[usize::try_from(wheel.offset).unwrap() + 30] ^= 1;
        fs::write(&path, bytes).unwrap();
        let out = directory.path().join("out");
        let error = extract(&Archive::open(&path).unwrap(), &out, ui()).unwrap_err();
        assert!(error.to_string().contains("wheel-click-8.1.7/00.tar.zst"), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
