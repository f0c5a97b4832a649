//! The packer's own files in the cache: wheels, interpreters, packed components, kept build back ends.
//!
//! Whatever lies in one of its folders is made again when it is missing, so each may go when it was
//! not used for long. Use is what the times of its files say: reading one notes it, about once a
//! day; where the file system notes no reads, the time when it was made has to do.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};
use std::{fs, io};

use snakecrate_launcher::cache::remove::remove_tree;
use snakecrate_launcher::cache::root::{Root, open_directory};
use walkdir::WalkDir;

use crate::build::BUILD;

/// Folders whose folders hold the things.
const NESTED: [&str; 3] = ["components", "inputs", "python"];
/// What things are called as long as they are made. Whoever made one that has not changed for a day
/// is dead.
const UNFINISHED: [&str; 4] = [".new-", ".old-", ".tmp", "work-"];
const DAY: Duration = Duration::from_hours(24);

/// A thing that is to go.
#[derive(Debug)]
pub struct Stale {
    /// Folders from the cache's root to it.
    folders: Vec<String>,
    name: String,
    /// The sum of its files' sizes.
    pub bytes: u64,
}

impl Stale {
    /// Its path from the cache's root.
    pub fn path(&self) -> String {
        format!("{}/{}", self.folders.join("/"), self.name)
    }

    /// Removes it; no link is followed on the way.
    pub fn remove(&self, root: &Root) -> io::Result<()> {
        let mut folder = None;
        for name in &self.folders {
            let at = folder.as_ref().unwrap_or_else(|| root.directory());
            folder = Some(open_directory(at, name.as_str())?);
        }
        Ok(remove_tree(folder.as_ref().unwrap_or_else(|| root.directory()), self.name.as_str())?)
    }
}

/// What was not used since `unused_since`, and what dead builds left; sorted by path.
pub fn stale(root: &Path, unused_since: Option<SystemTime>, now: SystemTime) -> Vec<Stale> {
    let mut found = Vec::new();
    let since = Since { unused: unused_since, unfinished: now.checked_sub(DAY), now };
    let build = root.join(BUILD);
    since.look(&build, &[BUILD], false, &mut found);
    for folder in folders(&build) {
        if NESTED.contains(&folder.as_str()) {
            for inner in folders(&build.join(&folder)) {
                let path = build.join(&folder).join(&inner);
                since.look(&path, &[BUILD, &folder, &inner], true, &mut found);
            }
        } else {
            since.look(&build.join(&folder), &[BUILD, &folder], true, &mut found);
        }
    }
    found.sort_by_cached_key(Stale::path);
    found
}

struct Since {
    unused: Option<SystemTime>,
    unfinished: Option<SystemTime>,
    now: SystemTime,
}

impl Since {
    /// Things in `folder`; those that are `finished`, too, or only the others.
    fn look(&self, folder: &Path, folders: &[&str], finished: bool, found: &mut Vec<Stale>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let before = if UNFINISHED.iter().any(|start| name.starts_with(start)) {
                self.unfinished
            } else if finished {
                self.unused
            } else {
                None
            };
            let Some(before) = before else { continue };
            let (last_used, bytes) = self.state(&entry.path());
            if last_used < before {
                let folders = folders.iter().map(|&folder| folder.to_owned()).collect();
                found.push(Stale { folders, name, bytes });
            }
        }
    }

    /// When any file of it was read or written last, and their size. A time in the future is now.
    fn state(&self, path: &Path) -> (SystemTime, u64) {
        let (mut last, mut bytes) = (SystemTime::UNIX_EPOCH, 0);
        for metadata in WalkDir::new(path).into_iter().flatten().flat_map(|entry| entry.metadata())
        {
            let time = |time: io::Result<SystemTime>| time.unwrap_or(self.now);
            last = last.max(time(metadata.modified()));
            if metadata.is_file() {
                bytes += metadata.size();
                // A directory's says when somebody looked what is in it.
                last = last.max(time(metadata.accessed()));
            }
        }
        (last.min(self.now), bytes)
    }
}

/// The names of the directories in `path`.
fn folders(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
