//! The documents: what they name exists.

/// Every `cargo test` command matches a test.
mod commands;

/// Every link leads to a file, and to a heading in it.
mod links;

/// SECURITY.md names a test for every promise.
mod promises;

use std::path::Path;
use std::process::Command;

use walkdir::WalkDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A file of the repository.
fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The repository's files with this extension, without what is built.
fn files(extension: &str) -> Vec<String> {
    let built = ["target", ".git", "corpus", "artifacts"];
    let entries = WalkDir::new(ROOT).into_iter();
    let entries =
        entries.filter_entry(|entry| !built.iter().any(|name| entry.file_name() == *name));
    let paths = entries.map(|entry| entry.unwrap().into_path());
    let paths = paths.filter(|path| path.extension().is_some_and(|end| end == extension));
    paths.map(|path| path.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned()).collect()
}

/// The names of all tests of the suite: `hosts::host_data::…`.
fn suite() -> Vec<String> {
    let output = Command::new(std::env::current_exe().unwrap()).arg("--list").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.strip_suffix(": test").map(str::to_owned)).collect()
}
