//! The one fact that the launcher reads from an ELF file.

/// Whether an executable has a `PT_INTERP`, so that a loader starts it. `false` for a truncated
/// file, and for one that isn't a 64-bit little-endian ELF file.
pub fn has_loader(executable: &[u8]) -> bool {
    const PROGRAM_HEADERS: usize = 0x20;
    const COUNT: usize = 0x38;
    const LENGTH: usize = 56;
    const PT_INTERP: [u8; 4] = [3, 0, 0, 0];
    let number = |at: usize, length: usize| {
        let bytes = executable.get(at..at + length)?;
        bytes
            .iter()
            .rev()
            .try_fold(0usize, |sum, &byte| Some(sum.checked_mul(256)? + usize::from(byte)))
    };
    if !executable.starts_with(b"\x7fELF\x02\x01") {
        return false;
    }
    let (Some(start), Some(count)) = (number(PROGRAM_HEADERS, 8), number(COUNT, 2)) else {
        return false;
    };
    (0..count).any(|index| {
        let at = start.saturating_add(index * LENGTH);
        executable.get(at..at.saturating_add(4)) == Some(&PT_INTERP)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use snakecrate_format::target::TARGETS;

    use super::*;

    #[test]
    fn a_dynamic_executable_is_told_from_a_static_one() {
        assert!(has_loader(&fs::read("/bin/sh").unwrap()));
        // A loader is started by nothing else.
        let loaders = TARGETS.iter().filter_map(|target| target.glibc.as_ref());
        for bytes in loaders.filter_map(|glibc| fs::read(glibc.loader).ok()) {
            assert!(!has_loader(&bytes));
        }
        assert!(!has_loader(b"\x7fELF\x02\x01"));
        let mut bytes = b"\x7fELF\x02\x01".to_vec();
        bytes.resize(64, 0xff);
        assert!(!has_loader(&bytes));
        assert!(!has_loader(b"#!/bin/sh\n"));
    }
}
