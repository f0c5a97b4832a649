//! Deleting trees below an open directory, without following links.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Instant;

use crate::directory::Directory;
use crate::error::{is_link_refused, is_not_permitted};

/// The most attempts to remove a name that another process keeps swapping or filling.
const ATTEMPTS: usize = 1000;

/// Removes `name` in `at` with everything in it. Succeeds if the name does not exist.
pub fn remove(at: &Directory, name: impl AsRef<Path>) -> io::Result<()> {
    remove_until(at, name, None)
}

/// Like [`remove`], but fails with [`ErrorKind::TimedOut`] at the `deadline`: then a part is left.
pub fn remove_until(
    at: &Directory,
    name: impl AsRef<Path>,
    deadline: Option<Instant>,
) -> io::Result<()> {
    let name = name.as_ref();
    if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
        return Err(ErrorKind::TimedOut.into());
    }
    let mut last = io::Error::from(ErrorKind::ResourceBusy);
    for _ in 0..ATTEMPTS {
        match at.remove_file(name) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if error.kind() == ErrorKind::IsADirectory || is_not_permitted(&error) => {
                last = error;
            }
            Err(error) => return Err(error),
        }
        match at.open_in(name) {
            Ok(directory) => empty_until(&directory, deadline)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) if is_link_refused(&error) || error.kind() == ErrorKind::NotADirectory => {
                // It was a directory a moment ago and isn't one any more: try again.
                if last.kind() == ErrorKind::IsADirectory {
                    continue;
                }
                return Err(last);
            }
            Err(error) => return Err(error),
        }
        match at.remove_directory(name) {
            Ok(()) => return Ok(()),
            Err(error) => match error.kind() {
                ErrorKind::NotFound => return Ok(()),
                ErrorKind::NotADirectory
                | ErrorKind::DirectoryNotEmpty
                | ErrorKind::AlreadyExists => last = error,
                _ => return Err(error),
            },
        }
    }
    Err(last)
}

/// Removes everything in `directory`, but not the directory itself.
pub fn empty(directory: &Directory) -> io::Result<()> {
    empty_until(directory, None)
}

fn empty_until(directory: &Directory, deadline: Option<Instant>) -> io::Result<()> {
    // Other processes may add files meanwhile, so this continues until none is left.
    loop {
        let names = directory.entries()?;
        if names.is_empty() {
            return Ok(());
        }
        names.iter().try_for_each(|name| remove_until(directory, name, deadline))?;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;
    use crate::file::symlink;

    /// An archive's `uninstall` may remove a cache that `clear` has open.
    #[test]
    fn a_directory_removed_while_open_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("gone")).unwrap();
        let gone = Directory::open(dir.path().join("gone")).unwrap();
        fs::remove_dir(dir.path().join("gone")).unwrap();
        assert!(gone.entries().unwrap().is_empty());
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
        let at = Directory::open(dir.path()).unwrap();
        remove(&at, "tree").unwrap();
        remove(&at, "tree").unwrap();
        assert!(!tree.exists() && other.join("kept").exists());
    }

    #[test]
    fn a_removal_past_its_deadline_leaves_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("tree/a")).unwrap();
        let at = Directory::open(dir.path()).unwrap();
        let error = remove_until(&at, "tree", Some(Instant::now())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(dir.path().join("tree/a").exists());
    }

    /// Another process swaps a directory for a link, back and forth, while it is deleted.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_link_that_is_swapped_in_leads_to_no_loss() {
        for swapped in ["a", "a/inner"] {
            let dir = tempfile::tempdir().unwrap();
            let (tree, precious) = (dir.path().join("tree"), dir.path().join("precious"));
            let fill = |path: &Path| {
                let _ = fs::create_dir_all(path.join("inner"));
                for n in 0..20 {
                    let _ = fs::write(path.join(n.to_string()), "");
                    let _ = fs::write(path.join(format!("inner/{n}")), "");
                }
            };
            fill(&precious);
            // `fill` may write through the link and so make other files again; not these two.
            let kept = ["kept", "inner/kept"].map(|name| precious.join(name));
            for path in &kept {
                fs::write(path, "").unwrap();
            }
            let at = Directory::open(dir.path()).unwrap();
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
                        let done = at.exchange(&place, &aside);
                        swaps.fetch_add(usize::from(done.is_ok()), Ordering::Relaxed);
                    }
                });
                for _ in 0..100 {
                    fill(&tree.join("a"));
                    // It may fail because of the swaps.
                    let _ = remove(&at, "tree");
                }
                is_over.store(true, Ordering::Relaxed);
            });
            assert!(swaps.into_inner() > 60, "too rarely to show anything");
            assert!(kept.iter().all(|path| path.exists()), "{swapped}");
        }
    }
}
