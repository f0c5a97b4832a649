//! First-run hooks: when they run, what they see, and what happens if they fail.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::support::forge::Forge;
use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;

/// The application prints its arguments. The hook notes that it runs, then does what the file `do`
/// says.
const SOURCE: &str = "\
import os, sys, time
def note(text):
    with open('notes', 'a') as file:
        file.write(text + '\\n')
def main():
    print('main', *sys.argv[1:])
def other():
    print('other', *sys.argv[1:])
def first():
    note('begin')
    try:
        with open('do') as file:
            exec(file.read(), globals())
    except FileNotFoundError:
        pass
    note('end')
";

fn project(more: &str) -> Sandbox {
    let tables = format!("[project.scripts]\napp = 'app:main'\nother = 'app:other'\n{more}");
    Sandbox::new().bare_project("app", &tables).file("app/app.py", SOURCE)
}

fn with_hook() -> Sandbox {
    let sandbox = project("[tool.snakecrate]\nfirst-run = 'app:first'\n");
    sandbox.build(["app", "-o", "packed"]).expect(0, "", "");
    sandbox
}

fn notes(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("notes")).unwrap_or_default()
}

/// Lets the hook of the next starts run this code.
fn does(sandbox: &Sandbox, code: &str) {
    fs::write(sandbox.path("do"), code).unwrap();
}

const ONCE: &str = "begin\nend\n";
const HELP: &str =
    "snakecrate: fix the cause and start the application again; the hook then runs again\n";

#[test]
fn a_hook_runs_once_for_all_entries() {
    let sandbox = with_hook();
    sandbox.archive("packed").args(["x", "y"]).expect(0, "main x y\n", "");
    assert_eq!(notes(&sandbox), ONCE);
    sandbox.archive("packed").expect(0, "main\n", "");
    sandbox.archive("packed").argv0("other").expect(0, "other\n", "");
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn a_hook_has_the_environment_of_an_entry() {
    let sandbox = project(
        "[tool.snakecrate]\nfirst-run = 'app:first -v'\nworking-directory = '{directory}'\n\
         env.set = { MODE = 'test' }\n",
    );
    sandbox.build(["app", "-o", "packed"]).expect(0, "", "");
    does(
        &sandbox,
        "print(os.environ['MODE'], os.environ.get('LD_ODD'), os.environ.get('SNAKECRATE'), sys.argv, \
         sys.stdin.read(), os.path.basename(os.environ['SNAKECRATE_ARCHIVE']), sys.flags.isolated)",
    );
    let run = sandbox.archive("packed").env("LD_ODD", "odd").stdin("typed").in_dir("/");
    let hook = "test odd None ['[WORK]/packed', '-v'] typed packed 1";
    run.arg("x").expect(0, &format!("{hook}\nmain x\n"), "");
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn a_failing_hook_stops_the_start_and_runs_again() {
    let sandbox = with_hook();
    does(&sandbox, "sys.exit(7)");
    let failed =
        format!("snakecrate: the application's first-run hook failed with status 7\n{HELP}");
    for _ in 0..2 {
        sandbox.archive("packed").expect(7, "", &failed);
    }
    assert_eq!(notes(&sandbox), "begin\nbegin\n");
    does(&sandbox, "os.kill(os.getpid(), 9)");
    let killed =
        format!("snakecrate: the application's first-run hook was killed by signal 9\n{HELP}");
    sandbox.archive("packed").expect(137, "", &killed);
    does(&sandbox, "");
    sandbox.archive("packed").expect(0, "main\n", "");
    does(&sandbox, "sys.exit(7)");
    sandbox.archive("packed").expect(0, "main\n", "");
}

#[test]
fn an_interrupted_hook_runs_again() {
    let sandbox = with_hook();
    does(&sandbox, "print('waiting', flush=True); time.sleep(100)");
    let mut running = sandbox.archive("packed").spawn();
    running.line("waiting").signal(Signal::KILL);
    running.finish().killed_by(Signal::KILL).any_stderr().done();
    // The hook has ended, too, so the next start does not wait for it.
    does(&sandbox, "");
    sandbox.archive("packed").expect(0, "main\n", "");
    assert!(notes(&sandbox).ends_with(ONCE), "{}", notes(&sandbox));
    sandbox.archive("packed").expect(0, "main\n", "");
    assert_eq!(notes(&sandbox).matches("end").count(), 1);
}

#[test]
fn simultaneous_starts_run_a_hook_once() {
    let sandbox = with_hook();
    does(&sandbox, "time.sleep(0.5)");
    let starts: Vec<_> = (0..6).map(|_| sandbox.archive("packed").spawn()).collect();
    for start in starts {
        start.finish().success().stdout("main\n").stderr("").done();
    }
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn a_start_takes_over_a_hook_that_failed_beside_it() {
    let sandbox = with_hook();
    does(&sandbox, "print('waiting', flush=True); time.sleep(1); sys.exit(3)");
    let mut first = sandbox.archive("packed").spawn();
    first.line("waiting");
    does(&sandbox, "");
    let second = sandbox.archive("packed").spawn();
    first.finish().code(3).any_stderr().done();
    second.finish().success().stdout("main\n").stderr("").done();
    assert_eq!(notes(&sandbox), "begin\nbegin\nend\n");
}

#[test]
fn only_the_start_of_an_entry_runs_a_hook() {
    let sandbox = with_hook();
    let command = |name: &str| sandbox.archive("packed").env("SNAKECRATE", name);
    for name in ["prepare", "verify", "info", "inspect", "repair"] {
        command(name).output().success().any_stderr().text();
    }
    command("python").args(["-c", "print(1)"]).expect(0, "1\n", "");
    command("run").arg("app").expect(0, "main\n", "");
    assert_eq!(notes(&sandbox), "");
    sandbox.archive("packed").expect(0, "main\n", "");
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn a_hook_that_has_run_changes_nothing_for_verify_and_uninstall() {
    let sandbox = with_hook();
    sandbox.archive("packed").expect(0, "main\n", "");
    let own = |command: &str| sandbox.archive("packed").env("SNAKECRATE", command).output();
    assert!(own("verify").text().contains("as it was packed"));
    sandbox.run(["cache", "verify"]).success().any_stderr().text();
    own("uninstall").any_stderr().text();
    assert_eq!(sandbox.cached("envs"), [""; 0]);
    sandbox.archive("packed").expect(0, "main\n", "");
    assert_eq!(notes(&sandbox), ONCE.repeat(2));
}

#[test]
fn a_repair_does_not_run_a_hook_again() {
    let sandbox = with_hook();
    sandbox.archive("packed").expect(0, "main\n", "");
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    fs::remove_file(env.join("pyvenv.cfg")).unwrap();
    sandbox.archive("packed").expect(0, "main\n", "");
    assert!(env.join("pyvenv.cfg").exists());
    // As after a reboot.
    let plan = env.join(".snakecrate/launch");
    let bytes = fs::read(&plan).unwrap();
    let (header, rest) = bytes.split_at(bytes.iter().position(|&byte| byte == 0).unwrap() + 1);
    let rest = &rest[rest.iter().position(|&byte| byte == 0).unwrap()..];
    fs::remove_file(&plan).unwrap();
    fs::write(&plan, [header, b"an earlier boot", rest].concat()).unwrap();
    sandbox.archive("packed").expect(0, "main\n", "");
    assert_eq!(fs::read(&plan).unwrap(), bytes);
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn a_damaged_hook_is_repaired() {
    let sandbox = with_hook();
    sandbox.archive("packed").env("SNAKECRATE", "prepare").output().success().text();
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    fs::remove_file(env.join("boot/first-run")).unwrap();
    sandbox.archive("packed").expect(0, "main\n", "");
    assert_eq!(notes(&sandbox), ONCE);
}

/// The boot script of an entry starts the archive again after a repair. A hook's did that, too, and
/// the application ran as the hook, and once more after it.
#[test]
fn a_hook_that_cannot_be_imported_is_repaired_and_runs_once() {
    let sandbox = with_hook();
    sandbox.archive("packed").env("SNAKECRATE", "prepare").output().success().text();
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    let found = walkdir::WalkDir::new(&env).into_iter().map(|entry| entry.unwrap());
    for file in found.filter(|entry| entry.file_name().to_string_lossy().starts_with("app.")) {
        if file.path().components().any(|part| part.as_os_str() == "site-packages") {
            fs::remove_file(file.path()).unwrap();
        }
    }
    sandbox.archive("packed").arg("x").expect(0, "main x\n", "");
    assert_eq!(notes(&sandbox), ONCE);
}

#[test]
fn in_a_read_only_cache_a_hook_runs_at_each_start() {
    needs!(Root);
    let sandbox = with_hook();
    let archive = || {
        let run = sandbox.archive("packed").uid(4321);
        run.env("SNAKECRATE_CACHE", sandbox.cache()).env("HOME", "/nonexistent")
    };
    sandbox.archive("packed").env("SNAKECRATE", "prepare").output().success().text();
    for (path, mode) in [(sandbox.cache(), 0o755), (sandbox.path(""), 0o777)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    for _ in 0..2 {
        archive().expect(0, "main\n", "");
    }
    assert_eq!(notes(&sandbox), ONCE.repeat(2));
    // A start of the owner ends that.
    fs::remove_file(sandbox.path("notes")).unwrap();
    sandbox.archive("packed").expect(0, "main\n", "");
    archive().expect(0, "main\n", "");
    assert_eq!(notes(&sandbox), ONCE);
}

/// The user ignores the end of children, as `nohup` environments do: the status of a hook got lost.
#[test]
fn a_hook_has_a_status_even_if_children_are_ignored() {
    let sandbox = with_hook();
    does(&sandbox, "sys.exit(7)");
    let ignoring = || {
        let mut command = Command::new("env");
        command.arg("--ignore-signal=CHLD").arg(sandbox.path("packed"));
        command.env("SNAKECRATE_CACHE", sandbox.cache()).current_dir(sandbox.path(""));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(ignoring(), (Some(7), String::new()));
    // The hook finds the signal ignored, as the user left it.
    does(&sandbox, "import signal; print(signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN)");
    assert_eq!(ignoring(), (Some(0), "True\nmain\n".into()));
}

/// The interpreter of a forged archive is a shell script that prints what it is to run.
fn forged(second: &'static str) -> Sandbox {
    let script = b"#!/bin/sh\nshift; echo ${1##*/} $3\n";
    let forge = Forge::honest()
        .entries("runtime", |entries| entries.retain(|entry| !entry.starts_with(b"bin/python")))
        .lines("runtime", |lines| lines.retain(|line| !line.ends_with("bin/python3.12")))
        .executable("runtime", "bin/python3.12", script)
        .file("app", "boot/first.py", b"")
        .file("app", "boot/second.py", b"");
    let forge = forge.manifest(move |m| {
        m["requires"] = json!(["first-run"]);
        m["launch"]["default"] = "hello".into();
        m["entries"][0]["first_run"] = "boot/first.py".into();
        let mut other = m["entries"][0].clone();
        other["name"] = "other".into();
        other["first_run"] = second.into();
        m["entries"].as_array_mut().unwrap().push(other);
    });
    forge.sandbox()
}

#[test]
fn entries_with_hooks_of_their_own_run_them() {
    let sandbox = forged("boot/second.py");
    sandbox.archive("app").arg("x").expect(0, "first.py\nhello.py x\n", "");
    sandbox.archive("app").arg("x").expect(0, "hello.py x\n", "");
    sandbox.archive("app").argv0("other").arg("x").expect(0, "second.py\nhello.py x\n", "");
    sandbox.archive("app").argv0("other").arg("x").expect(0, "hello.py x\n", "");
}

#[test]
fn entries_share_a_hook_of_the_same_script() {
    let sandbox = forged("boot/first.py");
    sandbox.archive("app").argv0("other").arg("x").expect(0, "first.py\nhello.py x\n", "");
    sandbox.archive("app").arg("x").expect(0, "hello.py x\n", "");
}

#[test]
fn a_hook_gets_what_is_typed_and_the_terminal() {
    let sandbox = with_hook();
    does(
        &sandbox,
        "print(os.isatty(0), os.isatty(1), os.isatty(2), os.getpgrp() == os.tcgetpgrp(0))",
    );
    let shown = sandbox.terminal("xterm", 80, "./packed");
    shown.code(0).left("True True True True\nmain\n");
}

/// A terminal sends an interrupt to the launcher, too.
#[test]
fn an_interrupt_ends_the_hook_and_the_start() {
    needs!(Interrupts);
    let sandbox = with_hook();
    does(&sandbox, "os.kill(0, 2); time.sleep(100)");
    let output = Command::new(sandbox.path("packed"))
        .env_clear()
        .env("SNAKECRATE_CACHE", sandbox.cache())
        .current_dir(sandbox.path(""))
        .process_group(0)
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()),
        (Some(130), "")
    );
    let failed =
        format!("snakecrate: the application's first-run hook was killed by signal 2\n{HELP}");
    assert!(errors.ends_with(&format!("KeyboardInterrupt\n{failed}")), "{errors}");
    assert_eq!(notes(&sandbox), "begin\n");
}

#[test]
fn a_hook_that_names_nothing_is_refused() {
    let sandbox = project("");
    for (command, named) in
        [("setup", "setup"), ("app:first()", "app:first()"), ("-v", "-v"), ("", "")]
    {
        let flag = format!("--first-run={command}");
        sandbox.build(["app", "-o", "packed", &flag]).refused(
            1,
            &format!("the first-run hook `{named}` names no script, file or function of"),
            "use MODULE:FUNCTION, '-m MODULE', the name of a script, or 'python FILE'",
        );
    }
}

#[test]
fn the_proof_imports_a_hook_and_does_not_run_it() {
    let sandbox = project("[tool.snakecrate]\nproof.commands = ['app x']\n")
        .file("app/broken.py", "import nowhere_to_be_found\n")
        .file("app/marks.py", "def first():\n    raise SystemExit(9)\n");
    let build = |hook: &str| {
        let flag = format!("--first-run={hook}");
        sandbox.packer(["build", "app", "-o", "packed", "--level", "1", &flag]).output()
    };
    let outcome = build("broken:first").code(1).stdout("");
    outcome.stderr_contains("the first-run hook cannot be started").any_stderr().done();
    build("marks:first").code(0).any_stderr().stdout("").done();
    sandbox.archive("packed").output().code(9).stdout("").any_stderr().done();
}
