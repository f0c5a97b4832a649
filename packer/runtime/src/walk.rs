//! Files of an installation, links followed as its system follows them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::root::Root;
use crate::trim::Trim;

/// The files that a runtime gets: their paths in the tree, and on this machine.
pub(crate) type Files = BTreeMap<String, PathBuf>;

/// Walks installations in `root` and takes the files that `trim` keeps.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) root: &'a Root,
    pub(crate) trim: &'a Trim,
}

impl Walk<'_> {
    /// Adds the files in `from` as `to/…`. Links are followed, since they may lead out of the
    /// directory; broken links, links in circles and a missing directory are skipped.
    pub(crate) fn add(&self, from: &Path, to: &str, files: &mut Files) -> Result<(), Error> {
        match self.root.resolve(from) {
            Ok(directory) if directory.is_dir() => {
                self.enter(&directory, to, &mut vec![directory.clone()], files)
            }
            _ => Ok(()),
        }
    }

    /// Adds the files of `directory`; `above` are the directories that led to it, itself included.
    fn enter(
        &self,
        directory: &Path,
        to: &str,
        above: &mut Vec<PathBuf>,
        files: &mut Files,
    ) -> Result<(), Error> {
        let fail = |source| Error::Read { path: directory.to_owned(), source };
        for entry in fs::read_dir(directory).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = format!("{to}/{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().map_err(fail)?;
            let mut place = entry.path();
            if kind.is_symlink() {
                match self.root.resolve(&place) {
                    Ok(target) if target.is_dir() => place = target,
                    // Its own name is better in messages, but leads elsewhere in another root.
                    Ok(target) if !self.root.is_own() => place = target,
                    Ok(_) => {}
                    Err(_) => continue,
                }
            }
            let is_directory = kind.is_dir() || (kind.is_symlink() && place.is_dir());
            if is_directory {
                if self.trim.enters(&path) && !above.contains(&place) {
                    above.push(place.clone());
                    self.enter(&place, &path, above, files)?;
                    above.pop();
                }
            } else if self.trim.keeps(&path) && (kind.is_file() || place.is_file()) {
                files.insert(path, place);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_of_an_unpacked_system_lead_to_its_own_files() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(fs::canonicalize(dir.path()).unwrap());
        let stdlib = root.place("/usr/lib/python3.12");
        fs::create_dir_all(root.place("/etc/py")).unwrap();
        fs::create_dir_all(stdlib.join("pkg")).unwrap();
        fs::write(root.place("/etc/py/site.py"), "").unwrap();
        fs::write(stdlib.join("pkg/a.py"), "").unwrap();
        for (target, link) in [
            ("/etc/py/site.py", "site.py"),
            ("/etc/py", "linked"),
            ("/etc/hostname", "hostname.py"),
            ("..", "pkg/up"),
        ] {
            symlink(target, stdlib.join(link)).unwrap();
        }
        let trim = Trim::new(&Policy::default(), "lib/python3.12").unwrap();
        let mut files = Files::new();
        let walk = Walk { root: &root, trim: &trim };
        walk.add(&stdlib, "lib/python3.12", &mut files).unwrap();
        let found: Vec<_> = files.iter().map(|(path, file)| (path.as_str(), file)).collect();
        let site = root.place("/etc/py/site.py");
        assert_eq!(
            found,
            [
                ("lib/python3.12/linked/site.py", &site),
                ("lib/python3.12/pkg/a.py", &stdlib.join("pkg/a.py")),
                ("lib/python3.12/site.py", &site),
            ]
        );
        walk.add(Path::new("/nonexistent"), "x", &mut files).unwrap();
        assert_eq!(files.len(), 3);
    }
}
