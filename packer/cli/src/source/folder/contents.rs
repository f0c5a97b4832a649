//! The files of a folder that are packed.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use snakecrate_format::entry_path::EntryPath;

use super::super::error::Error;
use super::left_out::{LeftOut, reason};
use super::{Folder, Kind};
use snakecrate_base::tree::{Content, Mode, Tree};
use snakecrate_platform::file::is_executable;

impl Folder {
    /// Its files as an archive has them, and those that are left out, sorted. The files at `except`
    /// are neither, such as the archive that is to be written.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or its name cannot be in an archive.
    pub fn tree(&self, except: &[PathBuf]) -> Result<(Tree, Vec<LeftOut>), Error> {
        let mut walk = Walk {
            place: self.place(),
            is_django: self.kind == Kind::Django,
            except,
            inside: BTreeSet::new(),
            tree: Tree::default(),
            left_out: Vec::new(),
        };
        walk.directory(&self.directory, "")?;
        walk.left_out.sort_by(|a, b| (a.reason, &a.path).cmp(&(b.reason, &b.path)));
        Ok((walk.tree, walk.left_out))
    }
}

struct Walk<'a> {
    place: String,
    is_django: bool,
    except: &'a [PathBuf],
    /// The directories that lead to the current one. A link may lead to one of them again.
    inside: BTreeSet<PathBuf>,
    tree: Tree,
    left_out: Vec<LeftOut>,
}

impl Walk<'_> {
    /// Adds the files below `directory`, whose path in the folder is `prefix`.
    fn directory(&mut self, directory: &Path, prefix: &str) -> Result<(), Error> {
        let read = |source| Error::Read { path: directory.to_owned(), source };
        let full = fs::canonicalize(directory).map_err(read)?;
        if !self.inside.insert(full.clone()) {
            return Ok(());
        }
        let entries = fs::read_dir(directory).map_err(read)?;
        let mut entries: Vec<_> = entries.collect::<Result<_, _>>().map_err(read)?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            self.entry(&entry, prefix)?;
        }
        self.inside.remove(&full);
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, prefix: &str) -> Result<(), Error> {
        let path = entry.path();
        if self.except.contains(&path) {
            return Ok(());
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let relative = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        if let Some(reason) = reason(entry, prefix.is_empty(), self.is_django) {
            let slash = if path.is_dir() { "/" } else { "" };
            let path = format!("{relative}{slash}");
            self.left_out.push(LeftOut { path, reason });
            return Ok(());
        }
        if path.is_dir() {
            return self.directory(&path, &relative);
        }
        let place = EntryPath::new(&format!("{}/{relative}", self.place))
            .map_err(|source| Error::Name { path: path.clone(), source })?;
        self.tree.insert_file(place, mode(&path, prefix.is_empty())?, Content::Disk(path));
        Ok(())
    }
}

/// Scripts in the folder itself are started by the interpreter.
fn mode(path: &Path, is_top: bool) -> Result<Mode, Error> {
    let metadata =
        fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let is_script = is_top && path.extension().is_some_and(|extension| extension == "py");
    Ok(if is_executable(&metadata) && !is_script { Mode::Executable } else { Mode::Plain })
}
