//! The C library that stays: what a host needs to have in its place, computed anew.

use snakecrate_audit::{self as audit, Library, Object, Provider, Report};
use snakecrate_format::manifest::{CLibrary, Choice};
use snakecrate_format::target::Target;
use snakecrate_runtime::c_library::{HostLibraries, is_loadable_first};

use super::Error;
use super::contents::Bundled;
use crate::build::c_library::{first, needs};

impl Bundled {
    /// The facts for the audit.
    pub(super) fn bundles(&self) -> audit::Bundled {
        let always = self.facts.choice == Choice::Bundled;
        audit::Bundled { glibc: self.spec.version.clone(), always }
    }

    /// Its facts in an archive with these `objects`.
    ///
    /// # Errors
    ///
    /// It isn't sufficient for them.
    pub(super) fn renewed(
        &self,
        report: &Report,
        objects: &[Object],
        target: &Target,
    ) -> Result<CLibrary, Error> {
        let lowest = target.glibc.as_ref().map_or((0, 0), |glibc| glibc.lowest);
        let mut numbers = self.spec.version.split('.').map(|part| part.parse().unwrap_or(0));
        let has: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        if let Some(floor) = &report.glibc
            && report.glibc().is_some_and(|wanted| wanted > has)
        {
            return Err(Error::Glibc {
                place: floor.place.to_string(),
                wanted: floor.version.to_string(),
                has: self.spec.version.clone(),
            });
        }
        let place = |library: &Library| {
            library.needed_by.first().map(ToString::to_string).unwrap_or_default()
        };
        let compilers: Vec<&Library> = report.compiler_libraries().collect();
        let is_lacking = |library: &&&Library| {
            is_loadable_first(&library.name) && !self.names.contains(&library.name)
        };
        if let Some(library) = compilers.iter().find(is_lacking) {
            return Err(Error::CLibrary { library: library.name.clone(), place: place(library) });
        }
        let mut of_host = report.libraries.iter().filter(|one| one.provider == Provider::Host);
        if let Some(library) = of_host.next().filter(|_| !self.finds_host) {
            return Err(Error::Hidden { library: library.name.clone(), place: place(library) });
        }
        let host = if self.finds_host { HostLibraries::Found } else { HostLibraries::Hidden };
        let compilers: Vec<&str> = compilers.iter().map(|library| library.name.as_str()).collect();
        Ok(CLibrary {
            choice: self.facts.choice,
            loader: self.facts.loader.clone(),
            needs: needs(report, lowest, &compilers),
            first: first(objects, &self.names, host),
        })
    }
}
