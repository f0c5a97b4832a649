//! Deleting trees below a directory that is open: no path is followed, no link is crossed.

use std::ffi::CString;
use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Dir};
use rustix::io::Errno;

use super::root::open_directory;

/// How often a name is tried that is a file one moment and a directory the next.
const ATTEMPTS: usize = 1000;

/// Removes `name` in `at` with all that is in it. What is gone already is no error.
pub fn remove_tree(at: impl AsFd, name: impl rustix::path::Arg + Copy) -> Result<(), Errno> {
    let mut last = Errno::BUSY;
    for _ in 0..ATTEMPTS {
        match rustix::fs::unlinkat(&at, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(errno @ (Errno::ISDIR | Errno::PERM)) => last = errno,
            Err(errno) => return Err(errno),
        }
        match open_directory(&at, name) {
            Ok(directory) => empty(&directory)?,
            Err(Errno::NOENT) => return Ok(()),
            // No directory; by now, if it was one.
            Err(Errno::LOOP | Errno::NOTDIR) if last == Errno::ISDIR => continue,
            Err(Errno::LOOP | Errno::NOTDIR) => return Err(last),
            Err(errno) => return Err(errno),
        }
        match rustix::fs::unlinkat(&at, name, AtFlags::REMOVEDIR) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            Err(errno @ (Errno::NOTDIR | Errno::NOTEMPTY | Errno::EXIST)) => last = errno,
            Err(errno) => return Err(errno),
        }
    }
    Err(last)
}

/// Removes everything in `directory`, and not the directory.
pub fn empty(directory: impl AsFd) -> Result<(), Errno> {
    // Others may put something into it meanwhile: until none is left.
    loop {
        let names = entries(&directory)?;
        if names.is_empty() {
            return Ok(());
        }
        names.iter().try_for_each(|name| remove_tree(&directory, name.as_c_str()))?;
    }
}

/// The names in `directory`; none if it has been removed meanwhile.
pub fn entries(directory: impl AsFd) -> Result<Vec<CString>, Errno> {
    let listing = match Dir::read_from(directory) {
        Err(Errno::NOENT) => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in listing {
        match entry {
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => {}
            Ok(entry) => names.push(entry.file_name().to_owned()),
            Err(Errno::NOENT) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use rustix::fs::{CWD, RenameFlags};

    use super::*;

    /// As when an archive's `uninstall` takes the cache away that a `clear` has open.
    #[test]
    fn a_directory_that_was_removed_while_it_was_open_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("gone")).unwrap();
        let gone = open_directory(CWD, dir.path().join("gone")).unwrap();
        fs::remove_dir(dir.path().join("gone")).unwrap();
        assert!(entries(&gone).unwrap().is_empty());
        empty(&gone).unwrap();
    }

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
        let at = open_directory(CWD, dir.path()).unwrap();
        remove_tree(&at, "tree").unwrap();
        remove_tree(&at, "tree").unwrap();
        assert!(!tree.exists() && other.join("kept").exists());
    }

    /// Somebody swaps a directory for a link to another, back and forth, while it is deleted.
    #[test]
    fn a_link_that_is_swapped_in_leads_to_no_loss() {
        for swapped in ["a", "a/inner"] {
            let dir = tempfile::tempdir().unwrap();
            let (tree, precious) = (dir.path().join("tree"), dir.path().join("precious"));
            let fill = |path: &std::path::Path| {
                let _ = fs::create_dir_all(path.join("inner"));
                for n in 0..20 {
                    let _ = fs::write(path.join(n.to_string()), "");
                    let _ = fs::write(path.join(format!("inner/{n}")), "");
                }
            };
            fill(&precious);
            // What is filled again through the link proves nothing.
            let kept = ["kept", "inner/kept"].map(|name| precious.join(name));
            for path in &kept {
                fs::write(path, "").unwrap();
            }
            let at = open_directory(CWD, dir.path()).unwrap();
            let (is_over, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    let (place, aside) = (tree.join(swapped), dir.path().join("aside"));
                    while !is_over.load(Ordering::Relaxed) {
                        // The link may have been deleted.
                        if !aside.is_symlink() && !place.is_symlink() {
                            let _ = fs::remove_dir_all(&aside);
                            symlink(&precious, &aside).unwrap();
                        }
                        let exchange = RenameFlags::EXCHANGE;
                        let done = rustix::fs::renameat_with(CWD, &place, CWD, &aside, exchange);
                        swaps.fetch_add(usize::from(done.is_ok()), Ordering::Relaxed);
                    }
                });
                for _ in 0..100 {
                    fill(&tree.join("a"));
                    // It may lose to the one who swaps, and that is all that may be lost.
                    let _ = remove_tree(&at, "tree");
                }
                is_over.store(true, Ordering::Relaxed);
            });
            assert!(swaps.into_inner() > 60, "too rarely to show anything");
            assert!(kept.iter().all(|path| path.exists()), "{swapped}");
        }
    }
}
