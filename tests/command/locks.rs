//! Lock files: what they select is what is packed.

use std::fs;

use snakecrate_download::file_sha256;

use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;
/// Prints all distributions in the archive, except the project.
const PROJECT: &str = "\
import importlib.metadata
def main():
    found = importlib.metadata.distributions()
    names = sorted(f'{d.name} {d.version}' for d in found if d.name not in ('demo', 'lib'))
    print(', '.join(names))
if __name__ == '__main__':
    main()
";
const SCRIPTS: &str = "[project.scripts]\ndemo = 'demo:main'\n";

/// A sandbox with the project `demo`, whose pyproject.toml has `more`.
fn demo(more: &str) -> Sandbox {
    Sandbox::new().bare_project("demo", &format!("{more}{SCRIPTS}")).file("demo/demo.py", PROJECT)
}

/// Puts a wheel into `links`. Returns the TOML of its file, with `place` in front of the name.
fn wheel(sandbox: &Sandbox, wheel: Wheel, place: &str) -> String {
    let path = wheel.write(&sandbox.path("links"));
    let hash = file_sha256(&path).unwrap();
    let file = path.file_name().unwrap().to_str().unwrap();
    format!("path = '{place}{file}', hash = 'sha256:{hash}', hashes = {{ sha256 = '{hash}' }}")
}

/// The beginning of a uv.lock of `demo`, with `more` in its package.
fn uv_lock(more: &str) -> String {
    format!(
        "version = 1\nrequires-python = '>=3.11'\n[[package]]\nname = 'demo'\nversion = '1'\n\
         source = {{ editable = '.' }}\n{more}\n"
    )
}

/// A package in uv.lock whose wheel is in `links`.
fn locked(sandbox: &Sandbox, made: Wheel, name: &str, version: &str, more: &str) -> String {
    let file = wheel(sandbox, made, "");
    let foreign = format!("{}-{version}-cp39-cp39-win_amd64.whl", name.replace('-', "_"));
    format!(
        "[[package]]\nname = '{name}'\nversion = '{version}'\nsource = {{ registry = '../links' }}\n\
         wheels = [{{ path = '{foreign}', hash = 'sha256:00' }}, {{ {file} }}]\n{more}\n"
    )
}

/// Builds aloud; returns the success and what was written to stderr.
fn build(sandbox: &Sandbox, arguments: &[&str]) -> (bool, String) {
    let packer = sandbox.packer(["build", "-o", "app", "--level", "3", "--no-proof"]);
    let outcome: Outcome =
        packer.args(arguments).env("SNAKECRATE_CACHE", shared::packer_cache()).output();
    let (status, _, stderr) = outcome.parts();
    (status.success(), stderr)
}

fn packed(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let (success, stderr) = build(sandbox, arguments);
    assert!(success, "{stderr}");
    sandbox.archive("app").output().success().text().trim().to_owned()
}

/// A project with a lock of 1.0 of `dep`, though 2.0 is there; an extra and a group.
fn project_with_lock() -> Sandbox {
    let sandbox = demo(
        "dependencies = ['dep']\n[project.optional-dependencies]\nmore = ['extra-dep']\n\
         [dependency-groups]\ndev = ['dev-dep']\n",
    );
    Wheel::new("dep", "2.0").write(&sandbox.path("links"));
    Wheel::new("dev-dep", "2.0").write(&sandbox.path("links"));
    let mut lock = uv_lock(
        "dependencies = [{ name = 'dep' }, { name = 'win', marker = \"os_name == 'nt'\" }]\n\
         [package.optional-dependencies]\nmore = [{ name = 'extra-dep' }]\n\
         [package.dev-dependencies]\ndev = [{ name = 'dev-dep' }]\n\
         [package.metadata]\nrequires-dist = [{ name = 'dep' }, \
         { name = 'extra-dep', marker = \"extra == 'more'\" }]\n\
         [package.metadata.requires-dev]\ndev = [{ name = 'dev-dep' }]\n",
    );
    for (name, version) in
        [("dep", "1.0"), ("extra-dep", "1.0"), ("dev-dep", "1.0"), ("win", "1.0")]
    {
        lock += &locked(&sandbox, Wheel::new(name, version), name, version, "");
    }
    sandbox.file("demo/uv.lock", lock)
}

#[test]
fn a_lock_decides_versions_and_groups_are_packed_on_demand() {
    let sandbox = project_with_lock();
    let (success, stderr) = build(&sandbox, &["demo", "--offline"]);
    assert!(success && stderr.contains("      Locked 1 distribution by uv.lock\n"), "{stderr}");
    assert_eq!(packed(&sandbox, &["demo", "--offline", "--locked"]), "dep 1.0");
    assert_eq!(packed(&sandbox, &["demo[more]", "--offline"]), "dep 1.0, extra-dep 1.0");
    let all = ["demo", "--offline", "--all-extras", "--group", "dev"];
    assert_eq!(packed(&sandbox, &all), "dep 1.0, dev-dep 1.0, extra-dep 1.0");
    sandbox.build(["demo", "--extra", "nope"]).refused(
        FAILURE,
        "the project has no extra `nope`",
        "choose one of: more",
    );
    sandbox.build(["demo", "--group", "nope"]).refused(
        FAILURE,
        "the project has no group `nope`",
        "choose one of: dev",
    );
}

#[test]
fn a_second_build_by_the_lock_needs_neither_uv_nor_a_network() {
    let sandbox = project_with_lock();
    assert_eq!(packed(&sandbox, &["demo"]), "dep 1.0");
    fs::remove_dir_all(sandbox.path("links")).unwrap();
    sandbox.build_with(["demo", "-o", "again", "--offline"], "UV", "/nowhere/uv").expect(0, "", "");
    let bytes = |name: &str| fs::read(sandbox.path(name)).unwrap();
    assert_eq!(bytes("app"), bytes("again"));
}

#[test]
fn an_outdated_lock_warns_and_locked_refuses_it() {
    let sandbox = project_with_lock();
    let pyproject = fs::read_to_string(sandbox.path("demo/pyproject.toml")).unwrap();
    let changed = pyproject.replace("['dep']", "['dep<9']");
    let sandbox = sandbox.file("demo/pyproject.toml", changed);
    let (success, stderr) = build(&sandbox, &["demo", "--offline", "--report", "report.json"]);
    let report = fs::read(sandbox.path("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["lock"]["outdated"], "it lacks the requirement `dep<9`");
    let warning =
        "warning: uv.lock is outdated: it lacks the requirement `dep<9`\n   help: run `uv lock`\n";
    assert!(success && stderr.contains(warning), "{stderr}");
    sandbox.build(["demo", "--locked"]).refused(
        FAILURE,
        "uv.lock is outdated: it lacks the requirement `dep<9`",
        "run `uv lock`",
    );
    fs::remove_file(sandbox.path("demo/uv.lock")).unwrap();
    sandbox.build(["demo", "--locked"]).refused(FAILURE, "demo has no lock file", "--locked");
}

#[test]
fn a_lock_can_be_ignored_aloud() {
    let sandbox = project_with_lock();
    let arguments = ["demo", "--no-lock", "--offline", "--find-links", "links"];
    let (success, stderr) = build(&sandbox, &arguments);
    assert!(success && stderr.contains("    Ignoring uv.lock (--no-lock)\n"), "{stderr}");
    sandbox.archive("app").expect(0, "dep 2.0\n", "");
    let with = [&arguments[..], &["--group", "dev", "--extra", "more"]].concat();
    assert_eq!(packed(&sandbox, &with), "dep 2.0, dev-dep 2.0, extra-dep 1.0");
    let nope = [&arguments[..], &["--group", "nope"]].concat();
    let (success, stderr) = build(&sandbox, &nope);
    assert!(!success && stderr.contains("help: choose one of: dev\n"), "{stderr}");
    let nope = [&arguments[..], &["--extra", "nope"]].concat();
    let (success, stderr) = build(&sandbox, &nope);
    assert!(!success && stderr.contains("error: demo has no extra `nope`\n"), "{stderr}");
}

#[test]
fn additional_requirements_are_resolved_under_the_pins() {
    let sandbox = project_with_lock();
    Wheel::new("tool", "1").requires("dep").requires("dev-dep").write(&sandbox.path("links"));
    let arguments = ["demo", "--offline", "--find-links", "links", "--with", "tool"];
    assert_eq!(packed(&sandbox, &arguments), "dep 1.0, dev-dep 1.0, tool 1");
    let against = ["demo", "--offline", "--find-links", "links", "--with", "dep>1"];
    let (success, stderr) = build(&sandbox, &against);
    assert!(!success && stderr.contains("error: "), "{stderr}");
}

#[test]
fn a_file_that_differs_from_its_locked_hash_is_refused() {
    let sandbox = project_with_lock();
    let lock = fs::read_to_string(sandbox.path("demo/uv.lock")).unwrap();
    Wheel::new("dep", "1.0").file("dep.py", "def main(): evil()\n").write(&sandbox.path("links"));
    // A digest that no cache has.
    let start = lock.find("dep-1.0-py3-none-any.whl', hash = 'sha256:").unwrap() + 42;
    let lock = lock[..start].to_owned() + &"0".repeat(60) + &lock[start + 60..];
    let sandbox = sandbox.file("demo/uv.lock", lock);
    let (success, stderr) = build(&sandbox, &["demo"]);
    assert!(!success && stderr.contains("dep-1.0-py3-none-any.whl"), "{stderr}");
}

#[test]
fn locks_that_differ_are_an_error_unless_one_is_named() {
    let sandbox = project_with_lock();
    let file = wheel(&sandbox, Wheel::new("dep", "1.5"), "../links/");
    let pylock = format!(
        "lock-version = '1.0'\ncreated-by = 'test'\n[[packages]]\nname = 'dep'\nversion = '1.5'\n\
         wheels = [{{ {file} }}]\n"
    );
    let sandbox = sandbox.file("demo/pylock.toml", &pylock);
    sandbox.build(["demo"]).refused(
        FAILURE,
        "differ for the target: dep (1.0, 1.5)",
        "choose one with --lock FILE",
    );
    let named = ["demo", "--offline", "--lock", "demo/pylock.toml"];
    assert_eq!(packed(&sandbox, &named), "dep 1.5");
    assert_eq!(packed(&sandbox, &["demo", "--offline", "--lock", "demo/uv.lock"]), "dep 1.0");
    let file = wheel(&sandbox, Wheel::new("dep", "1.0"), "../links/");
    let (head, _) = pylock.split_once("[[packages]]").unwrap();
    let equal =
        format!("{head}[[packages]]\nname = 'dep'\nversion = '1.0'\nwheels = [{{ {file} }}]\n");
    let sandbox = sandbox.file("demo/pylock.toml", equal);
    assert_eq!(packed(&sandbox, &["demo", "--offline", "--locked"]), "dep 1.0");
}

#[test]
fn members_of_a_workspace_are_chosen_by_name_and_locked_above() {
    let lib = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
               [project]\nname = 'lib'\nversion = '1'\nrequires-python = '>=3.11'\n\
               dependencies = ['dep']\n";
    let sandbox = demo("dependencies = ['lib']\n")
        .file("pyproject.toml", "[tool.uv.workspace]\nmembers = ['demo', 'packages/*']\n")
        .file("packages/lib/pyproject.toml", lib)
        .file("packages/lib/lib.py", "")
        .backend("packages/lib");
    let mut lock = uv_lock("dependencies = [{ name = 'lib' }]").replace("'.'", "'demo'");
    lock += "[[package]]\nname = 'lib'\nversion = '1'\nsource = { editable = 'packages/lib' }\n\
             dependencies = [{ name = 'dep' }]\n\
             [package.metadata]\nrequires-dist = [{ name = 'dep' }]\n";
    lock +=
        &locked(&sandbox, Wheel::new("dep", "1.0"), "dep", "1.0", "").replace("../links", "links");
    let sandbox = sandbox.file("uv.lock", lock);
    sandbox.build(["."]).refused(
        FAILURE,
        "is a workspace, not a project; its members are demo (has commands), lib",
        "choose one: `snakecrate build --package demo`",
    );
    sandbox.build([".", "--package", "nope"]).refused(
        FAILURE,
        "has no member `nope`",
        "choose one of demo (has commands), lib",
    );
    assert_eq!(packed(&sandbox, &[".", "--package", "Demo", "--offline", "--locked"]), "dep 1.0");
    assert_eq!(packed(&sandbox, &["demo", "--offline", "--locked"]), "dep 1.0");
    sandbox.build(["dep", "--package", "x"]).refused(FAILURE, "`dep` is not a directory", "remove");
    let key = "[tool.uv.workspace]\nmembers = ['demo', 'packages/*']\n\
               [tool.snakecrate]\npackage = 'demo'\n";
    let sandbox = sandbox.file("pyproject.toml", key);
    assert_eq!(packed(&sandbox, &[".", "--offline", "--locked"]), "dep 1.0");
    // A member that is packed as a dependency counts, too.
    let sandbox = sandbox.file("packages/lib/pyproject.toml", lib.replace("['dep']", "['dep>=1']"));
    sandbox.build(["demo", "--locked"]).refused(
        FAILURE,
        "uv.lock is outdated: it lacks the requirement `dep>=1`",
        "run `uv lock`",
    );
}

#[test]
fn extras_of_scripts_and_requirements_are_not_ignored_silently() {
    let sandbox = Sandbox::new().file("tool.py", "");
    Wheel::new("more", "1").write(&sandbox.path("links"));
    let headers = "Provides-Extra: x\nRequires-Dist: more ; extra == 'x'\n";
    // Offline, the wheels that other tests cached are found, too.
    let wheel = Wheel::new("optional-x", "1").metadata(headers).file("optional_x.py", PROJECT);
    wheel.write(&sandbox.path("links"));
    sandbox.build(["tool.py", "--extra", "x"]).refused(
        FAILURE,
        "no extra `x`",
        "remove the option",
    );
    let arguments = ["optional-x", "--offline", "--find-links", "links", "--extra", "x"];
    assert_eq!(packed(&sandbox, &arguments), "more 1, optional-x 1");
    let all = ["dep", "--all-extras"];
    sandbox.build(all).refused(FAILURE, "dep is a requirement", "`dep[EXTRA]`");
}

#[test]
fn a_script_has_its_own_lock() {
    let script = format!("# /// script\n# dependencies = ['dep']\n# ///\n{PROJECT}");
    let sandbox = Sandbox::new().file("tool.py", &script);
    Wheel::new("dep", "2.0").write(&sandbox.path("links"));
    let mut lock = "version = 1\n[manifest]\nrequirements = [{ name = 'dep' }]\n".to_owned();
    lock +=
        &locked(&sandbox, Wheel::new("dep", "1.0"), "dep", "1.0", "").replace("../links", "links");
    let sandbox = sandbox.file("tool.py.lock", lock);
    assert_eq!(packed(&sandbox, &["tool.py", "--offline", "--locked"]), "dep 1.0");
    let sandbox = sandbox.file("tool.py", script.replace("['dep']", "['dep', 'new']"));
    sandbox.build(["tool.py", "--locked"]).refused(
        FAILURE,
        "tool.py.lock is outdated: it lacks the requirement `new`",
        "run `uv lock --script tool.py`",
    );
}
