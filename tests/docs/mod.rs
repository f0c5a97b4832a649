//! The documents: what they name exists.

/// The book's pages, commands and examples.
mod book;

/// Every `cargo test` command matches a test.
mod commands;

/// Every link leads to a file, and to a heading in it.
mod links;

/// SECURITY.md names a test for every promise.
mod promises;

/// Recipes are described and checked.
mod recipes;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use regex::Regex;
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

/// The names of all tests in the sources: those of the suite and unit tests.
pub fn tests_of_all_crates() -> BTreeSet<String> {
    let test = Regex::new(r"(?m)#\[test\]\n(?:\s*#\[[^\n]*\n)*\s*fn (\w+)\(").unwrap();
    let mut names = BTreeSet::new();
    for folder in ["tests", "stub", "packer"] {
        let files = WalkDir::new(Path::new(ROOT).join(folder)).into_iter().map(Result::unwrap);
        for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "rs")) {
            let source = std::fs::read_to_string(file.path()).unwrap();
            names.extend(test.captures_iter(&source).map(|found| found[1].to_owned()));
        }
    }
    names
}
