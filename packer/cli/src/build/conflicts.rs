//! Files that several components install. The environment has the file of the first one.

use std::collections::BTreeMap;

use snakecrate_format::listing::{Listing, Node};

/// Two components with different files at the same paths.
#[derive(Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The component whose files are used.
    pub winner: String,
    /// The component whose files are not.
    pub loser: String,
    /// The first of the paths.
    pub path: String,
    /// How many there are.
    pub count: usize,
}

impl std::fmt::Display for Conflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { winner, loser, path, count } = self;
        write!(f, "`{winner}` and `{loser}` both install {path}")?;
        let used = match count - 1 {
            0 => "the one",
            1 => {
                write!(f, " and 1 other file")?;
                "those"
            }
            more => {
                write!(f, " and {more} other files")?;
                "those"
            }
        };
        write!(f, " with different contents; using {used} from `{winner}`")
    }
}

/// The conflicts among components in the order in which an environment uses them.
///
/// Equal files don't conflict. Bytecode isn't reported: it differs when its source does.
pub fn find<'a>(components: impl Iterator<Item = (&'a str, Listing)>) -> Vec<Conflict> {
    let mut taken: BTreeMap<String, (&str, Node)> = BTreeMap::new();
    let mut found: BTreeMap<(&str, &str), Conflict> = BTreeMap::new();
    for (name, listing) in components {
        for item in listing.items() {
            let Some((winner, node)) = taken.get(item.path.as_str()) else {
                taken.insert(item.path.to_string(), (name, item.node.clone()));
                continue;
            };
            if *node == item.node || item.path.extension() == "pyc" {
                continue;
            }
            let conflict = found.entry((winner, name)).or_insert_with(|| Conflict {
                winner: (*winner).to_owned(),
                loser: name.to_owned(),
                path: item.path.to_string(),
                count: 0,
            });
            conflict.count += 1;
        }
    }
    found.into_values().collect()
}

#[cfg(test)]
mod tests {
    use snakecrate_format::entry_path::EntryPath;

    use super::*;
    use crate::component::listing;
    use snakecrate_base::tree::{Mode, Tree};

    fn component(files: &[(&str, &str)]) -> Listing {
        let mut tree = Tree::default();
        for (path, text) in files {
            let bytes = text.as_bytes().to_vec();
            tree.insert_file(EntryPath::new(path).unwrap(), Mode::Plain, bytes);
        }
        listing(&tree).unwrap()
    }

    fn reported(components: &[(&'static str, &[(&str, &str)])]) -> Vec<String> {
        let all = components.iter().map(|(name, files)| (*name, component(files)));
        find(all).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn equal_files_in_two_components_do_not_conflict() {
        let files: &[_] = &[("lib/ns/__init__.py", ""), ("lib/ns/a.py", "1")];
        assert!(reported(&[("a", files), ("b", files), ("c", &[("lib/ns/c.py", "")])]).is_empty());
    }

    #[test]
    fn different_files_at_one_path_are_reported_once_per_pair() {
        let one: &[_] = &[("lib/x.py", "1"), ("lib/x.pyc", "1"), ("lib/y.py", "1")];
        let two: &[_] = &[("lib/x.py", "2"), ("lib/x.pyc", "2"), ("lib/y.py", "2")];
        let three: &[_] = &[("lib/x.py", "3")];
        assert_eq!(
            reported(&[("a", one), ("b", two), ("c", three)]),
            [
                "`a` and `b` both install lib/x.py and 1 other file with different contents; using those from `a`",
                "`a` and `c` both install lib/x.py with different contents; using the one from `a`",
            ]
        );
    }
}
