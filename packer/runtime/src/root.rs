//! The root of a system whose files may be in a directory of this machine.
//!
//! Absolute paths and symbolic links of an unpacked system mean files of that system. Followed by this
//! machine, they would lead to its own files.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

/// The number of links in one path that Linux follows.
const MAX_LINKS: usize = 40;

/// The directory in which the paths of a system begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(PathBuf);

impl Root {
    /// The root at `path`, which is `/` or has no links in it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Whether this is the running system.
    pub fn is_own(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// The place on this machine of the path that the system calls `path`; links are not followed.
    pub fn place(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.0.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The file on this machine that `path` leads to, links followed as the system follows them.
    /// `path` is a path on this machine, below the root.
    ///
    /// # Errors
    ///
    /// There is no such file, its links lead in circles, or `path` is not below the root.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        if self.is_own() {
            return fs::canonicalize(path);
        }
        let outside = |_| io::Error::from(io::ErrorKind::InvalidInput);
        let mut pending = parts(path.strip_prefix(&self.0).map_err(outside)?);
        let mut found: Vec<OsString> = Vec::new();
        let mut links = 0;
        while let Some(part) = pending.pop_front() {
            if part == ".." {
                found.pop();
                continue;
            }
            found.push(part);
            let here = self.at(&found);
            if !fs::symlink_metadata(&here)?.is_symlink() {
                continue;
            }
            links += 1;
            if links > MAX_LINKS {
                return Err(io::Error::other("its links lead in circles"));
            }
            let target = fs::read_link(&here)?;
            if target.is_absolute() {
                found.clear();
            } else {
                found.pop();
            }
            let mut longer = parts(&target);
            longer.append(&mut pending);
            pending = longer;
        }
        Ok(self.at(&found))
    }

    /// Whether `path` of this machine leads to a file of the system.
    pub fn has_file(&self, path: &Path) -> bool {
        self.resolve(path).is_ok_and(|path| path.is_file())
    }

    fn at(&self, parts: &[OsString]) -> PathBuf {
        parts.iter().fold(self.0.clone(), |path, part| path.join(part))
    }
}

/// The names in a path; `.` and the root are none.
fn parts(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir))
        .map(|part| part.as_os_str().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn absolute_links_and_parents_stay_in_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(fs::canonicalize(dir.path()).unwrap());
        let place = |path: &str| root.place(path);
        fs::create_dir_all(place("/usr/lib")).unwrap();
        fs::create_dir_all(place("/etc/x")).unwrap();
        fs::write(place("/etc/x/file"), "").unwrap();
        symlink("usr/lib", place("/lib")).unwrap();
        symlink("/etc/x", place("/usr/lib/x")).unwrap();
        symlink("../../../../etc/x/file", place("/usr/lib/up")).unwrap();
        symlink("/etc/passwd", place("/usr/lib/passwd")).unwrap();
        symlink("loop", place("/loop")).unwrap();
        let resolved = |path: &str| root.resolve(&place(path));
        assert_eq!(resolved("/lib/x/file").unwrap(), place("/etc/x/file"));
        assert_eq!(resolved("/lib/up").unwrap(), place("/etc/x/file"));
        assert_eq!(resolved("/lib/passwd").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(resolved("/loop").is_err() && root.resolve(Path::new("/etc")).is_err());
        assert!(root.has_file(&place("/lib/up")));
    }
}
