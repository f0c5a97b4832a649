//! The interpreters of a build for several targets.

use super::*;

const FAILURE: i32 = 1;

#[test]
fn all_targets_get_one_minor_version() {
    needs_launcher!();
    let sandbox = Sandbox::new().file("hello.py", "print('hello')\n");
    let minors = minors(&sandbox);
    let [_, older, ..] = &minors[..] else {
        snakecrate_base::skip!("this machine has one version of Python: {minors:?}");
    };
    // The newest of this machine would be used for it alone.
    let run = build_both(&sandbox, older).args(["hello.py", "--quiet", "--no-proof"]);
    run.args(["-o", "dist"]).expect(0, "", "");
    for target in [own(), foreign()] {
        let python = inspected(&sandbox, &format!("dist/hello-{target}"))["python"].to_string();
        assert!(python.contains(&format!("cpython {older}.")), "{target}: {python}");
    }
}

#[test]
fn targets_with_pythons_of_two_minor_versions_are_refused() {
    needs_launcher!();
    let sandbox = Sandbox::new().file("hello.py", "print('hello')\n");
    let minors = minors(&sandbox);
    let [newest, older, ..] = &minors[..] else {
        snakecrate_base::skip!("this machine has one version of Python: {minors:?}");
    };
    // A version that the user asks for.
    let other = format!("{}={newest}", own());
    let run = build_both(&sandbox, older).args(["hello.py", "-o", "dist", "--python", &other]);
    let what = format!(
        "no Python {newest} of the minor version {older}, which all targets share, is installed"
    );
    run.output().refused(FAILURE, &what, "--python");
    // An interpreter that the user names.
    let found = build_one(&sandbox);
    let other = format!("{}={found}", own());
    let run = build_both(&sandbox, older).args(["hello.py", "-o", "dist", "--python", &other]);
    let what = "all targets of a build have the same minor version of Python, and ";
    run.output().refused(FAILURE, what, "name interpreters of one minor version");
    assert!(!sandbox.path("dist").exists());
}

/// The path of this machine's newest interpreter, as a build names it.
fn build_one(sandbox: &Sandbox) -> String {
    let run = sandbox.packer(["build", "hello.py", "--no-proof", "--level", "3", "-o", "one"]);
    let run = run.env("SNAKECRATE_CACHE", shared::packer_cache());
    let (status, _, stderr) = run.output().parts();
    assert!(status.success(), "{stderr}");
    let line = stderr.lines().find(|line| line.contains("Using CPython")).expect("the line");
    line.rsplit(" at ").next().unwrap().to_owned()
}

/// The error listed this machine's interpreters, or said that none of that version was installed.
#[test]
fn a_lacking_foreign_python_was_called_lacking_on_this_machine() {
    needs_launcher!();
    let sandbox = Sandbox::new().file("hello.py", "print('hello')\n");
    let rows = sandbox.run(["targets", "--json"]).json();
    let row = rows["targets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["target"] == foreign().name)
        .unwrap();
    if row["installed"] != serde_json::json!([]) {
        snakecrate_base::skip!("this machine has a Python for {}", foreign());
    }
    let run = sandbox.packer(["build", "hello.py", "--offline", "--target", foreign().name]);
    let newest = &minors(&sandbox)[0];
    let what = format!("no Python {newest} for {} is installed, and no other", foreign());
    let help = format!("name one with --python {}=SPEC", foreign());
    run.output().refused(FAILURE, &what, &help);
}
