//! Numbers of bytes for people: `31.5 MB`.

use std::fmt;

/// A number of bytes. It is displayed in decimal units and rounded up to a tenth, so that required
/// space is never understated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
        if self.0 < 1000 {
            return write!(f, "{} bytes", self.0);
        }
        let (mut tenths, mut unit) = (self.0.div_ceil(100), 0);
        while tenths >= 10_000 && unit + 1 < UNITS.len() {
            tenths = tenths.div_ceil(1000);
            unit += 1;
        }
        write!(f, "{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_tenths() {
        let text = |n| Size(n).to_string();
        assert_eq!(text(999), "999 bytes");
        assert_eq!(text(1000), "1.0 kB");
        assert_eq!(text(31_420_001), "31.5 MB");
        assert_eq!(text(2_000_000_000), "2.0 GB");
    }
}
