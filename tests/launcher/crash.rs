//! First runs that are killed at a system call, or in which one fails. These tests try the first
//! two, the middle and the last call of each kind; `ci/sweep` tries every call.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use rustix::process::Signal;
use snakecrate_cache::root::Root;
use snakecrate_cache::verify::verify;

use crate::support::needs::needs;
use crate::support::sandbox::shared::TINY;
use crate::support::sandbox::{Call, Sandbox};

const SAID: &str = "tiny\n";

fn sandbox() -> Sandbox {
    Sandbox::in_memory().with(&TINY, "app")
}

/// All names in the cache with their modes and sizes, without the failures kept for bug reports. (A
/// stamp is empty where the boot id could not be read.)
fn names(sandbox: &Sandbox) -> BTreeMap<PathBuf, (u32, u64)> {
    let entries = walkdir::WalkDir::new(sandbox.cache()).min_depth(1).into_iter();
    let entries = entries.map(Result::unwrap).filter(|entry| entry.file_name() != "errors");
    let entries = entries.map(|entry| {
        let metadata = entry.metadata().unwrap();
        let is_sized = metadata.is_file() && entry.file_name() != "stamp";
        let size = if is_sized { metadata.len() } else { 0 };
        let path = entry.path().strip_prefix(sandbox.cache()).unwrap();
        (path.to_owned(), (metadata.mode(), size))
    });
    entries.collect()
}

/// Asserts that every tree with its final name is whole.
fn assert_whole(sandbox: &Sandbox, when: &str) {
    let Ok(root) = Root::open(&sandbox.cache()) else { return };
    let findings = verify(&root, |_| ()).unwrap();
    assert!(findings.is_empty(), "{when}: {findings:?}");
}

/// The first two, the middle and the last call of each kind in a first run.
fn edges() -> Vec<Call> {
    let sandbox = sandbox();
    fs::remove_dir(sandbox.cache()).unwrap();
    let calls = sandbox.archive("app").calls();
    assert!(calls.len() > 500, "a first run has more than {} calls", calls.len());
    let mut last = HashMap::new();
    for call in &calls {
        last.insert(call.name.clone(), call.number);
    }
    let is_edge = |call: &Call| {
        let last = last[&call.name];
        [1, 2, last.div_ceil(2), last].contains(&call.number)
    };
    calls.into_iter().filter(is_edge).collect()
}

/// Tries each case with an empty cache, on two threads. Afterwards every tree with its final name is
/// whole, the next start succeeds, and the cache is like an undisturbed one.
fn sweep<T: Sync>(cases: &[T], run: impl Fn(&Sandbox, &T) -> String + Sync) {
    let undisturbed = sandbox();
    undisturbed.archive("app").expect(0, SAID, "");
    let undisturbed = names(&undisturbed);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let sandbox = sandbox();
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    fs::remove_dir_all(sandbox.cache()).unwrap();
                    let when = run(&sandbox, case);
                    assert_whole(&sandbox, &when);
                    let (status, stdout, stderr) = sandbox.archive("app").output().parts();
                    let next = (status.code(), stdout.as_str(), stderr.as_str());
                    assert_eq!(next, (Some(0), SAID, ""), "the start after {when}");
                    assert_whole(&sandbox, &when);
                    assert_eq!(sandbox.cached("staging"), [""; 0], "left by {when}");
                    let names = names(&sandbox);
                    let differs =
                        |(name, _): &(&PathBuf, _)| names.get(*name) != undisturbed.get(*name);
                    let all = undisturbed.iter().chain(&names);
                    let different: Vec<_> = all.filter(differs).collect();
                    assert!(different.is_empty(), "after {when}: {different:?}");
                }
            });
        }
    });
}

#[test]
fn the_next_start_repairs_a_first_run_killed_anywhere() {
    needs!(Tracing);
    sweep(&edges(), |sandbox, call| {
        let when = format!("a kill at {call:?}");
        let (status, stdout, _) = sandbox.archive("app").killed_at(call).parts();
        let killed = Some(Signal::KILL.as_raw());
        assert_eq!((status.signal(), stdout.as_str()), (killed, ""), "{when}");
        when
    });
}

/// Errors that a call can return.
fn errors(call: &Call) -> &'static [&'static str] {
    match call.name.as_str() {
        "open" | "openat" if call.arguments.contains("O_CREAT") => &["ENOSPC", "EACCES", "EMFILE"],
        "open" | "openat" => &["EIO", "EACCES", "EINTR"],
        "mkdirat" | "symlinkat" | "renameat" => &["ENOSPC", "EIO", "EACCES"],
        "linkat" => &["ENOSPC", "EIO", "EACCES", "EPERM"],
        "write" => &["ENOSPC", "EIO", "EINTR"],
        "fallocate" => &["ENOSPC", "EINTR", "ENOSYS", "EOPNOTSUPP"],
        "close" | "read" | "pread64" => &["EIO", "EINTR"],
        "flock" => &["ENOLCK", "ENOSYS", "EIO"],
        "access" | "fstat" | "fstatfs" | "newfstatat" | "readlink" | "stat" | "statfs"
        | "unlinkat" => &["EIO", "EACCES"],
        "getdents64" => &["EIO"],
        "brk" | "mmap" | "mremap" => &["ENOMEM"],
        "execve" => &["EACCES", "ENOMEM"],
        "sched_getaffinity" => &["ENOSYS"],
        _ => &[],
    }
}

/// Success, or a status of the launcher and two lines; without memory, an abort.
fn assert_told(status: ExitStatus, stdout: &str, stderr: &str, error: &str, when: &str) {
    let lines: Vec<_> = stderr.lines().collect();
    let told = matches!(status.code(), Some(121..=126))
        && stdout.is_empty()
        && matches!(lines[..], [what, help]
            if what.starts_with("snakecrate: ") && help.starts_with("snakecrate: "));
    let well = (status.code(), stdout, stderr) == (Some(0), SAID, "");
    let aborted = error == "ENOMEM" && status.signal() == Some(Signal::ABORT.as_raw());
    assert!(told || well || aborted, "{when}: {status:?}\n{stdout}\n{stderr}");
}

#[test]
fn a_first_run_survives_or_explains_any_failing_call() {
    needs!(Tracing);
    let cases: Vec<_> = edges()
        .into_iter()
        .flat_map(|call| errors(&call).iter().map(move |error| (call.clone(), *error)))
        .collect();
    sweep(&cases, |sandbox, (call, error)| {
        let when = format!("{error} of {call:?}");
        let (status, stdout, stderr) = sandbox.archive("app").failing(call, error).parts();
        assert_told(status, &stdout, &stderr, error, &when);
        when
    });
}

#[test]
fn an_empty_cache_tag_is_written_again() {
    needs!(Tracing);
    let sandbox = sandbox();
    sandbox.archive("app").killed_at(&Call::new("write", 1)).killed_by(Signal::KILL).done();
    let tag = sandbox.cache().join("CACHEDIR.TAG");
    assert_eq!(fs::read(&tag).unwrap(), b"", "it was killed there");
    sandbox.archive("app").expect(0, SAID, "");
    let text = fs::read(&tag).unwrap();
    assert!(text.starts_with(b"Signature: 8a477f597d28d172789f06886806bc55\n"));
}

#[test]
fn a_write_error_at_close_prevents_publishing() {
    needs!(Tracing);
    // Network file systems do this when space or quota runs out.
    let calls = sandbox().archive("app").calls();
    let extracted = |call: &Call| call.name == "openat" && call.arguments.contains("libpython");
    let closed = calls.iter().skip_while(|call| !extracted(call)).find(|c| c.name == "close");
    let sandbox = sandbox();
    let outcome = sandbox.archive("app").failing(closed.unwrap(), "ENOSPC");
    outcome.not_launched("it needs [SIZE] and has [SIZE] free", "free some space");
    for area in ["components", "envs", "staging"] {
        assert_eq!(sandbox.cached(area), [""; 0], "{area}");
    }
}

#[test]
fn a_disk_without_space_for_a_directory_is_reported_full() {
    needs!(Tracing);
    let sandbox = sandbox();
    let outcome = sandbox.archive("app").failing(&Call::new("mkdirat", 1), "ENOSPC");
    outcome.not_launched("No space left on device", "free some space");
}

#[test]
fn what_disappears_between_making_and_starting_is_made_again() {
    needs!(Tracing);
    let sandbox = sandbox();
    // After the last check of the components.
    let stopped = sandbox.archive("app").stopped_at(&Call::new("umask", 2));
    assert_eq!(sandbox.cached("envs").len(), 1);
    fs::remove_dir_all(sandbox.cache().join("v2/components")).unwrap();
    fs::create_dir(sandbox.cache().join("v2/components")).unwrap();
    stopped.go_on().expect(0, SAID, "");
    assert_whole(&sandbox, "afterwards");
}

#[test]
fn an_undecidably_writable_cache_is_checked_after_a_reboot() {
    needs!(Tracing);
    let sandbox = sandbox();
    sandbox.archive("app").expect(0, SAID, "");
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    let plan = env.join(".snakecrate/launch");
    let of_this_boot = fs::read(&plan).unwrap();
    let boot_id = of_this_boot.iter().position(|&byte| byte == 0).unwrap() + 1;
    let mut of_another = of_this_boot.clone();
    of_another[boot_id..boot_id + 8].copy_from_slice(b"00000000");
    fs::remove_file(&plan).unwrap();
    fs::write(&plan, of_another).unwrap();
    let outcome = sandbox.archive("app").failing(&Call::new("faccessat2", 1), "EIO");
    outcome.expect(0, SAID, "");
    assert_eq!(fs::read(&plan).unwrap(), of_this_boot);
}

#[test]
fn without_locks_leftovers_go_after_a_day() {
    needs!(Tracing);
    for error in ["ENOLCK", "ENOSYS", "EOPNOTSUPP"] {
        let sandbox = sandbox();
        let staging = sandbox.cache().join("v2/staging");
        for (name, hours) in [("0123.7", 25), ("0123.8", 23)] {
            fs::create_dir_all(staging.join(name).join("lib")).unwrap();
            let then = SystemTime::now() - Duration::from_hours(hours);
            fs::File::open(staging.join(name)).unwrap().set_modified(then).unwrap();
        }
        sandbox.archive("app").always_failing("flock", error).expect(0, SAID, "");
        assert_eq!(sandbox.cached("staging"), ["0123.8"], "{error}");
        assert_whole(&sandbox, error);
    }
}

/// The first call that reserves space for a file.
fn reserving() -> Call {
    let mut calls = sandbox().archive("app").calls().into_iter();
    calls.find(|call| call.name == "fallocate").expect("the interpreter's library is long")
}

#[test]
fn a_disk_without_space_for_a_long_file_is_reported_full() {
    needs!(Tracing);
    let (sandbox, call) = (sandbox(), reserving());
    let outcome = sandbox.archive("app").failing(&call, "ENOSPC");
    outcome.not_launched("it needs [SIZE] and has [SIZE] free", "free some space");
    for area in ["components", "envs", "staging"] {
        assert_eq!(sandbox.cached(area), [""; 0], "{area}");
    }
    sandbox.archive("app").expect(0, SAID, "");
}

#[test]
fn long_files_are_written_where_no_space_can_be_reserved() {
    needs!(Tracing);
    let call = reserving();
    for error in ["EOPNOTSUPP", "ENOSYS", "EINVAL", "EINTR"] {
        let sandbox = sandbox();
        sandbox.archive("app").always_failing(&call.name, error).expect(0, SAID, "");
    }
}
