//! The walk from the roots of a lock: what it selects for one target.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::Version;
use pep508_rs::{ExtraName, MarkerEnvironment};

use super::error::Error;
use super::model::{Edge, Lock, Node, Origin, Package};
use super::wanted::LockFile;

/// Each node that was reached, and its extras.
type Reached<'a> = BTreeMap<usize, BTreeSet<&'a str>>;
/// A node, or one of its extras, whose edges are followed.
type Step<'a> = (usize, Option<&'a str>);

/// The outcome of a walk.
pub(super) struct Selected {
    /// Sorted by name.
    pub(super) packages: Vec<Package>,
    /// Names and versions that the lock has for the target, and that were not reached.
    pub(super) others: Vec<(String, String)>,
    /// Why a node that was reached is outdated.
    pub(super) outdated: Option<String>,
}

/// The distributions that `lock` selects for `environment`, sorted by name. `own` is the project
/// itself, which is left out.
///
/// Markers may ask for extras that only the walk finds to be wanted, so it is repeated until no
/// more are found.
pub(super) fn select(
    file: &LockFile,
    lock: &Lock,
    environment: &MarkerEnvironment,
    own: Option<&str>,
) -> Result<Selected, Error> {
    let mut nodes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, node) in lock.nodes.iter().enumerate() {
        let applies = |node: &Node| node.markers.iter().any(|m| m.evaluate(environment, &[]));
        if node.markers.is_empty() || applies(node) {
            nodes.entry(&node.name).or_default().push(at);
        }
    }
    let walk = Walk { file, lock, environment, nodes };
    let mut known = BTreeSet::new();
    let reached = loop {
        let reached = walk.run(&known)?;
        let found = encoded(lock, &reached);
        if !lock.encoded_extras || found.is_subset(&known) {
            break reached;
        }
        known.extend(found);
    };
    let mut packages: BTreeMap<&str, Package> = BTreeMap::new();
    for node in reached.keys().map(|at| &lock.nodes[*at]) {
        let Node { name, version, origin, .. } = node.clone();
        if own == Some(&name) || origin == Origin::Nothing {
            continue;
        }
        let package = Package { name, version, origin };
        if let Some(other) = packages.insert(&node.name, package) {
            return Err(Error::Ambiguous {
                path: file.path.clone(),
                name: node.name.clone(),
                first: other.version.unwrap_or_else(|| "a local version".into()),
                second: node.version.clone().unwrap_or_else(|| node.source.clone()),
            });
        }
    }
    let outdated = reached.keys().find_map(|at| lock.nodes[*at].outdated.clone());
    let others = others(&walk, &packages);
    Ok(Selected { others, packages: packages.into_values().collect(), outdated })
}

/// Names that the lock has in one version, from an index, beside the selected `packages`.
fn others(walk: &Walk, packages: &BTreeMap<&str, Package>) -> Vec<(String, String)> {
    let only = |(name, nodes): (&&str, &Vec<usize>)| {
        let [at] = nodes.as_slice() else { return None };
        let Node { version, origin, .. } = &walk.lock.nodes[*at];
        let from_index = matches!(origin, Origin::Files { .. } | Origin::Digests { .. });
        let version = version.as_ref().filter(|_| from_index && !packages.contains_key(name))?;
        Some(((*name).to_owned(), version.clone()))
    };
    walk.nodes.iter().filter_map(only).collect()
}

/// The extras of all reached nodes as uv encodes them in the markers of conflicts.
fn encoded(lock: &Lock, reached: &Reached) -> BTreeSet<String> {
    let of = |(at, extras): (&usize, &BTreeSet<&str>)| -> Vec<String> {
        let name = &lock.nodes[*at].name;
        extras.iter().map(|extra| format!("extra-{}-{name}-{extra}", name.len())).collect()
    };
    reached.iter().flat_map(of).collect()
}

struct Walk<'a> {
    file: &'a LockFile,
    lock: &'a Lock,
    environment: &'a MarkerEnvironment,
    /// Nodes for the target, by name.
    nodes: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Walk<'a> {
    /// All nodes that the roots lead to, where the `known` extras hold in each marker.
    fn run(&self, known: &BTreeSet<String>) -> Result<Reached<'a>, Error> {
        let always: Vec<ExtraName> =
            known.iter().chain(&self.lock.active).filter_map(|n| name(n)).collect();
        let mut reached = Reached::new();
        let mut seen = BTreeSet::new();
        let mut open = Vec::new();
        for edge in &self.lock.roots {
            if edge.marker.evaluate(self.environment, &always) {
                open.extend(self.follow("the project", edge, &mut reached, &mut seen)?);
            }
        }
        while let Some((at, extra)) = open.pop() {
            if !seen.insert((at, extra)) {
                continue;
            }
            let node = &self.lock.nodes[at];
            let edges = match extra {
                Some(extra) => node.extras.get(extra),
                None => Some(&node.dependencies),
            };
            // `extra == 'x'` in the markers of a node means its own extras.
            let mut extras = always.clone();
            extras.extend(reached.get(&at).into_iter().flatten().filter_map(|extra| name(extra)));
            for edge in edges.into_iter().flatten() {
                if edge.marker.evaluate(self.environment, &extras) {
                    open.extend(self.follow(&node.name, edge, &mut reached, &mut seen)?);
                }
            }
        }
        Ok(reached)
    }

    /// Adds the node that `edge` leads to. Returns it and its extras, to be walked.
    fn follow(
        &self,
        from: &str,
        edge: &'a Edge,
        reached: &mut Reached<'a>,
        seen: &mut BTreeSet<Step<'a>>,
    ) -> Result<Vec<Step<'a>>, Error> {
        let Some(at) = self.target(from, edge)? else { return Ok(Vec::new()) };
        let extras = reached.entry(at).or_default();
        let before = extras.len();
        extras.extend(edge.extras.iter().map(String::as_str));
        if extras.len() > before {
            // Markers of the node may ask for the new extras.
            seen.retain(|(node, _)| *node != at);
        }
        let extras = extras.iter().map(|extra| (at, Some(*extra)));
        Ok(extras.chain([(at, None)]).collect())
    }

    fn target(&self, from: &str, edge: &Edge) -> Result<Option<usize>, Error> {
        let of_name = self.nodes.get(edge.name.as_str()).into_iter().flatten().copied();
        let fitting: Vec<usize> =
            of_name.filter(|at| leads_to(edge, &self.lock.nodes[*at])).collect();
        let label = |at: &usize| {
            let node = &self.lock.nodes[*at];
            let version = node.version.as_deref().unwrap_or_default();
            format!("{version} {}", node.source).trim().to_owned()
        };
        match fitting.as_slice() {
            [one] => Ok(Some(*one)),
            [] if edge.may_be_absent => Ok(None),
            [] => Err(Error::Dangling {
                path: self.file.path.clone(),
                required_by: from.to_owned(),
                name: requirement(edge),
            }),
            [first, second, ..] => Err(Error::Ambiguous {
                path: self.file.path.clone(),
                name: edge.name.clone(),
                first: label(first),
                second: label(second),
            }),
        }
    }
}

fn leads_to(edge: &Edge, node: &Node) -> bool {
    let allowed = |version: &String| {
        Version::from_str(version).is_ok_and(|version| edge.specifiers.contains(&version))
    };
    edge.version.as_ref().is_none_or(|version| node.version.as_ref() == Some(version))
        && edge.source.as_ref().is_none_or(|source| *source == node.source)
        && (edge.specifiers.is_empty() || node.version.as_ref().is_none_or(allowed))
}

fn requirement(edge: &Edge) -> String {
    match &edge.version {
        Some(version) => format!("{}=={version}", edge.name),
        None => format!("{}{}", edge.name, edge.specifiers),
    }
}

fn name(extra: &str) -> Option<ExtraName> {
    ExtraName::from_str(extra).ok()
}
