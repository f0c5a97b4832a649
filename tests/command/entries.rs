//! Entries: which are offered, which is the default, and what an application gets.

use crate::support::sandbox::{Sandbox, shared};

const FAILURE: i32 = 1;

/// Prints its name, its arguments, and variables of its environment.
const SHOW: &str = "\
import os, subprocess, sys
def main(name='main'):
    print(name, sys.argv[1:], [os.environ.get(key) for key in ('SHOP', 'MODE', 'GONE')], sep=' ')
def where():
    print(os.getcwd())
def child():
    print(subprocess.run(['show', 'x'], capture_output=True, text=True).stdout, end='')
if __name__ == '__main__':
    main('module')
";

fn show(settings: &str) -> Sandbox {
    let scripts =
        "[project.scripts]\nshow = 'show:main'\nwhere = 'show:where'\nchild = 'show:child'\n";
    Sandbox::new().bare_project("show", &format!("{scripts}{settings}")).file("show/show.py", SHOW)
}

#[test]
fn a_table_of_entries_has_command_lines() {
    let table = "[tool.snakecrate.entries]\nserve = \"show -b ':80 90'\"\nmod = '-m show one'\n\
        call = 'show:main two'\nplain = 'show:where'\nalias = 'where'\n";
    let sandbox = show(table);
    sandbox.build(["show", "-o", "app"]).expect(0, "", "");
    let run = |entry: &str| sandbox.archive("app").args([entry, "user"]);
    run("serve").expect(0, "main ['-b', ':80 90', 'user'] [None, None, None]\n", "");
    run("mod").expect(0, "module ['one', 'user'] [None, None, None]\n", "");
    run("call").expect(0, "main ['two', 'user'] [None, None, None]\n", "");
    run("plain").expect(0, "[WORK]\n", "");
    run("alias").expect(0, "[WORK]\n", "");
}

#[test]
fn a_flag_has_the_command_line_of_an_entry() {
    let sandbox = show("");
    sandbox.build(["show", "-o", "app", "-e", "serve=show --port 80"]).expect(0, "", "");
    sandbox.archive("app").arg("x").expect(
        0,
        "main ['--port', '80', 'x'] [None, None, None]\n",
        "",
    );
    let unknown = sandbox.build(["show", "-o", "app", "-e", "serve=absent x"]);
    unknown.refused(FAILURE, "no entry point named `absent`", "-e show");
    let malformed = sandbox.build(["show", "-o", "app", "-e", "serve='x"]);
    malformed.refused(FAILURE, "isn't a valid entry point", "COMMAND");
}

#[test]
fn a_program_that_is_not_python_gets_its_arguments() {
    let sandbox = Sandbox::new()
        .bare_project("native", "")
        .copy("/usr/bin/env", "native/scripts/environment");
    let entry = "x=environment -u HOME A=1";
    let options = ["--env-set", "B={home}", "--env-unset", "GONE"];
    let build = ["native", "-o", "app", "-e", entry].into_iter().chain(options);
    sandbox.build(build).expect(0, "", "");
    let text = sandbox.archive("app").arg("C=3").env("GONE", "1").output().success().text();
    let home = format!("B={}", sandbox.home().display());
    for line in ["A=1", "C=3", &home] {
        assert!(text.lines().any(|one| one == line), "{line} in {text}");
    }
    assert!(!text.contains("HOME=") && !text.contains("GONE="), "{text}");
}

#[test]
fn the_default_is_the_entry_that_fits_the_name() {
    let scripts = "[project.scripts]\naws = 'cli:main'\naws_completer = 'cli:other'\n";
    let module = "def main():\n    print('main')\ndef other():\n    print('other')\n";
    let sandbox = Sandbox::new().bare_project("awscli", scripts).file("awscli/cli.py", module);
    sandbox.build(["awscli", "-o", "app"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "main\n", "");
    sandbox.archive("app").argv0("aws_completer").expect(0, "other\n", "");
}

#[test]
fn without_a_default_the_build_says_how_to_choose() {
    let sandbox = Sandbox::new().project("pair");
    let packer = sandbox.packer(["build", "pair", "-o", "app", "--level", "3", "--no-proof"]);
    packer
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains(
            "warning: pair has no default among its entries: left, right\n   help: start one as \
             `FILE ENTRY`, or through a link of its name; or choose with --default ENTRY\n",
        )
        .done();
}

#[test]
fn the_environment_of_an_application_is_set_defaulted_and_unset() {
    let env = "[tool.snakecrate.env]\nset = { SHOP = '{home}/{{x}}' }\n\
        default = { MODE = 'quiet' }\nunset = 'GONE'\n";
    let sandbox = show(env);
    sandbox.build(["show", "-o", "app", "-e", "show"]).expect(0, "", "");
    let run = || sandbox.archive("app").env("SHOP", "theirs").env("GONE", "1");
    run().expect(0, "main [] ['[HOME]/{x}', 'quiet', None]\n", "");
    run().env("MODE", "loud").expect(0, "main [] ['[HOME]/{x}', 'loud', None]\n", "");
}

#[test]
fn variables_that_decide_which_code_is_loaded_cannot_be_set() {
    let sandbox = show("[tool.snakecrate.env]\nset = { LD_PRELOAD = 'x' }\n");
    sandbox.build(["show", "-o", "app"]).refused(FAILURE, "`LD_PRELOAD` cannot be set", "");
    let sandbox = show("");
    for flag in ["--env-set=PYTHONPATH=x", "--env-unset=SNAKECRATE_X", "--working-directory={x}"] {
        sandbox.build(["show", "-o", "app", flag]).code(2).any_stderr().done();
    }
}

#[test]
fn a_command_without_a_function_is_refused_with_its_line() {
    let sandbox = Sandbox::new().bare_project("pp", "[project.scripts]\npp = 'pp.cli'\n");
    let sandbox = sandbox.file("pp/pp/cli.py", "def main(): pass\n");
    let help = "if it is your project, correct [project.scripts]; else choose another version";
    let what = "declares a command that isn't NAME = MODULE:FUNCTION: `pp = pp.cli`";
    sandbox.build(["pp", "-o", "app"]).refused(FAILURE, what, help);
}

#[test]
fn an_application_runs_in_its_working_directory() {
    let sandbox = show("[tool.snakecrate]\nworking-directory = '{directory}/data'\n");
    let sandbox = sandbox.file("deep/data/x", "");
    sandbox.build(["show", "-o", "deep/app", "-e", "where"]).expect(0, "", "");
    sandbox.archive("deep/app").expect(0, "[WORK]/deep/data\n", "");
}

#[test]
fn children_find_the_scripts_of_an_archive_that_exposes_them() {
    let sandbox = show("");
    sandbox.build(["show", "-o", "app", "-e", "child", "--expose-path"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "main ['x'] [None, None, None]\n", "");
}

#[test]
fn the_proof_has_the_variables_of_the_application() {
    let module = "import os\nPLACE = os.environ['SHOP']\ndef main():\n    print(PLACE)\n";
    let scripts = "[project.scripts]\nshow = 'show:main'\n";
    let sandbox = Sandbox::new().bare_project("show", scripts).file("show/show.py", module);
    let packer = |options: &[&str]| {
        let packer = sandbox.packer(["build", "-q", "show", "-o", "app", "--level", "3"]);
        packer.args(options).env("SNAKECRATE_CACHE", shared::packer_cache()).output()
    };
    packer(&[]).code(FAILURE).stderr_contains("KeyError: 'SHOP'").done();
    packer(&["--env-set", "SHOP={home}/x"]).success().done();
    sandbox.archive("app").expect(0, "[HOME]/x\n", "");
}
