//! Data that code names: strings that are paths of files beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use walkdir::WalkDir;

use crate::source::SKIPPED;

/// Names in a project's directory that its code doesn't read when it is installed.
const OF_DEVELOPERS: [&str; 6] = ["docs", "examples", "scripts", "src", "test", "tests"];
/// Files that are no data of an application.
const ENDS: [&str; 7] = [".py", ".pyc", ".toml", ".cfg", ".md", ".rst", ".lock"];

/// The Python files of a project, without its tests.
pub(super) fn modules(directory: &Path) -> Vec<PathBuf> {
    let is_wanted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let is_of_developers =
            entry.depth() == 1 && name != "src" && OF_DEVELOPERS.contains(&&*name);
        entry.depth() == 0
            || !name.starts_with('.') && !SKIPPED.contains(&&*name) && !is_of_developers
    };
    let files = WalkDir::new(directory).sort_by_file_name().into_iter().filter_entry(is_wanted);
    let paths = files.flatten().map(walkdir::DirEntry::into_path);
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "py")).collect()
}

/// The files and directories below `directory` that strings in `modules` name and that are `wanted`,
/// sorted, without modules and packages, which builds find by themselves.
pub(super) fn named(
    directory: &Path,
    modules: &[PathBuf],
    wanted: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = BTreeSet::new();
    for module in modules {
        let text = fs::read(module).unwrap_or_default();
        found.extend(strings(&String::from_utf8_lossy(&text)).filter_map(|text| {
            let text = text.trim_start_matches("./").trim_end_matches('/');
            (is_data(directory, text) && wanted(text)).then(|| text.to_owned())
        }));
    }
    let is_inside = |path: &String| {
        let mut above = Path::new(path).ancestors().skip(1);
        above.any(|above| above.to_str().is_some_and(|above| found.contains(above)))
    };
    found.iter().filter(|path| !is_inside(path)).cloned().collect()
}

/// Whether no part of `path` is a directory that is never part of a project's source.
pub(super) fn is_of_source(path: &str) -> bool {
    !path.split('/').any(|name| SKIPPED.contains(&name))
}

fn is_data(directory: &Path, text: &str) -> bool {
    let mut names = Path::new(text).components();
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
        _ => false,
    };
    let path = directory.join(text);
    let is_of_developers = OF_DEVELOPERS.iter().any(|name| text.split('/').next() == Some(name));
    !text.is_empty()
        && names.all(is_plain)
        && !is_of_developers
        && !ENDS.iter().any(|end| text.ends_with(end))
        && (path.is_file() || path.is_dir() && !has_modules(&path))
}

fn has_modules(directory: &Path) -> bool {
    WalkDir::new(directory)
        .max_depth(2)
        .into_iter()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "py"))
}

/// The contents of the strings on one line each. Prefixes don't matter here, and neither do escapes,
/// which names of files don't have.
fn strings(source: &str) -> impl Iterator<Item = &str> {
    static STRING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#""([^"\\\n]+)"|'([^'\\\n]+)'"#).expect("it is a regular expression")
    });
    STRING
        .captures_iter(source)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)).map(|text| text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_existing_data_is_found() {
        let root = tempfile::tempdir().unwrap();
        for file in
            ["app.py", "data.csv", "templates/a.html", "lib/__init__.py", "unused.txt", "dist/a.js"]
        {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let code = "open('data.csv'); open(\"absent.csv\"); T = HERE / 'templates' / 'a.html'\n\
                    open('./templates/a.html'); import_module('lib'); open('/etc'); open('..')\n\
                    open('dist/a.js')\n";
        let module = root.path().join("app.py");
        fs::write(&module, code).unwrap();
        let all =
            |wanted: fn(&str) -> bool| named(root.path(), std::slice::from_ref(&module), wanted);
        assert_eq!(all(is_of_source), ["data.csv", "templates"]);
        assert_eq!(all(|_| true), ["data.csv", "dist/a.js", "templates"]);
    }
}
