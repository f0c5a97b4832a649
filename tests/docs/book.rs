//! The book in `docs/`: its table of contents, its commands, its examples of configuration.

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;

use super::{files, read};

/// The pages of the book, relative to `docs/`.
fn pages() -> BTreeSet<String> {
    let pages = files("md").into_iter();
    let pages = pages.filter_map(|path| path.strip_prefix("docs/").map(str::to_owned));
    pages.filter(|page| page != "SUMMARY.md").collect()
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let link = Regex::new(r"\]\(([^)#]+\.md)\)").unwrap();
    let summary = read("docs/SUMMARY.md");
    let listed: Vec<_> = link.captures_iter(&summary).map(|found| found[1].to_owned()).collect();
    let pages = pages();
    assert!(pages.len() > 40, "{pages:?}");
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), pages);
    assert_eq!(listed.len(), pages.len(), "a page is listed twice");
}

#[test]
fn pictures_are_what_their_script_draws() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures/draw.py");
    let drawn = Command::new("python3").args([script, "--check"]).output().unwrap();
    assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
}

#[test]
fn the_readme_can_be_read_in_one_sitting() {
    assert!(read("README.md").lines().count() <= 150);
}

/// `ci/docs` runs the blocks that these rules let through.
#[test]
fn every_block_of_commands_can_be_run_or_says_why_not() {
    let mut count = 0;
    for page in pages().iter().map(|page| format!("docs/{page}")).chain(["README.md".into()]) {
        let text = read(&page);
        let mut fence: Option<(&str, bool)> = None;
        let mut has_reason = false;
        for (line, number) in text.lines().zip(1..) {
            match fence {
                None if line.starts_with("```") => {
                    fence = Some((line.trim_start_matches('`'), has_reason));
                    count += usize::from(line == "```console");
                    has_reason = false;
                }
                None if line.trim().is_empty() => {}
                None => {
                    let is_mark = line.starts_with("<!-- not run here: ") && line.ends_with(" -->");
                    has_reason = is_mark && line.len() > "<!-- not run here:  -->".len();
                }
                Some(_) if line.starts_with("```") => fence = None,
                Some((language, _)) => {
                    let is_command = line.starts_with("$ ");
                    let is_console = language == "console";
                    assert!(!is_command || is_console, "{page}:{number}: not in a console block");
                    // A script of this repository takes minutes or hours, and needs a clone.
                    let is_long = line.starts_with("$ ci/") || line.starts_with("$ cargo ");
                    let skips = fence.is_some_and(|(_, skips)| skips) || page == "README.md";
                    assert!(!is_long || skips, "{page}:{number}: `ci/docs` has no clone");
                }
            }
        }
        assert_eq!(fence, None, "{page}: a block doesn't end");
    }
    assert!(count > 40, "only {count} blocks");
}

#[test]
fn examples_of_configuration_are_valid_toml() {
    let block = Regex::new(r"(?ms)^```toml\n(.*?)^```").unwrap();
    let mut count = 0;
    for page in pages() {
        for found in block.captures_iter(&read(&format!("docs/{page}"))) {
            let table: Result<toml::Table, _> = found[1].parse();
            assert!(table.is_ok(), "docs/{page}: {table:?}\n{}", &found[1]);
            count += 1;
        }
    }
    assert!(count > 5, "only {count} examples");
}
