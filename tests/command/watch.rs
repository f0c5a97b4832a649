//! `run --watch`: the application starts again when a file of its source changes.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, test_kill_process};

use crate::support::needs::needs;
use crate::support::sandbox::{Run, Sandbox, shared};

/// A program that says which one it is, and runs until it is ended.
fn server(name: &str) -> String {
    format!("import os, time\nprint('{name}', os.getpid(), flush=True)\ntime.sleep(100)\n")
}

fn watched<'a>(sandbox: &'a Sandbox, source: &str) -> Run<'a> {
    let run = sandbox.packer(["run", "-q", "--watch", source]).leading_a_group();
    run.env("SNAKECRATE_CACHE", shared::packer_cache())
}

/// Splits `NAME PID`.
fn parts(line: &str) -> (String, Pid) {
    let (name, id) = line.split_once(' ').unwrap_or_else(|| panic!("`{line}`"));
    (name.to_owned(), Pid::from_raw(id.parse().unwrap()).unwrap())
}

fn is_gone(id: Pid) -> bool {
    let ended = || test_kill_process(id).is_err();
    (0..100).any(|_| {
        ended() || {
            sleep(Duration::from_millis(20));
            false
        }
    })
}

#[test]
fn a_change_ends_the_application_and_starts_the_new_one() {
    needs!(Interrupts);
    let sandbox = Sandbox::new().file("server.py", server("first"));
    let mut running = watched(&sandbox, "server.py").spawn();
    let (name, first) = parts(&running.next_line());
    assert_eq!(name, "first");
    fs::write(sandbox.path("server.py"), server("second")).unwrap();
    let (name, second) = parts(&running.next_line());
    assert_eq!(name, "second");
    assert!(is_gone(first));
    running.signal_group(Signal::INT);
    running.finish().killed_by(Signal::INT).done();
    assert!(is_gone(second));
}

#[test]
fn an_application_that_ignores_the_request_is_killed() {
    needs!(Interrupts);
    let stubborn = "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n\
                    print('stubborn', os.getpid(), flush=True)\ntime.sleep(100)\n";
    let sandbox = Sandbox::new().file("server.py", stubborn);
    let mut running = watched(&sandbox, "server.py").spawn();
    let (_, first) = parts(&running.next_line());
    fs::write(sandbox.path("server.py"), server("second")).unwrap();
    assert_eq!(parts(&running.next_line()).0, "second");
    assert!(is_gone(first));
    running.signal_group(Signal::INT);
    running.finish().killed_by(Signal::INT).done();
}

#[test]
fn after_an_error_it_waits_for_the_next_change() {
    needs!(Interrupts);
    let sandbox = Sandbox::new().file("server.py", server("first"));
    let mut running = watched(&sandbox, "server.py").spawn();
    running.next_line();
    let broken = "# /// script\n# dependencies = 1\n# ///\n";
    fs::write(sandbox.path("server.py"), broken).unwrap();
    sleep(Duration::from_secs(2));
    fs::write(sandbox.path("server.py"), server("third")).unwrap();
    assert_eq!(parts(&running.next_line()).0, "third");
    running.signal_group(Signal::INT);
    let outcome = running.finish().killed_by(Signal::INT);
    outcome.stderr_contains("error: server.py:").done();
}

#[test]
fn a_requirement_has_nothing_to_watch() {
    let what = "cannot watch black: it has no files here";
    let help = "give a project's directory or a script, or leave out --watch";
    Sandbox::new().run(["run", "--watch", "black"]).refused(1, what, help);
}
