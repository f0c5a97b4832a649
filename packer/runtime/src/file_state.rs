//! Size and time of change of files, to notice that they have changed without reading them.

use std::path::Path;
use std::{fs, io};

use snakecrate_platform::file::Timestamp;
use walkdir::{DirEntry, WalkDir};

/// Name and state of the files in a directory, sorted.
pub(crate) fn files(
    directory: &Path,
    depth: usize,
    wanted: impl Fn(&DirEntry) -> bool,
) -> impl Iterator<Item = io::Result<String>> {
    WalkDir::new(directory)
        .max_depth(depth)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| entry.depth() == 0 || wanted(entry))
        .filter(|entry| entry.as_ref().is_ok_and(|entry| !entry.file_type().is_dir()))
        .map(move |entry| {
            let entry = entry?;
            let inside = entry.path().strip_prefix(directory).unwrap_or(entry.path());
            Ok(format!("{}\t{}", inside.display(), state(entry.path()).unwrap_or_default()))
        })
}

/// Size in bytes and time of change in nanoseconds of the file that `path` leads to.
pub(crate) fn state(path: &Path) -> io::Result<String> {
    let found = fs::metadata(path)?;
    let Timestamp { seconds, nanoseconds } = Timestamp::modified(&found);
    Ok(format!("{}\t{seconds}.{nanoseconds}", found.len()))
}
