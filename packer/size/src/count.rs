//! How many components, native libraries, importable modules and executables there are.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers of things in an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Components.
    pub components: usize,
    /// Files and links.
    pub files: usize,
    /// Shared libraries, extension modules included.
    pub native_libraries: usize,
    /// Those of them that are extension modules.
    pub extension_modules: usize,
    /// Modules that can be imported.
    pub modules: usize,
    /// Programs and scripts.
    pub executables: usize,
}

/// The names of the modules among the files of an environment.
#[derive(Debug, Default)]
pub(crate) struct Modules(BTreeSet<String>);

impl Modules {
    /// Takes the file at `path`. Returns whether it is a module.
    pub(crate) fn add(&mut self, path: &str) -> bool {
        let name = module(path);
        let is_module = name.is_some();
        self.0.extend(name);
        is_module
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// The name of the module in the file at `path` of an environment or a runtime.
pub(crate) fn module(path: &str) -> Option<String> {
    let path = below_search_path(path)?;
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, suffix) = file.split_once('.')?;
    let is_code = matches!(suffix, "py" | "pyc" | "so")
        // `_x.cpython-312-x86_64-linux-gnu.so`, `_x.abi3.so`
        || suffix.strip_suffix(".so").is_some_and(|tag| !tag.contains('.'));
    let names = directory.split('/').filter(|name| !name.is_empty());
    let mut names: Vec<&str> = names.chain([stem]).collect();
    if !is_code || !names.iter().all(|name| is_identifier(name)) || names.contains(&"__pycache__") {
        return None;
    }
    if names.len() > 1 && names.last() == Some(&"__init__") {
        names.pop();
    }
    Some(names.join("."))
}

/// The path below the directory of `sys.path` that has it.
fn below_search_path(path: &str) -> Option<&str> {
    if let Some(rest) = path.strip_prefix("app/") {
        return Some(rest);
    }
    let rest = path.strip_prefix("lib/python")?;
    let (version, rest) = rest.split_once('/')?;
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let roots = ["site-packages/", "dist-packages/", "lib-dynload/"];
    Some(roots.iter().find_map(|root| rest.strip_prefix(root)).unwrap_or(rest))
}

fn is_identifier(name: &str) -> bool {
    let is_start = |c: char| c == '_' || c.is_alphabetic();
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_numeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_the_names_that_import_takes() {
        let name = |path| module(path).unwrap_or_default();
        assert_eq!(name("lib/python3.12/os.py"), "os");
        assert_eq!(name("lib/python3.12/email/__init__.py"), "email");
        assert_eq!(
            name("lib/python3.13t/lib-dynload/_ssl.cpython-313t-x86_64-linux-gnu.so"),
            "_ssl"
        );
        assert_eq!(name("lib/python3.12/site-packages/a/b.abi3.so"), "a.b");
        assert_eq!(name("lib/python3.12/site-packages/a/c.pyc"), "a.c");
        assert_eq!(name("app/tool.py"), "tool");
        for path in [
            "lib/python3.12/site-packages/a/__pycache__/b.cpython-312.pyc",
            "lib/python3.12/site-packages/a-1.dist-info/x.py",
            "lib/python3.12/site-packages/a.libs/libz.so.1",
            "lib/libpython3.12.so.1.0",
            "boot/hello.py",
            "lib/python3.12/site-packages/a/data.json",
        ] {
            assert_eq!(name(path), "", "{path}");
        }
    }
}
