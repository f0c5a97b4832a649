//! The sandbox itself: it does what it promises to the tests.

use std::os::unix::fs::symlink;

use rustix::process::Signal;

use super::{Outcome, Run, Sandbox};

/// A sandbox in which the "archive" `sh` is a shell.
fn shell() -> Sandbox {
    let sandbox = Sandbox::new();
    symlink("/bin/sh", sandbox.path("sh")).unwrap();
    sandbox
}

fn script<'a>(sandbox: &'a Sandbox, script: &str) -> Run<'a> {
    sandbox.archive("sh").args(["-c", script])
}

fn output(text: &str) -> Outcome {
    script(&shell(), text).output()
}

#[test]
fn whole_outputs_and_the_status_are_compared() {
    output("echo out; echo err >&2; exit 3").expect(3, "out\n", "err\n");
}

#[test]
#[should_panic(expected = "as the test does not check it")]
fn forgotten_output_fails_the_test() {
    output("echo out").success().done();
}

#[test]
#[should_panic(expected = "as the test does not check the status")]
fn a_forgotten_failure_fails_the_test() {
    output("exit 1").done();
}

#[test]
fn places_sizes_and_times_are_normalised() {
    let sandbox = shell();
    let text = "echo $PWD/x $HOME/y $SNAKECRATE_CACHE 8.5 MiB 12 bytes 31 ms 4.0s 4 files";
    let expected = "[WORK]/x [HOME]/y [CACHE] [SIZE] [SIZE] [TIME] [TIME] 4 files\n";
    script(&sandbox, text).expect(0, expected, "");
}

#[test]
fn an_archive_gets_a_home_and_a_cache_and_nothing_else() {
    let sandbox = shell();
    script(&sandbox, "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort")
        .env("PATH", "/usr/bin:/bin")
        .expect(0, "HOME=[HOME]\nPATH=/usr/bin:/bin\nSNAKECRATE_CACHE=[CACHE]\n", "");
}

#[test]
fn argv0_stdin_and_closed_streams_are_as_asked_for() {
    let sandbox = shell();
    script(&sandbox, "echo $0").argv0("other").expect(0, "other\n", "");
    script(&sandbox, "read line; echo $line").stdin("words\n").expect(0, "words\n", "");
    script(&sandbox, "[ -e /proc/self/fd/0 ] || echo closed")
        .redirected("<&-")
        .expect(0, "closed\n", "");
}

#[test]
fn a_command_under_way_gets_signals() {
    let sandbox = shell();
    let mut running = script(&sandbox, "echo ready; exec /bin/sleep 60").spawn();
    running.line("ready").signal(Signal::TERM);
    running.finish().killed_by(Signal::TERM).done();
}

#[test]
fn refusals_are_two_lines() {
    let packer = "printf 'error: no such thing: x\\n  help: name another\\n' >&2; exit 1";
    output(packer).refused(1, "no such thing", "another");
    let launcher = "printf 'snakecrate: x is short\\nsnakecrate: download again\\n' >&2; exit 125";
    output(launcher).not_launched("short", "again");
}

#[test]
fn a_rewritten_archive_stays_executable() {
    let sandbox = Sandbox::new().copy("/bin/sh", "sh");
    sandbox.rewrite("sh", |bytes| bytes.push(0));
    script(&sandbox, "echo well").expect(0, "well\n", "");
    assert_eq!(sandbox.names(), ["sh"]);
}
