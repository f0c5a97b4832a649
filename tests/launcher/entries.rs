//! Which entry an archive with several of them starts.

use std::os::unix::fs::symlink;

use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE};

#[test]
fn the_first_argument_names_it_and_goes_away() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    sandbox.archive("app").args(["left", "right"]).expect(0, "left ['right']\n", "");
    sandbox.archive("app").arg("right").expect(0, "right []\n", "");
}

#[test]
fn a_link_with_its_name_starts_it() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    symlink("app", sandbox.path("right")).unwrap();
    sandbox.archive("right").arg("left").expect(0, "right ['left']\n", "");
}

#[test]
fn a_copy_or_a_set_argv0_starts_it_too() {
    let sandbox = Sandbox::new().with(&PAIR, "left");
    sandbox.archive("left").expect(0, "left []\n", "");
    sandbox.archive("left").argv0("/opt/bin/right").expect(0, "right []\n", "");
}

#[test]
fn entries_are_listed_if_none_is_chosen() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    for arguments in [&[][..], &["middle"], &["--help"], &[""]] {
        let outcome = sandbox.archive("app").args(arguments).output();
        outcome.code(2).stdout("").stderr_contains("left").stderr_contains("right").done();
    }
}

#[test]
fn a_single_entry_runs_under_any_name() {
    let sandbox = Sandbox::new().with(&PROBE, "anything");
    let run = sandbox.archive("anything").argv0("left").args(["argv", "probe"]);
    run.expect(0, "70726f6265\n", "");
}
