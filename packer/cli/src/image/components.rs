//! The files of planned layers.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use snakecrate_base::tree::Content;
use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{CLibrary, Component, Manifest};
use snakecrate_format::patch_area;
use snakecrate_image::{File, Node, Role};

use super::place::{C_LIBRARY, ENVIRONMENT, RUNTIME, absolute};
use super::plan::Planned;
use super::{Error, contents, libraries};
use crate::archive::Archive;

/// An archive whose components become layers.
#[derive(Debug)]
pub struct Components<'a> {
    pub archive: &'a Archive,
    pub library: &'a CLibrary,
    pub c_library: &'a Component,
    /// Libraries that the interpreter has to load first. None if the loader knows their directory.
    pub first: Vec<String>,
    /// For each component the paths that another one has.
    pub losers: HashMap<String, HashSet<String>>,
}

impl<'a> Components<'a> {
    /// Those of `archive`, whose loader is looked at in `directory`.
    ///
    /// # Errors
    ///
    /// The archive cannot be made into an image, or is damaged.
    pub fn of(archive: &'a Archive, directory: &Path) -> Result<Self, Error> {
        let manifest = archive.manifest();
        let path = || archive.path().to_owned();
        if manifest.runtime.is_some() {
            return Err(Error::NoRuntime(path()));
        }
        let component = |one: &Component| one.label();
        let elsewhere = manifest.components.iter().find(|one| one.download.is_some());
        if let Some(component) = elsewhere.map(component) {
            return Err(Error::Download { path: path(), component });
        }
        let Some((library, c_library)) = manifest.c_library() else {
            return Err(Error::NoCLibrary(path()));
        };
        let mut all =
            Self { archive, library, c_library, first: Vec::new(), losers: HashMap::new() };
        let mut files = contents::files(archive, c_library, &HashSet::new(), directory)?;
        let loader = format!("{C_LIBRARY}/{}", library.loader);
        let knows = change(&mut files, &loader, |bytes| Ok(libraries::set_directory(bytes)))?;
        if knows != Some(true) {
            all.first.clone_from(&library.first);
        }
        Ok(all)
    }

    /// The listing of the C library.
    ///
    /// # Errors
    ///
    /// The archive is damaged.
    pub fn c_library_listing(&self) -> Result<Listing, Error> {
        Ok(self.archive.listing(self.c_library)?)
    }

    /// What the bytes of a layer depend on, in words.
    pub fn identity(&self, planned: &Planned<'_>) -> String {
        let mut text = format!("{} {:?}", planned.role.as_str(), planned.only);
        for component in &planned.components {
            text.extend([" ", &component.label(), " ", &component.digest.to_string()]);
            if let Some(losers) = self.losers.get(&component.label()) {
                let losers: BTreeSet<_> = losers.iter().map(String::as_str).collect();
                text.extend(losers.into_iter().flat_map(|path| [" ", path]));
            }
        }
        match planned.role {
            Role::Runtime => {
                let python = &self.archive.manifest().python;
                text + &format!(" {python:?} {} {:?}", self.library.loader, self.first)
            }
            Role::CLibrary => text + self.library.loader.as_str(),
            _ => text,
        }
    }

    /// The files of a planned layer. Their bytes are put into `directory`.
    ///
    /// # Errors
    ///
    /// The archive is damaged, or the directory cannot be written.
    pub fn files(&self, planned: &Planned<'_>, directory: &Path) -> Result<Vec<File>, Error> {
        let none = HashSet::new();
        let mut files = Vec::new();
        for component in &planned.components {
            let without = self.losers.get(&component.label()).unwrap_or(&none);
            files.extend(contents::files(self.archive, component, without, directory)?);
        }
        if let Some(only) = &planned.only {
            let below = format!("{C_LIBRARY}/");
            files.retain(|file| {
                file.path.strip_prefix(&below).is_some_and(|path| only.contains(path))
            });
        }
        match planned.role {
            Role::CLibrary => {
                let loader = format!("{C_LIBRARY}/{}", self.library.loader);
                change(&mut files, &loader, |bytes| Ok(libraries::set_directory(bytes)))?;
            }
            Role::Runtime => self.add_interpreter(&mut files)?,
            _ => {}
        }
        Ok(files)
    }

    /// Binds the interpreter to its C library, and adds what makes the environment one of it.
    fn add_interpreter(&self, files: &mut Vec<File>) -> Result<(), Error> {
        let manifest = self.archive.manifest();
        let executable = &manifest.python.executable;
        let loader = absolute(&format!("{C_LIBRARY}/{}", self.library.loader));
        let own = Path::new(&loader).parent().unwrap_or(Path::new("/")).display().to_string();
        let search = format!("{}/lib:{own}", absolute(RUNTIME));
        let path = format!("{RUNTIME}/{executable}");
        let filled = change(files, &path, |bytes| {
            let filled = patch_area::fill(bytes, loader.as_bytes(), search.as_bytes(), &self.first);
            filled.map_err(|error| self.cannot_bind(&error.to_string()))
        })?;
        filled.ok_or_else(|| self.cannot_bind("it is missing"))?;
        let target = format!("../../runtime/{executable}");
        for name in ["python3".to_owned(), "python".to_owned(), versioned(manifest)] {
            files.push(File::link(format!("{ENVIRONMENT}/bin/{name}"), target.as_str()));
        }
        let home = Path::new(&absolute(RUNTIME)).join(executable.as_path());
        let home = home.parent().unwrap_or(Path::new("/")).display().to_string();
        let version = &manifest.python.version;
        let text =
            format!("home = {home}\ninclude-system-site-packages = false\nversion = {version}\n");
        files.push(File::plain(format!("{ENVIRONMENT}/pyvenv.cfg"), text));
        Ok(())
    }

    pub fn cannot_bind(&self, reason: &str) -> Error {
        Error::Interpreter { path: self.archive.path().to_owned(), reason: reason.to_owned() }
    }
}

/// The interpreter's name with its version: `python3.12`, `python3.13t`.
fn versioned(manifest: &Manifest) -> String {
    manifest.python.executable.file_name().to_owned()
}

/// Changes the bytes of the file at `path`. Returns what `change` returns; `None` if there is no such file.
fn change<T>(
    files: &mut [File],
    path: &str,
    change: impl FnOnce(&mut Vec<u8>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let Some(file) = files.iter_mut().find(|file| file.path == path) else { return Ok(None) };
    let Node::File { content, .. } = &mut file.node else { return Ok(None) };
    let read = content.read();
    let mut bytes = read.map_err(|source| Error::Temporary { path: path.into(), source })?.to_vec();
    let changed = change(&mut bytes)?;
    *content = Content::from(bytes);
    Ok(Some(changed))
}
