//! The places of a wheel's files in an environment.

use snakecrate_format::entry_path::EntryPath;

use super::error::Kind;
use super::filename::normalize;
use snakecrate_base::python::Interpreter;

/// The directory of scripts.
pub(crate) const BIN: &str = "bin";

/// Directories of a wheel and of the environment.
#[derive(Debug)]
pub(crate) struct Layout {
    /// `demo-1.0.dist-info`.
    pub(crate) dist_info: String,
    /// `demo-1.0.data`.
    data: String,
    /// `lib/python3.12/site-packages`.
    pub(crate) site: String,
    /// `include/site/python3.12/demo`.
    headers: String,
}

/// The purpose of a file in a wheel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A script.
    Script,
    /// Anything else.
    Other,
}

impl Layout {
    /// Finds the `.dist-info` directory among `paths`.
    pub(crate) fn find<'a>(
        paths: impl Iterator<Item = &'a str>,
        name: &str,
        interpreter: &Interpreter,
    ) -> Result<Self, Kind> {
        let mut found: Vec<&str> = paths
            .filter_map(|path| path.split_once('/').map(|(top, _)| top))
            .filter(|top| top.ends_with(".dist-info"))
            .collect();
        found.sort_unstable();
        found.dedup();
        let [dist_info] = found[..] else {
            let count = if found.is_empty() { "no" } else { "more than one" };
            return Err(Kind::Metadata(format!("has {count} .dist-info directory")));
        };
        let stem = dist_info.trim_end_matches(".dist-info");
        if normalize(stem.split('-').next().unwrap_or_default()) != normalize(name) {
            return Err(Kind::Metadata(format!("is named {name} but contains {dist_info}")));
        }
        let minor = interpreter.minor();
        Ok(Self {
            dist_info: dist_info.to_owned(),
            data: format!("{stem}.data/"),
            site: interpreter.site_packages(),
            headers: format!("include/site/python{minor}/{}", normalize(name)),
        })
    }

    /// The place in the environment of the wheel's file `path`.
    pub(crate) fn place(&self, path: &str) -> Result<(EntryPath, Part), Kind> {
        let Some(rest) = path.strip_prefix(&self.data) else {
            return Ok((EntryPath::new(&format!("{}/{path}", self.site))?, Part::Other));
        };
        let Some((scheme, rest)) = rest.split_once('/') else {
            return Err(Kind::Metadata(format!("`{path}` belongs to no installation scheme")));
        };
        let (target, part) = match scheme {
            "purelib" | "platlib" => (format!("{}/{rest}", self.site), Part::Other),
            "scripts" => (format!("{BIN}/{rest}"), Part::Script),
            "headers" => (format!("{}/{rest}", self.headers), Part::Other),
            "data" => (rest.to_owned(), Part::Other),
            _ => {
                let what = format!("`{path}` belongs to an unknown installation scheme");
                return Err(Kind::Metadata(what));
            }
        };
        Ok((EntryPath::new(&target)?, part))
    }

    /// `path` below `site-packages`; a path elsewhere is returned as it is.
    pub(crate) fn below_site<'a>(&self, path: &'a EntryPath) -> &'a str {
        let rest = path.as_str().strip_prefix(&self.site);
        rest.and_then(|rest| rest.strip_prefix('/')).unwrap_or(path.as_str())
    }

    /// `path` relative to `site-packages`.
    pub(crate) fn seen_from_site(&self, path: &EntryPath) -> String {
        match path.as_str().strip_prefix(&self.site).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => rest.to_owned(),
            None => "../".repeat(self.site.split('/').count()) + path.as_str(),
        }
    }
}

/// The source of the bytecode at `path`: `a/b.py` for `a/__pycache__/b.cpython-312.pyc` and
/// for `a/b.pyc`.
pub(crate) fn source_of(path: &str) -> Option<String> {
    let stem = path.strip_suffix(".pyc").or_else(|| path.strip_suffix(".pyo"))?;
    let (directory, name) = stem.rsplit_once('/').map_or(("", stem), |(dir, name)| (dir, name));
    let parent = match directory.strip_suffix("__pycache__") {
        Some(parent) => parent.to_owned(),
        None if directory.is_empty() => String::new(),
        None => return Some(format!("{directory}/{name}.py")),
    };
    let module = name.split('.').next().unwrap_or(name);
    Some(format!("{parent}{module}.py"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel::testing::interpreter;

    fn layout() -> Layout {
        Layout::find(["Demo_X-1.dist-info/WHEEL"].into_iter(), "demo-x", &interpreter()).unwrap()
    }

    #[test]
    fn schemes_have_their_directories() {
        let place = |path: &str| layout().place(path).map(|(path, _)| path.to_string());
        let site = "lib/python3.12/site-packages";
        assert_eq!(place("a/b.py").unwrap(), format!("{site}/a/b.py"));
        assert_eq!(place("Demo_X-1.data/platlib/c.so").unwrap(), format!("{site}/c.so"));
        assert_eq!(place("Demo_X-1.data/scripts/x").unwrap(), "bin/x");
        assert_eq!(place("Demo_X-1.data/data/share/x").unwrap(), "share/x");
        assert_eq!(
            place("Demo_X-1.data/headers/x.h").unwrap(),
            "include/site/python3.12/demo-x/x.h"
        );
        assert!(place("Demo_X-1.data/other/x").is_err());
        assert!(place("Demo_X-1.data/data//etc").is_err());
        assert!(place("../x").is_err());
    }

    #[test]
    fn one_dist_info_with_the_wheels_name_is_required() {
        let find = |paths: &[&str]| {
            Layout::find(paths.iter().copied(), "demo", &interpreter()).unwrap_err().to_string()
        };
        assert_eq!(find(&["a.py"]), "has no .dist-info directory");
        assert!(find(&["a-1.dist-info/x", "b-1.dist-info/x"]).contains("more than one"));
        assert!(find(&["other-1.dist-info/x"]).contains("is named demo"));
    }

    #[test]
    fn bytecode_has_a_source() {
        assert_eq!(source_of("a/__pycache__/b.cpython-312.opt-1.pyc").unwrap(), "a/b.py");
        assert_eq!(source_of("__pycache__/b.cpython-312.pyc").unwrap(), "b.py");
        assert_eq!(source_of("a/b.pyc").unwrap(), "a/b.py");
        assert_eq!(source_of("b.pyc").unwrap(), "b.py");
        assert_eq!(source_of("b.py"), None);
    }
}
