//! `ci/structure` finds long files, platform code in the wrong place, and circles.

use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;

use crate::support::sandbox::Sandbox;

/// What the check prints of a workspace with one crate, `stub/demo`, of these files, and whether it
/// is content.
fn checked(files: &[(&str, &str)]) -> (String, bool) {
    let mut sandbox = Sandbox::new()
        .file("Cargo.toml", "[workspace]\nmembers = ['stub/demo']\n")
        .file("stub/demo/Cargo.toml", "[package]\nname = 'demo'\n");
    for (path, text) in files {
        sandbox = sandbox.file(&format!("stub/demo/src/{path}"), text);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ci/structure");
    let output = Command::new("python3").arg(script).arg(sandbox.path("")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (text + &String::from_utf8_lossy(&output.stderr), output.status.success())
}

#[test]
fn arrows_that_point_one_way_are_no_circle() {
    let files = [
        // A re-export is no use, and what a child takes from it is a use of the sibling.
        ("lib.rs", "pub mod a;\nmod b;\npub use b::Thing;\nfn f() { a::f() }\n"),
        (
            "a/mod.rs",
            "mod part;\nuse crate::{Thing, b};\npub fn f() { part::g() }\npub struct Own;\n",
        ),
        ("a/part.rs", "use super::Own;\npub fn g() { let _ = Own; }\n"),
        (
            "b.rs",
            "pub struct Thing; // not `crate::a::Own`\n#[cfg(test)]\nmod t { use crate::a; }\n",
        ),
    ];
    assert_eq!(checked(&files), ("4 files: none is too long, and no circles\n".into(), true));
}

#[test]
fn siblings_that_use_each_other_are_a_circle_also_through_a_re_export() {
    let files = [
        ("lib.rs", "mod a;\nmod b;\npub use b::Thing;\n"),
        ("a.rs", "use crate::Thing;\npub fn f() {}\n"),
        ("b/mod.rs", "mod deep;\npub struct Thing;\n"),
        ("b/deep.rs", "fn g() { crate::a::f() }\n"),
    ];
    let expected = "demo: in the root: b uses a (stub/demo/src/b/deep.rs:1), \
        a uses b (stub/demo/src/a.rs:1)\n";
    assert_eq!(checked(&files), (expected.into(), false));
}

#[test]
fn a_module_does_not_use_the_root_that_uses_it() {
    let files = [
        ("lib.rs", "mod a;\npub struct Thing;\nfn f() { a::g(Thing) }\n"),
        ("a.rs", "pub fn g(_: super::Thing) {}\n"),
    ];
    let expected = "demo: the root uses a (stub/demo/src/lib.rs:3), \
        which uses the root (stub/demo/src/a.rs:1)\n";
    assert_eq!(checked(&files), (expected.into(), false));
}

#[test]
fn long_files_and_platform_code_in_the_wrong_place_are_found() {
    let files = [
        (
            "lib.rs",
            "use std::os::unix::fs::MetadataExt;\n#[cfg(test)]\nmod t { use rustix::fs; }\n",
        ),
        ("long.rs", &"\n".repeat(451)),
    ];
    let expected = "stub/demo/src/lib.rs:1: std::os::unix outside of stub/platform/src/linux\n\
        stub/demo/src/long.rs: 451 lines, and 450 are allowed\n";
    assert_eq!(checked(&files), (expected.into(), false));
}
