//! An archive without a runtime, and the runtime file that it is given.

use std::cmp::Ordering;

use super::c_library::Need;
use super::component::Kind;
use super::document::{Manifest, Python, Role};
use crate::runtime_name::RuntimeName;
use crate::target::Target;

/// Why a runtime file does not fit an archive.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// It isn't a runtime file.
    #[error("it is not a runtime file")]
    Role,
    /// It has another interpreter, or one that is too old, or is for another target.
    #[error("it has {found}, and this archive needs {needed}")]
    Python {
        /// What the file has: `cpython 3.12.1 (cp312, bin/python3.12) for x86_64-…`.
        found: String,
        /// What the archive needs.
        needed: String,
    },
    /// It lacks parts of the standard library.
    #[error("it lacks the part `{0}` of the standard library, which this archive needs")]
    Part(String),
    /// Both have the same component.
    #[error("it and this archive both have {0}")]
    Twice(String),
}

impl Manifest {
    /// Whether an archive with this manifest takes its runtime from another file.
    pub fn is_without_runtime(&self) -> bool {
        self.runtime.is_some()
    }

    /// The name of the runtime file that an archive with this manifest needs. `None` for any other.
    pub fn runtime_name(&self) -> Option<RuntimeName> {
        if !self.is_without_runtime() {
            return None;
        }
        let Python { implementation, version, abi, .. } = &self.python;
        let target = Target::named(&self.target)?.name;
        RuntimeName::new(implementation, version, abi.as_ref()?, target)
    }

    /// The manifest of the archive with the runtime of a file that has the manifest `runtime`: its
    /// interpreter, its components, and its C library, which is used if the host's isn't suitable for
    /// both. Their members are in the runtime file.
    ///
    /// # Errors
    ///
    /// The file isn't what the archive requires.
    pub fn with_runtime(mut self, runtime: Self) -> Result<Self, Misfit> {
        let Some(needed) = self.runtime.take() else { return Err(Misfit::Role) };
        if runtime.role != Role::Runtime {
            return Err(Misfit::Role);
        }
        let (own, found) = (&self.python, &runtime.python);
        let fits = self.target == runtime.target
            && own.implementation == found.implementation
            && own.abi == found.abi
            && own.executable == found.executable
            && minor(&own.version) == minor(&found.version)
            && compare(&found.version, &needed.at_least) != Ordering::Less;
        if !fits {
            let later = format!("{} or a later {}", needed.at_least, minor(&own.version));
            return Err(Misfit::Python {
                found: describe(found, &found.version, &runtime.target),
                needed: describe(own, &later, &self.target),
            });
        }
        // A runtime without parts is one component, and doesn't say what is in it.
        let mut has = runtime.components.iter().filter(|one| one.kind == Kind::Part).peekable();
        if has.peek().is_some() {
            let has: Vec<&str> = has.map(|one| one.name.as_str()).collect();
            if let Some(part) = needed.parts.iter().find(|part| !has.contains(&part.as_str())) {
                return Err(Misfit::Part(part.clone()));
            }
        }
        self.python = runtime.python;
        self.c_library = runtime.c_library;
        if let Some(library) = &mut self.c_library {
            add_needs(&mut library.needs, needed.needs);
        }
        // The manifest's order: the C library comes last.
        let own = std::mem::take(&mut self.components);
        let mut last = None;
        for component in runtime.components {
            if own.iter().any(|one| one.digest == component.digest) {
                return Err(Misfit::Twice(component.label()));
            }
            if component.kind == Kind::CLibrary {
                last = Some(component);
            } else {
                self.components.push(component);
            }
        }
        self.components.extend(own);
        self.components.extend(last);
        Ok(self)
    }
}

impl Kind {
    /// Whether a runtime file has components of this kind, and an archive without a runtime has
    /// none.
    pub fn is_in_runtime_file(self) -> bool {
        matches!(self, Self::Runtime | Self::Part | Self::CLibrary)
    }
}

/// `cpython 3.12.1 (cp312, bin/python3.12) for x86_64-unknown-linux-gnu`
fn describe(python: &Python, version: &str, target: &str) -> String {
    let abi = python.abi.as_deref().unwrap_or("no ABI");
    format!("{} {version} ({abi}, {}) for {target}", python.implementation, python.executable)
}

/// Major and minor version: `3.12`.
fn minor(version: &str) -> &str {
    let end = version.match_indices('.').nth(1).map_or(version.len(), |(at, _)| at);
    &version[..end]
}

/// The order of two versions of the same implementation: `3.12.0rc1`, `3.12.0`, `3.12.10`.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        match (a.next().map(number), b.next().map(number)) {
            (None, None) => return Ordering::Equal,
            (a, b) if a == b => {}
            (a, b) => return a.cmp(&b),
        }
    }
}

/// A number of a version and what follows it. A pre-release comes before the release.
fn number(text: &str) -> (u32, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    (number.parse().unwrap_or(0), if rest.is_empty() { "~" } else { rest })
}

/// Adds the needs of an archive to those of its runtime, each library and prefix once, with the newer
/// version.
fn add_needs(needs: &mut Vec<Need>, archive: Vec<Need>) {
    for need in archive {
        let is_same = |one: &&mut Need| one.library == need.library && one.prefix == need.prefix;
        match needs.iter_mut().find(is_same) {
            Some(one) if compare(&one.version, &need.version) == Ordering::Less => {
                one.version = need.version;
            }
            Some(_) => {}
            None => needs.push(need),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;
    use crate::digest::Digest;
    use crate::entry_path::EntryPath;
    use crate::manifest::{CLibrary, Choice, Component, ExternalRuntime};

    fn need(library: &str, prefix: &str, version: &str) -> Need {
        Need { library: library.into(), prefix: prefix.into(), version: version.into() }
    }

    fn pair() -> (Manifest, Manifest) {
        let mut runtime = sample();
        runtime.python.abi = Some("cp312".into());
        let mut app = runtime.clone();
        let first = runtime.components[0].clone();
        let component =
            |kind, digest: &[u8]| Component { kind, digest: Digest::of(digest), ..first.clone() };
        app.components = vec![component(Kind::App, b"app"), component(Kind::Wheel, b"wheel")];
        let needs = vec![need("libc.so.6", "GLIBC_", "2.9"), need("libgcc_s.so.1", "", "")];
        app.runtime = Some(ExternalRuntime {
            at_least: "3.12.1".into(),
            needs,
            parts: vec!["sqlite3".into()],
        });
        let part = component(Kind::Part, b"part");
        runtime.components.push(Component { name: "sqlite3".into(), ..part });
        runtime.components.push(component(Kind::CLibrary, b"libc"));
        runtime.role = Role::Runtime;
        runtime.entries.clear();
        runtime.c_library = Some(CLibrary {
            choice: Choice::Auto,
            loader: EntryPath::new("lib/ld.so").unwrap(),
            needs: vec![need("libc.so.6", "GLIBC_", "2.17")],
            first: vec![],
        });
        (app, runtime)
    }

    #[test]
    fn an_archive_takes_interpreter_components_and_c_library_from_the_file() {
        let (app, mut runtime) = pair();
        runtime.python.version = "3.12.10".into();
        let digest = runtime.components[0].digest;
        let both = app.with_runtime(runtime).unwrap();
        let kinds: Vec<_> = both.components.iter().map(|one| one.kind).collect();
        assert_eq!(kinds, [Kind::Runtime, Kind::Part, Kind::App, Kind::Wheel, Kind::CLibrary]);
        assert_eq!(both.runtime().digest, digest);
        assert_eq!((both.python.version.as_str(), both.runtime.as_ref()), ("3.12.10", None));
        let needs = &both.c_library().unwrap().0.needs;
        assert_eq!(needs[0], need("libc.so.6", "GLIBC_", "2.17"), "the newer of both");
        assert_eq!(needs[1], need("libgcc_s.so.1", "", ""));
    }

    #[test]
    fn a_file_that_does_not_fit_is_refused_with_what_is_needed_and_found() {
        let misfit = |change: fn(&mut Manifest)| {
            let (app, mut runtime) = pair();
            change(&mut runtime);
            app.with_runtime(runtime).unwrap_err().to_string()
        };
        let found = misfit(|m| m.python.version = "3.12.0".into());
        assert_eq!(
            found,
            "it has cpython 3.12.0 (cp312, bin/python3.12) for x86_64-unknown-linux-gnu, and this \
             archive needs cpython 3.12.1 or a later 3.12 (cp312, bin/python3.12) for \
             x86_64-unknown-linux-gnu"
        );
        let found = misfit(|m| m.python.version = "3.12.1rc1".into());
        assert!(found.contains("it has cpython 3.12.1rc1 "), "{found}");
        let found = misfit(|m| m.python.version = "3.13.1".into());
        assert!(found.contains("needs cpython 3.12.1 or a later 3.12 "), "{found}");
        let found = misfit(|m| m.python.abi = Some("cp312t".into()));
        assert!(found.contains("(cp312t, ") && found.contains("(cp312, "), "{found}");
        let found = misfit(|m| m.target = "aarch64-unknown-linux-gnu".into());
        assert!(found.contains("for aarch64-unknown-linux-gnu, and this archive needs"), "{found}");
        assert!(misfit(|m| m.python.implementation = "pypy".into()).starts_with("it has pypy"));
        assert_eq!(misfit(|m| m.role = Role::Application), "it is not a runtime file");
        let found = misfit(|m| m.components[0].digest = Digest::of(b"wheel"));
        assert_eq!(found, "it and this archive both have runtime-cpython-3.12.1");
        let found = misfit(|m| m.components[1].name = "ssl".into());
        let lacks = "it lacks the part `sqlite3` of the standard library, which this archive needs";
        assert_eq!(found, lacks);
    }

    #[test]
    fn a_runtime_in_one_component_may_have_every_part() {
        let (app, mut runtime) = pair();
        runtime.components.retain(|one| one.kind != Kind::Part);
        assert!(app.with_runtime(runtime).is_ok());
    }

    #[test]
    fn versions_are_compared_by_number() {
        for (a, b) in [("3.12.9", "3.12.10"), ("3.14.0a7", "3.14.0"), ("3.14.0b1", "3.14.0rc2")] {
            assert_eq!(compare(a, b), Ordering::Less, "{a} {b}");
        }
        assert_eq!(compare("3.12.1", "3.12.1"), Ordering::Equal);
    }
}
