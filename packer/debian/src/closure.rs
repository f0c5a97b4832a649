//! The packages of a Python: itself, the rest of its standard library, and the libraries of both.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::index::{Index, Package};

/// Packages without which Debian's standard library is not whole, where the suite has them. Those of a
/// Python depend on the package `python3` only for its name.
const MORE: [&str; 7] = [
    "libgcc-s1",
    "libstdc++6",
    "ncurses-base",
    "python3-distutils",
    "python3-gdbm",
    "python3-lib2to3",
    "python3-tk",
];

/// Starts of the names of packages that may be unpacked. Others configure a system, or have programs
/// that no archive starts.
const STARTS: [&str; 4] = ["lib", "python3", "tcl", "tk"];
/// Other packages that may be unpacked.
const OTHERS: [&str; 2] = ["ncurses-base", "zlib1g"];
/// Packages that stand for the suite's default Python, which may be another one, and programs.
const NEVER: [&str; 4] = ["libpython3-stdlib", "libc-bin", "python3-minimal", "libc-l10n"];

/// The packages that are to be unpacked.
#[derive(Debug)]
pub struct Selection {
    /// The package of the interpreter, which is one of `packages`.
    pub python: Package,
    /// The packages, by name.
    pub packages: Vec<Package>,
}

impl Selection {
    /// The identity (32 hex digits) of the unpacked files.
    pub fn key(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{}\n", crate::tree::VERSION).as_bytes());
        for Package { name, sha256, .. } in &self.packages {
            hasher.update(format!("{name} {sha256}\n").as_bytes());
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

/// Whether the list entry of the package `name` is of use.
pub(crate) fn is_wanted(name: &str) -> bool {
    STARTS.iter().any(|start| name.starts_with(start)) || OTHERS.contains(&name)
}

fn is_unpacked(name: &str) -> bool {
    is_wanted(name) && name != "python3" && !NEVER.contains(&name)
}

/// The packages of Python `minor`, or of the suite's default one.
///
/// # Errors
///
/// The suite has no such Python, or lacks a dependency.
pub(crate) fn select(
    index: &Index,
    minor: Option<&str>,
    suite: &str,
    architecture: &str,
) -> Result<Selection, Error> {
    let minor = minor.map(str::to_owned).or_else(|| default_minor(index));
    let python = minor.as_ref().map(|minor| format!("python{minor}"));
    let Some(python) = python.as_ref().and_then(|name| index.get(name)) else {
        return Err(Error::NoPython {
            suite: suite.to_owned(),
            wanted: minor.unwrap_or_else(|| "3".into()),
            architecture: architecture.to_owned(),
            has: minors(index),
        });
    };
    let mut chosen: BTreeMap<&str, &Package> = BTreeMap::new();
    let mut pending = vec![python];
    pending.extend(MORE.iter().filter_map(|name| index.get(name)));
    while let Some(package) = pending.pop() {
        if chosen.insert(&package.name, package).is_some() {
            continue;
        }
        for names in &package.depends {
            let found = names.iter().find_map(|name| index.get(name));
            match found {
                Some(found) if is_unpacked(&found.name) => pending.push(found),
                Some(_) => {}
                None if names.iter().any(|name| !is_unpacked(name)) => {}
                None => {
                    return Err(Error::Dependency {
                        package: package.name.clone(),
                        name: names.join(" | "),
                        suite: suite.to_owned(),
                    });
                }
            }
        }
    }
    let packages = chosen.into_values().cloned().collect();
    Ok(Selection { python: python.clone(), packages })
}

/// The minor version that the package `python3` depends on.
fn default_minor(index: &Index) -> Option<String> {
    let depends = &index.get("python3")?.depends;
    depends.iter().flatten().find_map(|name| minor_of(name)).map(str::to_owned)
}

/// `3.11` in `python3.11`.
fn minor_of(name: &str) -> Option<&str> {
    let minor = name.strip_prefix("python")?;
    let digits = minor.strip_prefix("3.")?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(minor)
}

/// The minor versions in the suite.
fn minors(index: &Index) -> Vec<String> {
    index.names().filter_map(minor_of).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn index(entries: &[(&str, &str)]) -> Index {
        let mut text = String::new();
        for (name, more) in entries {
            let digest = "ab".repeat(32);
            let written = writeln!(
                text,
                "Package: {name}\nVersion: 1\nArchitecture: arm64\nSHA256: {digest}\nSize: 1\n\
                 Filename: pool/{name}.deb\n{more}\n"
            );
            written.unwrap();
        }
        Index::read(text.as_bytes(), is_wanted).unwrap()
    }

    fn names(index: &Index, minor: Option<&str>) -> Result<Vec<String>, Error> {
        let selection = select(index, minor, "suite", "arm64")?;
        assert!(selection.packages.iter().any(|one| one.name == selection.python.name));
        Ok(selection.packages.into_iter().map(|package| package.name).collect())
    }

    #[test]
    fn the_default_python_comes_with_its_libraries() {
        let index = index(&[
            ("python3", "Depends: python3.11 (>= 3.11.1-1~), libpython3-stdlib"),
            ("python3.11", "Depends: libx | libnone, libcycle, media-types, libvirtual:any"),
            ("python3.12", "Depends: libother"),
            ("python3-tk", "Depends: python3 (>= 3.11), tk8.6-blt2.5"),
            ("tk8.6-blt2.5", ""),
            ("libx", "Pre-Depends: libc6"),
            ("libcycle", "Depends: libcycle2"),
            ("libcycle2", "Depends: libcycle"),
            ("libz-provider", "Provides: libvirtual (= 1)"),
            ("liba-provider", "Provides: libvirtual"),
            ("libc6", "Depends: libc-bin, debconf | debconf-2.0"),
            ("libc-bin", ""),
            ("libother", ""),
        ]);
        let expected = [
            "liba-provider",
            "libc6",
            "libcycle",
            "libcycle2",
            "libx",
            "python3-tk",
            "python3.11",
            "tk8.6-blt2.5",
        ];
        assert_eq!(names(&index, None).unwrap(), expected);
        let other = names(&index, Some("3.12")).unwrap();
        assert_eq!(other, ["libother", "python3-tk", "python3.12", "tk8.6-blt2.5"]);
        let error = names(&index, Some("3.9")).unwrap_err().to_string();
        let expected = "suite has no package python3.9 for arm64; it has 3.11, 3.12";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_missing_dependency_is_named() {
        let index = index(&[("python3.11", "Depends: libgone (>= 2)")]);
        let error = names(&index, Some("3.11")).unwrap_err().to_string();
        assert_eq!(error, "python3.11 depends on libgone, which suite doesn't have");
    }

    #[test]
    fn an_incomplete_entry_is_refused() {
        let text = "Package: libx\nVersion: 1\n\n";
        assert!(Index::read(text.as_bytes(), is_wanted).is_err());
        for file in ["/pool/x", "pool/../x", "pool//x", "pool/x?y"] {
            let text = format!(
                "Package: libx\nVersion: 1\nArchitecture: all\nSHA256: {}\nSize: 1\nFilename: {file}\n",
                "ab".repeat(32)
            );
            assert!(Index::read(text.as_bytes(), is_wanted).is_err(), "{file}");
        }
    }
}
