//! Line tables without columns.
//!
//! Since 3.11 the table of a code object gives each instruction its first and last line and column. Python
//! shows columns only below a line of source, so bytecode that replaces its source needs lines alone. The
//! table is then as `python -X no_debug_ranges` writes it, with neighbours of one line merged. Source of the
//! format: `Objects/locations.md` of `CPython` 3.11 (`InternalDocs/code_objects.md` since 3.14).

use super::{Layout, Node, Part};

/// The kind of an entry: a line, no columns.
const NO_COLUMNS: u8 = 13;
/// The kind of an entry: last line and columns in full.
const LONG: u8 = 14;
/// The kind of an entry: no line either.
const NONE: u8 = 15;
/// The most code units that one entry is for.
const MOST: usize = 8;

/// Takes the columns out of all line tables. `data` and `nodes` grow by the new tables, since an old one may be
/// the same object as a constant or an exception table.
///
/// `None` if a table is not in the known form.
pub(super) fn drop(data: &mut Vec<u8>, nodes: &mut Vec<Node>, layout: Layout) -> Option<()> {
    let Layout::Fast = layout else { return Some(()) };
    let codes: Vec<usize> = (0..nodes.len()).filter(|id| nodes[*id].kind == b'c').collect();
    for code in codes {
        let new = nodes.len();
        // The last object but one, before the exception table.
        let [.., Part::Object(table), Part::Object(_)] = &mut nodes[code].parts[..] else {
            return None;
        };
        let old = std::mem::replace(table, new);
        let [Part::Bytes(range)] = &nodes[old].parts[..] else { return None };
        // The type `s`: a length of four bytes, then the contents.
        let (_, entries) = data.get(range.clone())?.split_at_checked(4)?;
        if nodes[old].kind != b's' {
            return None;
        }
        let entries = without_columns(entries)?;
        let start = data.len();
        data.extend(u32::try_from(entries.len()).ok()?.to_le_bytes());
        data.extend(entries);
        nodes.push(Node { kind: b's', parts: vec![Part::Bytes(start..data.len())] });
    }
    Some(())
}

/// Entries that follow each other and are for one line.
struct Run {
    /// How many lines it begins behind the run before; `None`: it has no line.
    delta: Option<i64>,
    units: usize,
}

fn without_columns(table: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(table.len() / 2);
    let mut run: Option<Run> = None;
    let mut rest = table;
    while let Some((&first, behind)) = rest.split_first() {
        if first & 0x80 == 0 {
            return None;
        }
        let end = behind.iter().position(|byte| byte & 0x80 != 0).unwrap_or(behind.len());
        let (body, next) = behind.split_at(end);
        rest = next;
        let units = usize::from(first & 7) + 1;
        let delta = match (first >> 3) & 15 {
            0..=9 => Some(0),
            short @ 10..=12 => Some(i64::from(short) - 10),
            NO_COLUMNS | LONG => Some(signed(body)?),
            _ => None,
        };
        match &mut run {
            Some(run) if delta == run.delta.map(|_| 0) => run.units += units,
            _ => {
                if let Some(run) = run.replace(Run { delta, units }) {
                    run.write(&mut out);
                }
            }
        }
    }
    if let Some(run) = run {
        run.write(&mut out);
    }
    Some(out)
}

impl Run {
    fn write(self, out: &mut Vec<u8>) {
        let (mut delta, mut left) = (self.delta, self.units);
        while left > 0 {
            let units = left.min(MOST);
            let kind = if delta.is_some() { NO_COLUMNS } else { NONE };
            #[expect(clippy::cast_possible_truncation, reason = "at most MOST")]
            out.push(0x80 | kind << 3 | (units - 1) as u8);
            if let Some(lines) = delta.as_mut() {
                write_signed(std::mem::take(lines), out);
            }
            left -= units;
        }
    }
}

/// A number in pieces of six bits, the lowest first, each but the last marked by 0x40; its lowest bit is the
/// sign.
fn signed(bytes: &[u8]) -> Option<i64> {
    let mut value = 0_i64;
    for (at, byte) in bytes.iter().enumerate() {
        value |= i64::from(byte & 0x3f).checked_shl(u32::try_from(at * 6).ok()?)?;
        if byte & 0x40 == 0 {
            return Some(if value & 1 == 0 { value >> 1 } else { -(value >> 1) });
        }
    }
    None
}

fn write_signed(value: i64, out: &mut Vec<u8>) {
    let mut left = value.unsigned_abs() << 1 | u64::from(value < 0);
    loop {
        let [lowest, ..] = left.to_le_bytes();
        left >>= 6;
        if left == 0 {
            return out.push(lowest);
        }
        out.push(0x40 | lowest & 0x3f);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_one_line_become_one_and_lose_their_columns() {
        // Short forms on the line before, one of the next line, a long one three lines back, no line.
        let table = [
            &[0x80 | 3 << 3 | 1, 0x21][..],
            &[0x80 | 10 << 3, 4, 9],
            &[0x80 | 10 << 3 | 7, 4, 9],
            &[0x80 | 11 << 3, 1, 2],
            &[0x80 | 14 << 3 | 2, 7, 0, 1, 1],
            &[0x80 | 15 << 3 | 7],
            &[0x80 | 15 << 3],
            &[0x80 | 13 << 3, 0],
        ]
        .concat();
        let expected = [
            &[0x80 | 13 << 3 | 7, 0][..],
            &[0x80 | 13 << 3 | 2, 0],
            &[0x80 | 13 << 3, 2],
            &[0x80 | 13 << 3 | 2, 7],
            &[0x80 | 15 << 3 | 7],
            &[0x80 | 15 << 3],
            &[0x80 | 13 << 3, 0],
        ]
        .concat();
        assert_eq!(without_columns(&table).unwrap(), expected);
        assert_eq!(without_columns(&expected).unwrap(), expected, "a second time changes nothing");
    }

    #[test]
    fn an_exception_table_with_the_bytes_of_the_line_table_stays() {
        // A code object: five numbers, eight objects, the first line, the line table, and the same object again.
        let table = [0x80 | 3 << 3, 0x21, 0x80 | 3 << 3, 0x21];
        let mut code = [&b"c"[..], &[0; 20], b"NNNNNNNN", &[0; 4]].concat();
        let head = code.len();
        code.extend([&b"\xf3\x04\0\0\0"[..], &table, b"r\0\0\0\0"].concat());
        let bare = super::super::canonical_without_columns(&code, Layout::Fast).unwrap();
        let lines = [0x80 | 13 << 3 | 1, 0];
        let expected = [&code[..head], b"s\x02\0\0\0", &lines, b"s\x04\0\0\0", &table].concat();
        assert_eq!(bare, expected);
    }

    #[test]
    fn numbers_take_as_many_pieces_as_they_need() {
        for value in [0, 1, -1, 31, 32, -32, 2047, -2048, 1 << 30, -(1 << 30)] {
            let mut bytes = Vec::new();
            write_signed(value, &mut bytes);
            assert_eq!(signed(&bytes), Some(value));
        }
        assert_eq!(signed(&[0x40 | 5]), None, "a number that doesn't end");
        assert_eq!(signed(&[0x7f; 30]), None, "a number that is too long");
    }

    #[test]
    fn a_table_in_an_unknown_form_is_refused() {
        for table in [&[0x00][..], &[0x80 | 13 << 3], &[0x80 | 14 << 3, 0x40]] {
            assert_eq!(without_columns(table), None, "{table:?}");
        }
    }
}
