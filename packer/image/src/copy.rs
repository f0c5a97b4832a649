//! Copying what a compressor reads.

use std::io::{self, Read, Write};

/// The length of a piece in bytes.
const PIECE: usize = 128 << 10;

/// Copies `reader` in pieces that are always full, but for the last: a compressor may find other
/// matches when its input comes in other pieces.
pub(crate) fn copy(reader: &mut impl Read, writer: &mut impl Write) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        piece.clear();
        reader.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        writer.write_all(&piece)?;
        if piece.len() < PIECE {
            return Ok(());
        }
    }
}
