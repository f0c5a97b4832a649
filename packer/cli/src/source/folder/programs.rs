//! The programs of a folder: the files that are run, not imported.

use std::fs;
use std::path::Path;

use super::super::error::Error;
use super::super::script::{Pep723, is_python_script};
use super::Kind;

/// The file that `python DIRECTORY` runs.
const MAIN: &str = "__main__.py";
/// The command of a Django project.
const MANAGE: &str = "manage.py";
/// Names of the program among files that do not say whether they are one.
const USUAL: [&str; 3] = ["main.py", "app.py", "cli.py"];
/// Files that tools run.
const TOOLS: [&str; 4] = ["setup.py", "conftest.py", "noxfile.py", "__init__.py"];

/// A file that is run.
pub(super) struct Program {
    pub(super) name: String,
    pub(super) metadata: Option<Pep723>,
}

/// The Python files in a directory.
pub(super) struct Found {
    /// How it starts; `None` if nothing in it is a program.
    pub(super) kind: Option<Kind>,
    /// Sorted: first the usual names.
    pub(super) programs: Vec<Program>,
    /// The other files, sorted.
    pub(super) modules: Vec<String>,
}

/// Looks at the Python files directly in `directory`.
pub(super) fn find(directory: &Path) -> Result<Found, Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_candidate = matches!(extension, Some("py" | "pyw")) && !is_tools(&name);
        if is_candidate && path.is_file() {
            let bytes = fs::read(&path).map_err(|source| Error::Read { path, source })?;
            files.push((name, bytes));
        }
    }
    files.sort();
    let bytes = |name: &str| files.iter().find(|(file, _)| file == name).map(|(_, bytes)| bytes);
    let is_django = bytes(MANAGE).is_some_and(|bytes| contains(bytes, "DJANGO_SETTINGS_MODULE"));
    let (kind, chosen): (_, Vec<String>) = if is_django {
        (Kind::Django, vec![MANAGE.into()])
    } else if bytes(MAIN).is_some() {
        let is_package = directory.join("__init__.py").is_file();
        (if is_package { Kind::Package } else { Kind::Main }, vec![MAIN.into()])
    } else {
        (Kind::Scripts, programs(directory, &files))
    };
    let mut programs = Vec::new();
    for name in chosen {
        let text = String::from_utf8_lossy(bytes(&name).map_or(&[][..], |bytes| bytes));
        let metadata = Pep723::parse(&directory.join(&name), &text)?;
        programs.push(Program { name, metadata });
    }
    let is_program = |name: &String| programs.iter().any(|program| program.name == *name);
    let modules = files.iter().map(|(name, _)| name).filter(|name| !is_program(name));
    let modules = modules.cloned().collect();
    Ok(Found { kind: (!programs.is_empty()).then_some(kind), programs, modules })
}

/// The files that say that they are programs; else the only one, or the one with a usual name.
fn programs(directory: &Path, files: &[(String, Vec<u8>)]) -> Vec<String> {
    let own = directory.file_name().unwrap_or_default().to_string_lossy();
    let usual = |name: &String| {
        let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
        if stem == own {
            Some(0)
        } else {
            USUAL.iter().position(|known| name == known).map(|n| n + 1)
        }
    };
    let is_program = |bytes: &[u8]| is_python_script(bytes) || has_guard(bytes);
    let programs = files.iter().filter(|(_, bytes)| is_program(bytes));
    let mut found: Vec<String> = programs.map(|(name, _)| name.clone()).collect();
    if found.is_empty() {
        let names = files.iter().map(|(name, _)| name);
        let likely = names.filter(|name| files.len() == 1 || usual(name).is_some());
        found = likely.cloned().collect();
        found.sort_by_key(|name| usual(name));
        found.truncate(1);
    }
    found.sort_by_key(|name| usual(name).unwrap_or(usize::MAX));
    found
}

/// Whether there is an `if __name__ == "__main__"`.
fn has_guard(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.lines().any(|line| {
        line.starts_with("if ") && line.contains("__name__") && line.contains("__main__")
    })
}

fn is_tools(name: &str) -> bool {
    TOOLS.contains(&name) || name.starts_with("test_") || name.ends_with("_test.py")
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}
