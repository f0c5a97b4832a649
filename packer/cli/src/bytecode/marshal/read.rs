//! Marshal data to objects.

use std::ops::Range;

use super::{FLAG_REF, Layout, MAX_DEPTH, Node, Part};

/// All objects of `data`, and which is the outermost.
pub(super) fn read(data: &[u8], layout: Layout) -> Option<(Vec<Node>, usize)> {
    let mut parser = Parser { data, at: 0, depth: 0, layout, nodes: Vec::new(), refs: Vec::new() };
    let root = parser.object()?;
    (parser.at == data.len()).then_some((parser.nodes, root))
}

struct Parser<'a> {
    data: &'a [u8],
    at: usize,
    depth: usize,
    layout: Layout,
    nodes: Vec<Node>,
    /// Objects that can be referred to, by the number that `r` gives in the input.
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
            return self.refs.get(number).copied();
        }
        let id = self.nodes.len();
        self.nodes.push(Node { kind, parts: Vec::new() });
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
