//! `poetry.lock`, `pdm.lock` and `requirements.txt` with hashes, from the file to the archive. All
//! wheels are in a directory, so no index is needed.

use std::fs;

use snakecrate_download::file_sha256;

use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

/// Three distributions in two versions each, with names that no other test has (all offline builds
/// of the suite share a cache of wheels), in the directory `wheels`, and the project `app`,
/// which requires `lockedlib`. Its extra `fast` is `lockedspeed`, its group `dev` is `lockedtool`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for name in ["lockedlib", "lockedspeed", "lockedtool"] {
        for version in ["1.0", "2.0"] {
            Wheel::new(name, version).write(&sandbox.path("wheels"));
        }
    }
    let project = "dependencies = ['lockedlib>=1']\nscripts = {app = 'app:main'}\n\
        [project.optional-dependencies]\nfast = ['lockedspeed']\n[dependency-groups]\ndev = ['lockedtool']\n";
    sandbox.bare_project("app", project).file("app/app.py", "from lockedlib import main\n")
}

/// The name and the digest of a wheel, as lock files write them.
fn file(sandbox: &Sandbox, name: &str, version: &str) -> (String, String) {
    let file = format!("{name}-{version}-py3-none-any.whl");
    let hex = file_sha256(&sandbox.path("wheels").join(&file)).unwrap();
    (file, format!("sha256:{hex}"))
}

fn build(sandbox: &Sandbox, options: &[&str]) -> Outcome {
    let arguments = ["app", "-o", "out", "--offline", "--find-links", "wheels"];
    sandbox.build(arguments.iter().chain(options))
}

/// The packed distributions but the project, as `name version`.
fn packed(sandbox: &Sandbox, options: &[&str]) -> Vec<String> {
    build(sandbox, options).any_stderr().done();
    let contents = sandbox.run(["inspect", "--json", "out"]).json();
    let parts = contents["components"].as_array().unwrap().iter();
    let wheels = parts.filter(|part| part["kind"] == "wheel");
    let text = |part: &serde_json::Value, key: &str| part[key].as_str().unwrap().to_owned();
    wheels.map(|part| format!("{} {}", text(part, "name"), text(part, "version"))).collect()
}

/// The version `1.0` of each, as Poetry 2 writes it.
fn poetry_lock(sandbox: &Sandbox, more: &str) -> String {
    let package = |name: &str, place: &str| {
        let (file, hash) = file(sandbox, name, "1.0");
        format!(
            "[[package]]\nname = '{name}'\nversion = '1.0'\noptional = false\n\
             python-versions = '>=3.8'\n{place}\nfiles = [{{file = '{file}', hash = '{hash}'}}]\n"
        )
    };
    package("lockedlib", "groups = ['main']")
        + &package("lockedspeed", "groups = ['main']\nmarkers = \"extra == 'fast'\"")
        + &package("lockedtool", "groups = ['dev']")
        + "[extras]\nfast = ['lockedspeed']\n[metadata]\nlock-version = '2.1'\n\
           python-versions = '>=3.11'\n"
        + more
}

fn pdm_lock(sandbox: &Sandbox, more: &str) -> String {
    let package = |name: &str, group: &str| {
        let (file, hash) = file(sandbox, name, "1.0");
        format!(
            "[[package]]\nname = '{name}'\nversion = '1.0'\ngroups = ['{group}']\n\
             files = [{{file = '{file}', hash = '{hash}'}}]\n"
        )
    };
    package("lockedlib", "default")
        + &package("lockedspeed", "fast")
        + &package("lockedtool", "dev")
        + "[metadata]\nlock_version = '4.5.0'\nstrategy = ['inherit_metadata']\n\
           groups = ['default', 'fast', 'dev']\n"
        + more
}

#[test]
fn versions_extras_and_groups_are_those_of_poetry_and_pdm() {
    for (name, text) in
        [("poetry.lock", poetry_lock as fn(&Sandbox, &str) -> String), ("pdm.lock", pdm_lock)]
    {
        let sandbox = sandbox();
        fs::write(sandbox.path("app").join(name), text(&sandbox, "")).unwrap();
        assert_eq!(packed(&sandbox, &[]), ["lockedlib 1.0"], "{name}");
        sandbox.archive("out").expect(0, "lockedlib 1.0\n", "");
        let more = ["--extra", "fast", "--group", "dev"];
        assert_eq!(
            packed(&sandbox, &more),
            ["lockedlib 1.0", "lockedspeed 1.0", "lockedtool 1.0"],
            "{name}"
        );
        assert_eq!(packed(&sandbox, &["--no-lock"]), ["lockedlib 2.0"], "{name}");
        build(&sandbox, &["--extra", "slow"]).refused(
            1,
            "the project has no extra `slow`",
            "choose one of: fast",
        );
    }
}

#[test]
fn an_old_poetry_lock_is_walked_to_what_is_required() {
    let sandbox = sandbox();
    let package = |name: &str, version: &str, more: &str| {
        let (file, hash) = file(&sandbox, name, version);
        format!(
            "[[package]]\nname = '{name}'\nversion = '{version}'\noptional = false\n\
             python-versions = '>=3.8'\nfiles = [{{file = '{file}', hash = '{hash}'}}]\n{more}"
        )
    };
    // Both versions of lockedspeed are in the lock, and the newer one does not fit lockedlib.
    let lock = package("lockedlib", "1.0", "[package.dependencies]\nlockedspeed = '<1.5 || >2'\n")
        + &package("lockedspeed", "1.0", "")
        + &package("lockedspeed", "2.0", "")
        + "[metadata]\nlock-version = '2.0'\npython-versions = '>=3.11'\n";
    fs::write(sandbox.path("app/poetry.lock"), lock).unwrap();
    assert_eq!(packed(&sandbox, &[]), ["lockedlib 1.0", "lockedspeed 1.0"]);
}

#[test]
fn a_list_is_a_lock_only_if_everything_is_pinned_and_hashed() {
    let sandbox = sandbox();
    let line = |name: &str| format!("{name}==1.0 --hash={}\n", file(&sandbox, name, "1.0").1);
    let list = sandbox.path("app/requirements.txt");
    fs::write(&list, line("lockedlib")).unwrap();
    assert_eq!(packed(&sandbox, &["--locked"]), ["lockedlib 1.0"]);
    fs::write(&list, line("lockedlib") + "lockedspeed==1.0\n").unwrap();
    assert_eq!(packed(&sandbox, &[]), ["lockedlib 2.0"]);
    build(&sandbox, &["--lock", "app/requirements.txt"]).refused(
        1,
        "app/requirements.txt: `lockedspeed==1.0` has no hash",
        "make the lock file again, or ignore it with --no-lock",
    );
}

#[test]
fn an_outdated_lock_warns_and_is_refused_if_it_must_be_current() {
    let cases = [
        ("poetry.lock", poetry_lock as fn(&Sandbox, &str) -> String, "content-hash = '00'\n"),
        ("pdm.lock", pdm_lock, "content_hash = 'sha256:00'\n"),
    ];
    for (name, text, hash) in cases {
        let sandbox = sandbox();
        fs::write(sandbox.path("app").join(name), text(&sandbox, hash)).unwrap();
        let key = hash.split(' ').next().unwrap();
        let cause = format!("{name} is outdated: its {key} is not that of pyproject.toml");
        let arguments = ["build", "app", "-o", "out", "--offline", "--find-links", "wheels"];
        let packer = sandbox.packer(arguments).args(["--level", "3", "--no-proof"]);
        let packer = packer.env("SNAKECRATE_CACHE", shared::packer_cache());
        packer.output().success().stderr_contains(&format!("warning: {cause}\n")).done();
        let help = format!("run `{} lock`", name.trim_end_matches(".lock"));
        build(&sandbox, &["--locked"]).stderr_contains(&help).code(1).any_stderr().done();
    }
}

/// The index has the version, but another file than the one that was locked.
#[test]
fn a_file_that_is_not_the_locked_one_is_refused() {
    let sandbox = sandbox();
    let lock = poetry_lock(&sandbox, "");
    fs::write(sandbox.path("app/poetry.lock"), lock).unwrap();
    Wheel::new("lockedlib", "1.0")
        .file("lockedlib.py", "def main():\n    print('other')\n")
        .write(&sandbox.path("wheels"));
    build(&sandbox, &[]).code(1).stderr_contains("lockedlib").any_stderr().done();
    assert!(!sandbox.path("out").exists());
}
