//! A zstd frame, decoded block by block (RFC 8878, 3.1.1): the packed length of each block is known.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use zstd_safe::{DCtx, InBuffer, OutBuffer};

/// The longest unpacked block (RFC 8878, 3.1.1.2.4).
pub(crate) const MAX_BLOCK: usize = 128 << 10;

/// The block that a [`Frame`] is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Block {
    /// Its number, from 1 on; 0 before the first.
    pub(crate) number: usize,
    /// The packed bytes of the frame up to its end.
    pub(crate) end: u64,
    /// Its unpacked bytes.
    pub(crate) unpacked: usize,
}

/// A reader of a frame's contents. Each piece that it gives belongs to one block.
pub(crate) struct Frame<R> {
    inner: R,
    context: DCtx<'static>,
    block: Rc<Cell<Block>>,
    unpacked: Vec<u8>,
    /// How much of `unpacked` was taken.
    taken: usize,
    state: State,
    /// The packed bytes that were read.
    read: u64,
}

#[derive(PartialEq, Eq)]
enum State {
    Header,
    Blocks { checksum: bool },
    Ended,
}

impl<R: Read> Frame<R> {
    /// A reader at the start of a frame.
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            context: DCtx::create(),
            block: Rc::default(),
            unpacked: Vec::new(),
            taken: 0,
            state: State::Header,
            read: 0,
        }
    }

    /// The block that the last piece belongs to, for somebody who does not own the reader.
    pub(crate) fn block(&self) -> Rc<Cell<Block>> {
        Rc::clone(&self.block)
    }

    /// The packed bytes' reader.
    pub(crate) fn into_inner(self) -> R {
        self.inner
    }

    /// Decodes the next block; false at the end.
    fn next(&mut self) -> io::Result<bool> {
        let mut packed = Vec::new();
        if self.state == State::Header {
            let checksum = self.header(&mut packed)?;
            self.state = State::Blocks { checksum };
        }
        let State::Blocks { checksum } = self.state else { return Ok(false) };
        let start = packed.len();
        self.take(3, &mut packed)?;
        let header = &packed[start..];
        let header = u32::from_le_bytes([header[0], header[1], header[2], 0]);
        let (is_last, kind, size) = (header & 1 == 1, header >> 1 & 3, header >> 3);
        // A block of type 1 is one byte, repeated.
        let size = if kind == 1 { 1 } else { size as usize };
        self.take(size, &mut packed)?;
        if is_last {
            self.take(if checksum { 4 } else { 0 }, &mut packed)?;
            self.state = State::Ended;
        }
        self.decode(&packed)?;
        let number = self.block.get().number + 1;
        self.read += packed.len() as u64;
        self.block.set(Block { number, end: self.read, unpacked: self.unpacked.len() });
        Ok(true)
    }

    /// Reads the frame's header. Returns whether a checksum follows the blocks.
    fn header(&mut self, packed: &mut Vec<u8>) -> io::Result<bool> {
        self.take(5, packed)?;
        let descriptor = packed[4];
        let is_single = descriptor >> 5 & 1 == 1;
        let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
        let size = match descriptor >> 6 {
            0 => usize::from(is_single),
            exponent => 1 << exponent,
        };
        self.take(usize::from(!is_single) + dictionary + size, packed)?;
        Ok(descriptor >> 2 & 1 == 1)
    }

    fn take(&mut self, count: usize, packed: &mut Vec<u8>) -> io::Result<()> {
        let start = packed.len();
        packed.resize(start + count, 0);
        self.inner.read_exact(&mut packed[start..])
    }

    fn decode(&mut self, packed: &[u8]) -> io::Result<()> {
        self.unpacked.resize(MAX_BLOCK, 0);
        self.taken = 0;
        let (mut input, mut filled) = (InBuffer::around(packed), 0);
        loop {
            let mut output = OutBuffer::around_pos(&mut self.unpacked[..], filled);
            let (before, read) = (output.pos(), input.pos());
            let result = self.context.decompress_stream(&mut output, &mut input);
            result.map_err(|code| io::Error::other(zstd_safe::get_error_name(code)))?;
            filled = output.pos();
            if filled == before && input.pos() == read {
                break;
            }
        }
        if input.pos() < packed.len() {
            return Err(io::Error::other("a block is longer than a zstd block may be"));
        }
        self.unpacked.truncate(filled);
        Ok(())
    }
}

impl<R: Read> BufRead for Frame<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.taken == self.unpacked.len() && self.next()? {}
        Ok(&self.unpacked[self.taken..])
    }

    fn consume(&mut self, amount: usize) {
        self.taken += amount;
    }
}

impl<R: Read> Read for Frame<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let count = bytes.len().min(buffer.len());
        buffer[..count].copy_from_slice(&bytes[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2.5 MB of words, numbers and one letter.
    fn text() -> Vec<u8> {
        let mut bytes = Vec::new();
        for n in 0..120_000_u32 {
            bytes.extend(
                format!("{} word {}\n", n.wrapping_mul(2_654_435_761) % 9973, n / 7).into_bytes(),
            );
        }
        bytes.extend(vec![b'x'; 400_000]);
        bytes
    }

    #[test]
    fn blocks_have_all_packed_and_unpacked_bytes() {
        for level in [1, 9, 19] {
            let text = text();
            let mut packed = vec![0; zstd_safe::compress_bound(text.len())];
            let length = zstd_safe::compress(&mut packed[..], &text, level).unwrap();
            packed.truncate(length);
            let mut frame = Frame::new(&packed[..]);
            let (block, mut sums, mut unpacked) = (frame.block(), (0, 0), Vec::new());
            let mut last = 0;
            loop {
                let bytes = frame.fill_buf().unwrap();
                if bytes.is_empty() {
                    break;
                }
                let (count, at) = (bytes.len(), block.get());
                unpacked.extend_from_slice(bytes);
                assert_eq!(count, at.unpacked, "a piece is a block");
                assert_eq!(at.number, last + 1);
                last = at.number;
                sums = (at.end, sums.1 + at.unpacked);
                frame.consume(count);
            }
            assert!(unpacked == text);
            assert_eq!(sums, (packed.len() as u64, text.len()));
            assert!(last >= text.len() / MAX_BLOCK);
        }
    }

    #[test]
    fn a_frame_that_was_cut_is_an_error() {
        let mut packed = vec![0; 1000];
        let length = zstd_safe::compress(&mut packed[..], b"some text of some length", 3).unwrap();
        let mut frame = Frame::new(&packed[..length - 1]);
        assert!(io::copy(&mut frame, &mut io::sink()).is_err());
    }
}
