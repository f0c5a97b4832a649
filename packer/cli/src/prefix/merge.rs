//! Which group's file counts where several have one path.

use std::collections::{HashMap, HashSet};

use super::{Error, File, Group, Node, Origin};
use crate::archive::Archive;

/// The links that may cover a file of the runtime.
const INTERPRETERS: [&str; 2] = ["bin/python3", "bin/python"];

/// Marks the files of `groups` that others cover. The application's links win, then the runtime, then
/// distributions in the manifest's order, as in the cache. A distribution must not change the runtime: in the
/// cache they are apart.
pub(super) fn shadow(archive: &Archive, groups: &mut [Group]) -> Result<(), Error> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&index| rank(&groups[index].origin));
    let directories = directories(groups);
    let mut winners: HashMap<String, (usize, usize)> = HashMap::new();
    for group in order {
        for file in 0..groups[group].files.len() {
            let File { path, .. } = &groups[group].files[file];
            let other = winners.get(path).copied();
            let conflict = |other: &Origin| Error::Conflict {
                path: path.clone(),
                first: name(archive, other),
                second: name(archive, &groups[group].origin),
            };
            if let Some(other) = other {
                let winner = &groups[other.0];
                let is_distribution = is_distribution(&groups[group].origin);
                let is_covered = match &winner.origin {
                    Origin::Entries | Origin::Launcher => {
                        is_distribution || INTERPRETERS.contains(&path.as_str())
                    }
                    Origin::Component(component) if component.is_of_runtime() => {
                        is_same(&winner.files[other.1].node, &groups[group].files[file].node)
                    }
                    Origin::Component(_) => true,
                };
                if !is_covered {
                    return Err(conflict(&winner.origin));
                }
            } else if directories.contains(path) {
                // Where another one has a directory, the directory wins.
                if !is_distribution(&groups[group].origin) {
                    return Err(conflict(&groups[group].origin));
                }
            } else {
                winners.insert(path.clone(), (group, file));
                continue;
            }
            groups[group].files[file].shadowed = true;
        }
    }
    Ok(())
}

fn rank(origin: &Origin) -> usize {
    match origin {
        Origin::Entries | Origin::Launcher => 0,
        Origin::Component(component) if component.is_of_runtime() => 1,
        Origin::Component(_) => 2,
    }
}

fn is_distribution(origin: &Origin) -> bool {
    matches!(origin, Origin::Component(component) if component.is_layer())
}

fn name(archive: &Archive, origin: &Origin) -> String {
    match origin {
        Origin::Component(component) => component.label(),
        Origin::Launcher | Origin::Entries => archive.manifest().name.clone(),
    }
}

/// All directories above files.
fn directories(groups: &[Group]) -> HashSet<String> {
    let files = groups.iter().flat_map(|group| &group.files);
    let above = files.flat_map(|file| file.path.match_indices('/').map(|(at, _)| &file.path[..at]));
    above.map(str::to_owned).collect()
}

/// Whether both are the same. A file that cannot be read is not.
fn is_same(one: &Node, other: &Node) -> bool {
    match (one, other) {
        (Node::Link(one), Node::Link(other)) => one == other,
        (
            Node::File { executable, content },
            Node::File { executable: other_executable, content: other },
        ) => {
            executable == other_executable
                && content.read().ok().zip(other.read().ok()).is_some_and(|(a, b)| a == b)
        }
        _ => false,
    }
}
