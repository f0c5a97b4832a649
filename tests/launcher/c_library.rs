//! The C library that an archive brings, and when it is used.

use std::fs;
use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::{Sandbox, shared};

fn bundled() -> Sandbox {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app", "--libc", "bundled"]).expect(0, "", "");
    sandbox
}

/// The files of the C library and of the loader that a process has mapped.
fn mapped(sandbox: &Sandbox) -> Vec<String> {
    let text = sandbox.archive("app").arg("mapped").output().text();
    let is_one = |line: &&str| line.contains("/ld-linux-") || line.contains("/libc.so");
    let found: Vec<String> = text.lines().filter(is_one).map(str::to_owned).collect();
    assert_eq!(found.len(), 2, "{text}");
    found
}

#[test]
fn bundled_nothing_of_the_hosts_is_mapped() {
    let sandbox = bundled();
    let text = sandbox.archive("app").arg("mapped").output().text();
    let cache = sandbox.cache();
    let own = |line: &str| line.starts_with(cache.to_str().unwrap());
    // A locale's data isn't a library.
    for line in text.lines().filter(|line| line.contains(".so")) {
        assert!(own(line), "{line}");
    }
}

#[test]
fn bundled_the_interpreter_is_a_file_that_the_kernel_executes() {
    let sandbox = bundled();
    let facts = sandbox.archive("app").arg("facts").output().json();
    let executable = facts["executable"].as_str().unwrap();
    assert!(fs::symlink_metadata(executable).unwrap().is_file(), "{executable}");
    let out = Command::new(executable).env_clear().args(["-c", "print(6 * 7)"]).output().unwrap();
    assert_eq!(String::from_utf8(out.stdout).unwrap(), "42\n");
}

#[test]
fn bundled_children_and_workers_start_and_no_variable_is_set() {
    let sandbox = bundled();
    sandbox.archive("app").arg("child").expect(
        0,
        "probe, same executable: True, virtual: True\n",
        "",
    );
    for method in ["spawn", "forkserver", "fork"] {
        sandbox.archive("app").args(["workers", method]).expect(0, "[0, 1, 4, 9, 16]\n", "");
    }
    // A program of the host's, on the host's own C library.
    let text = sandbox.archive("app").clean_env().arg("child-environment").output().text();
    assert!(text.contains("SNAKECRATE_ARCHIVE=") && !text.contains("LD_"), "{text}");
    sandbox.archive("app").arg("libraries").expect(0, "2d711642\n", "");
}

#[test]
fn a_changed_interpreter_or_lost_c_library_is_found() {
    let sandbox = bundled();
    let facts = sandbox.archive("app").arg("facts").output().json();
    let _ = sandbox.run(["cache", "verify"]).success().any_stderr().text();
    let executable = facts["executable"].as_str().unwrap();
    let mut bytes = fs::read(executable).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::remove_file(executable).unwrap();
    fs::write(executable, bytes).unwrap();
    let found = sandbox.run(["cache", "verify"]).code(1).any_stderr().text();
    assert!(found.contains("bin/python3: altered"), "{found}");
    let _ = sandbox.run(["cache", "verify", "--repair"]).success().any_stderr().text();
    sandbox.archive("app").args(["leave", "0"]).expect(0, "", "");
    let library = sandbox
        .cached("components")
        .into_iter()
        .find(|key| sandbox.cache().join("v2/components").join(key).join("lib/libc.so.6").exists());
    fs::remove_dir_all(sandbox.cache().join("v2/components").join(library.unwrap())).unwrap();
    let found = sandbox.run(["cache", "verify"]).code(1).any_stderr().text();
    assert!(found.contains("missing component"), "{found}");
    // The kernel does not find the loader.
    sandbox.archive("app").args(["leave", "0"]).expect(0, "", "");
}

#[test]
fn the_bundled_loader_starts_native_programs() {
    needs!(Native("the packed program would have to be its target's"));
    let sandbox =
        Sandbox::new().bare_project("native", "").copy("/usr/bin/printenv", "native/scripts/show");
    sandbox.build(["native", "-o", "app", "-e", "show", "--libc", "bundled"]).expect(0, "", "");
    sandbox.archive("app").env("HERE", "there").arg("HERE").expect(0, "there\n", "");
    let run = sandbox.archive("app").argv0("other").arg("--no-such-option").output();
    run.code(2).stderr_contains("other: unrecognized option").done();
}

#[test]
fn a_suitable_hosts_c_library_is_used() {
    needs!(Native("there is no C library of its target"));
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app"]).expect(0, "", "");
    let found = mapped(&sandbox);
    assert!(
        found.iter().all(|line| line.starts_with("/usr/lib") || line.starts_with("/lib")),
        "{found:?}"
    );
    let archive = sandbox.run(["inspect", "--json", "app"]).json();
    let all = archive["components"].as_array().unwrap().len();
    assert_eq!(sandbox.cached("components").len(), all - 1, "all but the C library");
}

/// The host lost its C library after the environment was made. The launcher notices when the kernel
/// does not find the loader.
#[test]
fn a_host_without_its_loader_gets_the_bundled_one() {
    needs!(Mounts);
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").args(["leave", "0"]).expect(0, "", "");
    fs::create_dir(sandbox.path("none")).unwrap();
    let script = "mount --bind none \"$(dirname \"$(readlink -f /lib64)/x\")\" && exec ./app facts";
    let run = || {
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", script]).current_dir(sandbox.path(""));
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("SNAKECRATE_CACHE", sandbox.cache()).output().unwrap()
    };
    for _ in 0..2 {
        let out = run();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(out.status.success(), "{text}{}", String::from_utf8_lossy(&out.stderr));
        let facts: serde_json::Value = serde_json::from_str(&text).unwrap();
        let executable = facts["executable"].as_str().unwrap();
        assert!(fs::symlink_metadata(executable).unwrap().is_file());
    }
}

#[test]
fn an_archive_without_a_c_library_is_small() {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app", "--libc", "host"]).expect(0, "", "");
    let text = sandbox.packer(["inspect", "app"]).output().text();
    assert!(!text.contains("glibc"), "{text}");
    let with = fs::metadata(shared::PROBE.path()).unwrap().len();
    let without = fs::metadata(sandbox.path("app")).unwrap().len();
    assert!(without + 1_000_000 < with, "{without} {with}");
}
