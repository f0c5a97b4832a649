//! Native code of a build: the libraries of `--include-lib`, and the audit.

use snakecrate_format::entry_path::EntryPath;

use super::Error;
use super::pack::{Prepared, Work};
use crate::settings::LibcChoice;
use snakecrate_audit::{self as audit, Object, Options, Report, Root, Unit};
use snakecrate_base::host::{Way, way_of_archive};
use snakecrate_base::tree::Tree;
use snakecrate_runtime::IncludedLibs;

/// Number of audit warnings that are printed; the rest is counted.
const PRINTED: usize = 6;

impl Work<'_> {
    /// Finds the libraries of `--include-lib`. Objects with a search path of their own don't look in
    /// the runtime, so their copies go into `app`: see [`IncludedLibs`].
    pub(super) fn include_libs(
        &self,
        wheels: &[Prepared],
        app: &mut Tree,
    ) -> Result<IncludedLibs, Error> {
        let included = IncludedLibs::find(&self.settings.include_lib, self.interpreter, self.ui)?;
        if included.is_empty() {
            return Ok(included);
        }
        let of_app = audit::objects_of(app, self.interpreter.target)?;
        let objects = wheels.iter().flat_map(|wheel| &wheel.facts.objects).chain(&of_app);
        for object in objects.filter(|object| object.has_runpath) {
            for name in object.needed.iter().filter(|name| included.has(name)) {
                match object.own_directories().next() {
                    Some(directory) => {
                        let path = EntryPath::new(&format!("{directory}/{name}"))
                            .map_err(snakecrate_runtime::Error::from)?;
                        let exists = wheels.iter().any(|wheel| {
                            wheel.facts.objects.iter().any(|o| o.path == path.as_str())
                        });
                        if !exists {
                            included.add_at(app, path, name)?;
                        }
                    }
                    None => self.ui.warn(format_args!(
                        "{} looks for {name} only outside the archive; load the library with ctypes first",
                        object.path
                    )),
                }
            }
        }
        Ok(included)
    }

    /// Audits the native code of a runtime, or of an application without one, for its requirements
    /// alone.
    pub(super) fn audit_alone<'p>(
        &self,
        name: &str,
        objects: Vec<Object>,
        wheels: impl Iterator<Item = &'p Prepared>,
    ) -> Report {
        let mut units =
            vec![Unit { name: name.to_owned(), root: Root::Env, tags: vec![], objects }];
        units.extend(wheels.map(|wheel| Unit {
            name: wheel.facts.name.clone(),
            root: Root::Env,
            tags: wheel.tags.clone(),
            objects: wheel.facts.objects.clone(),
        }));
        let options = Options {
            target: self.interpreter.target,
            max_glibc: None,
            allow_missing: Vec::new(),
            is_tried: true,
        };
        audit::audit(name, &units, &options)
    }

    /// Audits the contents of the archive, and reports problems.
    pub(super) fn audit(
        &self,
        name: &str,
        runtime: Vec<Object>,
        app: Vec<Object>,
        wheels: &[Prepared],
    ) -> Result<Report, Error> {
        let unit = |name: &str, root, tags: &[String], objects| Unit {
            name: name.to_owned(),
            root,
            tags: tags.to_vec(),
            objects,
        };
        let mut units = vec![
            unit(&self.interpreter.implementation, Root::Runtime, &[], runtime),
            unit(name, Root::Env, &[], app),
        ];
        units.extend(wheels.iter().map(|wheel| {
            let facts = &wheel.facts;
            unit(&facts.name, Root::Env, &wheel.tags, facts.objects.clone())
        }));
        let has_c_library = self.settings.libc != LibcChoice::Host;
        let way = way_of_archive(self.interpreter.target, has_c_library);
        let options = Options {
            target: self.interpreter.target,
            max_glibc: self.settings.max_glibc,
            allow_missing: self.settings.allow_missing.clone(),
            // `run` starts the archive, too.
            is_tried: self.settings.proof.run && !matches!(way, Way::None(_)),
        };
        let report = audit::audit(name, &units, &options);
        for warning in report.warnings.iter().take(PRINTED) {
            self.ui.warn(warning);
        }
        if let more @ 1.. = report.warnings.len().saturating_sub(PRINTED) {
            self.ui.warn(format_args!("{more} more; `snakecrate audit` lists them"));
        }
        // The first problem becomes the error.
        for problem in report.problems.iter().skip(1) {
            self.ui.warn(problem);
        }
        audit::Error::check(&report)?;
        Ok(report)
    }
}
