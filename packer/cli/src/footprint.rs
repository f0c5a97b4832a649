//! What a proof loaded, as an input of a build that packs nothing else (`--only-proven`).

use std::collections::BTreeSet;
use std::fmt;

use snakecrate_base::APP;
use snakecrate_format::digest::Digest;

/// The directory of extension modules in a standard library.
const DYNLOAD: &str = "lib-dynload/";

/// The directories of an environment that have modules.
#[derive(Debug, Clone)]
pub struct Places {
    /// The standard library: `lib/python3.12`.
    pub library: String,
    /// Distributions: `lib/python3.12/site-packages`.
    pub site: String,
}

/// The code that the proof of a whole archive loaded.
///
/// Modules and libraries without evidence are left out, and the data of packages that nothing imported. Other
/// data stays: no proof says what reads it.
pub struct Footprint {
    digest: Digest,
    places: Places,
    /// Paths of code in the archive that was loaded; bytecode counts as its source.
    loaded: BTreeSet<String>,
    /// Directories of packages that were not.
    unused: BTreeSet<String>,
    /// Dotted names of the modules in the archive that were not loaded.
    missing: BTreeSet<String>,
}

/// The number of an archive's files of code, and of those that were loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Those that were loaded.
    pub loaded: usize,
    /// All.
    pub all: usize,
}

impl Footprint {
    /// The footprint of an archive whose files are at `paths`, and whose proof loaded the files `loaded`: paths in
    /// the archive, or absolute ones outside.
    pub fn new<'a>(
        loaded: impl Iterator<Item = &'a str>,
        paths: impl Iterator<Item = String>,
        places: Places,
    ) -> Self {
        let all: BTreeSet<String> =
            paths.filter(|path| is_code(path)).map(|path| source_of(&path)).collect();
        let mut loaded: BTreeSet<String> =
            loaded.map(source_of).filter(|path| all.contains(path)).collect();
        // An import of a module imports its packages, apart from frozen modules. Without them, their directories
        // would be namespace packages.
        let packages: Vec<String> = loaded
            .iter()
            .flat_map(|path| ancestors(path))
            .map(|directory| format!("{directory}/__init__.py"))
            .filter(|path| all.contains(path))
            .collect();
        loaded.extend(packages);
        let absent = || all.iter().filter(|path| !loaded.contains(*path));
        let unused: BTreeSet<String> = absent().filter_map(|path| package(path)).collect();
        let missing = absent().filter_map(|path| places.module(path)).collect();
        let contents = serde_json::to_vec(&(&loaded, &unused)).unwrap_or_default();
        Self { digest: Digest::of(&contents), places, loaded, unused, missing }
    }

    /// Whether the file at `path` of an archive is left out.
    pub fn leaves_out(&self, path: &str) -> bool {
        if self.loaded.contains(&source_of(path)) {
            return false;
        }
        let is_own =
            |place: &str| path.strip_prefix(place).is_some_and(|below| below.starts_with('/'));
        // Elsewhere, code is data of programs, or the runtime's, which follows its modules.
        if !is_own(&self.places.site) && !is_own(APP) {
            return false;
        }
        is_code(path) || ancestors(path).any(|directory| self.unused.contains(directory))
    }

    /// The dotted names of the standard library's modules that were loaded from files.
    pub fn library_modules(&self) -> BTreeSet<String> {
        let below = |path: &String| self.places.library_module(path);
        self.loaded.iter().filter_map(below).collect()
    }

    /// The dotted names of the modules that are left out.
    pub fn missing(&self) -> &BTreeSet<String> {
        &self.missing
    }

    /// Its modules.
    pub fn modules(&self) -> Share {
        let loaded = self.loaded.iter().filter(|path| self.places.module(path).is_some()).count();
        Share { loaded, all: loaded + self.missing.len() }
    }
}

impl fmt::Debug for Footprint {
    /// Its digest: cached components are found by it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Footprint({})", self.digest.key())
    }
}

impl Places {
    /// The dotted name of the module at `path`.
    fn module(&self, path: &str) -> Option<String> {
        let below = |place: &str| path.strip_prefix(place)?.strip_prefix('/');
        let site = below(&self.site).or_else(|| below(APP)).and_then(dotted);
        site.or_else(|| self.library_module(path))
    }

    /// The dotted name of the module at `path` of the standard library.
    fn library_module(&self, path: &str) -> Option<String> {
        if path.starts_with(&self.site) {
            return None;
        }
        let below = path.strip_prefix(&self.library)?.strip_prefix('/')?;
        dotted(below.strip_prefix(DYNLOAD).unwrap_or(below))
    }
}

/// The name of the module at `path` below a directory of `sys.path`: `a.b` for `a/b.py`, `a/b.cpython-312-….so`
/// and `a/b/__init__.py`. `None` if it isn't one.
fn dotted(path: &str) -> Option<String> {
    let (directory, file) = path.rsplit_once('/').map_or(("", path), |(a, b)| (a, b));
    let (stem, end) = file.split_once('.')?;
    if end != "py" && !end.ends_with("so") {
        return None;
    }
    let parts = directory.split('/').filter(|part| !part.is_empty());
    let parts: Vec<&str> = parts.chain((stem != "__init__").then_some(stem)).collect();
    let is_name = |part: &&str| part.chars().all(|c| c.is_alphanumeric() || c == '_');
    (!parts.is_empty() && parts.iter().all(is_name)).then(|| parts.join("."))
}

/// The directory of the package that the file at `path` initialises.
fn package(path: &str) -> Option<String> {
    let (directory, file) = path.rsplit_once('/')?;
    file.starts_with("__init__.").then(|| directory.to_owned())
}

/// Whether the file at `path` is a module or a library, by its name.
fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_module = |end: &str| matches!(end, "py" | "pyc");
    name.rsplit_once('.').is_some_and(|(_, end)| is_module(end)) || is_library(path)
}

/// Whether the file at `path` is a library: `a.so`, `liba.so.1.2`.
fn is_library(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').is_some_and(|(_, end)| end == "so") || name.contains(".so.")
}

/// The path of the source whose bytecode is at `path`, else `path`.
fn source_of(path: &str) -> String {
    let Some(stem) = path.strip_suffix(".pyc") else { return path.to_owned() };
    match stem.rsplit_once("__pycache__/") {
        Some((directory, name)) => {
            format!("{directory}{}.py", name.split('.').next().unwrap_or(name))
        }
        None => format!("{stem}.py"),
    }
}

/// The directories that `path` is in.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "lib/python3.12/site-packages";

    fn footprint(loaded: &[&str], others: &[&str]) -> Footprint {
        let places = Places { library: "lib/python3.12".into(), site: SITE.into() };
        let paths = loaded.iter().chain(others).map(|&path| path.to_owned());
        Footprint::new(loaded.iter().copied(), paths, places)
    }

    fn in_site(path: &str) -> String {
        format!("{SITE}/{path}")
    }

    #[test]
    fn modules_and_libraries_without_evidence_are_left_out() {
        let used = [in_site("a/__init__.py"), in_site("a/b.py"), in_site("a.libs/libz-1.so.1")];
        let unused = [
            in_site("a/c.py"),
            in_site("a/_d.cpython-312-x86_64-linux-gnu.so"),
            in_site("a.libs/libq.so.2.1"),
            "app/tool.py".into(),
        ];
        let used: Vec<&str> = used.iter().map(String::as_str).collect();
        let unused: Vec<&str> = unused.iter().map(String::as_str).collect();
        let footprint = footprint(&used, &unused);
        assert!(used.iter().all(|path| !footprint.leaves_out(path)));
        assert!(unused.iter().all(|path| footprint.leaves_out(path)));
        assert!(!footprint.leaves_out(&in_site("a/__pycache__/b.cpython-312.pyc")));
        assert_eq!(Vec::from_iter(footprint.missing()), ["a._d", "a.c", "tool"]);
        assert_eq!(footprint.modules(), Share { loaded: 2, all: 5 });
    }

    #[test]
    fn data_goes_with_packages_that_nothing_imported() {
        let (used, unused) = (in_site("a/__init__.py"), in_site("a/b/__init__.py"));
        let footprint = footprint(&[&used], &[&unused]);
        for path in ["a/b/data.json", "a/b/c/data.json"] {
            assert!(footprint.leaves_out(&in_site(path)), "{path}");
        }
        for path in ["a/data.json", "b/data.json", "a-1.0.dist-info/METADATA"] {
            assert!(!footprint.leaves_out(&in_site(path)), "{path}");
        }
        for path in ["share/a/template.py", "bin/tool"] {
            assert!(!footprint.leaves_out(path), "{path}");
        }
    }

    #[test]
    fn bytecode_without_source_is_a_module() {
        let (used, unused) = (in_site("a.pyc"), in_site("b.pyc"));
        let footprint = footprint(&[&used], &[&unused]);
        assert!(!footprint.leaves_out(&in_site("a.py")));
        assert!(footprint.leaves_out(&in_site("b.py")) && footprint.leaves_out(&unused));
    }

    #[test]
    fn the_library_s_modules_have_dotted_names() {
        let used = [
            "lib/python3.12/json/__init__.py",
            "lib/python3.12/json/decoder.py",
            "lib/python3.12/lib-dynload/_json.cpython-312-x86_64-linux-gnu.so",
            "lib/libz.so.1",
        ];
        let footprint = footprint(&used, &["lib/python3.12/json/tool.py"]);
        let modules = footprint.library_modules();
        assert_eq!(Vec::from_iter(&modules), ["_json", "json", "json.decoder"]);
        assert_eq!(Vec::from_iter(footprint.missing()), ["json.tool"]);
    }

    /// `importlib._bootstrap_external` is frozen and has a file; nothing had imported `importlib` itself.
    #[test]
    fn a_package_of_a_loaded_module_became_a_namespace_package() {
        let [used, unused] = ["_bootstrap_external", "util"]
            .map(|name| format!("lib/python3.12/importlib/{name}.py"));
        let package = "lib/python3.12/importlib/__init__.py";
        let footprint = footprint(&[&used], &[package, &unused]);
        let modules = footprint.library_modules();
        assert_eq!(Vec::from_iter(&modules), ["importlib", "importlib._bootstrap_external"]);
        assert_eq!(Vec::from_iter(footprint.missing()), ["importlib.util"]);
    }

    #[test]
    fn evidence_that_does_not_matter_changes_no_digest() {
        let (used, unused) = (in_site("a.py"), in_site("b.py"));
        let one = footprint(&[&used], &[&unused]);
        let places = Places { library: "lib/python3.12".into(), site: SITE.into() };
        let loaded = [&*used, "/usr/lib/libc.so.6", "lib/python3.12/gone.py"];
        let other =
            Footprint::new(loaded.into_iter(), [used.clone(), unused.clone()].into_iter(), places);
        assert_eq!(format!("{one:?}"), format!("{other:?}"));
        assert_ne!(format!("{one:?}"), format!("{:?}", footprint(&[&used, &unused], &[])));
    }
}
