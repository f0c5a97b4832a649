//! From each kind of source to an archive that runs.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::sandbox::{Sandbox, shared};

#[test]
fn a_project_in_the_working_directory_needs_no_argument() {
    let sandbox = Sandbox::new().project("probe");
    let packer = sandbox.packer(["build", "-o", "../app"]).in_dir("probe");
    packer.env("SNAKECRATE_CACHE", shared::packer_cache()).args(shared::OPTIONS).expect(0, "", "");
    let mode = std::fs::metadata(sandbox.path("app")).unwrap().permissions().mode();
    assert_eq!(mode & 0o111, 0o111, "everybody may execute it");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn one_entry_out_of_two_becomes_the_only_one() {
    let sandbox = Sandbox::new().project("pair");
    sandbox.build(["pair", "-o", "app", "--entry", "left"]).expect(0, "", "");
    sandbox.archive("app").arg("right").expect(0, "left ['right']\n", "");
}

#[test]
fn a_module_can_be_the_entry() {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app", "--module", "probe"]).expect(0, "", "");
    sandbox.archive("app").arg("child").expect(
        0,
        "probe, same executable: True, virtual: True\n",
        "",
    );
}

#[test]
fn a_script_runs_with_its_arguments_as_the_main_module() {
    let script = "import sys\nprint(__name__, sys.argv[1:])\nsys.exit(4)\n";
    let sandbox = Sandbox::new().file("tool.py", script);
    sandbox.build(["tool.py", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").args(["a", "-b"]).expect(4, "__main__ ['a', '-b']\n", "");
}

#[test]
fn a_script_finds_the_modules_beside_it_whatever_its_name() {
    for options in [&[][..], &["--no-isolated"]] {
        let sandbox = Sandbox::new()
            .file("tool.py", "import helper, tool\nprint(helper.X, tool.__name__)\n")
            .file("helper.py", "X = 'found'\n");
        sandbox.build(["tool.py", "-o", "app"].iter().chain(options)).expect(0, "", "");
        sandbox.archive("app").expect(0, "found tool\nfound tool\n", "");
    }
}

/// An interpreter that isn't isolated puts the boot script's directory on its path, where `probe.py`
/// is the boot script.
#[test]
fn an_entry_named_like_its_package_works_without_isolation() {
    let sandbox = Sandbox::new().project("probe");
    sandbox.build(["probe", "-o", "app", "--no-isolated"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn conflicting_files_of_distributions_are_reported() {
    let sandbox = wheel_in_links()
        .bare_project("other", "[project.scripts]\nother = 'probe:main'\n")
        .file("other/probe.py", "def main():\n    print('other')\n");
    let packer = sandbox.packer(["build", "other", "-o", "app", "--with", "probe", "--offline"]);
    let run = packer.args(["--find-links", "links", "--level", "3"]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains("warning: `other` and `probe` both install lib/")
        .done();
    sandbox.archive("app").expect(0, "other\n", "");
}

#[test]
fn a_script_brings_the_requirements_of_its_block() {
    let script = "\
# /// script
# requires-python = '>=3.11'
# dependencies = ['probe==1.2.3']
# ///
import probe
probe.distribution()
";
    let sandbox = wheel_in_links().file("tool.py", script);
    sandbox.build(["tool.py", "-o", "app", "--offline", "--find-links", "links"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn a_wheel_offers_its_own_commands() {
    let sandbox = wheel_in_links();
    let wheel = "links/probe-1.2.3-py3-none-any.whl";
    sandbox.build([wheel, "-o", "app", "--offline"]).expect(0, "", "");
    sandbox.archive("app").args(["leave", "3"]).expect(3, "", "");
}

/// Like `ruff` and `uv`. Python ignores SIGPIPE; such a program shows that the launcher does not
/// change it.
#[test]
fn native_executables_of_wheels_start_without_python() {
    let sandbox =
        Sandbox::new().bare_project("native", "").copy("/usr/bin/yes", "native/scripts/assent");
    sandbox.build(["native", "-o", "app", "-e", "assent"]).expect(0, "", "");
    let mut running = sandbox.archive("app").args(["of", "course"]).spawn();
    running.line("of course");
    running.hang_up().killed_by(Signal::PIPE).done();
}

#[test]
fn a_requirement_comes_from_the_index_or_the_links_that_are_given() {
    let sandbox = wheel_in_links();
    sandbox
        .build(["probe==1.2.3", "-o", "app", "--offline", "--find-links", "links"])
        .expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn an_archive_named_like_a_requirement_is_not_in_its_way() {
    let sandbox = wheel_in_links();
    let arguments = ["probe==1.2.3", "-o", "probe", "--offline", "--find-links", "links"];
    let bare = ["probe", "-o", "probe", "--with", "probe", "--offline", "--find-links", "links"];
    sandbox.build(arguments).expect(0, "", "");
    sandbox.build(bare).expect(0, "", "");
    sandbox.archive("probe").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn additional_requirements_are_packed() {
    let sandbox = wheel_in_links().file("tool.py", "import probe; probe.distribution()\n");
    let with = ["--with", "probe", "--offline", "--find-links", "links"];
    sandbox.build(["tool.py", "-o", "app"].into_iter().chain(with)).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn requirements_files_are_packed() {
    let sandbox = wheel_in_links()
        .file("tool.py", "import probe; probe.distribution()\n")
        .file("requirements.txt", "probe==1.2.3  # pinned\n");
    let with = ["-r", "requirements.txt", "--offline", "--find-links", "links"];
    sandbox.build(["tool.py", "-o", "app"].into_iter().chain(with)).expect(0, "", "");
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn flags_win_over_the_settings_of_the_project() {
    let configuration = "\n[tool.snakecrate]\nentry = ['left']\noutput = 'configured'\n";
    let project = std::fs::read_to_string(shared::projects().join("pair/pyproject.toml")).unwrap();
    let sandbox =
        Sandbox::new().project("pair").file("pair/pyproject.toml", project + configuration);
    sandbox.build(["pair"]).expect(0, "", "");
    sandbox.archive("pair/configured").expect(0, "left []\n", "");
    sandbox.build(["pair", "-o", "flagged", "-e", "right"]).expect(0, "", "");
    sandbox.archive("flagged").expect(0, "right []\n", "");
}

#[test]
fn run_builds_and_runs_with_arguments_and_status() {
    let sandbox = Sandbox::new().project("probe");
    let run = sandbox.packer(["run", "--quiet", "--level", "3", "probe", "--", "leave", "5"]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache()).expect(5, "", "");
    assert_eq!(sandbox.names(), ["probe"], "nothing is left behind");
}

#[test]
fn a_build_reports_on_stderr_only() {
    let sandbox = Sandbox::new().project("probe");
    let packer = sandbox.packer(["build", "probe", "-o", "app", "--level", "3"]);
    packer
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stdout("")
        .stderr_contains("app")
        .done();
}

#[test]
fn a_verbose_build_reports_nothing_twice() {
    let sandbox = Sandbox::new().file("tool.py", "import sys\nexec(sys.argv[1])\n");
    let packer = sandbox.packer(["build", "-v", "tool.py", "-o", "app", "--level", "3"]);
    let run = packer.arg("--runtime-minimal").env("SNAKECRATE_CACHE", shared::packer_cache());
    let (_, _, stderr) = run.output().success().parts();
    let count = |parts: [&str; 2]| {
        stderr.lines().filter(|line| parts.iter().all(|part| line.contains(part))).count()
    };
    assert_eq!(count(["ython 3.", "/python3"]), 1, "the interpreter:\n{stderr}");
    assert_eq!(count(["tool.py", "exec"]), 1, "the reason for the whole library:\n{stderr}");
}

/// A sandbox with the wheel of `probe` in `links/`, made by the back end itself.
pub(super) fn wheel_in_links() -> Sandbox {
    let sandbox = Sandbox::new().project("probe").file("links/.keep", "");
    let status = std::process::Command::new("python3")
        .args(["-c", "import backend; backend.build_wheel('../links')"])
        .current_dir(sandbox.path("probe"))
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::remove_dir_all(sandbox.path("probe")).unwrap();
    sandbox
}
