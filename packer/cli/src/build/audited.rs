//! The audit of a build, and the libraries that are grafted in.

use snakecrate_format::entry_path::EntryPath;

use super::Error;
use super::pack::{Prepared, Work};
use snakecrate_audit::{self as audit, Object, Options, Report, Root, Unit};
use snakecrate_base::tree::Tree;
use snakecrate_runtime::IncludedLibs;

/// So many warnings are told; the rest is counted.
const TOLD: usize = 6;

impl Work<'_> {
    /// Finds the libraries of `--include-lib`, and puts those into `app` that objects with a search
    /// path of their own could not find in the runtime: see [`IncludedLibs`].
    pub(super) fn graft(&self, wheels: &[Prepared], app: &mut Tree) -> Result<IncludedLibs, Error> {
        let grafts =
            IncludedLibs::find(&self.settings.include_lib, self.interpreter.target, self.ui)?;
        if grafts.is_empty() {
            return Ok(grafts);
        }
        let of_app = audit::objects_of(app, self.interpreter.target)?;
        let objects = wheels.iter().flat_map(|wheel| &wheel.facts.objects).chain(&of_app);
        for object in objects.filter(|object| object.has_runpath) {
            for name in object.needed.iter().filter(|name| grafts.has(name)) {
                match object.own_directories().next() {
                    Some(directory) => {
                        let path = EntryPath::new(&format!("{directory}/{name}"))
                            .map_err(snakecrate_runtime::Error::from)?;
                        let there = wheels.iter().any(|wheel| {
                            wheel.facts.objects.iter().any(|o| o.path == path.as_str())
                        });
                        if !there {
                            grafts.add_at(app, path, name)?;
                        }
                    }
                    None => self.ui.warn(format_args!(
                        "{} looks for {name} outside the archive only; load it with ctypes first",
                        object.path
                    )),
                }
            }
        }
        Ok(grafts)
    }

    /// Audits what goes into the archive, and tells of what is wrong.
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
        let options = Options {
            target: self.interpreter.target,
            max_glibc: self.settings.max_glibc,
            allow_missing: self.settings.allow_missing.clone(),
        };
        let report = audit::audit(name, &units, &options);
        for warning in report.warnings.iter().take(TOLD) {
            self.ui.warn(warning);
        }
        if let more @ 1.. = report.warnings.len().saturating_sub(TOLD) {
            self.ui.warn(format_args!("{more} more; `snakecrate audit` of the archive tells them"));
        }
        for problem in report.problems.iter().skip(1) {
            self.ui.warn(problem);
        }
        audit::Error::check(&report)?;
        Ok(report)
    }
}
