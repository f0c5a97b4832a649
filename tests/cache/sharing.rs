//! The cache on the user's machine: sharing, listing, verifying, pruning.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{PAIR, PROBE};
use crate::support::target;

const PROBED: &str = "probe 1.2.3 ['probe:main']\n";

/// A sandbox in which the archive `app` ran once.
fn warm() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.archive("app").expect(0, PROBED, "");
    sandbox
}

#[test]
fn dir_prints_where_it_is() {
    Sandbox::new().run(["cache", "dir"]).expect(0, "[CACHE]\n", "");
}

/// The digests of an archive's components that this host unpacks: its own C library will do, unless an
/// emulator starts it.
fn digests(sandbox: &Sandbox, archive: &str) -> Vec<String> {
    let document = sandbox.run(["inspect", "--json", archive]).json();
    let components = document["components"].as_array().unwrap();
    components
        .iter()
        .filter(|component| component["kind"] != "libc" || target::is_foreign())
        .map(|component| component["digest"].as_str().unwrap().to_owned())
        .collect()
}

fn unpacked(sandbox: &Sandbox, archive: &str) -> usize {
    digests(sandbox, archive).len()
}

#[test]
fn a_second_archive_brings_only_what_is_its_own() {
    let sandbox = warm().with(&PAIR, "pair");
    let before = sandbox.cached("components");
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    let after = sandbox.cached("components");
    let (first, second) = (digests(&sandbox, "app"), digests(&sandbox, "pair"));
    let shared = second.iter().filter(|digest| first.contains(digest)).count();
    assert_eq!(first[0], second[0], "the core of the runtime");
    assert_eq!(before.len(), first.len());
    assert_eq!(after.len(), first.len() + second.len() - shared);
    assert_eq!(sandbox.cached("envs").len(), 2);
}

#[test]
fn a_warm_start_writes_nothing() {
    let sandbox = warm();
    let listing = || {
        let found = walkdir::WalkDir::new(sandbox.cache()).sort_by_file_name();
        let found = found.into_iter().map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            (entry.into_path(), metadata.modified().unwrap(), metadata.len())
        });
        found.collect::<Vec<_>>()
    };
    let before = listing();
    sandbox.archive("app").expect(0, PROBED, "");
    assert_eq!(listing(), before);
}

#[test]
fn python_finds_its_bytecode_and_writes_none() {
    let sandbox = warm();
    let files = walkdir::WalkDir::new(sandbox.cache()).into_iter().flatten();
    let names: Vec<_> = files.map(|entry| entry.file_name().to_owned()).collect();
    let compiled: Vec<_> = names.iter().filter_map(|name| name.to_str()).collect();
    assert!(compiled.iter().any(|name| name.starts_with("probe.cpython-")), "{compiled:?}");
}

#[test]
fn the_cache_is_private_and_tagged_with_empty_staging() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let cache = sandbox.root().join("made/by/the/launcher");
    sandbox.archive("app").env("SNAKECRATE_CACHE", &cache).expect(0, PROBED, "");
    assert_eq!(fs::read_dir(cache.join("v2/staging")).unwrap().count(), 0);
    let mode = fs::metadata(&cache).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let tag = fs::read(cache.join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55"));
}

#[test]
fn list_names_components_and_what_uses_them() {
    let text = warm().run(["cache", "list"]).text();
    for part in ["cpython", "probe", "1.2.3"] {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}

#[test]
fn an_empty_cache_is_no_error() {
    let sandbox = Sandbox::new();
    for command in ["list", "verify", "prune", "clear"] {
        let _ = sandbox.run(["cache", command]).success().any_stderr().text();
    }
}

#[test]
fn verify_finds_a_changed_file_and_repairs_it() {
    let sandbox = warm();
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    let file = find(&sandbox, "components", "probe.py");
    rewrite(&file, b"print('changed')\n");
    let damaged = sandbox.run(["cache", "verify"]).code(1).stderr_contains("--repair").text();
    assert!(damaged.contains("probe.py: "), "{damaged}");
    let _ = sandbox.run(["cache", "verify", "--repair"]).success().any_stderr().text();
    sandbox.archive("app").expect(0, PROBED, "");
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
}

#[test]
fn writes_lost_in_a_reboot_are_repaired() {
    let sandbox = warm();
    let plan = find(&sandbox, "envs", "launch");
    let of_this_boot = fs::read(&plan).unwrap();
    let boot_id = of_this_boot.iter().position(|&byte| byte == 0).unwrap() + 1;
    let mut of_another = of_this_boot.clone();
    of_another[boot_id..boot_id + 8].copy_from_slice(b"00000000");
    rewrite(&plan, &of_another);
    rewrite(&find(&sandbox, "components", "argparse.py"), b"");
    rewrite(&find(&sandbox, "components", "probe.py"), b"");
    sandbox.archive("app").expect(0, PROBED, "");
    assert_eq!(fs::read(find(&sandbox, "envs", "launch")).unwrap(), of_this_boot);
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    assert!(sandbox.cached("staging").is_empty());
}

#[test]
fn first_starts_at_once_all_succeed_and_leave_one_tree() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let running: Vec<_> = (0..8).map(|_| sandbox.archive("app").spawn()).collect();
    for one in running {
        one.finish().expect(0, PROBED, "");
    }
    assert_eq!(sandbox.cached("components").len(), unpacked(&sandbox, "app"));
    assert_eq!(sandbox.cached("envs").len(), 1);
    assert!(sandbox.cached("staging").is_empty());
}

/// It takes as long as another start is patient: 30 seconds.
#[test]
fn a_hanging_first_start_delays_others_only_for_a_while() {
    needs!(Tracing);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    // It stops when its first component has its name, and the others are in staging.
    let trace = "strace -f -qq -o trace -e trace=renameat -e inject=renameat:signal=STOP:when=1";
    let stopped = format!(r#"exec {trace} /bin/sh -c 'echo $$; exec "$0" "$@"' "$@";"#);
    let mut first = sandbox.archive("app").arg("argv").arg("x").redirected(&stopped).spawn();
    let pid: i32 = first.next_line().parse().unwrap();
    let trace = sandbox.path("trace");
    while !fs::read_to_string(&trace).is_ok_and(|text| text.contains("stopped by SIGSTOP")) {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(sandbox.cached("staging").len(), 1);
    sandbox.archive("app").expect(0, PROBED, "");
    assert_eq!(sandbox.cached("staging").len(), 1, "of the one that hangs");
    kill_process(Pid::from_raw(pid).unwrap(), Signal::CONT).unwrap();
    first.finish().expect(0, "78\n", "");
    assert!(sandbox.cached("staging").is_empty());
    assert_eq!(sandbox.cached("envs").len(), 1);
    assert_eq!(sandbox.cached("components").len(), unpacked(&sandbox, "app"));
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
}

#[test]
fn a_component_that_a_cleaner_took_comes_back() {
    let sandbox = warm();
    for kind in ["components", "envs"] {
        for name in sandbox.cached(kind) {
            let path = sandbox.cache().join("v2").join(kind).join(name);
            make_writable(&path);
            fs::remove_dir_all(path).unwrap();
            sandbox.archive("app").expect(0, PROBED, "");
        }
    }
}

#[test]
fn clear_leaves_other_layouts_and_foreign_files() {
    let sandbox = warm();
    fs::create_dir(sandbox.cache().join("v9")).unwrap();
    let _ = sandbox.run(["cache", "clear"]).success().any_stderr().text();
    assert!(sandbox.cached("components").is_empty());
    assert!(sandbox.cached("envs").is_empty());
    assert!(sandbox.cache().join("v9").exists(), "a newer layout is left alone");
    sandbox.archive("app").expect(0, PROBED, "");
}

#[test]
fn prune_and_clear_leave_running_applications() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mut running = sandbox.archive("app").arg("wait").spawn();
    let pid = running.pid().to_string();
    running.line(&pid);
    let before = sandbox.cached("components");
    for command in ["prune", "clear"] {
        let _ = sandbox.run(["cache", command]).any_stderr().text();
        assert_eq!(sandbox.cached("components"), before, "after {command}");
        assert_eq!(sandbox.cached("envs").len(), 1, "after {command}");
    }
    running.signal(Signal::TERM);
    running.finish().killed_by(Signal::TERM).done();
}

/// Changes a file that is read-only.
fn rewrite(path: &Path, bytes: &[u8]) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path, bytes).unwrap();
}

fn find(sandbox: &Sandbox, kind: &str, name: &str) -> PathBuf {
    let found = walkdir::WalkDir::new(sandbox.cache().join("v2").join(kind)).into_iter().flatten();
    let mut found = found.filter(|entry| entry.file_name() == name);
    found.next().unwrap_or_else(|| panic!("no {name} in {kind}")).into_path()
}

fn make_writable(path: &Path) {
    for entry in walkdir::WalkDir::new(path).into_iter().flatten() {
        if entry.file_type().is_dir() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}
