//! The packer's own files in the cache that `cache prune` removes: wheels, Pythons, packed
//! components, environments of build back ends.
//!
//! The times of a thing's files show when it was last used: file systems note the last read, about
//! once a day. Where they do not, the time of its creation counts.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use snakecrate_cache::root::Root;
use snakecrate_platform::tree;
use walkdir::WalkDir;

use crate::build_cache::{self, ABANDONED_AFTER, BuildCache, Rule, Thing};

/// A file or directory to remove.
#[derive(Debug)]
pub struct BuildFile {
    thing: Thing,
    /// The sum of its files' sizes.
    pub bytes: u64,
}

impl BuildFile {
    /// Its path from the cache's root.
    pub fn path(&self) -> String {
        self.directories().chain([self.thing.name.as_str()]).collect::<Vec<_>>().join("/")
    }

    /// Removes it; no link is followed on the way.
    pub fn remove(&self, root: &Root) -> io::Result<()> {
        let mut directory = None;
        for name in self.directories() {
            let above = directory.as_ref().unwrap_or_else(|| root.directory());
            directory = Some(above.open_in(name)?);
        }
        let directory = directory.as_ref().unwrap_or_else(|| root.directory());
        tree::remove(directory, self.thing.name.as_str())
    }

    fn directories(&self) -> impl Iterator<Item = &str> {
        [build_cache::NAME].into_iter().chain(self.thing.directories.iter().map(String::as_str))
    }
}

/// Everything not used since `unused_since`, and leftovers of killed builds; sorted by path.
pub fn removable(root: &Path, unused_since: Option<SystemTime>, now: SystemTime) -> Vec<BuildFile> {
    let cache = BuildCache::at(root.join(build_cache::NAME));
    let abandoned_since = now.checked_sub(ABANDONED_AFTER);
    let mut found = Vec::new();
    for thing in cache.things() {
        let since = match thing.rule {
            Rule::Unused => unused_since,
            Rule::Abandoned => abandoned_since,
        };
        let Some(since) = since else { continue };
        let (last_used, bytes) = last_use_and_size(&cache.thing(&thing), now);
        if last_used < since {
            found.push(BuildFile { thing, bytes });
        }
    }
    found.sort_by_cached_key(BuildFile::path);
    found
}

/// When any file below `path` was last read or written, and their size. A time in the future counts
/// as `now`.
fn last_use_and_size(path: &Path, now: SystemTime) -> (SystemTime, u64) {
    let (mut last, mut bytes) = (SystemTime::UNIX_EPOCH, 0);
    for metadata in WalkDir::new(path).into_iter().flatten().flat_map(|entry| entry.metadata()) {
        let time = |time: io::Result<SystemTime>| time.unwrap_or(now);
        last = last.max(time(metadata.modified()));
        if metadata.is_file() {
            bytes += metadata.len();
            // A directory's access time changes whenever it is listed.
            last = last.max(time(metadata.accessed()));
        }
    }
    (last.min(now), bytes)
}
