//! The cleaning of a cold start: which environments go, and when none does.

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use pretty_assertions::assert_eq;

use super::prune::{ago, plan, set_times};
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE, TINY};

const PROBED: &str = "probe 1.2.3 ['probe:main']\n";

/// A sandbox in which `probe` was last used 10 days ago and `pair` 100, and `tiny` never.
fn used() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair").with(&TINY, "tiny");
    sandbox.archive("app").expect(0, PROBED, "");
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    set_times(&plan(&sandbox, "probe"), ago(10), ago(100));
    set_times(&plan(&sandbox, "pair"), ago(100), ago(100));
    sandbox
}

/// The names of the applications in the cache, sorted.
fn names(sandbox: &Sandbox) -> Vec<String> {
    let list = sandbox.run(["cache", "list", "--json"]).json();
    let name = |env: &serde_json::Value| env["name"].as_str().unwrap().to_owned();
    list["envs"].as_array().unwrap().iter().map(name).collect()
}

/// The directories of components that only `pair` has.
fn own_components(sandbox: &Sandbox) -> Vec<PathBuf> {
    let list = sandbox.run(["cache", "list", "--json"]).json();
    let components = list["components"].as_array().unwrap().iter();
    let own = components.filter(|component| component["name"] == "pair");
    own.map(|component| PathBuf::from(component["path"].as_str().unwrap())).collect()
}

/// Starts `tiny` cold, with the variable if there is one, until three change nothing more: on a busy
/// machine, one start has no time for everything, or for anything.
fn start_tiny(sandbox: &Sandbox, keep: Option<&str>) {
    let state = || ["envs", "components", "staging"].map(|area| sandbox.cached(area));
    let (mut last, mut same) = (state(), 0);
    for _ in 0..100 {
        let mut run = sandbox.archive("tiny");
        if let Some(days) = keep {
            run = run.env("SNAKECRATE_KEEP", days);
        }
        run.expect(0, "tiny\n", "");
        let now = state();
        same = if now == last { same + 1 } else { 0 };
        if same == 3 {
            return;
        }
        last = now;
        fs::remove_dir_all(plan(sandbox, "tiny").ancestors().nth(2).unwrap()).unwrap();
    }
    panic!("cold starts never end to clean: {last:?}");
}

#[test]
fn a_cold_start_removes_what_was_unused_for_90_days() {
    let sandbox = used();
    let components = own_components(&sandbox);
    assert_eq!(components.len(), 1);
    sandbox.archive("app").expect(0, PROBED, "");
    assert_eq!(names(&sandbox), ["pair", "probe"], "a warm start removes nothing");
    start_tiny(&sandbox, None);
    assert_eq!(names(&sandbox), ["probe", "tiny"]);
    assert!(!components[0].exists());
    assert_eq!(sandbox.cached("staging"), [""; 0]);
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    sandbox.archive("app").expect(0, PROBED, "");
}

#[test]
fn the_variable_sets_the_days_or_turns_it_off() {
    for (keep, left) in [
        ("101", &["pair", "probe", "tiny"][..]),
        ("99", &["probe", "tiny"]),
        ("0", &["pair", "probe", "tiny"]),
        ("never", &["pair", "probe", "tiny"]),
    ] {
        let sandbox = used();
        start_tiny(&sandbox, Some(keep));
        assert_eq!(names(&sandbox), left, "{keep}");
    }
}

#[test]
fn an_archive_sets_its_own_days() {
    let sandbox = Sandbox::new().project("pair").with(&PROBE, "app").with(&TINY, "tiny");
    let forever = ["pair", "--keep-days", "0", "-o", "pair.bin"];
    sandbox.build(forever).success().done();
    sandbox.archive("pair.bin").arg("left").expect(0, "left []\n", "");
    sandbox.archive("app").expect(0, PROBED, "");
    for (name, days) in [("pair", 900), ("probe", 10)] {
        set_times(&plan(&sandbox, name), ago(days), ago(days));
    }
    start_tiny(&sandbox, None);
    assert_eq!(names(&sandbox), ["pair", "probe", "tiny"]);
}

/// To a clock in 2099, everything else looks unused for decades.
#[test]
fn a_start_with_a_clock_in_2099_removes_nothing() {
    let sandbox = used();
    for name in ["probe", "pair"] {
        let decades_ago = SystemTime::UNIX_EPOCH;
        set_times(&plan(&sandbox, name), decades_ago, decades_ago);
    }
    start_tiny(&sandbox, None);
    assert_eq!(names(&sandbox), ["pair", "probe", "tiny"]);
}

/// The rest of a removal that ran out of time, or was killed.
#[test]
fn the_next_cold_start_goes_on_with_a_removal() {
    let sandbox = used();
    let rest = sandbox.cache().join("v2/staging/0123456789.pruned.1/lib");
    fs::create_dir_all(&rest).unwrap();
    fs::write(rest.join("left.py"), "").unwrap();
    start_tiny(&sandbox, None);
    assert_eq!(sandbox.cached("staging"), [""; 0]);
}
