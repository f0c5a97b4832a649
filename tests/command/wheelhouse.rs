//! `--wheelhouse`: exactly the wheels in a directory, without uv and without a network.

use std::fs;

use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// Builds where there is no uv.
fn build(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let packer = sandbox.packer(["build", "-o", "app"]).args(shared::OPTIONS).args(arguments);
    let packer = packer.env("SNAKECRATE_CACHE", shared::packer_cache());
    packer.env("UV", sandbox.path("no-uv")).args(["--wheelhouse", "wheels"]).output()
}

/// `app` requires `lib`, and both are in `wheels`.
fn two_wheels() -> Sandbox {
    let sandbox = Sandbox::new();
    let directory = sandbox.path("wheels");
    let module = "import lib\ndef main():\n    lib.main()\n";
    Wheel::new("app", "1").file("app.py", module).requires("lib>=1").write(&directory);
    Wheel::new("lib", "1.5").write(&directory);
    sandbox
}

#[test]
fn a_requirement_is_packed_from_the_directory_alone() {
    let sandbox = two_wheels();
    build(&sandbox, &["app==1"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "lib 1.5\n", "");
    let components = sandbox.run(["inspect", "--json", "app"]).json()["components"].clone();
    let lib = components.as_array().unwrap().iter().find(|one| one["name"] == "lib").unwrap();
    assert_eq!(lib["source"]["file"], "lib-1.5-py3-none-any.whl");
    assert_eq!(lib["source"]["sha256"].as_str().unwrap().len(), 64);
}

#[test]
fn a_script_gets_all_wheels_of_the_directory() {
    let script = "# /// script\n# dependencies = ['lib']\n# ///\nimport app\napp.main()\n";
    let sandbox = two_wheels().file("tool.py", script);
    build(&sandbox, &["tool.py", "--with", "app"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "lib 1.5\n", "");
}

#[test]
fn a_wheel_brings_the_others_of_the_directory() {
    let sandbox = two_wheels();
    fs::rename(
        sandbox.path("wheels/app-1-py3-none-any.whl"),
        sandbox.path("app-1-py3-none-any.whl"),
    )
    .unwrap();
    build(&sandbox, &["app-1-py3-none-any.whl"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "lib 1.5\n", "");
}

#[test]
fn a_projects_own_wheel_is_taken_from_the_directory() {
    let sandbox = two_wheels();
    let project = "[project]\nname = 'app'\nversion = '1'\nrequires-python = '>=3.11'\n";
    let sandbox = sandbox.file("pyproject.toml", project);
    build(&sandbox, &["."]).expect(0, "", "");
    sandbox.archive("app").expect(0, "lib 1.5\n", "");
    let components = sandbox.run(["inspect", "--json", "app"]).json()["components"].clone();
    let kinds: Vec<_> = components.as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds[1], "app");
}

/// The back end is one of the wheels. Building needs uv, for the environment.
#[test]
fn a_project_without_a_wheel_is_built_with_the_directory_alone() {
    let project = "[build-system]\nrequires = ['hand-made']\nbuild-backend = 'backend'\n\
                   [project]\nname = 'own'\nversion = '1'\nrequires-python = '>=3.11'\n\
                   scripts = {own = 'own:main'}\n";
    let sandbox = Sandbox::new().file("own/pyproject.toml", project);
    let sandbox = sandbox.file("own/own.py", "def main():\n    print('built')\n");
    let arguments = ["own", "-o", "app", "--wheelhouse", "wheels"];
    fs::create_dir(sandbox.path("wheels")).unwrap();
    let refused = sandbox.build(arguments);
    refused.code(FAILURE).stdout("").stderr_contains("hand-made").done();
    let backend = fs::read_to_string(shared::projects().join("backend.py")).unwrap();
    Wheel::new("hand-made", "1").file("backend.py", &backend).write(&sandbox.path("wheels"));
    sandbox.build(arguments).expect(0, "", "");
    sandbox.archive("app").expect(0, "built\n", "");
}

#[test]
fn additional_requirements_must_be_in_the_directory() {
    let sandbox = two_wheels();
    let arguments = ["app", "--with", "lib>=2", "--with", "more"];
    let error = "unmet requirements: lib>=2, declared by --with (lib 1.5 is packed); more, declared \
                 by --with (more is not packed)";
    build(&sandbox, &arguments).refused(FAILURE, error, "--allow-unmet lib --allow-unmet more");
    let error = "app==2, declared by the command line (app 1 is packed)";
    build(&sandbox, &["app==2"]).refused(FAILURE, error, "--allow-unmet app");
}

#[test]
fn wheels_that_do_not_fit_are_refused_unless_another_does() {
    let sandbox = two_wheels();
    Wheel::new("native", "1").tags("cp37-cp37m-win_amd64").write(&sandbox.path("wheels"));
    let run = build(&sandbox, &["app"]);
    let (status, _, error) = run.parts();
    assert_eq!(status.code(), Some(FAILURE));
    let start = "error: no wheel of native in wheels fits: native-1-cp37-cp37m-win_amd64.whl: wrong \
                 architecture: the wheel is for win_amd64, the interpreter for linux_";
    assert!(error.starts_with(start), "{error}");
    Wheel::new("native", "1").write(&sandbox.path("wheels"));
    build(&sandbox, &["app"]).expect(0, "", "");
}

#[test]
fn two_versions_of_a_distribution_are_refused() {
    let sandbox = two_wheels();
    Wheel::new("lib", "1.6").write(&sandbox.path("wheels"));
    let error = "wheels has several versions of lib: lib-1.5-py3-none-any.whl, lib-1.6-py3";
    build(&sandbox, &["app"]).refused(FAILURE, error, "leave one of them");
}

#[test]
fn options_that_choose_versions_contradict_a_wheelhouse() {
    let sandbox = two_wheels().file("list.txt", "lib\n");
    for (option, given) in [
        ("--requirements", &["-r", "list.txt"][..]),
        ("--constraint", &["--constraint", "list.txt"]),
        ("--override", &["--override", "list.txt"]),
        ("--locked", &["--locked"]),
        ("--group", &["--group", "dev"]),
    ] {
        let what = format!("exactly the wheels in a directory, and `{option}` asks for others");
        build(&sandbox, &[&["app"], given].concat()).refused(FAILURE, &what, option);
    }
}

#[test]
fn a_directory_without_the_application_is_refused() {
    let sandbox = two_wheels();
    build(&sandbox, &["other"]).refused(FAILURE, "wheels has no wheel of other", "add the wheel");
    fs::remove_dir_all(sandbox.path("wheels")).unwrap();
    build(&sandbox, &["app"]).refused(FAILURE, "cannot read wheels", "name a directory");
}
