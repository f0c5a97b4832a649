//! Every recipe is described, listed, and checked by `ci/recipes`.

use std::collections::BTreeSet;
use std::path::Path;

use regex::Regex;

use super::{ROOT, read};

/// The directories of `examples/recipes`.
fn recipes() -> BTreeSet<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join("examples/recipes")).unwrap();
    let entries = entries.map(Result::unwrap).filter(|entry| entry.path().is_dir());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

/// The first group of each match.
fn found(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

#[test]
fn every_recipe_is_in_the_tables_and_has_a_page() {
    let recipes = recipes();
    assert!(recipes.len() >= 9, "{recipes:?}");
    assert_eq!(found(r"/examples/recipes/(\w+)\)", &read("docs/how-to/operations.md")), recipes);
    let table = found(r"(?m)^\| \[\w+\]\((\w+)\) \|", &read("examples/recipes/README.md"));
    assert_eq!(table, recipes);
    for recipe in recipes {
        let page = read(&format!("examples/recipes/{recipe}/README.md"));
        assert!(page.contains(&format!("`ci/recipes {recipe}`")), "{recipe}");
    }
}

#[test]
fn every_recipe_has_a_check() {
    let entries = std::fs::read_dir(Path::new(ROOT).join("ci/recipes.d")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let checked: BTreeSet<_> =
        names.filter_map(|name| name.strip_suffix(".sh").map(str::to_owned)).collect();
    assert_eq!(checked, recipes());
}
