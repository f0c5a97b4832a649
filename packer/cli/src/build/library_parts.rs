//! The parts of the standard library: those that some files are of, and those that an archive without a
//! runtime requires of its runtime file.

use std::collections::BTreeSet;
use std::path::Path;

use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::Tree;
use snakecrate_runtime::imports::named_parts;
use snakecrate_runtime::patterns::{fits, patterns};
use snakecrate_runtime::{Imports, Part, reach};

use super::Error;
use super::pack::Work;

/// The parts with files among `paths`; the standard library is at `stdlib`.
pub(super) fn present(paths: &BTreeSet<String>, stdlib: &str) -> Result<BTreeSet<Part>, Error> {
    let below = |path: &String| path.strip_prefix(stdlib)?.strip_prefix('/').map(str::to_owned);
    let paths: Vec<String> = paths.iter().filter_map(below).collect();
    let mut found = BTreeSet::new();
    for part in Part::all() {
        let patterns = patterns(part.paths().iter().copied())?;
        if paths.iter().any(|path| fits(&patterns, path)) {
            found.insert(part);
        }
    }
    Ok(found)
}

/// The parts that `python` has on this machine.
pub(super) fn offered(python: &Interpreter) -> Result<BTreeSet<Part>, Error> {
    let names = |directory: &Path, before: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| format!("/{before}{}", entry.file_name().to_string_lossy())).collect()
    };
    let mut all = names(&python.stdlib, "");
    all.extend(names(&python.dynload, "lib-dynload/"));
    present(&all, "")
}

impl Work<'_> {
    /// The names of the parts that an archive without a runtime requires of its runtime file: those that
    /// a closed application can reach, and those that sources in `own`, the application's files, name.
    /// `modules` are those that entries start.
    ///
    /// The runtime file of this build has them all. A part whose modules work without it isn't required.
    pub(super) fn required_parts(
        &self,
        distributions: &[(&str, &Imports)],
        own: &Tree,
        modules: &[String],
    ) -> Result<Vec<String>, Error> {
        let launch = reach::Launch {
            isolated: self.settings.isolated,
            options: &self.settings.python_options,
            modules,
        };
        let need = reach::need(&self.scanner, distributions.iter().copied(), launch)?;
        let mut parts = named_parts(own, &self.scanner)?;
        if need.open.is_none() {
            parts.extend(Part::all().filter(|part| !need.leave_out.contains(part)));
        }
        let (policy, offered) = (self.policy_of_all(), offered(self.interpreter)?);
        let is_required = |part: &Part| {
            offered.contains(part) && !policy.leaves_out(*part) && !part.is_dispensable()
        };
        let mut names: Vec<String> =
            parts.into_iter().filter(is_required).map(|part| part.name().to_owned()).collect();
        names.sort();
        Ok(names)
    }
}
