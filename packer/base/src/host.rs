//! The machine that the packer itself runs on, and which programs it can start.

use std::path::Path;

use snakecrate_format::target::{Processor, Target};
use snakecrate_platform::child;

/// The target that this machine runs natively: the one that archives are made for by default, and
/// whose interpreters can be asked. `None` on systems that archives cannot be made for yet.
///
/// This is the only place in the packer that asks for it; everything else is handed a [`Target`].
pub fn target() -> Option<&'static Target> {
    Target::of_this_build()
}

/// How programs for a target can be started here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// As they are.
    Native,
    /// As they are, since the system starts foreign programs through an emulator.
    Emulated,
    /// Not at all, for this reason: `it is for aarch64-linux`.
    None(String),
}

/// How programs for `target` can be started here. Everything that starts an interpreter or another
/// program of a target asks here first; for archives, [`way_of_archive`].
pub fn way(target: &Target) -> Way {
    let host = self::target();
    if host == Some(target) {
        return Way::Native;
    }
    let processor = match target.processor {
        Processor::X86_64 => "x86_64",
        Processor::Aarch64 => "aarch64",
    };
    let same_system = host.is_some_and(|host| host.system == target.system);
    if same_system && child::is_emulated(processor) {
        return Way::Emulated;
    }
    let name = target.name;
    Way::None(if same_system {
        format!("it is for {name}, and no qemu-{processor} is registered here (binfmt_misc)")
    } else {
        format!("it is for {name}")
    })
}

/// How an archive for `target` can be started here. Without a C library of its own it depends on this
/// machine's, which an emulator does not bring.
pub fn way_of_archive(target: &Target, has_c_library: bool) -> Way {
    let way = way(target);
    if way != Way::Emulated || has_c_library {
        return way;
    }
    match &target.glibc {
        Some(glibc) if !Path::new(glibc.loader).exists() => Way::None(format!(
            "it is for {}, whose C library is neither in the archive nor on this machine",
            target.name
        )),
        _ => way,
    }
}

#[cfg(test)]
mod tests {
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};

    use super::*;

    #[test]
    fn only_a_foreign_target_needs_an_emulator() {
        let (own, foreign) = match target().map(|target| target.processor) {
            Some(Processor::Aarch64) => (&AARCH64_LINUX, &X86_64_LINUX),
            _ => (&X86_64_LINUX, &AARCH64_LINUX),
        };
        assert_eq!(way(own), Way::Native);
        assert_eq!(way_of_archive(own, false), Way::Native);
        match way(foreign) {
            Way::None(why) => {
                assert!(why.contains(foreign.name) && why.contains("qemu"), "{why}");
                assert_eq!(way_of_archive(foreign, true), Way::None(why));
            }
            Way::Emulated => assert_eq!(way_of_archive(foreign, true), Way::Emulated),
            Way::Native => panic!("{} is not this machine", foreign.name),
        }
    }
}
