//! One object for equal ones, and one order for the members of sets.

use std::collections::{HashMap, HashSet};

use super::{MAX_DEPTH, Node, Part};

/// The longest member of a set that is put in order, in bytes.
const MAX_KEY: usize = 1 << 20;

/// Merges equal immutable objects, sorts sets, and returns the new index of the object `root`.
pub(super) fn share(data: &[u8], nodes: &mut [Node], root: usize) -> Option<usize> {
    let states = vec![State::New; nodes.len()];
    let interned = interned(data, nodes);
    Sharing { data, nodes, states, interned, known: HashMap::new() }.object(root)
}

#[derive(Clone, Copy)]
enum State {
    New,
    /// Its parts are being visited; a second visit means a cycle.
    Open,
    /// It has been replaced by the object with this index.
    Done(usize),
}

/// A type and parts, where equal parts have equal numbers.
type Key<'a> = (u8, Vec<Result<&'a [u8], usize>>);

/// The strings that are interned somewhere.
fn interned<'a>(data: &'a [u8], nodes: &[Node]) -> HashSet<&'a [u8]> {
    let text = |node: &Node| match (node.kind, &node.parts[..]) {
        (b'Z' | b'A' | b't', [Part::Bytes(range)]) => Some(&data[range.clone()]),
        _ => None,
    };
    nodes.iter().filter_map(text).collect()
}

/// The canonical type of an object: fixed rules decide which strings are interned.
///
/// `CPython` has one object for each string of at most one character (up to U+00FF), and any code may have
/// interned it. The rule is the compiler's own: a string that could be a name is interned. A longer one is
/// if an equal one is: a constant may have been the same object as a name, or not.
fn settled(data: &[u8], kind: u8, parts: &[Part], interned: &HashSet<&[u8]>) -> u8 {
    let [Part::Bytes(range)] = parts else { return kind };
    // The text follows its length, which takes one byte or four.
    match (kind, &data[range.clone()]) {
        (b'z' | b'Z', [0] | [1, b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9']) => b'Z',
        (b'z' | b'Z', [1, _]) => b'z',
        (b'u' | b't', [2, 0, 0, 0, 0xc2 | 0xc3, _]) => b'u',
        (b'z', text) if interned.contains(text) => b'Z',
        (b'a', text) if interned.contains(text) => b'A',
        (b'u', text) if interned.contains(text) => b't',
        _ => kind,
    }
}

struct Sharing<'a, 'n> {
    data: &'a [u8],
    nodes: &'n mut [Node],
    states: Vec<State>,
    interned: HashSet<&'a [u8]>,
    known: HashMap<Key<'a>, usize>,
}

impl Sharing<'_, '_> {
    fn object(&mut self, id: usize) -> Option<usize> {
        match self.states[id] {
            State::Done(same) => return Some(same),
            // Code objects contain no cycles.
            State::Open => return None,
            State::New => self.states[id] = State::Open,
        }
        let mut parts = std::mem::take(&mut self.nodes[id].parts);
        for part in &mut parts {
            if let Part::Object(member) = part {
                *member = self.object(*member)?;
            }
        }
        if self.nodes[id].is_set() {
            self.sort(&mut parts)?;
        }
        let data = self.data;
        let kind = settled(data, self.nodes[id].kind, &parts, &self.interned);
        self.nodes[id].kind = kind;
        let same = if self.nodes[id].is_immutable() {
            let bytes = |part: &Part| match part {
                Part::Bytes(range) => Ok(&data[range.clone()]),
                Part::Object(id) => Err(*id),
            };
            let key = (kind, parts.iter().map(bytes).collect());
            *self.known.entry(key).or_insert(id)
        } else {
            id
        };
        self.nodes[id].parts = parts;
        self.states[id] = State::Done(same);
        Some(same)
    }

    /// Sorts the members of a set, which follow their number.
    fn sort(&self, parts: &mut Vec<Part>) -> Option<()> {
        let mut keyed = Vec::new();
        for part in parts.drain(1..) {
            let mut key = Vec::new();
            self.spell(&part, 0, &mut key)?;
            keyed.push((key, part));
        }
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        parts.extend(keyed.into_iter().map(|(_, part)| part));
        Some(())
    }

    /// Writes `part` out in full, without references.
    fn spell(&self, part: &Part, depth: usize, out: &mut Vec<u8>) -> Option<()> {
        if depth > MAX_DEPTH || out.len() > MAX_KEY {
            return None;
        }
        match part {
            Part::Bytes(range) => out.extend(&self.data[range.clone()]),
            Part::Object(id) => {
                out.push(self.nodes[*id].kind);
                for part in &self.nodes[*id].parts {
                    self.spell(part, depth + 1, out)?;
                }
            }
        }
        Some(())
    }
}
