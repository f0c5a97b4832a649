//! The root directory of a cache.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use snakecrate_platform::directory::{Directory, OPEN, PRIVATE};
use snakecrate_platform::error::ignore_existing;

use crate::layout::{COMPONENTS, ENVS, LAYOUT, STAGING, TAG};
use crate::places;
use crate::trust::{check_home, check_owner, create_directories};
use crate::unusable::{MAX_PATH, Unusable};

/// See <https://bford.info/cachedir/>.
const TAG_TEXT: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55
# Unpacked Snakecrate archives. You can delete this directory while none of them is running.
";

/// An open cache. No other user but root can write to it.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    directory: Directory,
}

impl Root {
    /// Opens the cache at `path`, without writing anything.
    pub fn open(path: &Path) -> Result<Self, Unusable> {
        let directory = Directory::open(path)?;
        check_owner(&directory)?;
        Ok(Self { path: path.to_owned(), directory })
    }

    /// Opens the cache at `path`, and creates missing directories and the tag first.
    pub fn create(path: &Path) -> Result<Self, Unusable> {
        let text = path.to_str().ok_or(Unusable::NotText)?;
        if text.contains(char::is_control) {
            return Err(Unusable::NotText);
        }
        if text.len() > MAX_PATH {
            return Err(Unusable::TooLong(text.len()));
        }
        check_home(path)?;
        create_directories(path, if places::is_of_all_users(path) { OPEN } else { PRIVATE })?;
        let root = Self::open(path)?;
        for area in [LAYOUT, COMPONENTS, ENVS, STAGING] {
            ignore_existing(root.directory.create(area, OPEN))?;
        }
        write_tag(&root.directory)?;
        Ok(root)
    }

    /// Its path, as it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The directory that the paths in [`crate::layout`] are relative to.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The path of `name` in `area` ([`COMPONENTS`], [`ENVS`] or [`STAGING`]).
    pub fn path_of(&self, area: &str, name: impl AsRef<OsStr>) -> PathBuf {
        let mut path = self.path.join(area);
        path.push(name.as_ref());
        path
    }

    /// Opens `name` in `area`.
    pub fn open_tree(&self, area: &str, name: &str) -> io::Result<Directory> {
        self.directory.open_in(format!("{area}/{name}"))
    }

    /// Opens an area name by name, without following links. So files that are deleted in it are
    /// below the root, even if another process swaps a directory for a link.
    pub fn open_area(&self, area: &str) -> io::Result<Directory> {
        let (above, name) = area.split_once('/').unwrap_or((".", area));
        self.directory.open_in(above)?.open_in(name)
    }
}

/// Writes the tag if it is missing or empty. (A process that was killed, or had no space left, may
/// leave it empty.)
fn write_tag(directory: &Directory) -> io::Result<()> {
    match directory.metadata_of(TAG) {
        Ok(found) if found.size() > 0 => return Ok(()),
        _ => {}
    }
    directory.open_to_write(TAG, 0o644)?.write_all(TAG_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_is_made_once_and_opened_ever_after() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/cache");
        assert!(matches!(Root::open(&path), Err(Unusable::Missing)));
        Root::create(&path).unwrap();
        Root::create(&path).unwrap();
        Root::open(&path).unwrap();
        let tag = std::fs::read(path.join(TAG)).unwrap();
        assert!(tag.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55\n"));
    }

    #[test]
    fn links_files_and_directories_writable_by_others_are_refused() {
        use snakecrate_platform::file::{set_mode, symlink};
        let dir = tempfile::tempdir().unwrap();
        let [real, link, file] = ["real", "link", "file"].map(|name| dir.path().join(name));
        Root::create(&real).unwrap();
        symlink(&real, &link).unwrap();
        std::fs::write(&file, "").unwrap();
        assert!(matches!(Root::create(&link), Err(Unusable::NotDirectory)));
        assert!(matches!(Root::create(&file), Err(Unusable::NotDirectory)));
        set_mode(&real, 0o777).unwrap();
        assert!(matches!(Root::open(&real), Err(Unusable::Writable)));
        assert!(matches!(Root::create(&dir.path().join("a\nb")), Err(Unusable::NotText)));
    }
}
