//! Every link in a document leads to a file of this repository, and to a heading in it; and no
//! document or comment names a file outside of the repository.

use std::path::Path;

use regex::Regex;

use super::{ROOT, files, read};

/// The anchors of a document's headings, as code hosts make them.
fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(anchor).collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut count = 0;
    for document in files("md") {
        let text = read(&document);
        let folder = Path::new(&document).parent().unwrap();
        for found in link.captures_iter(&text) {
            if found[1].contains("://") {
                continue;
            }
            let (path, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
            let file =
                if path.is_empty() { Path::new(&document).into() } else { folder.join(path) };
            assert!(Path::new(ROOT).join(&file).exists(), "{document}: {}", &found[1]);
            if !anchor.is_empty() {
                let anchors = anchors(&read(file.to_str().unwrap()));
                assert!(anchors.iter().any(|one| one == anchor), "{document}: {}", &found[1]);
            }
            count += 1;
        }
    }
    assert!(count > 20, "only {count} links");
}

#[test]
fn nothing_refers_to_files_outside_of_the_repository() {
    // In two parts, as this file is searched, too.
    let outside =
        Regex::new(concat!(r"\.\./shar", r"ed/|\bdesi", r"gn\.md|fau", r"lts\.md")).unwrap();
    for extension in ["md", "rs", "toml", "py", "sh"] {
        for file in files(extension) {
            if let Some(found) = outside.find(&read(&file)) {
                panic!("{file} refers to {}", found.as_str());
            }
        }
    }
}
