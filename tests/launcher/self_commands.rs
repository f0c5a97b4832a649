//! `SNAKECRATE=COMMAND ./app`: for people who have nothing but the archive.

use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;

use crate::support::sandbox::shared::{PAIR, PROBE};
use crate::support::sandbox::{Outcome, Run, Sandbox};

fn self_command<'a>(sandbox: &'a Sandbox, archive: &str, command: &str) -> Run<'a> {
    sandbox.archive(archive).env("SNAKECRATE", command)
}

fn ask(sandbox: &Sandbox, command: &str) -> Outcome {
    self_command(sandbox, "app", command).output()
}

/// A sandbox in which `app` has run.
fn started() -> Sandbox {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    starts(&sandbox);
    sandbox
}

#[track_caller]
fn starts(sandbox: &Sandbox) {
    sandbox.archive("app").arg("distribution").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[track_caller]
fn cache_is_whole(sandbox: &Sandbox) {
    let whole = "[CACHE]: every file is as it was packed\n";
    sandbox.run(["cache", "verify"]).expect(0, whole, "");
}

/// The only file in the cached components whose path ends with `name`.
fn component_file(sandbox: &Sandbox, name: &str) -> PathBuf {
    let all = walkdir::WalkDir::new(sandbox.cache().join("v2/components")).into_iter().flatten();
    let mut found = all.filter(|entry| entry.path().ends_with(name));
    let path = found.next().unwrap().into_path();
    assert!(found.next().is_none(), "more than one {name}");
    path
}

#[test]
fn help_names_every_command_and_where_it_unpacks() {
    let sandbox = Sandbox::new().with(&PAIR, "app");
    let text = ask(&sandbox, "help").success().text();
    assert!(text.starts_with("pair 1.0: a Python application in one executable file"), "{text}");
    for command in [
        "help",
        "inspect",
        "info",
        "report",
        "python",
        "run",
        "prepare",
        "verify",
        "repair",
        "extract",
        "desktop-install",
        "desktop-remove",
        "uninstall",
    ] {
        assert!(text.contains(&format!("  SNAKECRATE={command} app")), "{command} in {text}");
    }
    assert!(text.contains("Entries: left, right\n"), "{text}");
    assert!(text.contains(&format!("  {}\n", sandbox.cache().display())), "{text}");
    assert_eq!(fs::read_dir(sandbox.cache()).unwrap().count(), 0, "nothing is unpacked for that");
}

#[test]
fn an_unknown_command_lists_the_known_ones() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    ask(&sandbox, "destroy").expect(
        2,
        "",
        "snakecrate: the launcher has no command `destroy`\n\
         snakecrate: set SNAKECRATE to one of these: help, inspect, info, report, python, run, prepare, verify, repair, extract, \
         desktop-install, desktop-remove, uninstall\n",
    );
    let wrong = self_command(&sandbox, "app", "verify").arg("--now").output();
    wrong.expect(
        2,
        "",
        "snakecrate: `--now` is not an argument of this command\n\
         snakecrate: see SNAKECRATE=help\n",
    );
}

#[test]
fn an_empty_variable_names_no_command() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    self_command(&sandbox, "app", "").arg("distribution").expect(
        0,
        "probe 1.2.3 ['probe:main']\n",
        "",
    );
}

#[test]
fn inspect_shows_contents_and_where_they_are_unpacked() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let before = ask(&sandbox, "inspect").success().text();
    for line in ["name       probe 1.2.3\n", "unpacked   no\n", "entry      probe = probe:main"] {
        assert!(before.contains(line), "{line:?} in {before}");
    }
    starts(&sandbox);
    let after = ask(&sandbox, "inspect").success().text();
    let env = sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0]);
    assert!(after.contains(&format!("unpacked   {}\n", env.display())), "{after}");
    let json = self_command(&sandbox, "app", "inspect").arg("--json").output().success().text();
    let manifest: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(manifest["name"], "probe");
    for component in manifest["components"].as_array().unwrap() {
        let key = &component["digest"].as_str().unwrap()[..32];
        assert!(after.contains(key), "{key} in {after}");
    }
}

#[test]
fn verify_checks_the_file_and_the_unpacked_files() {
    let sandbox = started();
    let text = ask(&sandbox, "verify").success().text();
    assert!(text.starts_with(&format!("{}: whole: ", sandbox.path("app").display())), "{text}");
    assert!(
        text.ends_with(&format!("{}: as it was packed\n", sandbox.cache().display())),
        "{text}"
    );
    let file = component_file(&sandbox, "site-packages/probe.py");
    fs::remove_file(&file).unwrap();
    fs::write(&file, "print('another')\n").unwrap();
    ask(&sandbox, "verify").code(1).stdout_contains("probe.py: wrong size\n").done();
}

#[test]
fn verify_finds_a_flipped_bit_anywhere_in_launcher_and_payload() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let length = fs::metadata(sandbox.path("app")).unwrap().len();
    // In data of the launcher that this start does not use, and in blobs.
    let launcher = fs::read(sandbox.path("app")).unwrap();
    let unused = launcher.windows(10).position(|w| w == b"RUST_MIN_S").unwrap() as u64;
    for at in [unused, 1 << 20, length / 2] {
        let at = usize::try_from(at).unwrap();
        sandbox.rewrite("app", |bytes| bytes[at] ^= 4);
        ask(&sandbox, "verify").not_launched("is not what was packed", "download it again");
        sandbox.rewrite("app", |bytes| bytes[at] ^= 4);
    }
    ask(&sandbox, "verify").success().stdout_contains(": whole: ").done();
}

#[test]
fn repair_restores_deleted_and_altered_files_and_reports_them() {
    let sandbox = started();
    let repair = || self_command(&sandbox, "app", "repair").arg("--exit-code").output();
    repair().expect(0, "", "[CACHE]: as it was packed\n");
    let module = component_file(&sandbox, "site-packages/probe.py");
    let library = component_file(&sandbox, "ast.py");
    let text = fs::read(&module).unwrap();
    fs::remove_file(&module).unwrap();
    fs::write(&module, vec![b'#'; text.len()]).unwrap();
    fs::remove_file(&library).unwrap();
    let repaired = ask(&sandbox, "repair").success().stdout("");
    let repaired =
        repaired.stderr_contains("probe.py: altered\n").stderr_contains("ast.py: missing\n");
    repaired.stderr_contains("\n[CACHE]: repaired\n").done();
    assert_eq!(fs::read(component_file(&sandbox, "site-packages/probe.py")).unwrap(), text);
    assert!(sandbox.cached("staging").is_empty());
    cache_is_whole(&sandbox);
    starts(&sandbox);
    fs::remove_file(component_file(&sandbox, "ast.py")).unwrap();
    repair().code(10).stdout("").stderr_contains("[CACHE]: repaired\n").done();
    repair().expect(0, "", "[CACHE]: as it was packed\n");
}

#[test]
fn repair_unpacks_where_nothing_is_unpacked() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    ask(&sandbox, "repair").expect(0, "", "[CACHE]: unpacked\n");
    assert_eq!(sandbox.cached("envs").len(), 1);
}

#[test]
fn a_damaged_component_is_repaired_after_its_environment_is_gone() {
    let sandbox = started();
    fs::remove_dir_all(sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0])).unwrap();
    fs::remove_file(component_file(&sandbox, "site-packages/probe.py")).unwrap();
    starts(&sandbox);
    cache_is_whole(&sandbox);
}

#[test]
fn extract_writes_what_the_packer_extracts() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let said = self_command(&sandbox, "app", "extract").arg("mine").output().success();
    said.stdout_contains("[WORK]/mine: ").done();
    sandbox.run(["extract", "app", "theirs"]).success().any_stderr().done();
    let diff = std::process::Command::new("diff")
        .args(["-r", "--no-dereference"])
        .args([sandbox.path("mine"), sandbox.path("theirs")])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&diff.stdout), "");
    assert!(diff.status.success());
    assert_eq!(sandbox.names(), ["app", "mine", "theirs"], "nothing else");
    assert_eq!(fs::read_dir(sandbox.cache()).unwrap().count(), 0);
    let again = self_command(&sandbox, "app", "extract").arg("mine").output();
    again.expect(
        125,
        "",
        "snakecrate: cannot extract to [WORK]/mine: directory not empty\n\
         snakecrate: name a directory that does not exist yet\n",
    );
}

#[test]
fn a_damaged_archive_extracts_nothing() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.rewrite("app", |bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    let outcome = self_command(&sandbox, "app", "extract").arg("out").output();
    outcome.not_launched("is not what was packed", "download it again");
    assert_eq!(sandbox.names(), ["app"]);
}

#[test]
fn uninstall_removes_what_only_this_archive_uses() {
    let sandbox = started().with(&PAIR, "pair");
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    let envs = sandbox.cached("envs").len();
    let components = sandbox.cached("components").len();
    assert_eq!(envs, 2);
    let text = ask(&sandbox, "uninstall").success().text();
    assert!(text.contains(": removed ") && text.contains("that other archives use"), "{text}");
    assert_eq!(sandbox.cached("envs").len(), 1);
    assert!(sandbox.cached("components").len() < components);
    sandbox.archive("pair").arg("left").expect(0, "left []\n", "");
    cache_is_whole(&sandbox);
    // The last one removes the cache, too.
    self_command(&sandbox, "pair", "uninstall")
        .output()
        .success()
        .stdout_contains("removed ")
        .done();
    assert!(!sandbox.cache().exists());
    ask(&sandbox, "uninstall").expect(0, "probe 1.2.3 is not unpacked\n", "");
    starts(&sandbox);
}

#[test]
fn uninstall_leaves_other_layouts() {
    let sandbox = started();
    let other = sandbox.cache().join("v3/precious");
    fs::create_dir_all(&other).unwrap();
    ask(&sandbox, "uninstall").success().stdout_contains("[CACHE]: removed ").done();
    assert!(other.exists());
}

#[test]
fn uninstall_leaves_a_running_application() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let mut running = sandbox.archive("app").arg("handle").spawn();
    running.line("ready");
    ask(&sandbox, "uninstall").expect(1, "[CACHE]: in use, not removed\n", "");
    running.signal(Signal::KILL);
    running.finish().killed_by(Signal::KILL).done();
    ask(&sandbox, "uninstall").success().stdout_contains("[CACHE]: removed ").done();
    assert!(!sandbox.cache().exists());
}
