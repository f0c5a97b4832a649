//! Requirements of formats that leave a choice: a lock may have several versions of a distribution,
//! and neither a marker nor an exact version says which one a requirement means.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr as _;

use pep440_rs::{Version, VersionSpecifiers};
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, Requirement, VersionOrUrl};
use url::Url;

use super::model::{Edge, Node};
use crate::wheel::normalize;

/// A requirement as a lock or a project declares it.
#[derive(Debug, Clone, Default)]
pub(super) struct Need {
    /// The normalised name.
    pub(super) name: String,
    /// Extras, as keys of [`Draft::extras`] or in markers.
    pub(super) extras: Vec<String>,
    pub(super) marker: MarkerTree,
    /// Alternatives; none: any version.
    pub(super) versions: Vec<VersionSpecifiers>,
    /// The lock may lack it.
    pub(super) may_be_absent: bool,
}

/// A node whose requirements are not decided yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// Without requirements.
    pub(super) node: Node,
    /// The supported Python versions; none: all.
    pub(super) pythons: Vec<VersionSpecifiers>,
    pub(super) needs: Vec<Need>,
    pub(super) extras: BTreeMap<String, Vec<Need>>,
}

impl Need {
    /// Parses a PEP 508 requirement. URLs and paths are not looked at: the lock knows the place.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.strip_prefix("-e ").unwrap_or(text).trim();
        if let Some((_, fragment)) = text.split_once("#egg=").filter(|_| !text.contains(" @ ")) {
            let end = fragment.find(['&', ' ']).unwrap_or(fragment.len());
            return Self::parse(&fragment[..end]);
        }
        let (text, marker) = match text.split_once('@') {
            Some((name, place)) if !name.contains(';') => {
                (name.trim(), place.split_once(" ;").map(|(_, marker)| marker))
            }
            _ => (text, None),
        };
        let cause =
            |error: &dyn ToString| format!("`{text}`: {}", error.to_string().replace('\n', " "));
        let parsed = Requirement::<Url>::from_str(text).map_err(|error| cause(&error.message))?;
        let marker = match marker {
            Some(marker) => self::marker(marker)?,
            None => parsed.marker,
        };
        let versions = match parsed.version_or_url {
            Some(VersionOrUrl::VersionSpecifier(versions)) => vec![versions],
            _ => Vec::new(),
        };
        Ok(Self {
            name: normalize(parsed.name.as_ref()),
            extras: parsed.extras.iter().map(|extra| normalize(extra.as_ref())).collect(),
            marker,
            versions,
            may_be_absent: false,
        })
    }

    fn allows(&self, draft: &Draft) -> bool {
        let Some(version) = &draft.node.version else { return true };
        matches(&self.versions, version)
    }

    fn applies(&self, environment: &MarkerEnvironment, extras: &BTreeSet<String>) -> bool {
        let extras: Vec<ExtraName> =
            extras.iter().filter_map(|extra| ExtraName::from_str(extra).ok()).collect();
        self.marker.evaluate(environment, &extras)
    }
}

/// Parses a marker. An empty one holds always.
pub(super) fn marker(text: &str) -> Result<MarkerTree, String> {
    if text.trim().is_empty() {
        return Ok(MarkerTree::default());
    }
    MarkerTree::from_str(text)
        .map_err(|error| format!("`{text}`: {}", error.message.to_string().replace('\n', " ")))
}

/// Whether one of the alternatives allows `version`.
fn matches(alternatives: &[VersionSpecifiers], version: &str) -> bool {
    let Ok(version) = Version::from_str(version) else { return true };
    alternatives.is_empty() || alternatives.iter().any(|one| one.contains(&version))
}

/// Decides which node each requirement means, for one target: the newest version that all
/// requirements allow that apply there. Then returns the nodes and roots with their edges.
pub(super) fn decide(
    drafts: &[Draft],
    roots: &[Need],
    environment: &MarkerEnvironment,
) -> (Vec<Node>, Vec<Edge>) {
    let chosen = choose(drafts, roots, environment);
    let edge = |need: &Need| {
        let draft =
            chosen.get(&need.name).map(|at| &drafts[*at]).filter(|draft| need.allows(draft));
        Edge {
            name: need.name.clone(),
            extras: need.extras.clone(),
            marker: need.marker.clone(),
            version: draft.and_then(|draft| draft.node.version.clone()),
            source: draft.map(|draft| draft.node.source.clone()),
            // The walk then says that the lock does not have it.
            specifiers: match (draft, need.versions.last()) {
                (None, Some(versions)) => versions.clone(),
                _ => VersionSpecifiers::default(),
            },
            may_be_absent: need.may_be_absent,
        }
    };
    let all = |needs: &Vec<Need>| needs.iter().map(edge).collect::<Vec<_>>();
    let roots = roots.iter().map(edge).collect();
    let nodes = drafts.iter().map(|draft| Node {
        dependencies: all(&draft.needs),
        extras: draft.extras.iter().map(|(name, needs)| (name.clone(), all(needs))).collect(),
        ..draft.node.clone()
    });
    (nodes.collect(), roots)
}

/// How often a choice is repeated that changes the requirements which it followed from.
const ROUNDS: usize = 50;

/// The draft of each name.
fn choose(
    drafts: &[Draft],
    roots: &[Need],
    environment: &MarkerEnvironment,
) -> BTreeMap<String, usize> {
    let python = environment.python_full_version().to_string();
    let mut candidates: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        if matches(&draft.pythons, &python) {
            candidates.entry(&draft.node.name).or_default().push(at);
        }
    }
    let version = |at: &usize| Version::from_str(drafts[*at].node.version.as_deref()?).ok();
    for ordered in candidates.values_mut() {
        ordered.sort_by_key(|at| std::cmp::Reverse(version(at)));
    }
    let first = |of: &Vec<usize>| of.first().copied();
    let mut chosen: BTreeMap<String, usize> =
        candidates.iter().filter_map(|(name, of)| Some(((*name).to_owned(), first(of)?))).collect();
    for _ in 0..ROUNDS {
        let active = active(drafts, roots, &chosen, environment);
        let mut next = chosen.clone();
        for (name, of) in candidates.iter().filter(|(_, of)| of.len() > 1) {
            let needs: Vec<&&Need> = active.iter().filter(|need| need.name == *name).collect();
            let fits = |at: &&usize| needs.iter().all(|need| need.allows(&drafts[**at]));
            if let Some(at) = of.iter().find(fits) {
                next.insert((*name).to_owned(), *at);
            }
        }
        if next == chosen {
            break;
        }
        chosen = next;
    }
    chosen
}

/// The requirements that apply where these drafts are chosen.
fn active<'a>(
    drafts: &'a [Draft],
    roots: &'a [Need],
    chosen: &BTreeMap<String, usize>,
    environment: &MarkerEnvironment,
) -> Vec<&'a Need> {
    let none = BTreeSet::new();
    let mut active: Vec<&Need> =
        roots.iter().filter(|need| need.applies(environment, &none)).collect();
    let mut reached: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    loop {
        let before = (reached.len(), reached.values().map(BTreeSet::len).sum::<usize>());
        for need in &active {
            reached.entry(&need.name).or_default().extend(need.extras.iter().cloned());
        }
        if before == (reached.len(), reached.values().map(BTreeSet::len).sum::<usize>()) {
            return active;
        }
        active.retain(|need| roots.iter().any(|root| std::ptr::eq(root, *need)));
        for (name, extras) in &reached {
            let Some(at) = chosen.get(*name) else { continue };
            let draft = &drafts[*at];
            let of_extras = extras.iter().filter_map(|extra| draft.extras.get(extra)).flatten();
            let needs = draft.needs.iter().chain(of_extras);
            active.extend(needs.filter(|need| need.applies(environment, extras)));
        }
    }
}
