//! Distributions for a foreign target: its wheels, its markers, and no builds for this machine.

use std::process::Command;

use super::*;
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// The tags of wheels for `target`, whatever the Python.
fn tags(target: &Target) -> &'static str {
    match target.wheel_processor {
        "x86_64" => "py3-none-manylinux_2_28_x86_64",
        _ => "py3-none-manylinux_2_28_aarch64",
    }
}

/// The files of the wheels in an archive, without the application's.
fn files(sandbox: &Sandbox, archive: &str) -> Vec<String> {
    let report = inspected(sandbox, archive);
    let components = report["components"].as_array().unwrap().iter();
    let mut files: Vec<_> = components
        .filter(|component| component["kind"] == "wheel")
        .filter_map(|component| Some(component["source"]["file"].as_str()?.to_owned()))
        .collect();
    files.sort();
    files
}

/// Wheels of `targets-lib` for both targets, in the directory `wheels`.
fn libraries(sandbox: &Sandbox) {
    for target in [own(), foreign()] {
        Wheel::new("targets-lib", "1").tags(tags(target)).write(&sandbox.path("wheels"));
    }
}

fn library(target: &Target) -> String {
    format!("targets_lib-1-{}.whl", tags(target))
}

#[test]
fn targets_share_a_wheelhouse() {
    needs_launcher!();
    let sandbox = Sandbox::new();
    libraries(&sandbox);
    let app = Wheel::new("targets-app", "1").requires("targets-lib");
    app.write(&sandbox.path("wheels"));
    let minor = &minors(&sandbox)[0];
    let run = build_both(&sandbox, minor).args(["targets-app==1", "--wheelhouse", "wheels"]);
    let run = run.env("UV", sandbox.path("no-uv"));
    run.args(["--quiet", "--no-proof", "-o", "dist"]).expect(0, "", "");
    for target in [own(), foreign()] {
        let found = files(&sandbox, &format!("dist/targets-app-{target}"));
        assert_eq!(found, ["targets_app-1-py3-none-any.whl", &library(target)], "{target}");
    }
}

#[test]
fn markers_and_tags_are_those_of_each_target() {
    needs_launcher!();
    let sandbox = Sandbox::new();
    libraries(&sandbox);
    let mut app = Wheel::new("targets-marked", "1").requires("targets-lib");
    for target in [own(), foreign()] {
        let processor = target.wheel_processor;
        let only = format!("targets-only-{}", processor.replace('_', "-"));
        app = app.requires(&format!("{only}; platform_machine == '{processor}'"));
        Wheel::new(&only, "1").write(&sandbox.path("wheels"));
    }
    app.write(&sandbox.path("wheels"));
    let minor = &minors(&sandbox)[0];
    let run = build_both(&sandbox, minor).args(["targets-marked==1", "--find-links", "wheels"]);
    run.args(["--quiet", "--no-proof", "-o", "dist"]).expect(0, "", "");
    for target in [own(), foreign()] {
        let only = format!("targets_only_{}-1-py3-none-any.whl", target.wheel_processor);
        let found = files(&sandbox, &format!("dist/targets-marked-{target}"));
        let marked = "targets_marked-1-py3-none-any.whl".to_owned();
        let mut expected = [library(target), marked, only];
        expected.sort();
        assert_eq!(found, expected, "{target}");
    }
}

/// The wheel of a target that the directory lacks.
#[test]
fn a_wheelhouse_without_a_targets_wheel_fails_that_target_alone() {
    needs_launcher!();
    let sandbox = Sandbox::new();
    let directory = sandbox.path("wheels");
    Wheel::new("targets-half", "1").tags(tags(own())).write(&directory);
    let minor = &minors(&sandbox)[0];
    let run = build_both(&sandbox, minor).args(["targets-half==1", "--wheelhouse", "wheels"]);
    let run = run.args(["--quiet", "--no-proof", "-o", "dist"]);
    let outcome = run.output().code(FAILURE).stdout("");
    outcome.stderr_contains(&format!("error: not built for {}: ", foreign())).done();
    assert_eq!(names(&sandbox, "dist"), [format!("targets-half-{}", own())]);
}

/// A source distribution in `links` whose build copies a wheel with these tags.
fn sdist(sandbox: &Sandbox, name: &str, tags: &'static str) {
    let place = format!("projects/{name}-1");
    let wheel = Wheel::new(name, "1").tags(tags).write(&sandbox.path(&place));
    let wheel = wheel.file_name().unwrap().to_str().unwrap();
    let backend = format!(
        "import shutil\ndef build_wheel(out, config=None, metadata=None):\n    \
         shutil.copy({wheel:?}, out)\n    return {wheel:?}\n"
    );
    let project = format!(
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n\
         [project]\nname = '{name}'\nversion = '1'\n"
    );
    let metadata = format!("Metadata-Version: 2.2\nName: {name}\nVersion: 1\n");
    let files = [("backend.py", backend), ("pyproject.toml", project), ("PKG-INFO", metadata)];
    for (file, text) in files {
        std::fs::write(sandbox.path(&place).join(file), text).unwrap();
    }
    std::fs::create_dir_all(sandbox.path("links")).unwrap();
    let mut tar = Command::new("tar");
    tar.arg("-czf").arg(sandbox.path(format!("links/{name}-1.tar.gz")));
    let tar = tar.arg("-C").arg(sandbox.path("projects")).arg(format!("{name}-1"));
    assert!(tar.status().unwrap().success());
}

#[test]
fn a_foreign_dependency_is_built_only_if_it_is_pure() {
    needs_launcher!();
    let script = "# /// script\n# dependencies = ['targets_pure']\n# ///\nimport targets_pure\n";
    let sandbox = Sandbox::new().file("pure.py", script);
    let sandbox = sandbox.file("native.py", script.replace("targets_pure", "targets_native"));
    sdist(&sandbox, "targets_pure", "py3-none-any");
    sdist(&sandbox, "targets_native", tags(own()));
    let minor = &minors(&sandbox)[0];
    let build = |script: &str| {
        let run = build_foreign(&sandbox, minor).args([script, "--find-links", "links"]);
        run.args(["--quiet", "--no-proof", "-o", "app"]).output()
    };
    build("pure.py").expect(0, "", "");
    let names = inspected(&sandbox, "app")["components"].to_string();
    assert!(names.contains("targets-pure"), "{names}");
    let what = format!(
        "the wheel that this machine builds of targets_native-1.tar.gz would not run on {}",
        foreign()
    );
    build("native.py").refused(FAILURE, &what, "give its directory to --find-links");
}
