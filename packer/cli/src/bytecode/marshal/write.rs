//! Objects to marshal data.

use super::{FLAG_REF, Node, Part};

/// Writes the object `root` with everything that it contains.
pub(super) fn write(data: &[u8], nodes: &[Node], root: usize) -> Vec<u8> {
    let mut uses = vec![0; nodes.len()];
    count(nodes, root, &mut uses);
    let mut writer = Writer { data, nodes, uses, numbers: vec![None; nodes.len()], next: 0 };
    let mut out = Vec::with_capacity(data.len());
    writer.object(root, &mut out);
    out
}

/// Counts the references to each object.
fn count(nodes: &[Node], id: usize, uses: &mut [u32]) {
    uses[id] += 1;
    if uses[id] == 1 {
        for part in &nodes[id].parts {
            if let Part::Object(id) = part {
                count(nodes, *id, uses);
            }
        }
    }
}

struct Writer<'a> {
    data: &'a [u8],
    nodes: &'a [Node],
    uses: Vec<u32>,
    /// The number of each object that `r` gives in the output. `None` if it is not shared, or not
    /// written yet.
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
        if self.uses[id] > 1 && node.is_shared() {
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
