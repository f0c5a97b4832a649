//! Files that several components have.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_format::digest::FileDigest;

/// The same contents in several components.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicate {
    /// The length of one copy in bytes.
    pub unpacked: u64,
    /// The packed bytes of all copies but the largest.
    pub packed_again: u64,
    /// The label of the component and the path of each copy.
    pub copies: Vec<(String, String)>,
}

impl Duplicate {
    /// The unpacked bytes of all copies but one.
    pub fn unpacked_again(&self) -> u64 {
        self.unpacked * (self.copies.len() as u64 - 1)
    }
}

/// A file whose contents may occur elsewhere.
pub(crate) struct Copy<'a> {
    pub(crate) component: &'a str,
    pub(crate) path: &'a str,
    pub(crate) digest: FileDigest,
    pub(crate) unpacked: u64,
    pub(crate) packed: u64,
}

/// The duplicates among `files`, those that take most first. Empty files are none.
pub(crate) fn find<'a>(files: impl Iterator<Item = Copy<'a>>) -> Vec<Duplicate> {
    let mut groups: BTreeMap<_, Vec<Copy<'_>>> = BTreeMap::new();
    for file in files.filter(|file| file.unpacked > 0) {
        groups.entry((file.digest.to_string(), file.unpacked)).or_default().push(file);
    }
    let is_across = |group: &Vec<Copy<'_>>| {
        group.iter().map(|copy| copy.component).collect::<BTreeSet<_>>().len() > 1
    };
    let mut found: Vec<_> = groups
        .into_values()
        .filter(is_across)
        .map(|group| {
            let packed = || group.iter().map(|copy| copy.packed);
            Duplicate {
                unpacked: group[0].unpacked,
                packed_again: packed().sum::<u64>() - packed().max().unwrap_or_default(),
                copies: group
                    .iter()
                    .map(|copy| (copy.component.to_owned(), copy.path.to_owned()))
                    .collect(),
            }
        })
        .collect();
    found.sort_by(|a, b| (b.unpacked_again(), &a.copies).cmp(&(a.unpacked_again(), &b.copies)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_copies_in_different_components_are_duplicates() {
        let copy = |component, path, contents: &str, packed| Copy {
            component,
            path,
            digest: FileDigest::of(contents.as_bytes()),
            unpacked: contents.len() as u64,
            packed,
        };
        let files = [
            copy("a", "x", "same", 3),
            copy("a", "y", "same", 4),
            copy("b", "x", "same", 2),
            copy("b", "1", "twice here", 9),
            copy("b", "2", "twice here", 9),
            copy("a", "e", "", 1),
            copy("b", "e", "", 1),
        ];
        let found = find(files.into_iter());
        let names = [("a", "x"), ("a", "y"), ("b", "x")];
        let copies = names.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        assert_eq!(found, [Duplicate { unpacked: 4, packed_again: 5, copies }]);
        assert_eq!(found[0].unpacked_again(), 8);
    }
}
