//! The target under test: this machine's own, or another one that an emulator runs here.
//!
//! `ci/emulated` sets the variable. Then the forged archives have that target's launcher, and the
//! suite's builds are for that target, so that the groups `launcher`, `cache`, `hostile` and `hosts`
//! say of it what they say of this machine.

use std::ffi::OsString;
use std::sync::OnceLock;

use snakecrate::launchers::launcher;
use snakecrate_base::host;
use snakecrate_format::target::{AARCH64_LINUX, Target, X86_64_LINUX};

/// The name of the target under test; this machine's own target if it isn't set.
const VARIABLE: &str = "SNAKECRATE_TEST_TARGET";
/// The interpreter for a foreign target under test, as `--python TARGET=SPEC` takes it.
const PYTHON: &str = "SNAKECRATE_TEST_PYTHON";

/// The target under test.
pub fn target() -> &'static Target {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    TARGET.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(name) if !name.is_empty() => {
            Target::named(&name).unwrap_or_else(|| panic!("{VARIABLE}: unknown target {name}"))
        }
        _ => host::target().expect("archives can be made for this machine"),
    })
}

/// Whether an emulator runs the archives under test.
pub fn is_foreign() -> bool {
    host::target() != Some(target())
}

/// A target that isn't this machine's.
pub fn foreign() -> &'static Target {
    if host::target() == Some(&X86_64_LINUX) { &AARCH64_LINUX } else { &X86_64_LINUX }
}

/// Options of a build for the target under test.
pub fn options() -> Vec<OsString> {
    if !is_foreign() {
        return vec![];
    }
    let name = target().name;
    let python = std::env::var(PYTHON)
        .unwrap_or_else(|_| panic!("{PYTHON} names no interpreter for {name}"));
    ["--target", name, "--python", &format!("{name}={python}")].map(OsString::from).into()
}

/// Why no archive for `target` can be started here; none if one can.
pub fn lacks(target: &Target) -> Option<String> {
    let name = target.name;
    if launcher(target).is_none() {
        return Some(format!("the packer embeds no launcher for {name}; run ci/launchers"));
    }
    match host::way(target) {
        host::Way::None(why) => Some(format!("{why}; see ci/emulated")),
        _ => None,
    }
}
