//! Archives that nothing here can start.

use std::fs;

use super::*;
use crate::support::needs::needs;

const FAILURE: i32 = 1;
/// Hides from the packer that the system has emulators; they stay.
const NO_EMULATOR: &str = "mount -t tmpfs none /proc/sys/fs/binfmt_misc";

fn unproven() -> String {
    let target = foreign();
    let processor = target.wheel_processor;
    format!("it is for {target}, and no qemu-{processor} is registered here (binfmt_misc)")
}

#[test]
fn a_proof_that_is_skipped_is_said_once_and_reported() {
    needs_launcher!();
    needs!(Mounts);
    let project = fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let artifacts = "\n[tool.snakecrate.artifact.one]\nentries = 'left'\n\
                     [tool.snakecrate.artifact.two]\nentries = 'right'\nreport = 'two.json'\n";
    let sandbox = Sandbox::new().project("pair").file("pair/pyproject.toml", project + artifacts);
    let minor = &minors(&sandbox)[0];
    let run = build_foreign(&sandbox, minor).arg("pair").mounted(NO_EMULATOR);
    let (status, _, stderr) = run.output().parts();
    assert!(status.success(), "{stderr}");
    let warning = format!("warning: the archive was not proven: {}\n", unproven());
    assert_eq!(stderr.matches(&warning).count(), 1, "{stderr}");
    let help = "   help: try it on such a machine, or install an emulator that registers itself";
    assert!(stderr.contains(help), "{stderr}");
    let report = fs::read(sandbox.path("pair/two.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let expected = serde_json::json!({ "result": "not-run", "why": unproven() });
    assert_eq!(report["proof"], expected);
}

#[test]
fn commands_that_would_start_it_name_the_machine() {
    needs_launcher!();
    needs!(Mounts);
    let sandbox = Sandbox::new().file("hello.py", "print('hello')\n");
    let minor = &minors(&sandbox)[0];
    let run = build_foreign(&sandbox, minor).args(["hello.py", "--quiet", "--no-proof"]);
    run.args(["-o", "app"]).expect(0, "", "");
    let run = sandbox.packer(["test", "app"]).mounted(NO_EMULATOR);
    let what = format!("cannot start app here: {}", unproven());
    run.output().refused(FAILURE, &what, "on a machine that it is for");
    let python = foreign_python(&sandbox, "python", foreign(), minor);
    let run = sandbox.packer(["run", "hello.py", "--target", foreign().name, "--python", &python]);
    let what = format!("cannot run an archive for {} here: {}", foreign(), unproven());
    run.arg("--quiet").mounted(NO_EMULATOR).output().refused(
        FAILURE,
        &what,
        "use `snakecrate build`",
    );
}
