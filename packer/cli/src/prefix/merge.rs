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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::archive::sample::archive;

    fn group(archive: &Archive, index: usize, files: &[(&str, &str)]) -> Group {
        let component = archive.manifest().components[index].clone();
        let file = |(path, text): &(&str, &str)| File::bytes(*path, false, *text);
        let files = files.iter().map(file).collect();
        Group { origin: Origin::Component(component.into()), files }
    }

    /// The files of a runtime, two distributions and the entries that are not covered.
    fn left(groups: [&[(&str, &str)]; 4]) -> Result<Vec<String>, Error> {
        let directory = tempfile::tempdir().unwrap();
        let archive = Archive::open(&archive(directory.path())).unwrap();
        let [runtime, app, wheel, entries] = groups;
        let links = entries.iter().map(|(path, target)| File::link(*path, *target)).collect();
        let mut groups = [
            group(&archive, 0, runtime),
            group(&archive, 1, app),
            group(&archive, 2, wheel),
            Group { origin: Origin::Entries, files: links },
        ];
        shadow(&archive, &mut groups)?;
        let groups = groups.iter().enumerate();
        let all = groups.flat_map(|(index, group)| group.files.iter().map(move |f| (index, f)));
        let all = all.filter(|(_, file)| !file.shadowed);
        let left = all.map(|(index, file)| format!("{index} {}", file.path)).collect();
        fs::remove_dir_all(directory.path()).unwrap();
        Ok(left)
    }

    #[test]
    fn links_cover_scripts_and_the_first_distribution_wins() {
        let left = left([
            &[("lib/x.py", "same"), ("bin/python3", "")],
            &[("a", "1")],
            &[("a", "2"), ("bin/b", "script"), ("lib/x.py", "same")],
            &[("bin/b", "../l"), ("bin/python3", "../l")],
        ]);
        assert_eq!(left.unwrap(), ["0 lib/x.py", "1 a", "3 bin/b", "3 bin/python3"]);
    }

    #[test]
    fn a_directory_of_one_distribution_wins_over_a_file_of_another() {
        let left = left([&[], &[("d/x", "")], &[("d", "")], &[]]);
        assert_eq!(left.unwrap(), ["1 d/x"]);
    }

    #[test]
    fn nothing_may_change_the_runtime() {
        let changed = left([&[("lib/x.py", "1")], &[], &[("lib/x.py", "2")], &[]]);
        assert_eq!(
            changed.unwrap_err().to_string(),
            "`runtime-cpython-3.12.1` and `wheel-click-8.1.7` both have `lib/x.py`, with different \
             contents"
        );
        let taken = left([&[("bin/python3.12", "")], &[], &[], &[("bin/python3.12", "../l")]]);
        assert!(matches!(taken, Err(Error::Conflict { .. })));
        let below = left([&[("lib", "")], &[], &[("lib/x.py", "")], &[]]);
        assert!(matches!(below, Err(Error::Conflict { .. })));
    }
}
