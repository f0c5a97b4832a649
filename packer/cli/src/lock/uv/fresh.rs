//! Whether `uv.lock` was made from the metadata that pyproject.toml has today.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pep508_rs::MarkerTree;

use super::file::{Declared, UvLock, UvPackage};
use super::sources::Sources;
use crate::lock::paths::joined;
use crate::lock::requirement::{Listed, Range, flattened, groups_of, optional, texts};
use crate::lock::wanted::{LockFile, Wanted};
use crate::wheel::normalize;

/// Why the lock's own table does not fit: the requirements of a script, constraints, overrides,
/// the range of Python versions.
pub(super) fn manifest(file: &LockFile, uv: &UvLock, wanted: &Wanted) -> Option<String> {
    let root = match wanted.directory {
        Some(directory) if directory != file.directory() => pyproject(file, ".")?,
        _ => wanted.pyproject.clone(),
    };
    if wanted.directory.is_none() {
        let own: Vec<Listed> =
            texts(root.get("dependencies")).iter().filter_map(|t| Listed::parse(t)).collect();
        let range = Range::of(uv.requires_python.as_deref());
        let locked = listed(&uv.manifest.requirements);
        let mut sources = Sources::default();
        sources.add(&root);
        if let Some(difference) = difference(&own, &locked, &range, &sources) {
            return Some(difference);
        }
    }
    let tool = root.get("tool").and_then(|tool| tool.get("uv"));
    for (key, locked) in [
        ("constraint-dependencies", &uv.manifest.constraints),
        ("override-dependencies", &uv.manifest.overrides),
    ] {
        let own = texts(tool.and_then(|tool| tool.get(key)));
        let own: BTreeSet<String> =
            own.iter().filter_map(|text| Some(Listed::parse(text)?.name)).collect();
        let locked: BTreeSet<String> = locked.iter().map(|d| normalize(&d.name)).collect();
        if let Some(name) = own.symmetric_difference(&locked).next() {
            return Some(format!("{key} in pyproject.toml differ in `{name}`"));
        }
    }
    let range = match wanted.directory {
        // A workspace's range is that of all members.
        Some(_) if !uv.manifest.members.is_empty() => return None,
        Some(_) => root.get("project")?.get("requires-python")?.as_str()?.to_owned(),
        None => root.get("requires-python")?.as_str()?.to_owned(),
    };
    let locked = uv.requires_python.as_deref();
    (Range::of(Some(&range)) != Range::of(locked)).then(|| {
        let locked = locked.unwrap_or("any Python");
        format!("requires-python is `{range}`, and `{locked}` in the lock")
    })
}

/// Why the locked metadata of a member isn't that of its pyproject.toml.
pub(super) fn member(
    file: &LockFile,
    uv: &UvLock,
    package: &UvPackage,
    wanted: &Wanted,
) -> Option<String> {
    let path = package.source.local()?;
    let metadata = package.metadata.as_ref()?;
    let directory = joined(file, path);
    let table = if wanted.directory == Some(&directory) {
        wanted.pyproject.clone()
    } else {
        pyproject(file, path)?
    };
    let project = table.get("project")?;
    let dynamic = texts(project.get("dynamic"));
    let is_dynamic = |key: &str| dynamic.iter().any(|name| name == key);
    let mut known = Sources::default();
    if let Some(root) = pyproject(file, ".") {
        known.add(&root);
    }
    known.add(&table);
    let all = metadata.requires_dev.values().flatten().chain(&metadata.requires_dist);
    if let Some(found) = known.difference(all) {
        return Some(found);
    }
    let range = Range::of(uv.requires_python.as_deref());
    if !is_dynamic("dependencies") && !is_dynamic("optional-dependencies") {
        let mut own: Vec<Listed> =
            texts(project.get("dependencies")).iter().filter_map(|t| Listed::parse(t)).collect();
        for (extra, requirements) in optional(project) {
            own.extend(requirements.iter().filter_map(|t| Listed::parse(t)?.in_extra(&extra)));
        }
        let locked = listed(&metadata.requires_dist);
        // uv writes `all = ["demo[cli]"]` as it is, and older versions write what it leads to.
        let flat = flattened(&normalize(&package.name), &own);
        if let Some(found) = difference(&own, &locked, &range, &known)
            && difference(&flat, &locked, &range, &known).is_some()
        {
            return Some(found);
        }
    }
    let mut own_groups = groups_of(&table);
    let legacy = table.get("tool").and_then(|tool| tool.get("uv")?.get("dev-dependencies"));
    own_groups.entry("dev".into()).or_default().extend(texts(legacy));
    let names: BTreeSet<String> = own_groups
        .keys()
        .cloned()
        .chain(metadata.requires_dev.keys().map(|n| normalize(n)))
        .collect();
    let locked: BTreeMap<String, &Vec<Declared>> =
        metadata.requires_dev.iter().map(|(name, list)| (normalize(name), list)).collect();
    names.iter().find_map(|name| {
        let own = own_groups.get(name).into_iter().flatten();
        let own: Vec<Listed> = own.filter_map(|text| Listed::parse(text)).collect();
        let locked = locked.get(name).map(|list| listed(list)).unwrap_or_default();
        let found = difference(&own, &locked, &range, &known)?;
        Some(format!("{found} (group `{name}`)"))
    })
}

fn pyproject(file: &LockFile, directory: &str) -> Option<toml::Table> {
    fs::read_to_string(joined(file, directory).join("pyproject.toml")).ok()?.parse().ok()
}

fn listed(declared: &[Declared]) -> Vec<Listed> {
    let listed = |declared: &Declared| {
        let index = declared.source.is_index();
        Some(Listed {
            name: normalize(&declared.name),
            extras: declared.extras.iter().map(|extra| normalize(extra)).collect(),
            specifiers: declared
                .specifier
                .as_deref()
                .filter(|_| index)
                .unwrap_or_default()
                .parse()
                .ok()?,
            marker: match &declared.marker {
                Some(text) => text.parse().ok()?,
                None => MarkerTree::TRUE,
            },
            is_url: !index,
        })
    };
    declared.iter().filter_map(listed).collect()
}

/// The systems that uv writes as `sys_platform`, whichever of the two a project asks for
/// ([source](https://github.com/astral-sh/uv/blob/main/crates/uv-pep508/src/marker/algebra.rs)).
const SYSTEMS: [(&str, &str); 6] = [
    ("Windows", "win32"),
    ("Darwin", "darwin"),
    ("Linux", "linux"),
    ("AIX", "aix"),
    ("Emscripten", "emscripten"),
    ("Android", "android"),
];

fn as_uv_writes(marker: &MarkerTree) -> MarkerTree {
    let Some(mut text) = marker.try_to_string() else { return marker.clone() };
    for (system, platform) in SYSTEMS {
        for operator in ["==", "!="] {
            let from = format!("platform_system {operator} '{system}'");
            text = text.replace(&from, &format!("sys_platform {operator} '{platform}'"));
        }
    }
    text.parse().unwrap_or_else(|_| marker.clone())
}

/// The first requirement that only one side has, in words.
fn difference(
    own: &[Listed],
    locked: &[Listed],
    range: &Range,
    sources: &Sources,
) -> Option<String> {
    let key = |listed: &Listed, other: &[Listed]| {
        // Conditions of sources are part of the locked markers.
        let conditional = sources.is_conditional(&listed.name);
        let marker =
            if conditional { MarkerTree::TRUE } else { range.limit(&as_uv_writes(&listed.marker)) };
        // Sources other than an index replace the specifier.
        let replaced = sources.has(&listed.name)
            && other.iter().chain([listed]).any(|o| o.name == listed.name && o.is_url);
        let specifiers =
            if replaced || listed.is_url { BTreeSet::new() } else { listed.specifiers() };
        let is_url = listed.is_url && !sources.has(&listed.name);
        (listed.name.clone(), listed.extras.clone(), specifiers, marker, is_url)
    };
    let keys = |list: &[Listed], other: &[Listed]| -> BTreeSet<_> {
        list.iter().map(|listed| key(listed, other)).filter(|key| !key.3.is_false()).collect()
    };
    let (mine, theirs) = (keys(own, locked), keys(locked, own));
    let find = |all: &[Listed], other: &[Listed], wanted: &(_, _, _, _, _)| -> String {
        let found = all.iter().find(|listed| key(listed, other) == *wanted);
        found.map(ToString::to_string).unwrap_or_default()
    };
    if let Some(new) = mine.difference(&theirs).next() {
        return Some(format!("it lacks the requirement `{}`", find(own, locked, new)));
    }
    let old = theirs.difference(&mine).next()?;
    Some(format!(
        "it has the requirement `{}`, which the project no longer has",
        find(locked, own, old)
    ))
}
