//! Deleting trees below a directory that is open: no path is followed, no link is crossed.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use super::root::open_directory;

/// Removes `name` in `at` with all that is in it. What is gone already is no error.
pub fn remove_tree(at: impl AsFd, name: impl rustix::path::Arg + Copy) -> Result<(), Errno> {
    match rustix::fs::unlinkat(&at, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(errno) => return Err(errno),
    }
    match open_directory(&at, name) {
        Ok(directory) => empty(&directory)?,
        Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(errno),
    }
    match rustix::fs::unlinkat(&at, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// Removes everything in `directory`, and not the directory.
pub fn empty(directory: impl AsFd) -> Result<(), Errno> {
    // A listing that is read while its entries go may skip some: until none is left.
    loop {
        let mut found = false;
        for entry in Dir::read_from(&directory)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            found = true;
            remove_tree(&directory, name)?;
        }
        if !found {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_tree_goes_and_what_its_links_point_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, other) = (dir.path().join("tree"), dir.path().join("other"));
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::create_dir(&other).unwrap();
        fs::write(other.join("kept"), "").unwrap();
        for n in 0..500 {
            fs::write(tree.join(format!("a/b/{n}")), "").unwrap();
        }
        symlink(&other, tree.join("a/link")).unwrap();
        let at = open_directory(rustix::fs::CWD, dir.path()).unwrap();
        remove_tree(&at, "tree").unwrap();
        remove_tree(&at, "tree").unwrap();
        assert!(!tree.exists() && other.join("kept").exists());
    }
}
