//! The embedded launchers, which the build script makes: one for each target of archives.

use snakecrate_format::target::Target;

// `static LAUNCHERS: &[(&str, &[u8])]`: the triple of a target, and its launcher.
include!(concat!(env!("OUT_DIR"), "/launchers.rs"));

/// The launcher of archives for `target`; `None` if this packer embeds none.
pub fn launcher(target: &Target) -> Option<&'static [u8]> {
    LAUNCHERS.iter().find(|(triple, _)| *triple == target.triple).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_launcher() {
        let target = snakecrate_base::host::target().unwrap();
        assert!(launcher(target).unwrap().starts_with(b"\x7fELF"));
    }
}
