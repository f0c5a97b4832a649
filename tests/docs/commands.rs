//! Every `cargo test` command in the documents matches a test. In a table, `… NAME` abbreviates the
//! command before it.

use regex::Regex;

use super::{read, suite};

const DOCUMENTS: [&str; 3] = ["README.md", "SECURITY.md", "CONTRIBUTING.md"];

#[test]
fn every_filter_of_the_suite_matches_a_test() {
    let suite = suite();
    let command =
        Regex::new(r"`(?:cargo test -p snakecrate --test suite|…) ([a-z0-9_:]+)`").unwrap();
    let mut count = 0;
    for document in DOCUMENTS {
        for found in command.captures_iter(&read(document)) {
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
    for document in DOCUMENTS {
        for line in command.find_iter(&read(document)) {
            for found in word.captures_iter(line.as_str()) {
                assert!(names.contains(&found[1].to_owned()), "{document}: {}", line.as_str());
            }
        }
    }
}
