//! A private directory in which a tree is made, and the lock that keeps others from the same work.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::fs::{AtFlags, FlockOperation, Mode, RenameFlags};
use rustix::io::Errno;

use super::pulse::{Sign, Wait};
use super::remove::{empty, entries, remove_tree};
use super::root::{Root, ignore_existing, open_directory};
use super::{ENVS, LAUNCH, STAGING, STAMP};
use crate::progress::{Phase, Progress};

/// Seconds after which nobody works in a directory any more, where locks do not tell.
const ABANDONED: i64 = 24 * 60 * 60;

/// `staging/<name>`, empty and ours alone; removed when dropped before it is published.
#[derive(Debug)]
pub struct Staging<'a> {
    root: &'a Root,
    name: Option<String>,
    directory: OwnedFd,
}

/// What became of a wish to make a tree.
#[derive(Debug)]
pub enum Turn<'a> {
    /// It is ours to make.
    Ours(Staging<'a>),
    /// Somebody else made it meanwhile.
    Done,
}

enum Claim {
    Ours(OwnedFd),
    /// Somebody else's, who showed this sign of life.
    Busy(Option<Sign>),
    Unlockable,
}

impl<'a> Staging<'a> {
    /// Waits until `done`, or until `staging/<key>` is ours. If whoever has it shows no sign of life
    /// for as long as `patience` lasts, the next free one of `staging/<key>.<number>` will do: a
    /// process that hangs holds up nobody for ever, and those who waited for it do not all work.
    pub fn enter(
        root: &'a Root,
        key: &str,
        patience: Duration,
        progress: &Progress,
        done: impl Fn() -> bool,
    ) -> Result<Turn<'a>, Errno> {
        let (mut wait, mut name, mut hung) = (Wait::new(patience), key.to_owned(), 0);
        loop {
            if done() {
                return Ok(Turn::Done);
            }
            match claim(root, &name)? {
                Claim::Ours(directory) => {
                    let ours = Self { root, name: Some(name), directory };
                    // Made between the look at it and the lock.
                    if done() {
                        return Ok(Turn::Done);
                    }
                    empty(&ours.directory)?;
                    return Ok(Turn::Ours(ours));
                }
                Claim::Busy(sign) => {
                    progress.begin(Phase::Waiting, 0);
                    if !wait.goes_on(sign) {
                        hung += 1;
                        (wait, name) = (Wait::new(patience), format!("{key}.{hung}"));
                    }
                }
                Claim::Unlockable => return Self::aside(root, key).map(Turn::Ours),
            }
        }
    }

    /// A staging directory that nobody else names, where locks do not work.
    fn aside(root: &'a Root, key: &str) -> Result<Self, Errno> {
        let mut number = std::process::id();
        loop {
            let name = format!("{key}.{number}");
            let path = format!("{STAGING}/{name}");
            match rustix::fs::mkdirat(root.directory(), &path, Mode::from(0o755)) {
                Ok(()) => {
                    let directory = open_directory(root.directory(), &path)?;
                    let _ = lock(&directory);
                    return Ok(Self { root, name: Some(name), directory });
                }
                Err(Errno::EXIST) => number = number.wrapping_add(1),
                Err(errno) => return Err(errno),
            }
        }
    }

    /// The directory.
    pub fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// Its path relative to the root.
    pub fn path(&self) -> String {
        format!("{STAGING}/{}", self.name.as_deref().unwrap_or_default())
    }

    /// Renames the directory to `envs/<key>` and returns the environment with a lease on it. One
    /// that is there already is as good and stays, unless it is to be replaced.
    pub fn publish(mut self, key: &str, replace: bool) -> Result<OwnedFd, Errno> {
        let (from, to) = (self.path(), format!("{ENVS}/{key}"));
        let published = match rename_tree(self.root, &from, &to, replace)? {
            Renamed::InPlace => {
                self.name = None;
                true
            }
            Renamed::Exchanged => true,
            Renamed::Lost => false,
        };
        let env = if published {
            rustix::io::fcntl_dupfd_cloexec(&self.directory, 3)?
        } else {
            open_directory(self.root.directory(), &to)?
        };
        let _ = share(&env);
        Ok(env)
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Ok(staging) = self.root.open_area(STAGING)
        {
            let _ = remove_tree(&staging, name);
        }
    }
}

/// How a tree came to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renamed {
    /// It has the name now.
    InPlace,
    /// It has the name, and what had it before has the old name.
    Exchanged,
    /// Another tree has the name; ours is where it was.
    Lost,
}

/// Renames `from` to `to`, both relative to the root.
pub fn rename_tree(root: &Root, from: &str, to: &str, replace: bool) -> Result<Renamed, Errno> {
    let at = root.directory();
    match rustix::fs::renameat(at, from, at, to) {
        Ok(()) => return Ok(Renamed::InPlace),
        Err(Errno::EXIST | Errno::NOTEMPTY) if !replace => return Ok(Renamed::Lost),
        Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
        Err(errno) => return Err(errno),
    }
    match rustix::fs::renameat_with(at, from, at, to, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(Renamed::Exchanged),
        // A file system that cannot exchange: for a moment the name is not there, and whoever
        // looks at it then makes the tree again.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            let old = format!("{STAGING}/old.{}", std::process::id());
            // In containers, process ids of the dead come again.
            remove_tree(at, &old)?;
            rustix::fs::renameat(at, to, at, &old)?;
            rustix::fs::renameat(at, from, at, to)?;
            remove_tree(at, &old)?;
            Ok(Renamed::InPlace)
        }
        Err(Errno::XDEV) => {
            remove_in_place(at, to)?;
            rustix::fs::renameat(at, from, at, to)?;
            Ok(Renamed::InPlace)
        }
        Err(errno) => Err(errno),
    }
}

/// Removes a tree that cannot be renamed away: overlayfs does not move directories of an image's
/// layers. First it loses what vouches for it, so that half of it is never taken for whole.
pub(super) fn remove_in_place(at: impl AsFd, path: &str) -> Result<(), Errno> {
    for voucher in [LAUNCH, STAMP] {
        let voucher = format!("{path}/{voucher}");
        match rustix::fs::unlinkat(&at, voucher, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(errno),
        }
    }
    remove_tree(at, path)
}

/// Takes a lease: shared, and it does not wait. Where locks do not work there is none.
pub fn share(directory: impl AsFd) -> Result<(), Errno> {
    rustix::fs::flock(directory, FlockOperation::NonBlockingLockShared)
}

/// Takes the lock of whoever makes or removes a tree; does not wait.
pub fn lock(directory: impl AsFd) -> Result<(), Errno> {
    rustix::fs::flock(directory, FlockOperation::NonBlockingLockExclusive)
}

/// Removes what processes that are gone left in staging. What is locked is in use; where locks do
/// not work, what was touched within a day.
pub fn sweep(root: &Root) -> Result<(), Errno> {
    let staging = match root.open_area(STAGING) {
        Err(Errno::NOENT) => return Ok(()),
        other => other?,
    };
    for name in entries(&staging)? {
        let name = name.as_c_str();
        if let Ok(directory) = open_directory(&staging, name)
            && is_abandoned(&staging, &directory)
        {
            remove_tree(&staging, name)?;
        }
    }
    Ok(())
}

/// Whether nobody works in this directory of staging.
fn is_abandoned(staging: &OwnedFd, directory: &OwnedFd) -> bool {
    let touched = |directory| rustix::fs::fstat(directory).map(|stat| stat.st_mtime);
    match lock(directory) {
        Ok(()) => true,
        Err(Errno::WOULDBLOCK) => false,
        // By the file system's clock: staging has the time of who entered it last.
        Err(_) => match (touched(staging), touched(directory)) {
            (Ok(now), Ok(then)) => now.saturating_sub(then) > ABANDONED,
            _ => false,
        },
    }
}

/// Tries to make `staging/<name>` ours.
fn claim(root: &Root, name: &str) -> Result<Claim, Errno> {
    let path = format!("{STAGING}/{name}");
    ignore_existing(rustix::fs::mkdirat(root.directory(), &path, Mode::from(0o755)))?;
    let directory = match open_directory(root.directory(), &path) {
        Ok(directory) => directory,
        Err(Errno::NOENT) => return Ok(Claim::Busy(None)),
        Err(errno) => return Err(errno),
    };
    match lock(&directory) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(Claim::Busy(Sign::of(&directory).ok())),
        Err(_) => {
            // Nobody here makes anything in it. Where it is not empty, it stays.
            let _ = rustix::fs::unlinkat(root.directory(), &path, AtFlags::REMOVEDIR);
            return Ok(Claim::Unlockable);
        }
    }
    // The one that had the lock may have renamed or removed the directory meanwhile.
    let ours = rustix::fs::fstat(&directory)?;
    match rustix::fs::statat(root.directory(), &path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(there) if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino) => {
            Ok(Claim::Ours(directory))
        }
        Ok(_) | Err(Errno::NOENT) => Ok(Claim::Busy(None)),
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    fn root() -> (tempfile::TempDir, Root) {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::create(&dir.path().join("cache")).unwrap();
        (dir, root)
    }

    fn ours(root: &Root) -> Staging<'_> {
        match Staging::enter(root, "key", SHORT, &Progress::default(), || false).unwrap() {
            Turn::Ours(staging) => staging,
            Turn::Done => panic!("nobody else is here"),
        }
    }

    fn names(root: &Root, area: &str) -> Vec<String> {
        let entries = fs::read_dir(root.path_of(area, "")).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_published_tree_has_its_name_and_nothing_is_left_in_staging() {
        let (_dir, root) = root();
        let staging = ours(&root);
        fs::write(root.path_of(STAGING, "key").join("file"), "new").unwrap();
        staging.publish("key", false).unwrap();
        assert_eq!(fs::read(root.path_of(ENVS, "key").join("file")).unwrap(), b"new");
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn a_dropped_one_leaves_nothing_and_a_dead_ones_files_are_gone_when_it_is_entered() {
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
        ours(&root).publish("key", false).unwrap();
        assert_eq!(fs::read(env.join("file")).unwrap(), b"theirs");
        let staging = ours(&root);
        fs::write(root.path_of(STAGING, "key").join("file"), "ours").unwrap();
        staging.publish("key", true).unwrap();
        assert_eq!(fs::read(env.join("file")).unwrap(), b"ours");
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn the_ones_who_wait_see_that_it_is_done() {
        let (_dir, root) = root();
        let staging = ours(&root);
        std::thread::scope(|scope| {
            let (env, root) = (root.path_of(ENVS, "key"), &root);
            let waiting = scope.spawn(move || {
                let progress = Progress::default();
                let long = Duration::from_mins(1);
                let done = || env.exists();
                matches!(Staging::enter(root, "key", long, &progress, done).unwrap(), Turn::Done)
            });
            std::thread::sleep(Duration::from_millis(30));
            staging.publish("key", false).unwrap();
            assert!(waiting.join().unwrap());
        });
    }

    #[test]
    fn what_was_made_between_a_look_and_the_lock_is_not_made_again() {
        let (_dir, root) = root();
        let looks = std::cell::Cell::new(0);
        let made_after_the_first_look = || looks.replace(looks.get() + 1) > 0;
        let progress = Progress::default();
        let turn =
            Staging::enter(&root, "key", SHORT, &progress, made_after_the_first_look).unwrap();
        assert!(matches!(turn, Turn::Done));
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn who_waits_for_one_that_hangs_makes_the_tree_aside_and_is_waited_for() {
        let (_dir, root) = root();
        let hung = ours(&root);
        let aside = ours(&root);
        let after_both = ours(&root);
        let paths = [hung.path(), aside.path(), after_both.path()];
        assert_eq!(paths, ["key", "key.1", "key.2"].map(|name| format!("{STAGING}/{name}")));
        for staging in [aside, hung, after_both] {
            staging.publish("key", false).unwrap();
        }
        assert!(names(&root, STAGING).is_empty());
    }

    #[test]
    fn a_sweep_removes_what_the_dead_left_and_nothing_that_is_locked() {
        let (_dir, root) = root();
        let _live = ours(&root);
        fs::create_dir_all(root.path_of(STAGING, "dead.123").join("x")).unwrap();
        sweep(&root).unwrap();
        assert_eq!(names(&root, STAGING), ["key"]);
    }
}
