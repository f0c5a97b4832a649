//! Finding ELF files: in trees, directories, and one by one.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rayon::prelude::*;
use snakecrate_base::tree::{Content, Node, Tree};
use snakecrate_format::target::Target;
use snakecrate_platform::map::MappedFile;
use walkdir::WalkDir;

use crate::elf::is_elf;
use crate::error::Error;
use crate::object::Object;
use crate::unit::{Root, Unit};

/// Number of bytes that identify an ELF file.
const MAGIC: usize = 4;
/// The longest file that is read, in bytes: a bound against zip bombs only.
const MAX_FILE: u64 = 8 << 30;

/// The ELF files in a tree, sorted by path.
///
/// # Errors
///
/// A file that cannot be read.
pub fn objects_of(tree: &Tree, target: &Target) -> Result<Vec<Object>, Error> {
    let files: Vec<_> = tree
        .iter()
        .filter_map(|(path, node)| match node {
            Node::File { content, .. } => Some((path.as_str(), content)),
            Node::Link(_) => None,
        })
        .collect();
    let read = |(path, content): &(&str, &Content)| match content {
        Content::Disk(file) => mapped(path, file, target),
        Content::Memory(bytes) => Ok(Object::read(path, bytes, target)),
    };
    let found: Result<Vec<_>, Error> = files
        .par_iter()
        .map(|file| read(file).map_err(|source| Error::Read { path: file.0.into(), source }))
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

/// The ELF file that `reader` gives, if it is one. The reader isn't read to its end if it isn't.
///
/// # Errors
///
/// It cannot be read.
pub fn object(path: &str, reader: &mut dyn Read, target: &Target) -> io::Result<Option<Object>> {
    let mut bytes = Vec::new();
    reader.take(MAGIC as u64).read_to_end(&mut bytes)?;
    if !is_elf(&bytes) {
        return Ok(None);
    }
    reader.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(Object::read(path, &bytes, target))
}

/// The ELF file at `file`, mapped if it is one.
fn mapped(path: &str, file: &Path, target: &Target) -> io::Result<Option<Object>> {
    let mut start = Vec::new();
    File::open(file)?.take(MAGIC as u64).read_to_end(&mut start)?;
    if !is_elf(&start) {
        return Ok(None);
    }
    Ok(Object::read(path, &MappedFile::open(file)?, target))
}

/// All ELF files below the directory `root`, as a unit of this name.
///
/// # Errors
///
/// A file or directory that cannot be read.
pub fn directory(root: &Path, name: &str, target: &Target) -> Result<Unit, Error> {
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
        let read = mapped(&inside, entry.path(), target);
        objects
            .extend(read.map_err(|source| Error::Read { path: entry.path().to_owned(), source })?);
    }
    Ok(Unit { name: name.to_owned(), root: Root::Env, tags: Vec::new(), objects })
}

/// The ELF file at `path`, as a unit of this name; `None` if it isn't an executable or a library.
///
/// # Errors
///
/// It cannot be read.
pub fn file(path: &Path, name: &str, target: &Target) -> Result<Option<Unit>, Error> {
    let bytes =
        MappedFile::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let unit = |object| Unit {
        name: name.to_owned(),
        root: Root::Env,
        tags: Vec::new(),
        objects: vec![object],
    };
    Ok(Object::read(name, &bytes, target).map(unit))
}
