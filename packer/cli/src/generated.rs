//! Committed files that are made from declarations: tests compare them, and ignored tests write them.

use std::fs;
use std::path::PathBuf;

/// A file: its path, what is in it, and what should be.
pub type Generated = (PathBuf, String, String);

/// Asserts that all `files` are as they should be; the test `writes` makes them so.
pub fn assert_current(files: impl IntoIterator<Item = Generated>, writes: &str) {
    for (path, old, new) in files {
        assert!(
            old == new,
            "{} is out of date: run `cargo test -p snakecrate --lib {writes} -- --ignored`",
            path.display()
        );
    }
}

/// Writes all `files`.
pub fn write(files: impl IntoIterator<Item = Generated>) {
    for (path, _, new) in files {
        fs::write(path, new).unwrap();
    }
}
