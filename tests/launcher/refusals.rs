//! Errors of the system when the interpreter is executed, and what the launcher does about them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::Command;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";

/// The interpreter that environments link to.
fn interpreter(sandbox: &Sandbox) -> PathBuf {
    let facts = sandbox.archive("app").arg("facts").output().json();
    fs::canonicalize(facts["executable"].as_str().unwrap()).unwrap()
}

/// The archive is not to blame for any of it, and can repair all of it.
#[test]
fn a_damaged_interpreter_is_repaired() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let program = interpreter(&sandbox);
    let whole = fs::read(&program).unwrap();
    let mut of_another_machine = whole.clone();
    // `e_machine`: none that an emulator could be registered for.
    of_another_machine[18..20].fill(0xff);
    for bytes in [&whole[..10], &[], &of_another_machine, b"no program"] {
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        fs::write(&program, bytes).unwrap();
        for _ in ["repaired", "warm"] {
            sandbox.archive("app").expect(0, WORKS, "");
        }
        assert!(fs::read(&program).unwrap() == whole);
    }
    fs::set_permissions(&program, Permissions::from_mode(0o444)).unwrap();
    sandbox.archive("app").expect(0, WORKS, "");
    assert_eq!(sandbox.cached("staging"), [""; 0]);
}

/// `mount -o remount,noexec` after the first start.
#[test]
fn a_cache_that_became_noexec_is_skipped() {
    needs!(Root, Mounts);
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mounts = "mkdir /home/ada; export HOME=/home/ada; /mnt/work/app leave 0; noexec /home";
    let facts = sandbox.place("app", mounts).arg("facts").output().json();
    let prefix = facts["prefix"].as_str().unwrap();
    assert!(prefix.starts_with("/var/tmp/snakecrate-0/"), "{prefix}");
    let only = "export SNAKECRATE_CACHE=/home/c; /mnt/work/app leave 0; noexec /home";
    crate::hosts::cache_locations::has_no_place(
        &[("/home/c", "it is mounted noexec")],
        sandbox.place("app", only),
    );
}

/// An error of the kernel at every attempt, on a first start and on a later one.
#[test]
fn an_impossible_repair_is_explained() {
    const CACHE: &str = "set SNAKECRATE_CACHE to a directory of yours that allows execution";
    needs!(Tracing);
    for (error, text, remedy) in [
        ("ENOEXEC", "Exec format error (os error 8)", "get the archive for this kind of machine"),
        ("EACCES", "Permission denied (os error 13)", CACHE),
        ("EPERM", "Operation not permitted (os error 1)", CACHE),
        ("E2BIG", "Argument list too long (os error 7)", "give it fewer or shorter arguments"),
    ] {
        let sandbox = Sandbox::new().with(&PROBE, "app");
        symlink("/usr/bin/strace", sandbox.path("strace")).unwrap();
        for _ in ["cold", "warm"] {
            let run = sandbox.archive("strace").args(["-f", "-qq", "-o", "/dev/null", "-e"]);
            let run =
                run.arg(format!("inject=execve:error={error}:when=1+")).arg(sandbox.path("app"));
            let (status, stdout, stderr) = run.output().parts();
            let envs = sandbox.cache().join("v2/envs");
            let program = envs.join(&sandbox.cached("envs")[0]).join("bin/python3");
            let program = program.display();
            let expected =
                format!("snakecrate: cannot execute {program}: {text}\nsnakecrate: {remedy}\n");
            assert_eq!((status.code(), stdout.as_str(), stderr), (Some(126), "", expected));
        }
    }
}

/// As many arguments as the kernel accepts for the launcher, which adds some.
#[test]
fn too_many_arguments_are_the_users_to_shorten() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.archive("app").expect(0, WORKS, "");
    let start = |length: usize| {
        let mut command = Command::new(sandbox.path("app"));
        command.env_clear().env("SNAKECRATE_CACHE", sandbox.cache()).args(["leave", "0"]);
        // No single argument may be longer than 128 KiB.
        let (whole, rest) = (length / 100_000, length % 100_000);
        command.args(vec!["x".repeat(100_000); whole]).arg("x".repeat(rest)).output()
    };
    let (mut fits, mut too_long) = (0, 100_000_000);
    while fits + 1 < too_long {
        let middle = usize::midpoint(fits, too_long);
        if start(middle).is_ok() {
            fits = middle;
        } else {
            too_long = middle;
        }
    }
    let output = start(fits).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(126), "{fits}: {stderr}");
    let lines: Vec<_> = stderr.lines().collect();
    assert!(lines[0].ends_with("bin/python3: Argument list too long (os error 7)"), "{stderr}");
    assert_eq!(lines[1..], ["snakecrate: give it fewer or shorter arguments"]);
}

/// A root without a C library, and an archive that was built to rely on the host's.
#[test]
fn a_host_without_a_loader_is_explained() {
    needs!(Root, Mounts, Native("the emulator looks for the loader"));
    let sandbox = Sandbox::new().project("probe").file("root/tmp/x", "").file("root/proc/x", "");
    sandbox.build(["probe", "-o", "root/app", "--libc", "host"]).expect(0, "", "");
    fs::remove_file(sandbox.path("root/proc/x")).unwrap();
    for _ in ["cold", "warm"] {
        let (status, stdout, stderr) = sandbox.alone("root", "app", 0).output().parts();
        assert_eq!((status.code(), stdout.as_str()), (Some(126), ""), "{stderr}");
        let lines: Vec<_> = stderr.lines().collect();
        assert!(lines[0].starts_with("snakecrate: cannot execute /tmp/snakecrate-0/v2/envs/"));
        assert!(lines[0].ends_with("bin/python3: No such file or directory (os error 2)"));
        let remedy = "snakecrate: it needs the C library (glibc) of a common Linux distribution";
        assert_eq!(lines[1..], [remedy]);
    }
}
