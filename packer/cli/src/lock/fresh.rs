//! Whether a selection meets the requirements that the project declares today: a check for the
//! formats that do not record what they were made from.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use pep440_rs::Version;

use super::model::{Origin, Package, Selection};
use super::read::Format;
use super::requirement::{Listed, groups_of, optional, texts};
use super::wanted::Wanted;

/// The first requirement of the project, of its wanted extras and groups that the selection does not
/// meet, as a clause about the lock.
pub(super) fn unmet(wanted: &Wanted, selection: &Selection, format: Format) -> Option<String> {
    let packages: BTreeMap<&str, &Package> =
        selection.packages.iter().map(|package| (package.name.as_str(), package)).collect();
    let declared = declared(wanted, format);
    let applying = declared.iter().filter_map(|text| Listed::parse(text));
    let applying = applying.filter(|listed| listed.marker.evaluate(wanted.environment, &[]));
    // The project's own extras were expanded by the lock's maker.
    for listed in applying.filter(|listed| Some(&listed.name) != wanted.name.as_ref()) {
        if selection.overrides.contains(&listed.name) {
            continue;
        }
        let Some(package) = packages.get(listed.name.as_str()) else {
            return Some(format!("it lacks the requirement `{listed}`"));
        };
        let version = package.version.as_deref().and_then(|text| Version::from_str(text).ok());
        let from_index = matches!(package.origin, Origin::Files { .. } | Origin::Digests { .. });
        if let Some(version) = version.filter(|_| from_index)
            && !listed.specifiers.contains(&version)
        {
            return Some(format!(
                "it has {} {version}, and the project requires `{listed}`",
                listed.name
            ));
        }
    }
    None
}

/// The requirements in `[project]` and `[dependency-groups]`, or in a script's block.
fn declared(wanted: &Wanted, format: Format) -> Vec<String> {
    if wanted.directory.is_none() {
        return texts(wanted.pyproject.get("dependencies"));
    }
    let Some(project) = wanted.pyproject.get("project") else { return Vec::new() };
    let mut all = texts(project.get("dependencies"));
    // Which extras a flat list has isn't known to be wanted there.
    if format != Format::Requirements {
        for (extra, requirements) in optional(project) {
            if wanted.extras.all || wanted.extras.names.contains(&extra) {
                all.extend(requirements);
            }
        }
        for (group, requirements) in groups_of(wanted.pyproject) {
            if wanted.groups.contains(&group) {
                all.extend(requirements);
            }
        }
    }
    all
}
