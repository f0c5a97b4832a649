//! Decodes one zstd frame to exactly the declared number of bytes.

use std::borrow::BorrowMut;
use std::io::{self, Read};

use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use crate::manifest::MAX_WINDOW_LOG;

/// Bytes that a [`Decoder`] reads first: many frames have no more.
const FIRST_INPUT: usize = 16 << 10;
/// Bytes that it reads at a time after that.
const INPUT: usize = 256 << 10;
/// The beginning of a frame; skippable frames begin differently. (RFC 8878, 3.1.1.)
const MAGIC: [u8; 4] = 0xfd2f_b528u32.to_le_bytes();

/// A decoder's tables and its input, used for one frame after another.
pub struct Context {
    tables: DCtx<'static>,
    input: Vec<u8>,
}

impl Context {
    /// Allocates about 160 KiB.
    pub fn new() -> io::Result<Self> {
        let mut tables = DCtx::create();
        tables.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG)).map_err(failed)?;
        Ok(Self { tables, input: Vec::new() })
    }

    /// Decodes `packed`, one frame of `unpacked` bytes, to `output`. This needs no window.
    ///
    /// # Errors
    ///
    /// A frame of more or fewer bytes, bytes beside the frame, damage.
    pub fn decode(
        &mut self,
        packed: &[u8],
        unpacked: usize,
        output: &mut Vec<u8>,
    ) -> io::Result<()> {
        output.clear();
        // The decoder itself would continue with a second frame, ignore skippable ones, and may know older formats.
        let is_one = packed.starts_with(&MAGIC)
            && zstd_safe::find_frame_compressed_size(packed).map_err(failed)? == packed.len();
        if !is_one {
            return Err(invalid(NOT_ONE_FRAME));
        }
        output.reserve_exact(unpacked);
        match self.tables.decompress(output, packed) {
            Ok(decoded) if decoded == unpacked => Ok(()),
            Ok(decoded) if decoded < unpacked => Err(invalid("it holds less than was declared")),
            Ok(_) => Err(invalid("it holds more than was declared")),
            Err(code) => Err(failed(code)),
        }
    }
}

/// Streams the contents of the frame that `inner` holds. Beside its context it needs the frame's
/// window, at most 4 MiB, and 256 KiB of input.
pub struct Decoder<R, C = Context> {
    inner: R,
    context: C,
    /// The number of bytes of the context's input that are decoded.
    position: usize,
    /// The number of bytes of it that were read.
    filled: usize,
    /// The number of bytes still to be returned.
    left: u64,
    /// Whether the magic number was checked.
    begun: bool,
    /// Whether the frame is complete.
    ended: bool,
}

impl<R: Read> Decoder<R> {
    /// A decoder that returns `unpacked` bytes. Reading fails if the frame has more or fewer.
    pub fn new(inner: R, unpacked: u64) -> io::Result<Self> {
        Self::with(inner, unpacked, Context::new()?)
    }
}

impl<R: Read, C: BorrowMut<Context>> Decoder<R, C> {
    /// Like [`Decoder::new`], but reuses `context` and the window that it has allocated.
    pub fn with(inner: R, unpacked: u64, mut context: C) -> io::Result<Self> {
        let Context { tables, input } = context.borrow_mut();
        tables.reset(ResetDirective::SessionOnly).map_err(failed)?;
        if input.is_empty() {
            *input = vec![0; FIRST_INPUT];
        }
        Ok(Self {
            inner,
            context,
            position: 0,
            filled: 0,
            left: unpacked,
            begun: false,
            ended: false,
        })
    }

    fn refill(&mut self) -> io::Result<()> {
        let input = &mut self.context.borrow_mut().input;
        if self.begun && input.len() < INPUT {
            *input = vec![0; INPUT];
        }
        self.filled = fill(&mut self.inner, input)?;
        self.position = 0;
        if !std::mem::replace(&mut self.begun, true) && !input[..self.filled].starts_with(&MAGIC) {
            return Err(invalid(NOT_ONE_FRAME));
        }
        Ok(())
    }

    fn step(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.position == self.filled {
                self.refill()?;
            }
            if self.ended {
                let rest = self.filled - self.position;
                return if rest == 0 { Ok(0) } else { Err(invalid(NOT_ONE_FRAME)) };
            }
            let mut output = OutBuffer::around(buffer);
            let Context { tables, input } = self.context.borrow_mut();
            let mut input = InBuffer::around(&input[self.position..self.filled]);
            let before = input.src.len();
            let hint = tables.decompress_stream(&mut output, &mut input).map_err(failed)?;
            self.ended = hint == 0;
            let (written, consumed) = (output.pos(), input.pos());
            self.position += consumed;
            if written > 0 {
                return Ok(written);
            }
            if before == 0 && !self.ended {
                return Err(invalid("it ends too early"));
            }
        }
    }
}

impl<R, C> Decoder<R, C> {
    /// The reader below.
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

/// Reads until `buffer` is full or `reader` ends; returns the number of bytes. One call of the system for each
/// buffer, where a reader's own functions take several.
pub(crate) fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < buffer.len() {
        match reader.read(&mut buffer[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

const NOT_ONE_FRAME: &str = "it is not one zstd frame";

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// One text for all codes: the launcher's zstd is built without error texts.
fn failed(_: zstd_safe::ErrorCode) -> io::Error {
    invalid("it cannot be decoded")
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
    fn a_member_is_one_frame_and_nothing_else() {
        let data = [7; 1000];
        let packed = frame(&data);
        let skippable = b"\x50\x2a\x4d\x18\x04\0\0\0hide";
        let both = |bytes: &[u8], unpacked: usize| {
            let mut out = Vec::new();
            let whole = Context::new().unwrap().decode(bytes, unpacked, &mut out);
            let streamed = decode(bytes, unpacked as u64);
            [whole.unwrap_err().to_string(), streamed.unwrap_err().to_string()]
        };
        let pair = [&packed[..], &packed].concat();
        for (bytes, unpacked) in [
            (pair.clone(), 2000),
            (pair, 1000),
            ([&packed[..], skippable].concat(), 1000),
            ([skippable, &packed[..]].concat(), 1000),
            (skippable.to_vec(), 0),
        ] {
            assert_eq!(both(&bytes, unpacked), [NOT_ONE_FRAME, NOT_ONE_FRAME], "{bytes:?}");
        }
        for garbage in [&b"x"[..], &[0; 100], &[0x28]] {
            both(&[&packed[..], garbage].concat(), 1000);
        }
        // The end of the frame is cut off.
        for cut in 1..4 {
            both(&packed[..packed.len() - cut], 1000);
        }
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
