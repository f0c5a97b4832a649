//! Pruning: what each rule removes, what stays, what is reported, and interference by others.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use pretty_assertions::assert_eq;
use rustix::process::Signal;
use walkdir::WalkDir;

use crate::support::needs::needs;
use crate::support::sandbox::shared::{PAIR, PROBE};
use crate::support::sandbox::{Call, PACKER, Sandbox};

const DAY: Duration = Duration::from_hours(24);
const PROBED: &str = "probe 1.2.3 ['probe:main']\n";

pub(super) fn ago(days: u32) -> SystemTime {
    SystemTime::now() - days * DAY
}

pub(super) fn set_times(path: &Path, accessed: SystemTime, modified: SystemTime) {
    let times = FileTimes::new().set_accessed(accessed).set_modified(modified);
    File::open(path).unwrap().set_times(times).unwrap();
}

/// The launch plan of the environment of `name`.
pub(super) fn plan(sandbox: &Sandbox, name: &str) -> PathBuf {
    let list = sandbox.run(["cache", "list", "--json"]).json();
    let envs = list["envs"].as_array().unwrap();
    let env = envs.iter().find(|env| env["name"] == name).unwrap();
    Path::new(env["path"].as_str().unwrap()).join(".snakecrate/launch")
}

/// A sandbox in which `probe` was last used 10 days ago, and `pair`, which has the same runtime, 40;
/// `probe` is the older one.
fn used() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app").with(&PAIR, "pair");
    sandbox.archive("app").expect(0, PROBED, "");
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    set_times(&plan(&sandbox, "probe"), ago(10), ago(70));
    set_times(&plan(&sandbox, "pair"), ago(40), ago(50));
    sandbox
}

/// Runs `prune` dry, then really: both report `expected`.
#[track_caller]
pub(super) fn prunes(sandbox: &Sandbox, options: &[&str], expected: &str) {
    let prune = ["cache", "prune"].iter().chain(options).copied();
    let before = [sandbox.cached("envs"), sandbox.cached("components")];
    let announced = sandbox.run(prune.clone().chain(["--dry-run"]));
    announced.success().stderr_contains("Would remove").stdout(expected).done();
    assert_eq!([sandbox.cached("envs"), sandbox.cached("components")], before);
    sandbox.run(prune).success().stderr_contains("Removed").stdout(expected).done();
}

const PAIR_GOES: &str = "environment pair 1.0\napp pair 1.0, [SIZE]\n";

#[test]
fn unused_environments_are_removed() {
    for rule in [&[][..], &["--unused", "39"]] {
        let sandbox = used();
        prunes(&sandbox, &["--unused", "41"], "");
        prunes(&sandbox, rule, PAIR_GOES);
        sandbox.archive("app").expect(0, PROBED, "");
        sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    }
    prunes(&used(), &["--unused", "1970-01-02"], "");
}

#[test]
fn environments_made_too_long_ago_are_removed() {
    let sandbox = used();
    prunes(&sandbox, &["--older", "60"], "environment probe 1.2.3\napp probe 1.2.3, [SIZE]\n");
    prunes(&sandbox, &["--max-size", "1GiB", "--older", "2100-01-01"], &everything(&sandbox));
    assert_eq!(sandbox.cached("components"), [""; 0]);
}

#[test]
fn running_applications_stay_even_if_the_cache_is_full() {
    let sandbox = used();
    let mut running = sandbox.archive("app").arg("wait").spawn();
    let pid = running.pid().to_string();
    running.line(&pid);
    prunes(&sandbox, &["--max-size", "0"], PAIR_GOES);
    running.signal(Signal::KILL);
    running.finish().killed_by(Signal::KILL).done();
}

/// Everything that `cache list` shows, as `prune` reports it.
fn everything(sandbox: &Sandbox) -> String {
    let list = sandbox.run(["cache", "list", "--json"]).json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let env = |env: &serde_json::Value| {
        format!("environment {} {}\n", text(&env["name"]), text(&env["version"]))
    };
    let component = |c: &serde_json::Value| {
        let words = ["kind", "name", "version"].map(|field| text(&c[field])).join(" ");
        format!("{words}, [SIZE]\n")
    };
    let envs = list["envs"].as_array().unwrap().iter().map(env);
    envs.chain(list["components"].as_array().unwrap().iter().map(component)).collect()
}

#[test]
fn rules_that_make_no_sense_are_refused() {
    let sandbox = Sandbox::new();
    for (rule, value, help) in [
        ("--unused", "soon", "give a number of days, or a date such as 2026-10-31"),
        ("--older", "2026-02-30", "give a number of days, or a date such as 2026-10-31"),
        ("--max-size", "-1", "give a size such as"),
    ] {
        let option = format!("{rule}={value}");
        sandbox.run(["cache", "prune", &option]).code(2).stderr_contains(help).done();
    }
}

#[test]
fn prune_leaves_other_layouts_and_foreign_files() {
    let sandbox = used();
    for other in ["v3/envs/x", "v9", "notes"] {
        fs::create_dir_all(sandbox.cache().join(other)).unwrap();
        set_times(&sandbox.cache().join(other), ago(900), ago(900));
    }
    let _ = sandbox.run(["cache", "prune", "--max-size", "0"]).success().any_stderr().text();
    assert_eq!(sandbox.cached("envs"), [""; 0]);
    for other in ["v3/envs/x", "v9", "notes"] {
        assert!(sandbox.cache().join(other).exists(), "{other}");
    }
}

/// The times of everything in the cache, as a clock that is wrong would set them.
fn all_times(sandbox: &Sandbox, time: SystemTime) {
    for entry in WalkDir::new(sandbox.cache()).into_iter().map(Result::unwrap) {
        if !entry.file_type().is_symlink() {
            set_times(entry.path(), time, time);
        }
    }
}

#[test]
fn future_timestamps_are_clamped_to_now() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.archive("app").expect(0, PROBED, "");
    let env = || fs::metadata(plan(&sandbox, "probe")).unwrap().ino();
    let before = env();
    let in_2099 = SystemTime::UNIX_EPOCH + 47_100 * DAY;
    all_times(&sandbox, in_2099);
    sandbox.archive("app").expect(0, PROBED, "");
    prunes(&sandbox, &["--unused", "1"], "");
    assert_eq!(env(), before, "started warm");
    // The plan of a start in 2099 was read in 1970; a start need not have noted it.
    all_times(&sandbox, SystemTime::UNIX_EPOCH);
    set_times(&plan(&sandbox, "probe"), SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH);
    prunes(&sandbox, &["--unused", "1"], &everything(&sandbox));
    sandbox.archive("app").expect(0, PROBED, "");
}

/// Somebody swaps a directory for a link to another, back and forth, while `prune` or `clear` deletes
/// it or what is above it or below.
#[test]
fn a_link_swapped_in_during_prune_leads_to_no_loss() {
    const ROUNDS: usize = 16;
    let fill = |root: &Path, folder: &str| {
        let folder = root.join(folder);
        let _ = fs::create_dir_all(&folder);
        for n in 0..30 {
            let _ = fs::write(folder.join(n.to_string()), "");
        }
    };
    for place in [
        "v2/components/x/a/b",
        "v2/components/x/a",
        "v2/components",
        "v2",
        "build/wheels/x",
        "build",
    ] {
        let sandbox = Sandbox::new();
        let (cache, precious) = (sandbox.cache(), sandbox.root().join("precious"));
        // Whatever the rest of a path that begins with the link, it is there.
        for tree in ["v2/components/x/a/b", "build/wheels/x/a/b"] {
            let names: Vec<_> = tree.split('/').collect();
            (0..=names.len()).for_each(|first| fill(&precious, &names[first..].join("/")));
        }
        fill(&precious, "staging/dead");
        // What is filled again through the link proves nothing.
        for folder in WalkDir::new(&precious).into_iter().map(Result::unwrap) {
            if folder.file_type().is_dir() {
                fs::write(folder.path().join("kept"), "").unwrap();
            }
        }
        let count = || WalkDir::new(&precious).into_iter().count();
        let before = count();
        let (is_over, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (place, aside) = (cache.join(place), sandbox.root().join("aside"));
                while !is_over.load(Ordering::Relaxed) {
                    if fs::rename(&place, &aside).is_ok() {
                        let linked = symlink(&precious, &place).is_ok();
                        swaps.fetch_add(usize::from(linked), Ordering::Relaxed);
                        std::thread::yield_now();
                        let _ = fs::remove_file(&place);
                        if fs::rename(&aside, &place).is_err() {
                            let _ = fs::remove_dir_all(&aside);
                        }
                    }
                }
            });
            for round in 0..ROUNDS {
                fill(&cache, "v2/components/x/a/b");
                fill(&cache, "build/wheels/x/a/b");
                let command = if round % 2 == 0 { "prune" } else { "clear" };
                // It may fail; nothing outside may be lost.
                let mut packer = Command::new(PACKER);
                packer.args(["cache", command]).env("SNAKECRATE_CACHE", &cache).output().unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
        assert!(swaps.into_inner() > ROUNDS, "{place} was too rarely a link");
        assert_eq!(count(), before, "{place}");
    }
}

/// The moment that these swaps hardly ever meet: between the look at a directory and its opening.
#[test]
fn a_link_in_a_directorys_place_is_not_followed() {
    needs!(Tracing);
    let sandbox = Sandbox::new();
    let (cache, precious) = (sandbox.cache(), sandbox.root().join("precious"));
    for tree in [cache.join("v2/components/x"), precious.clone()] {
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("kept"), "").unwrap();
    }
    // The first finds no dead process's tree of that name, the second that this is a directory.
    let stopped = sandbox.packer(["cache", "clear"]).stopped_at(&Call::new("unlinkat", 2));
    let tree = cache.join("v2/staging").join(&sandbox.cached("staging")[0]);
    fs::rename(&tree, sandbox.root().join("aside")).unwrap();
    symlink(&precious, &tree).unwrap();
    stopped.go_on().success().any_stderr().done();
    assert!(precious.join("kept").exists());
    assert!(fs::symlink_metadata(&tree).is_err(), "the link is gone");
}
