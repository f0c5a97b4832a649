//! SECURITY.md names a test for every promise.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;
use walkdir::WalkDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The names of all tests, and of the suite's modules.
fn tests() -> BTreeSet<String> {
    let test = Regex::new(r"(?m)#\[test\]\n(?:\s*#\[[^\n]*\n)*\s*fn (\w+)\(").unwrap();
    let modules = Regex::new(r"(?m)^mod (\w+);").unwrap();
    let mut names = BTreeSet::new();
    for folder in ["tests", "stub", "packer"] {
        let files = WalkDir::new(Path::new(ROOT).join(folder)).into_iter().map(Result::unwrap);
        for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "rs")) {
            let source = fs::read_to_string(file.path()).unwrap();
            names.extend(test.captures_iter(&source).map(|found| found[1].to_owned()));
            if folder == "tests" {
                let parent = file.path().parent().unwrap().file_name().unwrap().to_string_lossy();
                let place = if parent == "tests" { String::new() } else { format!("{parent}::") };
                let found = modules.captures_iter(&source);
                names.extend(found.map(|found| format!("{place}{}", &found[1])));
            }
        }
    }
    names
}

#[test]
fn every_test_that_is_named_exists() {
    let text = fs::read_to_string(Path::new(ROOT).join("SECURITY.md")).unwrap();
    let (tests, name) = (tests(), Regex::new(r"`([a-z0-9_]+(?:::[a-z0-9_]+)?)`").unwrap());
    let rows = text
        .lines()
        .filter(|line| line.starts_with("| ") && line[2..].starts_with(char::is_numeric));
    let mut numbers = 0;
    for row in rows {
        numbers += 1;
        assert!(row.starts_with(&format!("| {numbers} |")), "{row}");
        let shown_by = row.split(" | ").nth(3).unwrap();
        let named: Vec<_> = name.captures_iter(shown_by).map(|found| found[1].to_owned()).collect();
        assert!(!named.is_empty(), "no test for {row}");
        for test in named {
            assert!(tests.contains(&test), "promise {numbers}: there is no test `{test}`");
        }
    }
    assert_eq!(numbers, 30);
}
