//! One zstd frame as a reader that gives exactly as many bytes as were declared.

use std::borrow::BorrowMut;
use std::io::{self, Read};

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

use crate::manifest::MAX_WINDOW_LOG;

const INPUT: usize = 64 << 10;

/// A decoder's tables, used for one frame after another.
pub struct Context(DCtx<'static>);

impl Context {
    /// Takes about 160 KiB of memory.
    pub fn new() -> io::Result<Self> {
        let mut context = DCtx::create();
        context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG)).map_err(failed)?;
        Ok(Self(context))
    }

    /// Decodes a frame that is in memory to `output`, without a window. It becomes `unpacked`
    /// bytes, or is an error.
    pub fn decode(
        &mut self,
        packed: &[u8],
        unpacked: usize,
        output: &mut Vec<u8>,
    ) -> io::Result<()> {
        output.clear();
        output.reserve_exact(unpacked);
        match self.0.decompress(output, packed) {
            Ok(decoded) if decoded == unpacked => Ok(()),
            Ok(decoded) if decoded < unpacked => Err(invalid("it holds less than was declared")),
            Ok(_) => Err(invalid("it holds more than was declared")),
            Err(code) => Err(failed(code)),
        }
    }
}

/// Decodes the frame that `inner` holds. Memory: the frame's window, at most 4 MiB, and 64 KiB.
pub struct Decoder<R, C = Context> {
    inner: R,
    context: C,
    input: Vec<u8>,
    at: usize,
    left: u64,
}

impl<R: Read> Decoder<R> {
    /// Reads `unpacked` bytes out of `inner`, and an error where there are more or fewer.
    pub fn new(inner: R, unpacked: u64) -> io::Result<Self> {
        Self::with(inner, unpacked, Context::new()?)
    }
}

impl<R: Read, C: BorrowMut<Context>> Decoder<R, C> {
    /// Likewise, with a context that was used before: its window is kept, too.
    pub fn with(inner: R, unpacked: u64, mut context: C) -> io::Result<Self> {
        context.borrow_mut().0.reset(ResetDirective::SessionOnly).map_err(failed)?;
        Ok(Self { inner, context, input: Vec::new(), at: 0, left: unpacked })
    }

    fn refill(&mut self) -> io::Result<()> {
        self.input.resize(INPUT, 0);
        let read = self.inner.read(&mut self.input)?;
        self.input.truncate(read);
        self.at = 0;
        Ok(())
    }

    fn step(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.at == self.input.len() {
                self.refill()?;
            }
            let mut output = OutBuffer::around(buffer);
            let mut input = InBuffer::around(&self.input[self.at..]);
            let before = input.src.len();
            self.context
                .borrow_mut()
                .0
                .decompress_stream(&mut output, &mut input)
                .map_err(failed)?;
            let (written, consumed) = (output.pos(), input.pos());
            self.at += consumed;
            if written > 0 || before == 0 {
                return Ok(written);
            }
        }
    }
}

impl<R, C> Decoder<R, C> {
    /// What it reads from.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: Read, C: BorrowMut<Context>> Read for Decoder<R, C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            return match self.step(&mut [0])? {
                0 => Ok(0),
                _ => Err(invalid("it holds more than was declared")),
            };
        }
        let limit = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let read = self.step(&mut buffer[..limit])?;
        if read == 0 {
            return Err(invalid("it holds less than was declared"));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn failed(code: zstd_safe::ErrorCode) -> io::Error {
    invalid(get_error_name(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(data: &[u8]) -> Vec<u8> {
        let mut packed = vec![0; zstd_safe::compress_bound(data.len())];
        let length = zstd_safe::compress(&mut packed[..], data, 3).unwrap();
        packed.truncate(length);
        packed
    }

    fn decode(packed: &[u8], unpacked: u64) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        Decoder::new(packed, unpacked)?.read_to_end(&mut data)?;
        Ok(data)
    }

    #[test]
    fn a_frame_gives_back_what_was_put_in() {
        for size in [0, 1, 100_000, 3_000_000] {
            let data: Vec<u8> =
                (0..size).map(|i: u32| (i.wrapping_mul(i) >> 7).to_le_bytes()[0]).collect();
            assert_eq!(decode(&frame(&data), data.len() as u64).unwrap(), data);
        }
    }

    #[test]
    fn frames_longer_or_shorter_than_declared_cut_or_broken_are_errors() {
        let packed = frame(&vec![7; 100_000]);
        assert!(decode(&packed, 99_999).unwrap_err().to_string().contains("more"));
        assert!(decode(&packed, 100_001).unwrap_err().to_string().contains("less"));
        assert!(decode(&packed[..packed.len() - 1], 100_000).is_err());
        assert!(decode(b"not zstd at all", 100).is_err());
    }

    #[test]
    fn a_context_serves_one_frame_after_another_and_survives_bad_ones() {
        let mut context = Context::new().unwrap();
        let data = vec![7; 100_000];
        let packed = frame(&data);
        let mut whole = |bytes: &[u8], length| {
            let mut out = Vec::new();
            context.decode(bytes, length, &mut out).map(|()| out)
        };
        assert_eq!(whole(&packed, data.len()).unwrap(), data);
        assert!(whole(&packed, data.len() + 1).unwrap_err().to_string().contains("less"));
        assert!(whole(&packed, data.len() - 1).is_err());
        assert!(whole(&packed[..packed.len() - 1], data.len()).is_err());
        assert!(whole(b"not zstd at all", 100).is_err());
        assert_eq!(whole(&packed, data.len()).unwrap(), data);
    }

    #[test]
    fn a_window_over_the_limit_is_refused() {
        let mut context = zstd_safe::CCtx::create();
        context.set_parameter(zstd_safe::CParameter::WindowLog(MAX_WINDOW_LOG + 1)).unwrap();
        let data = vec![0; 20 << 20];
        let mut packed = vec![0; zstd_safe::compress_bound(data.len())];
        let length = context.compress2(&mut packed[..], &data).unwrap();
        assert!(decode(&packed[..length], data.len() as u64).is_err());
    }
}
