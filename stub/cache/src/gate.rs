//! The gate between processes that make environments and those that remove components: a lock on
//! the staging area, shared by the first and exclusive for the others.
//!
//! A process that makes an environment may use any component of the cache, and a component that is
//! renamed away, even for a moment, is missing in an application that has just started.

use std::io;
use std::time::{Duration, Instant};

use snakecrate_platform::directory::{Directory, OPEN};
use snakecrate_platform::error::ignore_existing;

use crate::layout::STAGING;
use crate::lease::{self, Lock};
use crate::root::Root;

/// The pause between two looks at a closed gate, or at a tree that is being removed.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// A place in the gate, held until it is dropped.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Open for its lock.
    _staging: Directory,
}

impl Gate {
    /// Passes the gate to make an environment. Waits while it is closed, for at most `patience`, since
    /// its owner may hang. `None` then, and where locks do not work.
    pub(crate) fn pass(root: &Root, patience: Duration) -> io::Result<Option<Self>> {
        let since = Instant::now();
        loop {
            let staging = root.open_area(STAGING)?;
            match lease::take(&staging) {
                Lock::Taken if is_in_place(root, &staging) => {
                    return Ok(Some(Self { _staging: staging }));
                }
                Lock::Unsupported => return Ok(None),
                Lock::Taken | Lock::Busy => {}
            }
            if since.elapsed() > patience {
                return Ok(None);
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Closes the gate to remove a component. `None` if a process is making an environment, or another
    /// is removing components.
    pub(crate) fn close(root: &Root) -> io::Result<Option<Self>> {
        // A cleaner may have removed the empty staging directory.
        ignore_existing(root.directory().create(STAGING, OPEN))?;
        let staging = root.open_area(STAGING)?;
        match lease::lock(&staging) {
            Lock::Busy => Ok(None),
            // Where locks do not work, the looks before and after the removal are all there is.
            Lock::Taken | Lock::Unsupported => Ok(Some(Self { _staging: staging })),
        }
    }
}

/// Whether the area still has its name: an `uninstall` removes it when it is empty.
fn is_in_place(root: &Root, staging: &Directory) -> bool {
    let there = root.directory().metadata_of(STAGING);
    there.is_ok_and(|there| staging.metadata().is_ok_and(|ours| ours.id() == there.id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::COMPONENTS;
    use crate::prune::remove_component;

    const LONG: Duration = Duration::from_mins(1);

    fn root() -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        let root = Root::create(&directory.path().join("cache")).unwrap();
        std::fs::create_dir_all(root.path_of(COMPONENTS, "key").join("full")).unwrap();
        (directory, root)
    }

    /// A prune renamed a component away and back while a start beside it began to use it.
    #[test]
    fn a_component_keeps_its_name_while_an_environment_is_made() {
        let (_directory, root) = root();
        let passed = Gate::pass(&root, LONG).unwrap();
        assert!(Gate::pass(&root, LONG).unwrap().is_some(), "makers share the gate");
        assert!(!remove_component(&root, "key", &[].into(), None).unwrap());
        assert!(root.path_of(COMPONENTS, "key").exists());
        drop(passed);
        assert!(remove_component(&root, "key", &[].into(), None).unwrap());
        assert!(!root.path_of(COMPONENTS, "key").exists());
    }

    #[test]
    fn makers_wait_for_a_removal_and_not_for_one_that_hangs() {
        let (_directory, root) = root();
        let closed = Gate::close(&root).unwrap();
        assert!(Gate::close(&root).unwrap().is_none());
        assert!(Gate::pass(&root, Duration::from_millis(20)).unwrap().is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| Gate::pass(&root, LONG).unwrap().is_some());
            std::thread::sleep(Duration::from_millis(30));
            drop(closed);
            assert!(waiting.join().unwrap());
        });
    }
}
