//! The modules that a script imports from its own directory, which is the first on its search path.
//!
//! Import statements lead to modules, and those to others. Packages are packed with all their
//! files, data too. Files that a script opens by path are not found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_format::entry_path::EntryPath;
use walkdir::WalkDir;

use super::error::Error;
use super::project::SKIPPED;
use snakecrate_base::APP;
use snakecrate_base::tree::{Mode, Tree};
use snakecrate_platform::file::is_executable;
use snakecrate_runtime::Scanner;

/// The script at `path` and its siblings, below [`APP`].
pub(super) fn tree(path: &Path, scanner: &Scanner<'_>) -> Result<Tree, Error> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut found = Found { directory, scanner, tree: Tree::default(), seen: BTreeSet::new() };
    let mut waiting = found.add(path)?;
    while let Some(module) = waiting.pop_first() {
        if found.seen.insert(module.clone()) {
            for file in files_of(directory, &module) {
                waiting.extend(found.add(&file)?);
            }
        }
    }
    Ok(found.tree)
}

struct Found<'a> {
    directory: &'a Path,
    scanner: &'a Scanner<'a>,
    tree: Tree,
    seen: BTreeSet<String>,
}

impl Found<'_> {
    /// Adds a file. Returns the modules that it imports.
    fn add(&mut self, path: &Path) -> Result<BTreeSet<String>, Error> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let relative = path.strip_prefix(self.directory).unwrap_or(path);
        let place = EntryPath::new(&format!("{APP}/{}", relative.to_string_lossy()))
            .map_err(|source| Error::Name { path: path.to_owned(), source })?;
        let bytes = fs::read(path).map_err(read)?;
        let nested = relative.components().count() > 1;
        let executable = is_executable(&fs::metadata(path).map_err(read)?);
        // The script and modules beside it are not executed as programs.
        let mode = if executable && nested { Mode::Executable } else { Mode::Plain };
        let is_source = !nested || matches!(place.extension(), "py" | "pyw");
        // A source that does not parse cannot run, and imports nothing.
        let statements = if is_source { self.scanner.scan(&bytes)?.statements() } else { None };
        self.tree.insert_file(place, mode, bytes);
        Ok(statements.map(|found| found.top_level_modules()).unwrap_or_default())
    }
}

/// The files of a module in `directory`, as the interpreter would choose it. None if it isn't
/// there.
fn files_of(directory: &Path, module: &str) -> Vec<PathBuf> {
    let package = directory.join(module);
    let files = || package_files(&package);
    if package.join("__init__.py").is_file() {
        return files();
    }
    let extension = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let rest = name.strip_prefix(module).unwrap_or_default();
        rest.starts_with('.') && path.extension().is_some_and(|extension| extension == "so")
    };
    let beside = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    if let Some(found) = beside.filter(extension).min() {
        return vec![found];
    }
    let file = directory.join(format!("{module}.py"));
    if file.is_file() {
        return vec![file];
    }
    // Any directory of that name is a namespace package, but only one with modules is meant.
    let all = if package.is_dir() { files() } else { Vec::new() };
    let is_module = |path: &PathBuf| path.extension().is_some_and(|e| e == "py" || e == "so");
    if all.iter().any(is_module) { all } else { Vec::new() }
}

fn package_files(package: &Path) -> Vec<PathBuf> {
    let wanted = |entry: &walkdir::DirEntry| {
        let name = entry.file_name().to_string_lossy();
        let skipped = name.starts_with('.')
            || name.ends_with(".pyc")
            || entry.file_type().is_dir() && SKIPPED.contains(&&*name);
        entry.depth() == 0 || !skipped
    };
    let all = WalkDir::new(package).follow_links(true).sort_by_file_name().into_iter();
    let files = all.filter_entry(wanted).filter_map(Result::ok);
    files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::interpreter;
    use super::*;
    use snakecrate_runtime::Workers;

    fn packed(files: &[(&str, &str)]) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let workers = Workers::new(&interpreter());
        let scanner = Scanner::new(&workers);
        let tree = tree(&directory.path().join("tool.py"), &scanner).unwrap();
        tree.iter().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn a_script_without_siblings_is_alone() {
        let files = [("tool.py", "import os, json\n"), ("other.py", ""), ("data.txt", "")];
        assert_eq!(packed(&files), ["app/tool.py"]);
    }

    #[test]
    fn imported_modules_come_along_and_what_they_import() {
        let files = [
            ("tool.py", "import helper\nfrom pkg.inner import x\n"),
            ("helper.py", "def f():\n    import deep, tool\n"),
            ("deep.py", ""),
            ("unused.py", ""),
            ("pkg/__init__.py", ""),
            ("pkg/inner.py", "import used_by_package"),
            ("pkg/data/table.csv", "1"),
            ("pkg/__pycache__/inner.cpython-312.pyc", ""),
            ("used_by_package.py", ""),
        ];
        assert_eq!(
            packed(&files),
            [
                "app/deep.py",
                "app/helper.py",
                "app/pkg/__init__.py",
                "app/pkg/data/table.csv",
                "app/pkg/inner.py",
                "app/tool.py",
                "app/used_by_package.py",
            ]
        );
    }

    #[test]
    fn a_directory_of_the_name_is_a_package_only_with_modules() {
        let script = ("tool.py", "import docker, parts\n");
        let files = [script, ("docker/Dockerfile", "FROM x"), ("parts/one.py", "")];
        assert_eq!(packed(&files), ["app/parts/one.py", "app/tool.py"]);
    }
}
