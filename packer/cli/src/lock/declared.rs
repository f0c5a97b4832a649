//! Requirements that pyproject.toml declares in its standard tables, for locks that are walked from
//! them.

use std::collections::{BTreeMap, BTreeSet};

use super::need::Need;
use super::requirement::{groups_of, optional, texts};
use crate::wheel::normalize;

/// The normalised names of the project's extras.
pub(super) fn extras(pyproject: &toml::Table) -> BTreeSet<String> {
    let project = pyproject.get("project");
    project.map(optional).into_iter().flat_map(BTreeMap::into_keys).collect()
}

/// The normalised names of the project's groups.
pub(super) fn groups(pyproject: &toml::Table) -> BTreeSet<String> {
    groups_of(pyproject).into_keys().collect()
}

/// The requirements of the project, of these extras and these groups. An extra that asks for other
/// extras of the project brings their requirements.
pub(super) fn roots(
    pyproject: &toml::Table,
    extras: &BTreeSet<String>,
    groups: &BTreeSet<String>,
) -> Result<Vec<Need>, String> {
    let project = pyproject.get("project");
    let own = project.and_then(|project| project.get("name")?.as_str()).map(normalize);
    let of_extras = project.map(optional).unwrap_or_default();
    let of_groups = groups_of(pyproject);
    let mut open: Vec<String> = extras.iter().cloned().collect();
    let mut seen = BTreeSet::new();
    let mut next = texts(project.and_then(|project| project.get("dependencies")));
    next.extend(groups.iter().filter_map(|group| of_groups.get(group)).flatten().cloned());
    let mut roots = Vec::new();
    loop {
        for text in std::mem::take(&mut next) {
            let need = Need::parse(&text)?;
            if Some(&need.name) == own.as_ref() {
                open.extend(need.extras);
            } else {
                roots.push(need);
            }
        }
        let Some(extra) = open.pop() else { return Ok(roots) };
        if seen.insert(extra.clone()) {
            next.extend(of_extras.get(&extra).into_iter().flatten().cloned());
        }
    }
}
