//! Passed, failed and skipped add up, whatever happens to the tests.

use std::path::Path;
use std::process::{Command, Output};

use pretty_assertions::assert_eq;

use crate::support::sandbox::Sandbox;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Two binaries: one with an ignored test, one with a failed test. `cargo` writes it in colours.
const LOG: &str = "
\x1b[1m\x1b[92m     Running\x1b[0m unittests src/lib.rs (target/release/deps/base-0123456789abcdef)

running 3 tests
test a::one ... ok
test a::slow ... ignored, slow
test a::two ... ok

test result: \x1b[32mok\x1b[0m. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

     Running tests/main.rs (target/release/deps/suite-fedcba9876543210)

running 3 tests
test hosts::one ... ok
test hosts::two ... ok
test hosts::three ... FAILED

failures:

---- hosts::three stdout ----

thread 'hosts::three' panicked at tests/hosts.rs:5:5:
three is not
  four


failures:
    hosts::three

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests base

running 1 test
test src/lib.rs - (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
";
const SKIPPED: &str = "suite-fedcba9876543210\thosts::one\tstrace(1) is missing\n\
    suite-fedcba9876543210\thosts::one\tunzip is missing, too\n\
    suite-fedcba9876543210\thosts::three\tfails after all\n";

fn counted(log: &str, skipped: &str, status: u32) -> (String, Option<i32>) {
    let sandbox = Sandbox::new().file("log", log).file("skipped", skipped);
    let output = Command::new("python3")
        .arg(Path::new(ROOT).join("ci/count"))
        .args([sandbox.path("log"), sandbox.path("skipped")])
        .arg(status.to_string())
        .output()
        .unwrap();
    (text(&output), output.status.code())
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn tests_that_skipped_themselves_do_not_count_as_passed() {
    let (text, status) = counted(LOG, SKIPPED, 1);
    let expected = "
skipped: base: a::slow: slow
skipped: suite: hosts::one: strace(1) is missing
failed: suite: hosts::three: thread 'hosts::three' panicked at tests/hosts.rs:5:5: | three is not | four
4 passed, 1 failed, 2 skipped
";
    assert_eq!((text.as_str(), status), (expected, Some(1)));
}

#[test]
fn without_failures_and_skips_all_is_well() {
    let log = LOG.split("     Running tests/main.rs").next().unwrap();
    let (text, status) = counted(&log.replace("\ntest a::slow ... ignored, slow", ""), "", 0);
    assert_eq!((text.as_str(), status), ("\n2 passed, 0 failed, 0 skipped\n", Some(0)));
}

#[test]
fn a_crash_a_failed_compilation_and_no_tests_are_failures() {
    let crashed = LOG.replace("test result: FAILED. 2 passed; 1 failed;", "signal: 11");
    assert_eq!(counted(&crashed, "", 1).0.lines().last(), Some("3 passed, 1 failed, 1 skipped"));
    let (text, status) = counted("error: could not compile `suite`\n", "", 101);
    assert_eq!((text.as_str(), status), ("\n0 passed, 1 failed, 0 skipped\n", Some(1)));
    let (text, status) = counted("", "", 0);
    assert_eq!((text.as_str(), status), ("\n0 passed, 0 failed, 0 skipped\n", Some(1)));
}

/// With `--test-threads 1` no thread has the name of its test: a place in the source stands for it.
#[test]
fn each_skip_at_the_same_place_in_the_source_counts() {
    let skip = "suite-fedcba9876543210\ttests/support/needs.rs:9:1\tno strace\n";
    let (text, _) = counted(LOG, &skip.repeat(2), 1);
    assert_eq!(text.lines().last(), Some("3 passed, 1 failed, 3 skipped"));
}

#[test]
fn the_helper_records_a_skip_that_the_count_understands() {
    const ON_DEMAND: &str = "SNAKECRATE_TEST_SKIPS_ITSELF";
    const NAME: &str = "gate::counting::the_helper_records_a_skip_that_the_count_understands";
    // This test again, in a process of its own.
    if std::env::var_os(ON_DEMAND).is_some() {
        snakecrate_base::skip!("on demand");
    }
    let sandbox = Sandbox::new();
    let list = sandbox.path("list");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME])
        .env(snakecrate_base::testing::SKIPPED, &list)
        .env(ON_DEMAND, "")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let listed = std::fs::read_to_string(list).unwrap();
    let binary = std::env::current_exe().unwrap();
    let binary = binary.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(listed, format!("{binary}\t{NAME}\ton demand\n"));
}

/// Runs steps of a gate, and returns the end of its output after the last step.
fn gate(steps: &str) -> (String, Option<i32>) {
    let sandbox = Sandbox::new()
        .file("tests", "\nskipped: suite: one: no strace\nfailed: suite: two: no\n8 passed, 2 failed, 1 skipped\n")
        .file("example", "hello: ok: says hello\nhello: skipped: another user\n");
    let script = format!(
        "set -uo pipefail; say() {{ :; }}; . \"$0\"
         add_example() {{ add_skips example 's/^\\([a-z-]*\\): skipped: /\\1: /p'; }}
         lint() {{ skip 'clippy is missing' || return; }}
         {steps}
         finish"
    );
    let output = Command::new("bash")
        .args(["-c", &script])
        .arg(Path::new(ROOT).join("ci/steps.sh"))
        .current_dir(sandbox.path(""))
        .output()
        .unwrap();
    (text(&output), output.status.code())
}

#[test]
fn the_gate_counts_steps_tests_and_what_was_skipped() {
    let (text, status) =
        gate("step one true; step lints lint; step tests add tests; step hello add_example");
    let expected = "skipped: clippy is missing

skipped: lints: clippy is missing
skipped: suite: one: no strace
skipped: hello: another user
failed: suite: two: no
11 passed, 2 failed, 3 skipped
";
    assert_eq!((text.as_str(), status), (expected, Some(1)));
}

#[test]
fn a_step_that_ends_with_77_for_no_reason_has_failed() {
    let (text, status) = gate("step one sh -c 'exit 77'; step two true");
    let expected = "FAILED: one\n\nfailed: one\n1 passed, 1 failed, 0 skipped\n";
    assert_eq!((text.as_str(), status), (expected, Some(1)));
    assert_eq!(gate("step one true").0, "\n1 passed, 0 failed, 0 skipped\n");
}
