//! A prefix as a directory.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use rayon::prelude::*;
use snakecrate_base::temporary;
use snakecrate_base::tree::Content;
use snakecrate_base::ui::Ui;
use snakecrate_platform::file::{create_new, symlink};

use super::{Error, File, Node, Prefix, Settings};
use crate::archive::{self, Archive, Extracted};

/// Writes `archive` as a prefix to `directory`, which appears when it is complete. Until then it has a
/// temporary name beside it.
///
/// # Errors
///
/// See [`Prefix::unpack`]; the directory exists and isn't empty.
pub fn write(
    archive: &Archive,
    settings: Settings<'_>,
    directory: &Path,
    ui: Ui,
) -> Result<Extracted, Error> {
    let failed = |source| Error::Write { path: directory.to_owned(), source };
    archive::require_empty(directory)?;
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let staging = temporary::directory_with(&temporary::executable_builder(), parent);
    let staging = staging.map_err(failed)?;
    let (parts, home) = (staging.path().join("parts"), staging.path().join("home"));
    fs::create_dir(&parts).and_then(|()| fs::create_dir(&home)).map_err(failed)?;
    let prefix = Prefix::unpack(archive, settings, &parts, ui)?;
    let files: Vec<&File> = prefix.files().collect();
    for path in prefix.directories() {
        fs::create_dir(home.join(path)).map_err(failed)?;
    }
    let bytes = files.par_iter().map(|file| {
        let path = home.join(&file.path);
        put(file, &path).map_err(|source| Error::Write { path, source })
    });
    let bytes = bytes.sum::<Result<u64, Error>>()?;
    fs::rename(&home, directory).map_err(failed)?;
    Ok(Extracted { files: files.len() as u64, bytes })
}

/// Puts a file at `path`, and returns its length. The files of components are moved there.
fn put(file: &File, path: &Path) -> io::Result<u64> {
    match &file.node {
        Node::Link(target) => symlink(target, path).map(|()| 0),
        Node::File { content: Content::Disk(from), .. } => {
            fs::rename(from, path)?;
            Ok(fs::metadata(path)?.len())
        }
        Node::File { executable, content: Content::Memory(bytes) } => {
            let mode = if *executable { 0o755 } else { 0o644 };
            create_new(path, mode)?.write_all(bytes)?;
            Ok(bytes.len() as u64)
        }
    }
}
