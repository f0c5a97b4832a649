//! Comparing the trees in the cache with what was packed.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};

use snakecrate_format::listing::{Item, Mode, Node};
use snakecrate_format::manifest::{Component, Manifest};
use snakecrate_platform::directory::Directory;
use snakecrate_platform::file::FileKind;

use crate::component::{Cached, Difference};
use crate::environment::guards;
use crate::environment::interpreter::{MAX_INTERPRETER, patched};
use crate::environment::plan::{LaunchPlan, LibcInUse};
use crate::environment::runtime;
use crate::inventory::{EnvInfo, Inventory};
use crate::layout::{COMPONENTS, ENVS, INTERPRETER, LAUNCH, RUNTIME, WORK};
use crate::progress::Progress;
use crate::prune::take_away;
use crate::root::Root;
use crate::signs_of_life::Pulse;

/// The longest launch plan, in bytes.
const MAX_PLAN: u64 = 1 << 20;

/// A tree that differs from what was packed.
#[derive(Debug)]
pub struct Finding {
    /// Its path, relative to the root: `v2/components/…`.
    pub tree: String,
    /// A description for people: `wheel click 8.1.7`.
    pub what: String,
    /// The differences, at least one. If its path is empty, it concerns the whole tree.
    pub differences: Vec<Difference>,
}

/// Compares every component with its listing and every environment with its components. Calls
/// `progress` with a description of each tree before that tree is compared.
///
/// # Errors
///
/// The cache cannot be listed. A tree that cannot be read is a finding.
pub fn verify(root: &Root, progress: impl Fn(&str)) -> io::Result<Vec<Finding>> {
    let inventory = Inventory::read(root)?;
    let mut findings = Vec::new();
    for info in &inventory.components {
        let tree = format!("{COMPONENTS}/{}", info.key);
        let what = info.component.as_ref().map_or_else(
            || "a component without a record".to_owned(),
            |c| format!("{} {} {}", c.kind.as_str(), c.name, c.version),
        );
        progress(&what);
        let differences = component_differences(root, &info.key);
        if !differences.is_empty() {
            findings.push(Finding { tree, what, differences });
        }
    }
    for info in &inventory.envs {
        let name = info.manifest.as_ref().map_or("without a manifest", |m| m.name.as_str());
        let what = format!("environment {name}");
        progress(&what);
        let differences = env_differences(root, info);
        if !differences.is_empty() {
            findings.push(Finding { tree: format!("{ENVS}/{}", info.key), what, differences });
        }
    }
    Ok(findings)
}

/// Like [`verify`], for the environment `key` and the components of its `manifest`. Returns `None`
/// if the cache has no such environment.
pub fn verify_one(root: &Root, key: &str, manifest: &Manifest) -> io::Result<Option<Vec<Finding>>> {
    let mut findings = Vec::new();
    let info = match EnvInfo::read(root, key) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        other => other.ok(),
    };
    for listed in &manifest.components {
        let key = listed.digest.key();
        // A missing component is reported for the environment that needs it.
        if Cached::open(root, &key).is_err() {
            continue;
        }
        let differences = component_differences(root, &key);
        if !differences.is_empty() {
            let what = format!("{} {} {}", listed.kind.as_str(), listed.name, listed.version);
            findings.push(Finding { tree: format!("{COMPONENTS}/{key}"), what, differences });
        }
    }
    let differences =
        info.map_or_else(|| whole_tree("unreadable"), |info| env_differences(root, &info));
    if !differences.is_empty() {
        let what = format!("environment {}", manifest.name);
        findings.push(Finding { tree: format!("{ENVS}/{key}"), what, differences });
    }
    Ok(Some(findings))
}

/// Removes the trees in `findings`, and the environments that are made of them. Their archives make
/// them again when they start. Returns the number of removed trees.
pub fn remove(root: &Root, findings: &[Finding]) -> io::Result<usize> {
    let id = |area: &str, key: &str| {
        root.directory().metadata_of(format!("{area}/{key}")).ok().map(|found| found.id())
    };
    let inventory = Inventory::read(root)?;
    let compared: Vec<_> = inventory.envs.iter().map(|env| id(ENVS, &env.key)).collect();
    let mut trees = BTreeSet::new();
    for finding in findings {
        let key = finding.tree.rsplit('/').next().unwrap_or_default();
        // Another process may have been removing or making the tree when it was compared.
        let differences = match inventory.envs.iter().find(|env| env.key == key) {
            Some(info) => env_differences(root, info),
            None => component_differences(root, key),
        };
        if differences.is_empty() {
            continue;
        }
        let made_of_it = inventory.envs.iter().filter(|env| env.uses(key));
        trees.extend(made_of_it.map(|env| format!("{ENVS}/{}", env.key)));
        let area = if finding.tree.starts_with(ENVS) { ENVS } else { COMPONENTS };
        trees.insert(format!("{area}/{key}"));
    }
    // Environments first: one without its components would not start.
    for (area, key) in trees.iter().rev().filter_map(|tree| tree.rsplit_once('/')) {
        // A start may have made the environment again since, and use it.
        let is_another = area == ENVS
            && inventory
                .envs
                .iter()
                .zip(&compared)
                .any(|(env, old)| env.key == key && *old != id(ENVS, key));
        if !is_another {
            take_away(root, area, key)?;
        }
    }
    Ok(trees.len())
}

/// Checks that an environment with its own C library has that component and the interpreter for it.
fn c_library_difference(
    root: &Root,
    info: &EnvInfo,
    env: &Directory,
    manifest: &Manifest,
    plan: &LaunchPlan,
) -> Option<Difference> {
    let (LibcInUse::Own(loader), Some((library, component))) =
        (&plan.c_library, manifest.c_library())
    else {
        return None;
    };
    let key = component.digest.key();
    if Cached::open(root, &key).is_err() {
        return Some(Difference { path: key, what: "missing component" });
    }
    let runtime = runtime::path(root, manifest, &info.key);
    let expected = patched(root, manifest, library, &runtime, loader).ok();
    let found = env.read(INTERPRETER, MAX_INTERPRETER).ok();
    (found.is_none() || found != expected)
        .then(|| Difference { path: INTERPRETER.to_owned(), what: "altered" })
}

/// A difference of the whole tree.
fn whole_tree(what: &'static str) -> Vec<Difference> {
    vec![Difference { path: String::new(), what }]
}

fn component_differences(root: &Root, key: &str) -> Vec<Difference> {
    let cached = match Cached::open(root, key) {
        Ok(cached) => cached,
        // Another process has removed it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(_) => return whole_tree("unreadable"),
    };
    let Ok(component) = cached.component() else { return whole_tree("its record is unreadable") };
    if component.digest.key() != key {
        return whole_tree("its record is another component's");
    }
    match cached.listing(&component) {
        Ok(listing) => cached.differences(&listing, &Pulse::new(&Progress::default(), None)),
        Err(_) => whole_tree("its listing is damaged"),
    }
}

/// Compares an environment with its components. A file must be a hard link to the component's file,
/// or a copy of the same length. Scripts only have to exist: their first line differs.
fn env_differences(root: &Root, info: &EnvInfo) -> Vec<Difference> {
    let directory = match root.open_tree(ENVS, &info.key) {
        Ok(directory) => directory,
        // Another process has removed it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(_) => return whole_tree("unreadable"),
    };
    let Some(manifest) = &info.manifest else { return whole_tree("its manifest is unreadable") };
    let plan = directory.read(LAUNCH, MAX_PLAN).ok().and_then(LaunchPlan::parse);
    let Some(plan) = plan.filter(|plan| plan.home == root.path_of(ENVS, &info.key)) else {
        return whole_tree("its launch plan is damaged or for another place");
    };
    let mut differences = Vec::new();
    differences.extend(c_library_difference(root, info, &directory, manifest, &plan));
    let seen = linked_differences(root, &directory, manifest.layers(), &mut differences);
    differences.extend(made_differences(&directory, &plan, &seen));
    if runtime::is_composed(manifest) {
        let of_runtime = manifest.components.iter().filter(|component| component.is_of_runtime());
        match directory.open_in(RUNTIME) {
            Ok(tree) => {
                linked_differences(root, &tree, of_runtime, &mut differences);
            }
            Err(_) => differences.push(Difference { path: RUNTIME.to_owned(), what: "missing" }),
        }
    }
    if directory.has(WORK) {
        differences.push(Difference { path: WORK.to_owned(), what: "leftover" });
    }
    differences
}

/// Compares the files of `components` with their links in `tree`. Returns their paths.
fn linked_differences<'a>(
    root: &Root,
    tree: &Directory,
    components: impl Iterator<Item = &'a Component>,
    differences: &mut Vec<Difference>,
) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    for component in components {
        let key = component.digest.key();
        let Some((cached, listing)) = Cached::open(root, &key)
            .ok()
            .and_then(|cached| cached.listing(component).ok().map(|listing| (cached, listing)))
        else {
            differences.push(Difference { path: key, what: "missing component" });
            continue;
        };
        // If components share a path, the first one's file is in the tree.
        let items = listing.items().iter().filter(|item| seen.insert(item.path.to_string()));
        differences.extend(items.filter_map(|item| compare(tree, cached.directory(), item)));
    }
    seen
}

/// Compares the files that were made for an environment, and are in none of its layers' paths `seen`:
/// the interpreter or the link to it, and what the launch plan has the sizes of.
fn made_differences(
    env: &Directory,
    plan: &LaunchPlan,
    seen: &BTreeSet<String>,
) -> Vec<Difference> {
    let link = (!env.has(INTERPRETER)).then_some((INTERPRETER, "missing"));
    let is_made = |(path, _): &(&str, u64)| {
        let is_elsewhere = guards::in_runtime(path).is_some() || path.starts_with("..");
        !is_elsewhere && !seen.contains(*path) && *path != INTERPRETER
    };
    let (first, _) = plan.guards(0);
    let guarded = first.filter(is_made).filter_map(|(path, size)| match env.metadata_of(path) {
        Err(_) => Some((path, "missing")),
        Ok(found) => (found.size() != size).then_some((path, "altered")),
    });
    let all = link.into_iter().chain(guarded);
    all.map(|(path, what)| Difference { path: path.to_owned(), what }).collect()
}

/// Compares a file or link in an environment with the one in its component.
fn compare(env: &Directory, component: &Directory, item: &Item) -> Option<Difference> {
    let path = item.path.as_path();
    let what = match (&item.node, env.metadata_of(path), component.metadata_of(path)) {
        (_, Err(_), _) => "missing",
        (Node::Link(_), Ok(there), _) if there.kind() == FileKind::Link => return None,
        (Node::File { mode: Mode::Script, .. }, Ok(_), _) => return None,
        (Node::File { size, .. }, Ok(there), Ok(original))
            if there.id() == original.id() || there.links() == 1 && there.size() == *size =>
        {
            return None;
        }
        _ => "differs from its component",
    };
    Some(Difference { path: item.path.to_string(), what })
}
