//! Every `cargo test` command in the documents matches a test. In a table, `… NAME` abbreviates the
//! command before it.

use regex::Regex;

use super::{files, read, suite};

/// All documents except those of examples and results.
fn documents() -> Vec<String> {
    let is_one = |path: &String| path.starts_with("docs/") || !path.contains('/');
    files("md").into_iter().filter(is_one).collect()
}

#[test]
fn every_filter_of_the_suite_matches_a_test() {
    let suite = suite();
    let command =
        Regex::new(r"`(?:cargo test -p snakecrate --test suite|…) ([a-z0-9_:]+)`").unwrap();
    let mut count = 0;
    for document in documents() {
        for found in command.captures_iter(&read(&document)) {
            let matches = suite.iter().any(|test| test.contains(&found[1]));
            assert!(matches, "{document}: no test for {}", &found[0]);
            count += 1;
        }
    }
    assert!(count > 10, "only {count} commands");
}

#[test]
fn commands_name_packages_and_targets_that_exist() {
    let command = Regex::new(r"cargo test[^`\n]*").unwrap();
    let word = Regex::new(r"(?:-p|--test) (\S+)").unwrap();
    let members = read("Cargo.toml");
    let list = Regex::new(r"(?s)members = \[(.*?)\]").unwrap();
    let folders = Regex::new("\"([^\"]+)\"").unwrap();
    let mut names = vec!["suite".to_owned()];
    for folder in folders.captures_iter(&list.captures(&members).unwrap()[1]) {
        let manifest = read(&format!("{}/Cargo.toml", &folder[1]));
        let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
        names.push(name.trim_matches('"').to_owned());
    }
    for document in documents() {
        for line in command.find_iter(&read(&document)) {
            for found in word.captures_iter(line.as_str()) {
                assert!(names.contains(&found[1].to_owned()), "{document}: {}", line.as_str());
            }
        }
    }
}
