//! Marshal data in one canonical form.
//!
//! The same source is not always the same bytes after `marshal.dumps`:
//!
//! - An object is marked as one that may be referred to (`FLAG_REF`) when it happens to have other
//!   owners in the process. Here only objects that *are* referred to again carry the mark.
//! - Members of a frozenset come in the order of a table that may be laid out by addresses (the
//!   hash of `None` before 3.12). Here they are in the order of their bytes.
//! - Whether two equal constants are one object depends on which strings were interned before
//!   (`intern_constants` in `codeobject.c` makes a new frozenset when it replaces a member). Here
//!   equal immutable objects are always one.
//! - A string of one character is one object in the whole process, and interned if any code ever
//!   interned it. Here it is interned if it could be a name.
//! - The qualified name of a class is a constant, too, and interned with it unless an equal string was
//!   interned before. Here a string is interned if an equal one is.
//!
//! `marshal.loads` gives equal objects for both forms. Source of the format: `Python/marshal.c` of
//! `CPython` 3.8 to 3.15.
//!
//! No crate can be used for this: `py-marshal` only reads, and `python_marshal`, which also writes,
//! is under the GPL and knows 3.10 to 3.13. For versions that this module does not know either,
//! [`check_reproducible`](super::check_reproducible) has the build warn.

mod columns;
mod read;
mod share;
mod write;

use std::ops::Range;

const FLAG_REF: u8 = 0x80;
/// As in `marshal.c`; deeper data is not read by Python either.
const MAX_DEPTH: usize = 2000;

/// The versions of `CPython` whose code objects have a known [`Layout`].
pub(super) const KNOWN: &str = "3.8 to 3.15";

/// The layout of code objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// 3.8 to 3.10: six numbers; code, constants, four tuples of names, filename, name; a line
    /// number; the line table.
    Names,
    /// 3.11 to 3.15: five numbers; code, constants, names, the "fast locals" and their kinds,
    /// filename, name, qualified name; a line number; line table and exception table.
    Fast,
}

impl Layout {
    /// The layout of this version of `CPython`, if it is known.
    pub(super) fn of(version: (u8, u8, u8)) -> Option<Self> {
        match version {
            (3, 8..=10, _) => Some(Self::Names),
            (3, 11..=15, _) => Some(Self::Fast),
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
    let (mut nodes, root) = read::read(data, layout)?;
    let root = share::share(data, &mut nodes, root)?;
    Some(write::write(data, &nodes, root))
}

/// As [`canonical`], without the columns of instructions; see [`columns`].
pub(super) fn canonical_without_columns(data: &[u8], layout: Layout) -> Option<Vec<u8>> {
    let (mut nodes, root) = read::read(data, layout)?;
    let mut data = data.to_vec();
    columns::drop(&mut data, &mut nodes, layout)?;
    let root = share::share(&data, &mut nodes, root)?;
    Some(write::write(&data, &nodes, root))
}

/// An object: its type, then pieces of the input and other objects in turn.
struct Node {
    kind: u8,
    parts: Vec<Part>,
}

#[derive(Clone)]
enum Part {
    Bytes(Range<usize>),
    Object(usize),
}

impl Node {
    fn is_set(&self) -> bool {
        matches!(self.kind, b'<' | b'>')
    }

    /// Whether equal ones may be one object. Code objects are left apart: none are equal.
    fn is_immutable(&self) -> bool {
        !matches!(self.kind, b'[' | b'{' | b'<' | b'c')
    }

    /// Whether references to it make sense: `marshal.c` has none to singletons, and one to a number
    /// of four bytes would be as long as the number and compress worse.
    fn is_shared(&self) -> bool {
        !matches!(self.kind, b'N' | b'F' | b'T' | b'S' | b'.' | b'i')
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
        // (a, b, 7, b) with marks on the tuple, on a, b and 7.
        let marked = b"\xa9\x04\xfa\x01a\xda\x01b\xe9\x07\0\0\0r\x02\0\0\0";
        let bare = b")\x04Z\x01a\xda\x01bi\x07\0\0\0r\0\0\0\0";
        assert_eq!(fast(marked).unwrap(), bare);
        assert_eq!(fast(bare).unwrap(), bare, "canonical data stays as it is");
    }

    #[test]
    fn members_of_sets_come_in_one_order_whatever_is_shared() {
        let one = b")\x02\xbe\x03\0\0\0N\xda\x01b\xfa\x01aN";
        let other = b")\x02>\x03\0\0\0\xfa\x01a\xda\x01bNN";
        assert_eq!(fast(one), fast(other));
        // ({b, a}, b): what is referred to is marked where it stands now.
        let shared = b")\x02>\x02\0\0\0\xda\x01bZ\x01ar\0\0\0\0";
        assert_eq!(fast(shared).unwrap(), b")\x02>\x02\0\0\0Z\x01a\xda\x01br\0\0\0\0");
    }

    #[test]
    fn equal_constants_are_one_object_whether_they_were_before_or_not() {
        // Two frozensets of one string, once two objects in different orders, once the same.
        let two = b")\x02>\x02\0\0\0\xda\x01aN>\x02\0\0\0Nr\0\0\0\0";
        let one = b")\x02\xbe\x02\0\0\0NZ\x01ar\0\0\0\0";
        assert_eq!(fast(two).unwrap(), one);
        assert_eq!(fast(one).unwrap(), one);
        // Lists: never one.
        let apart = b")\x02[\0\0\0\0[\0\0\0\0";
        assert_eq!(fast(apart).unwrap(), apart);
    }

    #[test]
    fn a_string_is_interned_if_an_equal_one_is() {
        for mixed in [b")\x02Z\x02abz\x02ab", b")\x02z\x02abZ\x02ab"] {
            assert_eq!(fast(mixed).unwrap(), b")\x02\xda\x02abr\0\0\0\0");
        }
        let long = b")\x02a\x02\0\0\0abA\x02\0\0\0ab";
        assert_eq!(fast(long).unwrap(), b")\x02\xc1\x02\0\0\0abr\0\0\0\0");
    }

    #[test]
    fn strings_of_one_character_are_interned_if_they_could_be_names() {
        let mixed = b")\x06Z\x01}z\x01}z\x01_z\0t\x02\0\0\0\xc3\xbct\x02\0\0\0\xce\xb1";
        let settled = b")\x06\xfa\x01}r\0\0\0\0Z\x01_Z\0u\x02\0\0\0\xc3\xbct\x02\0\0\0\xce\xb1";
        assert_eq!(fast(mixed).unwrap(), settled);
    }

    #[test]
    fn numbers_are_repeated_not_referred_to() {
        let shared = b")\x02\xe9\x07\0\0\0r\0\0\0\0";
        assert_eq!(fast(shared).unwrap(), b")\x02i\x07\0\0\0i\x07\0\0\0");
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
    fn layouts_are_known_from_3_8_to_3_15() {
        assert_eq!(Layout::of((3, 7, 16)), None);
        assert_eq!(Layout::of((3, 10, 1)), Some(Layout::Names));
        assert_eq!(Layout::of((3, 11, 0)), Some(Layout::Fast));
        assert_eq!(Layout::of((3, 16, 0)), None);
    }
}
