//! Whether this machine can start an archive for its target.

use snakecrate_base::host;
use snakecrate_format::target::{Processor, Target};
use snakecrate_platform::child;

/// How an archive can be started here.
pub(super) enum Way {
    /// As it is.
    Native,
    /// As it is, since the system starts foreign programs through an emulator.
    Emulated,
    /// Not at all, for this reason.
    None(String),
}

/// How an archive for `target` can be started here.
pub(super) fn way(target: &Target) -> Way {
    let host = host::target();
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

#[cfg(test)]
mod tests {
    use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};

    use super::*;

    #[test]
    fn only_a_foreign_target_needs_an_emulator() {
        let (own, foreign) = match host::target().map(|target| target.processor) {
            Some(Processor::Aarch64) => (&AARCH64_LINUX, &X86_64_LINUX),
            _ => (&X86_64_LINUX, &AARCH64_LINUX),
        };
        assert!(matches!(way(own), Way::Native));
        match way(foreign) {
            Way::None(why) => assert!(why.contains(foreign.name) && why.contains("qemu"), "{why}"),
            Way::Emulated => {}
            Way::Native => panic!("{} is not this machine", foreign.name),
        }
    }
}
