//! Finding ELF files: in archives, wheels, directories, trees.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;
use snakecrate_format::manifest::{Choice, Component, Kind};
use walkdir::WalkDir;
use zip::ZipArchive;

use super::{Brings, Error, Object, Root, Unit};
use crate::archive::{self, Archive};
use crate::wheel::WheelName;
use snakecrate_base::tree::{Content, Node, Tree};
use snakecrate_runtime::elf::facts::is_elf;

/// Long enough to tell an ELF file.
const MAGIC: usize = 4;
/// The longest file that is looked at, in bytes: a bound against zip bombs only.
const MAX_FILE: u64 = 8 << 30;

/// The units of what is at `path`.
///
/// # Errors
///
/// It cannot be read, or is none of the kinds of things that have ELF files in them.
pub fn collect(path: &Path) -> Result<Vec<Unit>, Error> {
    let fail = |source| Error::Read { path: path.to_owned(), source };
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    if fs::metadata(path).map_err(fail)?.is_dir() {
        return Ok(vec![directory(path, &name)?]);
    }
    if path.extension().is_some_and(|extension| extension == "whl") {
        return Ok(vec![wheel(path, name)?]);
    }
    let mut start = [0; MAGIC];
    let mut file = File::open(path).map_err(fail)?;
    if file.read_exact(&mut start).is_err() || !is_elf(&start) {
        return Err(Error::Kind(path.to_owned()));
    }
    match Archive::open(path) {
        Ok(archive) => units_of(&archive),
        Err(archive::Error::NotAnArchive { .. }) => {
            let bytes = fs::read(path).map_err(fail)?;
            let objects: Vec<_> = Object::read(&name, &bytes).into_iter().collect();
            if objects.is_empty() {
                return Err(Error::Kind(path.to_owned()));
            }
            Ok(vec![Unit { name, root: Root::Env, tags: Vec::new(), objects }])
        }
        Err(error) => Err(error.into()),
    }
}

/// The C library that the archive at `path` brings; `None` of anything else.
pub fn brought(path: &Path) -> Option<Brings> {
    let archive = Archive::open(path).ok()?;
    let (library, component) = archive.manifest().c_library()?;
    let always = library.choice == Choice::Bundled;
    Some(Brings { glibc: component.version.clone(), always })
}

/// The ELF files in a tree, sorted by path.
///
/// # Errors
///
/// A file that cannot be read.
pub fn objects_of(tree: &Tree) -> Result<Vec<Object>, Error> {
    let files: Vec<_> = tree
        .iter()
        .filter_map(|(path, node)| match node {
            Node::File { content, .. } => Some((path.as_str(), content)),
            Node::Link(_) => None,
        })
        .collect();
    let read = |(path, content): &(&str, &Content)| object(path, &mut content.open()?);
    let found: Result<Vec<_>, Error> = files
        .par_iter()
        .map(|file| read(file).map_err(|source| Error::Read { path: file.0.into(), source }))
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The ELF file that a reader gives, if it is one. What is left in the reader does not matter.
fn object(path: &str, reader: &mut dyn Read) -> io::Result<Option<Object>> {
    let mut bytes = Vec::new();
    reader.take(MAGIC as u64).read_to_end(&mut bytes)?;
    if !is_elf(&bytes) {
        return Ok(None);
    }
    reader.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(Object::read(path, &bytes))
}

fn directory(root: &Path, name: &str) -> Result<Unit, Error> {
    let mut objects = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            Error::Read { path, source: error.into() }
        })?;
        if !entry.file_type().is_file() {
            continue;
        }
        let inside = entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy();
        let read = File::open(entry.path()).and_then(|mut file| object(&inside, &mut file));
        objects
            .extend(read.map_err(|source| Error::Read { path: entry.path().to_owned(), source })?);
    }
    Ok(Unit { name: name.to_owned(), root: Root::Env, tags: Vec::new(), objects })
}

fn wheel(path: &Path, name: String) -> Result<Unit, Error> {
    let fail = |source: io::Error| Error::Read { path: path.to_owned(), source };
    let mut zip = File::open(path)
        .and_then(|file| Ok(ZipArchive::new(BufReader::new(file))?))
        .map_err(fail)?;
    let mut objects = Vec::new();
    for index in 0..zip.len() {
        let mut file = zip.by_index(index).map_err(|error| fail(error.into()))?;
        let place = place(file.name().map_err(|error| fail(error.into()))?.as_ref());
        objects.extend(object(&place, &mut file).map_err(fail)?);
    }
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    let wheel = WheelName::of(path).ok();
    let tags = wheel.as_ref().map(|wheel| wheel.platforms.clone()).unwrap_or_default();
    let name = wheel.map_or(name, |wheel| crate::wheel::normalize(&wheel.name));
    Ok(Unit { name, root: Root::Env, tags, objects })
}

/// Where a wheel's file goes, seen from `site-packages`. Scripts are in a `bin` there: what they
/// need beside them is found all the same.
fn place(path: &str) -> String {
    let Some((top, rest)) = path.split_once('/') else { return path.to_owned() };
    if top.strip_suffix(".data").is_none() {
        return path.to_owned();
    }
    match rest.split_once('/') {
        Some(("purelib" | "platlib", rest)) => rest.to_owned(),
        Some(("scripts", rest)) => format!("bin/{rest}"),
        _ => path.to_owned(),
    }
}

fn units_of(archive: &Archive) -> Result<Vec<Unit>, Error> {
    let components = archive.manifest().components.iter();
    let components = components.filter(|component| component.kind != Kind::CLibrary);
    components.map(|component| unit_of(archive, component)).collect()
}

fn unit_of(archive: &Archive, component: &Component) -> Result<Unit, Error> {
    let found = Mutex::new(Vec::new());
    archive::visit(archive, component, |path, contents| {
        if let Some(object) = object(path, contents)? {
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(object);
        }
        Ok(())
    })?;
    let mut objects = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    objects.sort_by(|a, b| a.path.cmp(&b.path));
    let root = if component.kind == Kind::Runtime { Root::Runtime } else { Root::Env };
    let file = component.source.as_ref().map(|source| source.file.as_str()).unwrap_or_default();
    let tags = WheelName::parse(file).map(|wheel| wheel.platforms).unwrap_or_default();
    Ok(Unit { name: component.name.clone(), root, tags, objects })
}
