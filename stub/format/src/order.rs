//! Sorting with little code.
//!
//! The standard library's sorts are faster on long lists, and take 2 to 4 kB of the launcher for each type that is
//! sorted; this one takes 0.2.

/// Sorts `items` so that none comes after one that it is `before`. Equal ones end up in any order. Heapsort: no
/// input is slow.
pub fn sort_by<T>(items: &mut [T], before: impl Fn(&T, &T) -> bool) {
    let length = items.len();
    for step in (0..length + length / 2).rev() {
        // First the heap is made, from its last parent to its first; then its greatest goes to the end, again and
        // again.
        let (top, end) = if step < length { (0, step) } else { (step - length, length) };
        if step < length {
            items.swap(0, step);
        }
        sift(&mut items[..end], top, &before);
    }
}

/// Moves the item at `parent` down until no child is greater.
fn sift<T>(heap: &mut [T], mut parent: usize, before: &impl Fn(&T, &T) -> bool) {
    loop {
        let mut child = 2 * parent + 1;
        if heap.get(child + 1).is_some_and(|right| before(&heap[child], right)) {
            child += 1;
        }
        match heap.get(child) {
            Some(greater) if before(&heap[parent], greater) => heap.swap(parent, child),
            _ => return,
        }
        parent = child;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sorts_as_the_standard_library_does() {
        let mut seed = 1_u32;
        for length in (0..40).chain([1000]) {
            for most in [1, 3, u32::MAX] {
                let mut numbers = Vec::new();
                for _ in 0..length {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    numbers.push((seed >> 8) % most);
                }
                let mut expected = numbers.clone();
                expected.sort_unstable();
                sort_by(&mut numbers, |a, b| a < b);
                assert_eq!(numbers, expected);
                sort_by(&mut numbers, |a, b| a > b);
                expected.reverse();
                assert_eq!(numbers, expected);
            }
        }
    }
}
