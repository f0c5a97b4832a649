//! What a build says: one line for each stage, and bars on a terminal only.

use crate::support::needs::needs;
use crate::support::sandbox::{PACKER, Sandbox, uv};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new().bare_project("demo", "[project.scripts]\ndemo = 'demo:main'\n");
    sandbox.file("demo/demo.py", "def main():\n    pass\n")
}

/// The verbs of the stages of a build without dependencies, in their order.
const STAGES: [&str; 5] = ["Using", "Built", "Audited", "Proven", "Built"];

#[test]
fn without_a_terminal_each_stage_is_one_plain_line() {
    let sandbox = sandbox();
    let outcome = sandbox.run(["build", "demo", "-o", "app", "--level", "1"]);
    let (status, stdout, stderr) = outcome.parts();
    assert!(status.success() && stdout.is_empty(), "{stdout}{stderr}");
    assert!(!stderr.contains(['\r', '\x1b']), "{stderr:?}");
    let verbs: Vec<&str> =
        stderr.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(verbs, STAGES, "{stderr}");
    assert!(stderr.lines().all(|line| line.as_bytes()[12] == b' '), "{stderr}");
}

#[test]
fn on_a_terminal_bars_come_and_go() {
    needs!(Program("script"));
    let sandbox = sandbox();
    let build = format!("UV={} {PACKER} build demo -o app --level 1", uv().to_string_lossy());
    let screen = sandbox.terminal("xterm", 100, &format!("{build} 2>&1; echo done"));
    // The bar has bytes and the time that is left.
    screen.code(0).showed("Packing");
    let names = sandbox.names();
    assert_eq!(names, ["app", "demo"]);
}
