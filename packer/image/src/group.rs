//! Which distributions share a layer.

use std::cmp::Reverse;

use sha2::{Digest as _, Sha256};

/// Something that gets a layer, alone or with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its name, without its version.
    pub name: String,
    /// Its bytes.
    pub bytes: u64,
    /// Whether it seldom changes, such as a distribution from a package index.
    pub is_stable: bool,
}

/// Divides `items` into at most `most` groups of indexes, stable ones first.
///
/// Each has a group of its own as long as there are enough. Else the largest have, which gain most by
/// being shared with other images, and the rest is divided into a quarter of all groups by a digest
/// of the name: another version of one of them changes no other group.
pub fn groups(items: &[Item], most: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|&index| {
        let Item { name, bytes, is_stable } = &items[index];
        (!is_stable, Reverse(*bytes), name)
    });
    let most = most.max(2);
    if items.len() <= most {
        return order.into_iter().map(|index| vec![index]).collect();
    }
    let shared = (most / 4).max(1);
    let mut by_size = order.clone();
    by_size.sort_by_key(|&index| (Reverse(items[index].bytes), &items[index].name));
    let alone = &by_size[..most - shared];
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut rest = vec![Vec::new(); shared];
    for index in order {
        if alone.contains(&index) {
            groups.push(vec![index]);
        } else {
            rest[bucket(&items[index].name, shared)].push(index);
        }
    }
    for group in &mut rest {
        group.sort_by_key(|&index| &items[index].name);
    }
    let unstable = groups.iter().position(|group| !items[group[0]].is_stable);
    let at = unstable.unwrap_or(groups.len());
    groups.splice(at..at, rest.into_iter().filter(|group| !group.is_empty()));
    groups
}

fn bucket(name: &str, count: usize) -> usize {
    usize::from(Sha256::digest(name)[0]) % count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(count: u64) -> Vec<Item> {
        let item = |number| Item {
            name: format!("d{number}"),
            bytes: 1000 * number,
            is_stable: number != 3,
        };
        (0..count).map(item).collect()
    }

    #[test]
    fn few_have_groups_of_their_own_and_local_ones_come_last() {
        assert_eq!(groups(&items(5), 5), [[4], [2], [1], [0], [3]]);
    }

    #[test]
    fn of_many_the_largest_stay_alone_and_nothing_is_lost() {
        let items = items(100);
        let groups = groups(&items, 24);
        assert!(groups.len() <= 24 && groups.len() > 20, "{}", groups.len());
        assert_eq!(groups[0], [99]);
        assert_eq!(groups.iter().filter(|group| group.len() > 1).count(), 6);
        let mut all: Vec<_> = groups.concat();
        all.sort_unstable();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn another_size_of_a_small_one_changes_no_other_group() {
        let mut changed = items(100);
        changed[7].bytes += 500;
        assert_eq!(groups(&items(100), 24), groups(&changed, 24));
    }
}
