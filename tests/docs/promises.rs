//! SECURITY.md names a test for every promise.

use regex::Regex;

use super::{read, suite, tests_of_all_crates};

/// The rows of the table, each with its last column.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let is_row = |line: &&str| line.starts_with("| ") && line[2..].starts_with(char::is_numeric);
    text.lines().filter(is_row).map(|row| (row, row.split(" | ").nth(3).unwrap())).collect()
}

#[test]
fn every_test_that_is_named_exists() {
    let text = read("SECURITY.md");
    let (tests, suite) = (tests_of_all_crates(), suite());
    let name = Regex::new(r"`([a-z0-9_]+(?:::[a-z0-9_]+)*)`").unwrap();
    let rows = rows(&text);
    for (number, (row, shown_by)) in (1..).zip(&rows) {
        assert!(row.starts_with(&format!("| {number} |")), "{row}");
        let named: Vec<_> = name.captures_iter(shown_by).map(|found| found[1].to_owned()).collect();
        assert!(!named.is_empty(), "no test for {row}");
        for name in named {
            let is_module = suite.iter().any(|test| is_below(test, &name));
            let exists = tests.contains(&name) || is_module;
            assert!(exists, "promise {number}: there is no test `{name}`");
        }
    }
    assert_eq!(rows.len(), 34);
}

#[test]
fn numbers_of_tests_are_right() {
    let text = read("SECURITY.md");
    let suite = suite();
    let counted = Regex::new(r"`([a-z0-9_:]+)` \((\d+)(?: tests)?\)").unwrap();
    let mut count = 0;
    for (row, shown_by) in rows(&text) {
        for found in counted.captures_iter(shown_by) {
            let actual = suite.iter().filter(|test| is_below(test, &found[1])).count();
            assert_eq!(actual.to_string(), found[2], "`{}` in {row}", &found[1]);
            count += 1;
        }
    }
    assert!(count > 5, "only {count} numbers");
}

/// Whether a test is in a module: `hosts::host_data::x` is below `host_data`.
fn is_below(test: &str, module: &str) -> bool {
    format!("::{test}").contains(&format!("::{module}::"))
}
