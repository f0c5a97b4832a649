//! The embedded launchers: one for each target that this packer makes archives for.

use std::sync::OnceLock;

use snakecrate_format::target::Target;

// `static LAUNCHERS: [Launcher; …]`, by the build script.
include!(concat!(env!("OUT_DIR"), "/launchers.rs"));

/// A launcher, as it is embedded.
struct Launcher {
    /// The triple of its target.
    triple: &'static str,
    /// Its bytes, or a zstd frame of them.
    embedded: &'static [u8],
    /// Its length in bytes where `embedded` is a frame.
    length: Option<usize>,
    unpacked: OnceLock<Option<Vec<u8>>>,
}

impl Launcher {
    /// One that the build script has made.
    #[allow(dead_code, reason = "which ones are used depends on ci/launchers")]
    const fn plain(triple: &'static str, embedded: &'static [u8]) -> Self {
        Self { triple, embedded, length: None, unpacked: OnceLock::new() }
    }

    /// One by `ci/launchers`.
    #[allow(dead_code, reason = "which ones are used depends on ci/launchers")]
    const fn compressed(triple: &'static str, length: usize, embedded: &'static [u8]) -> Self {
        Self { triple, embedded, length: Some(length), unpacked: OnceLock::new() }
    }

    fn bytes(&'static self) -> Option<&'static [u8]> {
        let Some(length) = self.length else { return Some(self.embedded) };
        let unpacked = || zstd::bulk::decompress(self.embedded, length).ok();
        self.unpacked.get_or_init(unpacked).as_deref()
    }
}

/// The launcher of archives for `target`; `None` if this packer embeds none.
pub fn launcher(target: &Target) -> Option<&'static [u8]> {
    LAUNCHERS.iter().find(|launcher| launcher.triple == target.triple)?.bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_launcher() {
        let target = snakecrate_base::host::target().unwrap();
        assert!(launcher(target).is_some());
    }

    #[test]
    fn every_embedded_launcher_is_for_its_target() {
        for Launcher { triple, .. } in &LAUNCHERS {
            let target = Target::named(triple).unwrap();
            let bytes = launcher(target).unwrap();
            assert!(bytes.starts_with(b"\x7fELF"), "{triple}");
            let machine = u16::from_le_bytes([bytes[18], bytes[19]]);
            assert_eq!(Some(machine), target.glibc.as_ref().map(|glibc| glibc.elf_machine));
        }
    }
}
