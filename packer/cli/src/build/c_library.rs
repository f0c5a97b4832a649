//! The C library that an archive brings, and what a host must have to do without it.

use snakecrate_format::manifest::{self, Choice, Need};

use super::Error;
use super::pack::Work;
use crate::component::Packed;
use crate::settings::LibcChoice;
use snakecrate_audit::{Bundled as BundledGlibc, Object, Report};
use snakecrate_runtime::c_library::CLibrary;

/// A C library that is ready to go into an archive.
pub(super) struct Bundled {
    pub(super) version: String,
    pub(super) packed: Packed,
    pub(super) facts: manifest::CLibrary,
}

impl Bundled {
    pub(super) fn bundles(&self) -> BundledGlibc {
        let always = self.facts.choice == Choice::Bundled;
        BundledGlibc { glibc: self.version.clone(), always }
    }
}

impl Work<'_> {
    /// Packs this machine's C library for an archive with these `objects`.
    pub(super) fn c_library(
        &self,
        report: &Report,
        objects: &[Object],
    ) -> Result<Option<Bundled>, Error> {
        let choice = match self.settings.libc {
            LibcChoice::Host => return Ok(None),
            LibcChoice::Auto => Choice::Auto,
            LibcChoice::Bundled => Choice::Bundled,
        };
        let compilers: Vec<&str> = report.compiler_libraries().map(|l| l.name.as_str()).collect();
        let Some(found) =
            CLibrary::of_this_machine(self.interpreter.target, compilers.iter().copied())?
        else {
            if choice == Choice::Bundled {
                return Err(Error::NoCLibrary);
            }
            self.ui.warn("the C library here is not glibc: the archive runs on the host's only");
            return Ok(None);
        };
        let key = format!("libc {} {} {}", found.fingerprint()?, self.level, crate::BUILD_ID);
        let packed = if let Some(packed) = self.known.store().lookup(&key) {
            packed
        } else {
            let tree = found.tree()?;
            let progress = self.ui.bytes("Packing", 0);
            let packed = self.known.store().pack(&tree, self.level, &progress)?;
            // Not remembered, it is only slower the next time.
            let _ = self.known.store().remember(&key, &packed);
            packed
        };
        let loader = found.loader()?;
        let facts = manifest::CLibrary {
            choice,
            loader,
            needs: needs(report, &compilers),
            first: first(objects, &found),
        };
        Ok(Some(Bundled { version: found.version, packed, facts }))
    }
}

/// What the host must have in the place of ours.
fn needs(report: &Report, compilers: &[&str]) -> Vec<Need> {
    let need = |library: &str, prefix: &str, version: String| Need {
        library: library.into(),
        prefix: prefix.into(),
        version,
    };
    let mut needs = Vec::new();
    let (major, minor) = report.glibc().unwrap_or((2, 2));
    needs.push(need("libc.so.6", "GLIBC_", format!("{major}.{minor}")));
    let floors = [
        ("libstdc++.so.6", "GLIBCXX_", &report.glibcxx),
        ("libstdc++.so.6", "CXXABI_", &report.cxxabi),
        ("libgcc_s.so.1", "GCC_", &report.gcc),
    ];
    for (library, prefix, floor) in floors {
        if let Some(floor) = floor.as_ref().filter(|_| compilers.contains(&library)) {
            needs.push(need(library, prefix, floor.version.to_string()));
        }
    }
    for library in compilers {
        if !needs.iter().any(|need| need.library == **library) {
            needs.push(need(library, "", String::new()));
        }
    }
    needs
}

/// Libraries that an object with a `DT_RUNPATH` of its own needs: it does not see the search path
/// of the interpreter.
fn first(objects: &[Object], found: &CLibrary) -> Vec<String> {
    let blind = objects.iter().filter(|object| object.has_runpath);
    let mut names: Vec<String> = blind
        .flat_map(|object| &object.needed)
        .filter(|name| found.has(name) && *name != "libc.so.6")
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}
