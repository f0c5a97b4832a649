//! Ctrl-C leaves nothing behind: no file beside the output, nothing temporary in the packer's cache, no
//! process.

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process_group};
use walkdir::WalkDir;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;

/// The start of temporary names.
const TEMPORARY: &str = ".snakecrate-tmp-";
/// How long the moment may take to come.
const LIMIT: Duration = Duration::from_mins(4);

/// The temporary files and directories below `place`.
fn temporary(place: &Path) -> Vec<String> {
    let all = WalkDir::new(place).into_iter().flatten();
    let names = all.map(|entry| entry.path().to_string_lossy().into_owned());
    names.filter(|path| path.contains(TEMPORARY)).collect()
}

/// What archives were unpacking.
fn staging(sandbox: &Sandbox) -> Vec<String> {
    let place = sandbox.cache().join("build/proof/v2/staging");
    let all = WalkDir::new(place).min_depth(1).max_depth(1).into_iter().flatten();
    all.map(|entry| entry.path().to_string_lossy().into_owned()).collect()
}

/// Interrupts a build with an empty cache at this moment, and checks what it leaves.
fn interrupted(moment: impl Fn(&Sandbox) -> bool, signal: Signal) {
    let slow = "import time\ntime.sleep(1)\n\n\ndef main():\n    pass\n";
    let sandbox = Sandbox::new()
        .bare_project("slow", "[project.scripts]\nslow = 'slow:main'\n")
        .file("slow/slow.py", slow)
        .file("out/other", "");
    let run = sandbox.packer(["build", "slow", "-o", "out/app", "--level", "1"]);
    let mut running = run.leading_a_group().spawn();
    let group = Pid::from_raw(i32::try_from(running.pid()).unwrap()).unwrap();
    let until = Instant::now() + LIMIT;
    while !moment(&sandbox) {
        assert!(Instant::now() < until, "the moment does not come");
        sleep(Duration::from_millis(1));
    }
    running.signal_group(signal);
    // Shells report it as 128 and the signal's number: 130.
    let outcome = running.finish().killed_by(signal);
    let (_, _, stderr) = outcome.parts();
    assert!(!stderr.contains("error") && !stderr.contains("warning"), "{stderr}");
    let names = std::fs::read_dir(sandbox.path("out")).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["other"]);
    assert_eq!(temporary(sandbox.root()), [""; 0]);
    assert_eq!(staging(&sandbox), [""; 0]);
    // A process that was killed is a zombie until its parent has looked, which may be init now.
    let until = Instant::now() + Duration::from_secs(5);
    while test_kill_process_group(group).is_ok() {
        assert!(Instant::now() < until, "a process is left");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_interrupt_at_the_start_leaves_nothing() {
    needs!(Interrupts);
    interrupted(|sandbox| sandbox.cache().join("build").is_dir(), Signal::INT);
}

#[test]
fn an_interrupt_while_components_are_packed_leaves_nothing() {
    needs!(Interrupts);
    let is_packing =
        |sandbox: &Sandbox| !temporary(&sandbox.cache().join("build/components")).is_empty();
    interrupted(is_packing, Signal::INT);
}

#[test]
fn an_interrupt_while_the_archive_is_written_leaves_nothing() {
    needs!(Interrupts);
    interrupted(|sandbox| !temporary(&sandbox.path("out")).is_empty(), Signal::INT);
}

#[test]
fn an_interrupt_while_the_archive_unpacks_leaves_nothing() {
    needs!(Interrupts);
    interrupted(|sandbox| !staging(sandbox).is_empty(), Signal::INT);
}

#[test]
fn an_interrupt_during_the_proof_leaves_nothing() {
    needs!(Interrupts);
    let is_proving = |sandbox: &Sandbox| {
        let envs = std::fs::read_dir(sandbox.cache().join("build/proof/v2/envs"));
        envs.is_ok_and(|mut envs| envs.next().is_some())
    };
    interrupted(is_proving, Signal::INT);
}

#[test]
fn a_termination_leaves_nothing_either() {
    interrupted(|sandbox| !temporary(&sandbox.path("out")).is_empty(), Signal::TERM);
}

#[test]
fn a_build_that_ignores_interrupts_goes_on_ignoring_them() {
    let sandbox = Sandbox::new().project("tiny");
    let run = sandbox.packer(["build", "tiny", "-o", "app", "--level", "1", "--no-proof", "-q"]);
    let mut running = run.redirected("trap '' INT;").leading_a_group().spawn();
    let cache = sandbox.cache().join("build");
    while temporary(&cache).is_empty() {
        sleep(Duration::from_millis(1));
    }
    running.signal_group(Signal::INT);
    running.finish().expect(0, "", "");
}
