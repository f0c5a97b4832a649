//! The bundled C library, and what a host must have to run the archive without it.

use std::collections::BTreeSet;

use snakecrate_format::manifest::{self, Choice, Need};

use super::Error;
use super::pack::Work;
use crate::component::Packed;
use crate::settings::LibcChoice;
use snakecrate_audit::{Bundled as BundledGlibc, Object, Report};
use snakecrate_runtime::c_library::{CLibrary, HostLibraries, is_loadable_first};

/// A C library that is ready to go into an archive.
pub(super) struct Bundled {
    pub(super) version: String,
    pub(super) packed: Packed,
    pub(super) facts: manifest::CLibrary,
}

impl Bundled {
    /// The facts for the audit.
    pub(super) fn bundles(&self) -> BundledGlibc {
        let always = self.facts.choice == Choice::Bundled;
        BundledGlibc { glibc: self.version.clone(), always }
    }
}

impl Work<'_> {
    /// Packs the C library of the interpreter's system for an archive with these `objects`. `None` if the settings
    /// want none, or if it isn't glibc and the settings allow that.
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
        let compilers: Vec<&str> =
            report.compiler_libraries().map(|library| library.name.as_str()).collect();
        let host = if report.needs_host() || self.settings.loader_variables() {
            HostLibraries::Found
        } else {
            HostLibraries::Hidden
        };
        let names = compilers.iter().copied();
        let Some((found, packed)) = self.pack_c_library(choice, names, host)? else {
            return Ok(None);
        };
        let facts = manifest::CLibrary {
            choice,
            loader: found.loader()?,
            needs: needs(report, found.lowest(), &compilers),
            first: first(objects, &found.libraries(), host),
        };
        if choice == Choice::Bundled && report.needs_host() {
            self.ui.warn(format_args!(
                "libraries of a host that are for a newer glibc than {} cannot be used with --libc bundled; --libc auto uses such a host's glibc",
                found.version
            ));
        }
        Ok(Some(Bundled { version: found.version, packed, facts }))
    }

    /// Packs the C library of the interpreter's system for a runtime file: it has all libraries of the
    /// compiler that are there, and the interpreter loads them first, since nobody knows what the
    /// applications need. `report` is about the runtime.
    pub(super) fn c_library_for_all(&self, report: &Report) -> Result<Option<Bundled>, Error> {
        let choice = match self.settings.libc {
            LibcChoice::Host => return Ok(None),
            LibcChoice::Auto => Choice::Auto,
            LibcChoice::Bundled => Choice::Bundled,
        };
        let (names, host) = (CLibrary::names(), HostLibraries::Hidden);
        let Some((found, packed)) = self.pack_c_library(choice, names, host)? else {
            return Ok(None);
        };
        let compilers: Vec<&str> =
            report.compiler_libraries().map(|library| library.name.as_str()).collect();
        let facts = manifest::CLibrary {
            choice,
            loader: found.loader()?,
            needs: needs(report, found.lowest(), &compilers),
            first: found.loadable_first().map(str::to_owned).collect(),
        };
        Ok(Some(Bundled { version: found.version, packed, facts }))
    }

    /// What native code with this `report` requires of the C library of a runtime file or a host.
    pub(super) fn needs_of(&self, report: &Report) -> Vec<Need> {
        let compilers: Vec<&str> =
            report.compiler_libraries().map(|library| library.name.as_str()).collect();
        if report.glibc().is_none() && compilers.is_empty() {
            return Vec::new();
        }
        let glibc = self.interpreter.target.glibc.as_ref();
        glibc.map_or_else(Vec::new, |glibc| needs(report, glibc.lowest, &compilers))
    }

    /// Packs the C library of the interpreter's system with those libraries of `names` that it has.
    fn pack_c_library<'n>(
        &self,
        choice: Choice,
        names: impl Iterator<Item = &'n str>,
        host: HostLibraries,
    ) -> Result<Option<(CLibrary, Packed)>, Error> {
        let target = self.interpreter.target;
        let Some(found) = CLibrary::of(self.interpreter, names, host)? else {
            if choice == Choice::Bundled {
                return Err(Error::NoCLibrary { target: target.name });
            }
            self.ui.warn(format_args!(
                "there is no glibc for {target} to bundle; the archive requires a host with glibc"
            ));
            return Ok(None);
        };
        let key = format!("libc {} {} {}", found.fingerprint()?, self.level, crate::BUILD_ID);
        let packed = if let Some(packed) = self.cache.store().lookup(&key) {
            packed
        } else {
            let tree = found.tree()?;
            let progress = self.ui.bytes("Packing", 0);
            let packed = self.cache.store().pack(&tree, self.level, &progress)?;
            // A failure costs only time in the next build.
            let _ = self.cache.store().remember(&key, &packed);
            packed
        };
        Ok(Some((found, packed)))
    }
}

/// The versions that the host's libraries must have to replace the bundled ones. `compilers` are
/// the names of the required libraries of GCC's runtime.
pub(super) fn needs(report: &Report, lowest: (u32, u32), compilers: &[&str]) -> Vec<Need> {
    let need = |library: &str, prefix: &str, version: String| Need {
        library: library.into(),
        prefix: prefix.into(),
        version,
    };
    let mut needs = Vec::new();
    let (major, minor) = report.glibc().unwrap_or(lowest);
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

/// Those of the bundled libraries `bundled` that the launcher has to load first: objects with a `DT_RUNPATH` need them, and
/// the loader does not search the interpreter's path for those objects. If the host's libraries are
/// found, these are all: the host's libraries must not bring their own.
pub(super) fn first(
    objects: &[Object],
    bundled: &BTreeSet<String>,
    host: HostLibraries,
) -> Vec<String> {
    if host == HostLibraries::Found {
        return bundled.iter().filter(|name| is_loadable_first(name)).cloned().collect();
    }
    let with_own_path = objects.iter().filter(|object| object.has_runpath);
    let mut names: Vec<String> = with_own_path
        .flat_map(|object| &object.needed)
        .filter(|name| bundled.contains(*name) && *name != "libc.so.6")
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names
}
