//! Staging: private directories where trees are made. A lock keeps other processes from the same
//! work.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

use snakecrate_platform::directory::{Directory, OPEN};
use snakecrate_platform::error::ignore_existing;
use snakecrate_platform::file::ChangeStamp;
use snakecrate_platform::tree;

use crate::gate::{Gate, PAUSE};
use crate::layout::{ENVS, STAGING};
use crate::lease::{self, Lock};
use crate::progress::{Phase, Progress};
use crate::publish::{Renamed, rename_tree};
use crate::root::Root;
use crate::signs_of_life::Wait;

/// `staging/<name>`, empty and ours alone; removed when dropped before it is published.
#[derive(Debug)]
pub struct Staging<'a> {
    root: &'a Root,
    name: Option<String>,
    directory: Directory,
    /// Held while the tree is made: it may use any component.
    _gate: Option<Gate>,
}

/// The outcome of [`Staging::enter`].
#[derive(Debug)]
pub enum Claimed<'a> {
    /// This process makes the tree, here.
    Ours(Staging<'a>),
    /// Another process has made the tree.
    Done,
}

/// The outcome of one attempt to claim a directory of staging.
enum Attempt {
    Ours(Directory),
    /// Another process has it, or has just renamed or removed it. Its last sign of life, if known.
    Busy(Option<ChangeStamp>),
    /// Locks do not work here.
    Unlockable,
}

impl<'a> Staging<'a> {
    /// Waits until `done` returns true or `staging/<key>` is ours. If the process that has it shows
    /// no sign of life for `patience`, tries `staging/<key>.1` in the same way, and so on. So a
    /// process that hangs does not block others for ever, and of those that waited for it only one
    /// does the work.
    pub fn enter(
        root: &'a Root,
        key: &str,
        patience: Duration,
        progress: &Progress,
        done: impl Fn() -> bool,
    ) -> io::Result<Claimed<'a>> {
        let (mut wait, mut name, mut hung) = (Wait::new(patience), key.to_owned(), 0);
        let mut gate = Gate::pass(root, patience)?;
        loop {
            if done() {
                return Ok(Claimed::Done);
            }
            match claim(root, &name)? {
                Attempt::Ours(directory) => {
                    let ours = Self { root, name: Some(name), directory, _gate: gate.take() };
                    // Another process may have finished between the first check and the lock.
                    if done() {
                        return Ok(Claimed::Done);
                    }
                    tree::empty(&ours.directory)?;
                    return Ok(Claimed::Ours(ours));
                }
                Attempt::Busy(sign) => {
                    progress.begin(Phase::Waiting, 0, 0);
                    if !wait.goes_on(sign) {
                        hung += 1;
                        (wait, name) = (Wait::new(patience), format!("{key}.{hung}"));
                    }
                }
                Attempt::Unlockable => return Self::aside(root, key, gate).map(Claimed::Ours),
            }
        }
    }

    /// Creates a staging directory with a unique name, for file systems where locks do not work.
    fn aside(root: &'a Root, key: &str, gate: Option<Gate>) -> io::Result<Self> {
        let mut number = std::process::id();
        loop {
            let name = format!("{key}.{number}");
            match root.directory().create(format!("{STAGING}/{name}"), OPEN) {
                Ok(()) => {
                    let directory = root.open_tree(STAGING, &name)?;
                    let _ = lease::lock(&directory);
                    return Ok(Self { root, name: Some(name), directory, _gate: gate });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    number = number.wrapping_add(1);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Its path relative to the root.
    pub fn path(&self) -> String {
        format!("{STAGING}/{}", self.name.as_deref().unwrap_or_default())
    }

    /// Renames the directory to `envs/<key>` and returns the environment with a lease on it. If
    /// another process was faster, its environment stays and is returned, unless `replace` is set.
    ///
    /// An environment that is locked is being removed: this waits until its name is free, for at most
    /// `patience`. A remover that hangs removes nothing, so the environment is used without a lease
    /// then.
    pub fn publish(
        mut self,
        key: &str,
        replace: bool,
        patience: Duration,
    ) -> io::Result<Directory> {
        let (from, to) = (self.path(), format!("{ENVS}/{key}"));
        let since = Instant::now();
        while rename_tree(self.root, &from, &to, false)? == Renamed::Lost {
            let Some(theirs) = self.theirs(&to, since.elapsed() > patience)? else {
                std::thread::sleep(PAUSE);
                continue;
            };
            if !replace {
                return Ok(theirs);
            }
            // Our lease on it keeps a remover from taking our tree for it.
            if rename_tree(self.root, &from, &to, true)? == Renamed::InPlace {
                self.name = None;
            }
            return self.leased();
        }
        self.name = None;
        self.leased()
    }

    /// The environment of another process, leased; none if it is being removed.
    fn theirs(&self, path: &str, is_late: bool) -> io::Result<Option<Directory>> {
        let at = self.root.directory();
        let theirs = match at.open_in(path) {
            Ok(theirs) => theirs,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        if lease::take(&theirs) == Lock::Busy {
            return Ok(is_late.then_some(theirs));
        }
        // It may have been renamed away before the lease.
        let is_there = at
            .metadata_of(path)
            .is_ok_and(|there| theirs.metadata().is_ok_and(|theirs| theirs.id() == there.id()));
        Ok(is_there.then_some(theirs))
    }

    /// The published directory, with a lease in place of the lock.
    fn leased(&self) -> io::Result<Directory> {
        let env = self.directory.duplicate()?;
        // The kernel releases the lock before it grants the lease. Another process that took the lock
        // between the two removes the environment, which has to be made again.
        if lease::take(&env) == Lock::Busy {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(env)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Ok(staging) = self.root.open_area(STAGING)
        {
            let _ = tree::remove(&staging, name);
        }
    }
}

/// Tries to make `staging/<name>` ours.
fn claim(root: &Root, name: &str) -> io::Result<Attempt> {
    let (at, path) = (root.directory(), format!("{STAGING}/{name}"));
    ignore_existing(at.create(&path, OPEN))?;
    let directory = match at.open_in(&path) {
        Ok(directory) => directory,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Attempt::Busy(None)),
        Err(error) => return Err(error),
    };
    match lease::lock(&directory) {
        Lock::Taken => {}
        Lock::Busy => {
            let sign = directory.metadata().ok().map(|found| found.stamp());
            return Ok(Attempt::Busy(sign));
        }
        Lock::Unsupported => {
            // Every process works elsewhere (`aside`). If the directory is not empty, it stays.
            let _ = at.remove_directory(&path);
            return Ok(Attempt::Unlockable);
        }
    }
    // The process that had the lock may have renamed or removed the directory meanwhile.
    let ours = directory.metadata()?.id();
    match at.metadata_of(&path) {
        Ok(there) if there.id() == ours => Ok(Attempt::Ours(directory)),
        Ok(_) => Ok(Attempt::Busy(None)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Attempt::Busy(None)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::sweep::sweep;

    const SHORT: Duration = Duration::from_millis(20);

    fn root() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::create(&dir.path().join("cache")).unwrap();
        (dir, root)
    }

    fn ours(root: &Root) -> Staging<'_> {
        match Staging::enter(root, "key", SHORT, &Progress::default(), || false).unwrap() {
            Claimed::Ours(staging) => staging,
            Claimed::Done => panic!("nobody else is here"),
        }
    }

    fn names(root: &Root, area: &str) -> Vec<String> {
        let entries = fs::read_dir(root.path_of(area, "")).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_published_tree_leaves_nothing_in_staging() {
        let (_dir, root) = root();
        let staging = ours(&root);
        fs::write(root.path_of(STAGING, "key").join("file"), "new").unwrap();
        staging.publish("key", false, SHORT).unwrap();
        assert_eq!(fs::read(root.path_of(ENVS, "key").join("file")).unwrap(), b"new");
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn entering_removes_what_a_dead_process_left() {
        let (_dir, root) = root();
        drop(ours(&root));
        assert!(names(&root, STAGING).is_empty());
        let dead = root.path_of(STAGING, "key");
        fs::create_dir_all(dead.join("half")).unwrap();
        let _staging = ours(&root);
        assert!(dead.exists() && !dead.join("half").exists());
    }

    #[test]
    fn losing_the_race_is_success_and_replacing_exchanges() {
        let (_dir, root) = root();
        let env = root.path_of(ENVS, "key");
        fs::create_dir_all(&env).unwrap();
        fs::write(env.join("file"), "theirs").unwrap();
        ours(&root).publish("key", false, SHORT).unwrap();
        assert_eq!(fs::read(env.join("file")).unwrap(), b"theirs");
        let staging = ours(&root);
        fs::write(root.path_of(STAGING, "key").join("file"), "ours").unwrap();
        staging.publish("key", true, SHORT).unwrap();
        assert_eq!(fs::read(env.join("file")).unwrap(), b"ours");
        assert!(names(&root, STAGING).is_empty());
    }

    /// A start that lost the race took the environment that a prune had locked and not yet renamed,
    /// and lost its files while it ran.
    #[test]
    fn an_environment_that_is_being_removed_is_never_used() {
        for replace in [false, true] {
            let (_dir, root) = root();
            let env = root.path_of(ENVS, "key");
            fs::create_dir_all(env.join("full")).unwrap();
            let locked = root.open_tree(ENVS, "key").unwrap();
            assert_eq!(lease::lock(&locked), Lock::Taken);
            let staging = ours(&root);
            fs::write(root.path_of(STAGING, "key").join("file"), "ours").unwrap();
            std::thread::scope(|scope| {
                let long = Duration::from_mins(1);
                let publishing =
                    scope.spawn(move || staging.publish("key", replace, long).unwrap());
                std::thread::sleep(Duration::from_millis(30));
                fs::rename(&env, root.path_of(STAGING, "pruned")).unwrap();
                let published = publishing.join().unwrap();
                let there = root.directory().metadata_of(format!("{ENVS}/key")).unwrap();
                assert_eq!(published.metadata().unwrap().id(), there.id());
            });
            assert_eq!(fs::read(env.join("file")).unwrap(), b"ours");
            drop(locked);
        }
    }

    #[test]
    fn a_remover_that_hangs_blocks_nobody() {
        let (_dir, root) = root();
        let env = root.path_of(ENVS, "key");
        fs::create_dir_all(env.join("full")).unwrap();
        let locked = root.open_tree(ENVS, "key").unwrap();
        assert_eq!(lease::lock(&locked), Lock::Taken);
        let theirs = ours(&root).publish("key", false, SHORT).unwrap();
        assert_eq!(theirs.metadata().unwrap().id(), locked.metadata().unwrap().id());
    }

    #[test]
    fn those_that_wait_see_that_it_is_done() {
        let (_dir, root) = root();
        let staging = ours(&root);
        std::thread::scope(|scope| {
            let (env, root) = (root.path_of(ENVS, "key"), &root);
            let waiting = scope.spawn(move || {
                let progress = Progress::default();
                let long = Duration::from_mins(1);
                let done = || env.exists();
                matches!(Staging::enter(root, "key", long, &progress, done).unwrap(), Claimed::Done)
            });
            std::thread::sleep(Duration::from_millis(30));
            staging.publish("key", false, SHORT).unwrap();
            assert!(waiting.join().unwrap());
        });
    }

    #[test]
    fn a_tree_made_before_the_lock_is_not_made_again() {
        let (_dir, root) = root();
        let looks = std::cell::Cell::new(0);
        let made_after_the_first_look = || looks.replace(looks.get() + 1) > 0;
        let progress = Progress::default();
        let turn =
            Staging::enter(&root, "key", SHORT, &progress, made_after_the_first_look).unwrap();
        assert!(matches!(turn, Claimed::Done));
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn a_tree_is_made_aside_when_another_process_hangs() {
        let (_dir, root) = root();
        let hung = ours(&root);
        let aside = ours(&root);
        let after_both = ours(&root);
        let paths = [hung.path(), aside.path(), after_both.path()];
        assert_eq!(paths, ["key", "key.1", "key.2"].map(|name| format!("{STAGING}/{name}")));
        for staging in [aside, hung, after_both] {
            staging.publish("key", false, SHORT).unwrap();
        }
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn a_sweep_removes_leftovers_and_nothing_that_is_locked() {
        let (_dir, root) = root();
        let _live = ours(&root);
        fs::create_dir_all(root.path_of(STAGING, "dead.123").join("x")).unwrap();
        sweep(&root).unwrap();
        assert_eq!(names(&root, STAGING), ["key"]);
    }
}
