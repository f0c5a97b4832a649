//! Files that the user adds: `--include PATH[=DEST]`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_format::entry_path::{BadPath, EntryPath};
use walkdir::WalkDir;

use crate::settings::Inclusion;
use crate::source::Source;
use snakecrate_base::error::Remedy;
use snakecrate_base::tree::{Content, Mode, Tree};
use snakecrate_platform::file::is_executable;

/// Directories that are never included.
const SKIPPED: [&str; 4] = [".git", ".hg", ".svn", "__pycache__"];

/// Files that cannot be included.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("there is no file or directory {} to include", .0.display())]
    Absent(PathBuf),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The place in the archive is not below the directory that it is relative to.
    #[error("cannot include a file as `{to}`: {source}")]
    Place {
        /// The place.
        to: String,
        /// The problem with it.
        source: BadPath,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Absent(_) => {
                "check the path; the patterns that undo --exclude are given with --keep".into()
            }
            Self::Read { .. } => "check the file's permissions".into(),
            Self::Place { .. } => "give a relative path without `..`: --include PATH=DEST".into(),
        })
    }
}

/// Adds the files that the user includes to the `tree` of the application from `source`: below the
/// directory of its files, or below `site`, that of packages.
pub(super) fn add_all(
    inclusions: &[Inclusion],
    source: &Source,
    site: String,
    tree: &mut Tree,
) -> Result<(), Error> {
    let place = source.place().unwrap_or(site);
    for Inclusion { path, to } in inclusions {
        let full = fs::canonicalize(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Absent(path.clone()),
            _ => Error::Read { path: path.clone(), source },
        })?;
        let to = to.clone().unwrap_or_else(|| default_place(&full, source));
        add(&full, to.trim_end_matches('/'), &place, tree)?;
    }
    Ok(())
}

/// The path that the source's own directory has the file at, since a program looks for it there; the
/// last name of a file elsewhere. What a project has in `src` is installed without that.
fn default_place(path: &Path, source: &Source) -> String {
    let within = source.directory_of_files().and_then(|own| path.strip_prefix(own).ok());
    let within = match (source, within) {
        (Source::Project { .. }, Some(within)) => {
            Some(within.strip_prefix("src").unwrap_or(within))
        }
        (_, within) => within,
    };
    let within = within.filter(|within| !within.as_os_str().is_empty());
    let last = Path::new(path.file_name().unwrap_or_default());
    within.unwrap_or(last).to_string_lossy().into_owned()
}

/// Adds the file or directory at `path` to `tree`, as `to` below `place`.
fn add(path: &Path, to: &str, place: &str, tree: &mut Tree) -> Result<(), Error> {
    let is_wanted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.depth() == 0 || !SKIPPED.contains(&&*name) && !name.ends_with(".pyc")
    };
    for entry in WalkDir::new(path).follow_links(true).into_iter().filter_entry(is_wanted) {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let entry = entry.map_err(|error| read(error.into()))?;
        let metadata = entry.metadata().map_err(|error| read(error.into()))?;
        if !metadata.is_file() {
            continue;
        }
        let within = entry.path().strip_prefix(path).unwrap_or(entry.path()).to_string_lossy();
        let parts = [to, &within];
        let parts: Vec<&str> =
            parts.into_iter().filter(|part| !matches!(*part, "" | ".")).collect();
        let to = parts.join("/");
        let place = EntryPath::new(&format!("{place}/{to}"))
            .map_err(|source| Error::Place { to: to.clone(), source })?;
        let mode = if is_executable(&metadata) { Mode::Executable } else { Mode::Plain };
        tree.insert_file(place, mode, Content::Disk(entry.into_path()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(to: &str) -> Result<Vec<String>, Error> {
        let directory = tempfile::tempdir().unwrap();
        for file in ["data/a.txt", "data/.hidden/b", "data/__pycache__/c.pyc", "data/.git/x"] {
            let path = directory.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut tree = Tree::default();
        add(&directory.path().join("data"), to, "app", &mut tree)?;
        add(&directory.path().join("data/a.txt"), "one.txt", "app", &mut tree)?;
        Ok(tree.iter().map(|(path, _)| path.to_string()).collect())
    }

    #[test]
    fn directories_and_files_get_the_place_that_is_named() {
        assert_eq!(added("x/y").unwrap(), ["app/one.txt", "app/x/y/.hidden/b", "app/x/y/a.txt"]);
        assert_eq!(added(".").unwrap(), ["app/.hidden/b", "app/a.txt", "app/one.txt"]);
    }

    #[test]
    fn places_outside_are_refused() {
        for to in ["../x", "/etc", "a/../../b"] {
            let error = added(to).unwrap_err();
            assert!(matches!(error, Error::Place { .. }), "{to}: {error}");
        }
    }

    #[test]
    fn a_file_beside_the_script_keeps_its_path() {
        let script = Source::Script { path: "/p/tool.py".into(), metadata: None };
        assert_eq!(default_place(Path::new("/p/data/a.txt"), &script), "data/a.txt");
        assert_eq!(default_place(Path::new("/other/b.txt"), &script), "b.txt");
        assert_eq!(default_place(Path::new("/p"), &script), "p");
        let project = Source::Project { directory: "/p".into(), extras: vec![] };
        assert_eq!(default_place(Path::new("/p/src/demo/a"), &project), "demo/a");
        let wheel = Source::Requirement { text: "a".into(), name: "a".into() };
        assert_eq!(default_place(Path::new("/p/src/demo/a"), &wheel), "a");
    }
}
