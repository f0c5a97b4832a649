//! A part of a file that is read without moving the file's position, so that threads can share it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes `start..end` of a file.
#[derive(Debug, Clone)]
pub(super) struct Range<'a> {
    file: &'a File,
    start: u64,
    at: u64,
    end: u64,
}

impl<'a> Range<'a> {
    /// `length` bytes from `start`; the caller has checked that they are there.
    pub(super) fn new(file: &'a File, start: u64, length: u64) -> Self {
        Self { file, start, at: start, end: start.saturating_add(length) }
    }
}

impl Read for Range<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = left.min(buffer.len());
        if wanted == 0 {
            return Ok(0);
        }
        let got = read_at(self.file, &mut buffer[..wanted], self.at)?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Range<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => self.start.checked_add(offset),
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = target.filter(|&at| at >= self.start).ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at - self.start)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
