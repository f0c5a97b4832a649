//! The runtime of the new archive: the old one, or that of another interpreter with the same parts.

use std::collections::BTreeSet;

use snakecrate_audit::Object;
use snakecrate_runtime::reach;
use snakecrate_runtime::{Imports, IncludedLibs, Part, Policy};

use super::contents::{Contents, paths};
use super::parts::{Needed, imports, is_minimal, newly_needed};
use super::wheels::Given;
use super::{Error, Swap};
use crate::archive::ComponentSpec;
use crate::build;
use crate::build::entries::Request;
use crate::build::library_parts::{offered, present};
use crate::build::pack::Work;

/// The number of modules that a warning names.
const NAMED: usize = 8;

/// The core and the parts.
pub(super) struct Runtime {
    pub(super) components: Vec<ComponentSpec>,
    pub(super) objects: Vec<Object>,
    pub(super) paths: BTreeSet<String>,
}

impl Work<'_> {
    /// The runtime for an archive with the contents `old` and `given`.
    pub(super) fn new_runtime(
        &self,
        swap: &Swap<'_>,
        old: &mut Contents,
        given: &Given,
    ) -> Result<Runtime, build::Error> {
        let stdlib = self.interpreter.lib();
        let has = present(&old.runtime_paths, &stdlib)?;
        let minimal = swap.python && is_minimal(&old.runtime_paths, &stdlib);
        let Needed { parts: needed, need } = self.newly(swap, old, given, &has, minimal)?;
        if !swap.python {
            if !needed.is_empty() {
                let parts = needed.into_iter().map(|(_, why)| why).collect();
                let python = self.interpreter.full_version.clone();
                return Err(Error::Parts { parts, python }.into());
            }
            return Ok(Runtime {
                components: std::mem::take(&mut old.runtime),
                objects: std::mem::take(&mut old.runtime_objects),
                paths: old.runtime_paths.clone(),
            });
        }
        let is_needed = |part: &Part| needed.iter().any(|(one, _)| one == part);
        let policy = Policy {
            keep: self.settings.runtime_keep.clone(),
            drop: self.settings.runtime_drop.clone(),
            leave_out: Part::all().filter(|part| !has.contains(part) && !is_needed(part)).collect(),
            only: need.filter(|need| minimal && need.open.is_none()).map(|need| need.reached),
        };
        let progress = self.ui.bytes("Packing", 0);
        let packed = self.runtime(&policy, &IncludedLibs::default(), &progress)?;
        let mut objects = packed.objects.clone();
        let mut components = self.runtime_components(packed);
        let mut all = BTreeSet::new();
        for component in &components {
            all.extend(component.packed.listing().iter().flat_map(paths));
        }
        self.warn_of_lost(old, &has, &all)?;
        for part in old.runtime.drain(..) {
            let own: Vec<String> = part.packed.listing().iter().flat_map(paths).collect();
            if let Some(path) = own.iter().find(|path| all.contains(*path)) {
                return Err(Error::Part { part: part.name, path: path.clone() }.into());
            }
            all.extend(own);
            components.push(part);
        }
        objects.append(&mut old.runtime_objects);
        Ok(Runtime { components, objects, paths: all })
    }

    /// The parts that the given components need, beyond those that the archive `has` and needs already.
    fn newly(
        &self,
        swap: &Swap<'_>,
        old: &Contents,
        given: &Given,
        has: &BTreeSet<Part>,
        minimal: bool,
    ) -> Result<Needed, build::Error> {
        let offered = offered(self.interpreter)?;
        let lacking: BTreeSet<Part> = offered.difference(has).copied().collect();
        let is_given = !given.wheels.is_empty() || given.app.is_some();
        let of_given = given.wheels.iter().map(|wheel| (&*wheel.facts.name, &wheel.facts.imports));
        let of_given = of_given.chain(given.app.iter().map(|app| (&*app.name, &app.imports)));
        let of_given: Vec<(&str, &Imports)> = of_given.collect();
        let is_only_tk = lacking.iter().all(|part| *part == Part::Tkinter);
        let needs_tk = of_given.iter().any(|(_, imports)| imports.tkinter);
        if !minimal && (!is_given || (is_only_tk && !needs_tk)) {
            return Ok(Needed::default());
        }
        let layers = swap.archive.manifest().layers();
        let of_old: Vec<(String, Imports)> = layers
            .map(|layer| Ok((layer.name.clone(), imports(swap.archive, layer, &self.scanner)?)))
            .collect::<Result<_, build::Error>>()?;
        let before: Vec<(&str, &Imports)> =
            of_old.iter().map(|(name, one)| (&**name, one)).collect();
        let is_replaced = |name: &str| {
            of_given.iter().any(|(given, _)| *given == name)
                || (given.app.is_some() && name == old.app.name)
        };
        let mut after = of_given.clone();
        after.extend(before.iter().filter(|(name, _)| !is_replaced(name)));
        let modules = self.modules(swap);
        let launch = reach::Launch {
            isolated: self.settings.isolated,
            options: &self.settings.python_options,
            modules: &modules,
        };
        let found = newly_needed(&lacking, &before, &after, &self.scanner, launch)?;
        if let Err(error) = self.scanner.save() {
            self.ui.detail(format_args!("the next swap will take longer: {error}"));
        }
        Ok(found)
    }

    /// The modules that entries start.
    pub(super) fn modules(&self, swap: &Swap<'_>) -> Vec<String> {
        let entries = swap.archive.manifest().entries.iter();
        let requests = entries.map(|entry| Request::parse_command(&entry.runs));
        let named = requests.filter_map(|request| Some(request.ok()?.module()?.to_owned()));
        named.chain(self.settings.module.clone()).collect()
    }

    /// Warns of modules of the standard library that the old runtime has, and the new one, at the
    /// paths `new`, lacks.
    fn warn_of_lost(
        &self,
        old: &Contents,
        has: &BTreeSet<Part>,
        new: &BTreeSet<String>,
    ) -> Result<(), build::Error> {
        let stdlib = self.interpreter.lib();
        let parts = present(new, &stdlib)?;
        let mut lost: BTreeSet<String> =
            has.difference(&parts).map(|part| part.name().to_owned()).collect();
        let of_new = modules(new, &stdlib);
        let is_part = |module: &&String| Part::all().any(|part| part.is_needed_by(module));
        lost.extend(
            modules(&old.runtime_paths, &stdlib)
                .difference(&of_new)
                .filter(|m| !is_part(m))
                .cloned(),
        );
        if lost.is_empty() {
            return Ok(());
        }
        let named: Vec<&str> = lost.iter().take(NAMED).map(String::as_str).collect();
        let more = match lost.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.ui.warn_with_help(
            format_args!("the new runtime lacks {}{more}, which the old one has", named.join(", ")),
            "choose another Python if the application uses them",
        );
        Ok(())
    }
}

/// The modules and packages at the top of the standard library.
fn modules(paths: &BTreeSet<String>, stdlib: &str) -> BTreeSet<String> {
    let module = |path: &String| {
        let below = path.strip_prefix(stdlib)?.strip_prefix('/')?;
        match below.split_once('/') {
            Some((package, "__init__.py" | "__init__.pyc")) => Some(package.to_owned()),
            Some(_) => None,
            None if below.starts_with("_sysconfigdata") => None,
            None => {
                let name = below.strip_suffix(".py").or_else(|| below.strip_suffix(".pyc"))?;
                Some(name.to_owned())
            }
        }
    };
    paths.iter().filter_map(module).collect()
}
