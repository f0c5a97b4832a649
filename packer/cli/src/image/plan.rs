//! Which components share a layer, and the order of layers.

use std::collections::{BTreeSet, HashMap, HashSet};

use snakecrate_format::listing::Listing;
use snakecrate_format::manifest::{CLibrary, Component, Kind, Manifest};
use snakecrate_image::{Item, Role, groups};

use super::libraries;

/// The most layers of an image, the lowest one included. Engines allow 127 and get slower with each.
const MOST: usize = 40;
/// Layers for distributions even if the runtime has many parts.
const LEAST: usize = 12;

/// A layer before it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<'a> {
    /// Its contents.
    pub role: Role,
    /// Its components.
    pub components: Vec<&'a Component>,
    /// The only files, if there are others.
    pub only: Option<BTreeSet<String>>,
}

impl Planned<'_> {
    /// Its components for people and for [`Maker::rebase`](super::Maker::rebase). Libraries of compilers
    /// are named, too: `libc-glibc-2.36/libstdc++.so.6`.
    pub fn labels(&self) -> Vec<String> {
        let only = self.only.iter().filter(|only| only.len() == 1).flatten().next();
        let library = only.and_then(|path| path.rsplit('/').next());
        let library = library.map(|library| format!("/{library}")).unwrap_or_default();
        self.components.iter().map(|one| one.label() + &library).collect()
    }
}

/// The layers of the C library: its own libraries, and one for each library of a compiler.
pub fn of_c_library<'a>(
    library: &CLibrary,
    component: &'a Component,
    listing: &Listing,
) -> Vec<Planned<'a>> {
    let paths = listing.items().iter().map(|item| item.path.as_str().to_owned());
    let (core, others): (BTreeSet<String>, BTreeSet<String>) =
        paths.partition(|path| libraries::is_core(path, library.loader.as_str()));
    let groups = [core].into_iter().chain(others.into_iter().map(|path| [path].into()));
    let layer = |only| {
        let components = vec![component];
        Planned { role: Role::CLibrary, components, only: Some(only) }
    };
    groups.map(layer).collect()
}

/// The layers of the runtime: its core and its parts, smaller parts together if there are many.
pub fn of_runtime(manifest: &Manifest) -> Vec<Planned<'_>> {
    let one = |role| move |component| Planned { role, components: vec![component], only: None };
    let of = |kind| manifest.components.iter().filter(move |one| one.kind == kind);
    let core = of(Kind::Runtime).map(one(Role::Runtime));
    core.chain(of(Kind::Part).map(one(Role::Part))).collect()
}

/// The layers of wheels, if there are `others` layers beside them. Those from a package index are more
/// stable than those that were built here.
pub fn of_wheels(manifest: &Manifest, others: usize) -> Vec<Planned<'_>> {
    let wheels = manifest.components.iter().filter(|one| one.kind == Kind::Wheel);
    let wheels: Vec<&Component> = wheels.collect();
    let item = |one: &&Component| Item {
        name: one.name.clone(),
        bytes: one.bytes,
        is_stable: one.source.is_some(),
    };
    let items: Vec<_> = wheels.iter().map(item).collect();
    let most = MOST.saturating_sub(others).max(LEAST);
    let layer = |group: Vec<usize>| {
        let components = group.into_iter().map(|index| wheels[index]).collect();
        Planned { role: Role::Wheel, components, only: None }
    };
    groups(&items, most).into_iter().map(layer).collect()
}

/// For each component of the environment the paths that another one has: the first wins, and a
/// directory wins over a file. `links` are at paths that none of them has. So no path is in two layers.
pub fn losers(
    links: &HashSet<String>,
    layers: &[(&Component, Listing)],
) -> HashMap<String, HashSet<String>> {
    let directories: HashSet<&str> =
        layers.iter().flat_map(|(_, listing)| listing.directories()).collect();
    let mut seen: HashSet<&str> = links.iter().map(String::as_str).collect();
    let mut losers: HashMap<String, HashSet<String>> = HashMap::new();
    for (component, listing) in layers {
        for item in listing.items() {
            let path = item.path.as_str();
            if !seen.insert(path) || directories.contains(path) {
                losers.entry(component.label()).or_default().insert(path.to_owned());
            }
        }
    }
    losers
}
