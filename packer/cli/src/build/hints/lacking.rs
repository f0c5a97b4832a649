//! What an error of an interpreter or a loader says is lacking.

/// A module or library that a program did not find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// A Python module, by its dotted name.
    Module(String),
    /// A shared library, by the name that the loader looks for.
    Library(String),
    /// A version of a library of the C library or the compiler.
    Version {
        /// The library: `libstdc++.so.6`.
        library: String,
        /// The version: `GLIBCXX_3.4.32`.
        version: String,
    },
}

impl Lacking {
    /// The one that the last line with such an error names.
    pub fn named_in(output: &str) -> Option<Self> {
        output.lines().rev().find_map(Self::named_in_line)
    }

    fn named_in_line(line: &str) -> Option<Self> {
        let line = line.trim();
        // CPython: "No module named 'a.b'", "No module named 'a.b'; 'a' is not a package"; runpy:
        // "No module named a.b".
        if let Some((_, rest)) = line.split_once("No module named ") {
            let rest = rest.trim_start_matches('\'');
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'));
            let name = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
            return (!name.is_empty()).then(|| Self::Module(name.to_owned()));
        }
        // glibc: "libx.so.1: cannot open shared object file: No such file or directory". Python puts
        // the exception before it, a program its own name and "error while loading shared libraries".
        if let Some((before, _)) = line.split_once(": cannot open shared object file") {
            let name = before.rsplit(": ").next()?;
            let name = name.rsplit('/').next()?;
            return name.contains(".so").then(|| Self::Library(name.to_owned()));
        }
        // The list of glibc's loader: "libx.so.1 => not found".
        if let Some(library) = line.strip_suffix(" => not found") {
            return Some(Self::Library(library.to_owned()));
        }
        // glibc: "/lib/libm.so.6: version `GLIBC_2.38' not found (required by /x.so)".
        let (before, rest) = line.split_once(": version `")?;
        let (version, rest) = rest.split_once('\'')?;
        rest.starts_with(" not found").then_some(())?;
        let library = before.rsplit(['/', ' ']).next()?;
        Some(Self::Version { library: library.to_owned(), version: version.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_interpreter_and_loader_name_what_is_lacking() {
        let module = |name: &str| Some(Lacking::Module(name.into()));
        let library = |name: &str| Some(Lacking::Library(name.into()));
        for (line, expected) in [
            ("ModuleNotFoundError: No module named 'yaml'", module("yaml")),
            ("ModuleNotFoundError: No module named 'a.b'; 'a' is not a package", module("a.b")),
            ("/x/bin/python3: No module named flask.nope", module("flask.nope")),
            ("/x/bin/python3: No module named flask.nope.", module("flask.nope")),
            (
                "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
                library("libGL.so.1"),
            ),
            (
                "/x/tool: error while loading shared libraries: libz.so.1: cannot open shared object file: No such file or directory",
                library("libz.so.1"),
            ),
            (
                "OSError: /opt/libx.so: cannot open shared object file: No such file or directory",
                library("libx.so"),
            ),
            (
                "ImportError: /lib/libm.so.6: version `GLIBC_2.99' not found (required by /x/a.so)",
                Some(Lacking::Version {
                    library: "libm.so.6".into(),
                    version: "GLIBC_2.99".into(),
                }),
            ),
            ("\tlibz.so.1 => not found", library("libz.so.1")),
            ("ValueError: No module was given", None),
            ("FileNotFoundError: cannot open shared object file", None),
        ] {
            assert_eq!(Lacking::named_in(&format!("first\n  {line}\nlast")), expected, "{line}");
        }
    }

    #[test]
    fn the_last_error_counts() {
        let output = "ModuleNotFoundError: No module named 'a'\n\nDuring handling …\n\nModuleNotFoundError: No module named 'b'\n";
        assert_eq!(Lacking::named_in(output), Some(Lacking::Module("b".into())));
    }
}
