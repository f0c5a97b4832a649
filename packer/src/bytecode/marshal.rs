//! Marshal data in one canonical form.
//!
//! The same code object is not always the same bytes: `marshal.dumps` marks an object as one that
//! may be referred to (`FLAG_REF`) when it happens to have other owners, and writes the members of
//! a frozenset in the order of a table that may be laid out by addresses. Here only objects that
//! *are* referred to again carry the mark, references count just those, and sets are in the order of
//! their members' bytes. `marshal.loads` gives equal objects for both forms.
//!
//! Source of the format: `Python/marshal.c` of `CPython` 3.8 to 3.14.

use std::ops::Range;

const FLAG_REF: u8 = 0x80;
/// As in `marshal.c`; deeper data is not read by Python either.
const MAX_DEPTH: usize = 2000;
/// The longest member of a set that is put in order, in bytes.
const MAX_KEY: usize = 1 << 20;

/// The layout of code objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// 3.8 to 3.10: six numbers; code, constants, four tuples of names, filename, name; a line
    /// number; the line table.
    Names,
    /// 3.11 to 3.14: five numbers; code, constants, names, the "fast locals" and their kinds,
    /// filename, name, qualified name; a line number; line table and exception table.
    Fast,
}

impl Layout {
    /// The layout of this version of `CPython`, if it is known.
    pub(super) fn of(version: (u8, u8, u8)) -> Option<Self> {
        match version {
            (3, 8..=10, _) => Some(Self::Names),
            (3, 11..=14, _) => Some(Self::Fast),
            _ => None,
        }
    }

    /// Bytes of numbers, objects before the line number, objects behind it.
    fn parts(self) -> (usize, usize, usize) {
        match self {
            Self::Names => (6 * 4, 8, 1),
            Self::Fast => (5 * 4, 8, 2),
        }
    }
}

/// `data` in canonical form; `None` if there is something in it that this code does not know.
pub(super) fn canonical(data: &[u8], layout: Layout) -> Option<Vec<u8>> {
    let mut parser = Parser { data, at: 0, depth: 0, layout, nodes: Vec::new(), refs: Vec::new() };
    let root = parser.object()?;
    if parser.at != data.len() {
        return None;
    }
    let mut nodes = parser.nodes;
    for id in 0..nodes.len() {
        sort_set(data, &mut nodes, id)?;
    }
    let mut writer = Writer { data, nodes: &nodes, numbers: vec![None; nodes.len()], next: 0 };
    let mut out = Vec::with_capacity(data.len());
    writer.object(root, &mut out);
    Some(out)
}

/// An object: its type, then pieces of the input and other objects in turn.
struct Node {
    kind: u8,
    parts: Vec<Part>,
    /// How often it is named, where it stands included.
    uses: usize,
}

enum Part {
    Bytes(Range<usize>),
    Object(usize),
}

struct Parser<'a> {
    data: &'a [u8],
    at: usize,
    depth: usize,
    layout: Layout,
    nodes: Vec<Node>,
    /// What `r` counts, as the input has it.
    refs: Vec<usize>,
}

impl Parser<'_> {
    fn take(&mut self, length: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(length).filter(|end| *end <= self.data.len())?;
        let range = self.at..end;
        self.at = end;
        Some(range)
    }

    fn number(&mut self) -> Option<usize> {
        let range = self.take(4)?;
        let number = i32::from_le_bytes(self.data[range].try_into().ok()?);
        usize::try_from(number).ok()
    }

    fn object(&mut self) -> Option<usize> {
        let code = self.data[self.take(1)?][0];
        let kind = code & !FLAG_REF;
        if kind == b'r' {
            let number = self.number()?;
            let id = *self.refs.get(number)?;
            self.nodes[id].uses += 1;
            return Some(id);
        }
        let id = self.nodes.len();
        self.nodes.push(Node { kind, parts: Vec::new(), uses: 1 });
        if code & FLAG_REF != 0 {
            self.refs.push(id);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let parts = self.parts(kind)?;
        self.depth -= 1;
        self.nodes[id].parts = parts;
        Some(id)
    }

    fn parts(&mut self, kind: u8) -> Option<Vec<Part>> {
        let start = self.at;
        match kind {
            b'N' | b'F' | b'T' | b'S' | b'.' => return Some(Vec::new()),
            b'i' => self.take(4)?,
            b'I' | b'g' => self.take(8)?,
            b'y' => self.take(16)?,
            b'l' => {
                let digits = self.take(4)?;
                let digits = i32::from_le_bytes(self.data[digits].try_into().ok()?);
                self.take(usize::try_from(digits.unsigned_abs()).ok()?.checked_mul(2)?)?
            }
            b'f' | b'z' | b'Z' => self.short()?,
            b'x' => {
                self.short()?;
                self.short()?
            }
            b's' | b't' | b'a' | b'A' | b'u' => {
                let length = self.number()?;
                self.take(length)?
            }
            b')' => {
                let count = usize::from(self.data[self.take(1)?][0]);
                return self.objects(start, count);
            }
            b'(' | b'[' | b'<' | b'>' => {
                let count = self.number()?;
                return self.objects(start, count);
            }
            b':' => return self.objects(start, 3),
            b'{' => return self.dict(),
            b'c' => return self.code(),
            _ => return None,
        };
        Some(vec![Part::Bytes(start..self.at)])
    }

    fn short(&mut self) -> Option<Range<usize>> {
        let length = usize::from(self.data[self.take(1)?][0]);
        self.take(length)
    }

    /// The bytes since `start`, then `count` objects.
    fn objects(&mut self, start: usize, count: usize) -> Option<Vec<Part>> {
        let mut parts = vec![Part::Bytes(start..self.at)];
        for _ in 0..count {
            parts.push(Part::Object(self.object()?));
        }
        Some(parts)
    }

    /// Keys and values, ended by a null.
    fn dict(&mut self) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        while *self.data.get(self.at)? != b'0' {
            parts.push(Part::Object(self.object()?));
            parts.push(Part::Object(self.object()?));
        }
        parts.push(Part::Bytes(self.take(1)?));
        Some(parts)
    }

    fn code(&mut self) -> Option<Vec<Part>> {
        let (numbers, before, behind) = self.layout.parts();
        let start = self.at;
        self.take(numbers)?;
        let mut parts = self.objects(start, before)?;
        let line = self.at;
        self.take(4)?;
        parts.extend(self.objects(line, behind)?);
        Some(parts)
    }
}

/// Puts the members of node `id` in order, if it is a set.
fn sort_set(data: &[u8], nodes: &mut [Node], id: usize) -> Option<()> {
    if !matches!(nodes[id].kind, b'<' | b'>') {
        return Some(());
    }
    let mut keyed = Vec::new();
    for part in &nodes[id].parts[1..] {
        let Part::Object(member) = *part else { return None };
        let mut key = Vec::new();
        spell(data, nodes, member, 0, &mut key)?;
        keyed.push((key, member));
    }
    keyed.sort();
    nodes[id].parts.truncate(1);
    nodes[id].parts.extend(keyed.into_iter().map(|(_, member)| Part::Object(member)));
    Some(())
}

/// Writes node `id` out in full, without references, sets in order.
fn spell(data: &[u8], nodes: &[Node], id: usize, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    if depth > MAX_DEPTH || out.len() > MAX_KEY {
        return None;
    }
    let node = &nodes[id];
    // Whether a string is interned may depend on what else the process did.
    out.push(match node.kind {
        b'A' => b'a',
        b'Z' => b'z',
        b't' => b'u',
        kind => kind,
    });
    let mut members = Vec::new();
    for part in &node.parts {
        match part {
            Part::Bytes(range) => out.extend(&data[range.clone()]),
            Part::Object(id) if matches!(node.kind, b'<' | b'>') => {
                let mut member = Vec::new();
                spell(data, nodes, *id, depth + 1, &mut member)?;
                members.push(member);
            }
            Part::Object(id) => spell(data, nodes, *id, depth + 1, out)?,
        }
    }
    members.sort();
    out.extend(members.concat());
    Some(())
}

struct Writer<'a> {
    data: &'a [u8],
    nodes: &'a [Node],
    /// What `r` counts, as the output has it.
    numbers: Vec<Option<u32>>,
    next: u32,
}

impl Writer<'_> {
    fn object(&mut self, id: usize, out: &mut Vec<u8>) {
        if let Some(number) = self.numbers[id] {
            out.push(b'r');
            out.extend(number.to_le_bytes());
            return;
        }
        let nodes = self.nodes;
        let node = &nodes[id];
        if node.uses > 1 {
            self.numbers[id] = Some(self.next);
            self.next += 1;
            out.push(node.kind | FLAG_REF);
        } else {
            out.push(node.kind);
        }
        for part in &node.parts {
            match part {
                Part::Bytes(range) => out.extend(&self.data[range.clone()]),
                Part::Object(id) => self.object(*id, out),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fast(data: &[u8]) -> Option<Vec<u8>> {
        canonical(data, Layout::Fast)
    }

    #[test]
    fn only_what_is_referred_to_keeps_its_mark_and_references_are_counted_anew() {
        // (a, b, c, b) with marks on the tuple, on a, b and c.
        let marked = b"\xa9\x04\xfa\x01a\xda\x01b\xe9\x07\0\0\0r\x02\0\0\0";
        let bare = b")\x04z\x01a\xda\x01bi\x07\0\0\0r\0\0\0\0";
        assert_eq!(fast(marked).unwrap(), bare);
        assert_eq!(fast(bare).unwrap(), bare, "canonical data stays as it is");
    }

    #[test]
    fn members_of_sets_come_in_one_order_whatever_is_shared() {
        let one = b")\x02\xbe\x03\0\0\0N\xda\x01b\xfa\x01aN";
        let other = b")\x02>\x03\0\0\0\xfa\x01a\xda\x01bNN";
        assert_eq!(fast(one), fast(other));
        // ({b, a}, b): the first in the new order is the one that is marked.
        let shared = b")\x02>\x02\0\0\0\xda\x01bz\x01ar\0\0\0\0";
        assert_eq!(fast(shared).unwrap(), b")\x02>\x02\0\0\0z\x01a\xda\x01br\0\0\0\0");
    }

    #[test]
    fn unknown_and_broken_data_is_left_alone() {
        let broken: [&[u8]; 9] = [
            b"",
            b"?",
            b"i\0\0",
            b"s\xff\xff\xff\xff",
            b"s\xff\xff\xff\x7f",
            b"(\xff\xff\xff\x7f",
            b"r\0\0\0\0",
            b"NN",
            b"{N",
        ];
        for data in broken {
            assert_eq!(fast(data), None, "{data:?}");
        }
        let deep = [b")\x01".repeat(MAX_DEPTH + 1), b"N".to_vec()].concat();
        let thread = std::thread::Builder::new().stack_size(16 << 20);
        let read = thread.spawn(move || fast(&deep)).unwrap().join().unwrap();
        assert_eq!(read, None);
        // A list that holds a set that holds the list.
        assert_eq!(fast(b"\xdb\x01\0\0\0>\x01\0\0\0r\0\0\0\0"), None);
    }

    #[test]
    fn every_other_type_passes_through() {
        let all =
            b"(\x0b\0\0\0NFTS.I\0\0\0\0\0\0\0\0f\x011x\x011\x012l\xfe\xff\xff\xff\x01\0\x02\0\
                    {NN0:NNN";
        assert_eq!(fast(all).unwrap(), all);
    }

    #[test]
    fn layouts_are_known_from_3_8_to_3_14() {
        assert_eq!(Layout::of((3, 7, 16)), None);
        assert_eq!(Layout::of((3, 10, 1)), Some(Layout::Names));
        assert_eq!(Layout::of((3, 11, 0)), Some(Layout::Fast));
        assert_eq!(Layout::of((3, 15, 0)), None);
    }
}
