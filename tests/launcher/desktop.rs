//! `SNAKECRATE=desktop-install` and `desktop-remove`: the entry in the user's menu.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use pretty_assertions::assert_eq;

use crate::support::needs::needs;
use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Run, Sandbox};

/// A graphical project with everything that a desktop entry has.
pub const PROJECT: &str = "description = 'Notes & more'
[project.gui-scripts]
notes = 'notes:main'
[tool.snakecrate.desktop]
id = 'org.example.Notes'
name = 'My Notes'
icon = 'icon.svg'
categories = ['Utility', 'TextEditor']
mime-types = ['application/x-note=*.note,*.nb', 'text/plain']
wm-class = 'Notes'
";
pub const ICON: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"8\" height=\"8\"/>\n";
pub const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">
  <mime-type type="application/x-note">
    <comment>My Notes document</comment>
    <icon name="org.example.Notes"/>
    <glob pattern="*.note"/>
    <glob pattern="*.nb"/>
  </mime-type>
</mime-info>
"#;
const ENTRY: &str = "applications/org.example.Notes.desktop";
const IMAGE: &str = "icons/hicolor/scalable/apps/org.example.Notes.svg";
const PACKAGE: &str = "mime/packages/org.example.Notes.xml";

/// The desktop entry of an archive that `Exec` names like this.
pub fn entry(exec: &str) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=My Notes\nComment=Notes & more\n\
         Icon=org.example.Notes\nTerminal=false\nCategories=Utility;TextEditor;\n\
         MimeType=application/x-note;text/plain;\nStartupWMClass=Notes\nExec={exec} %f\n"
    )
}

/// A sandbox with the project, built as `out`.
pub fn built(out: &str) -> Sandbox {
    let sandbox = Sandbox::new().bare_project("notes", PROJECT);
    let sandbox = sandbox
        .file("notes/notes.py", "import sys\ndef main(): print('notes', sys.argv[1:])\n")
        .file("notes/icon.svg", ICON);
    fs::create_dir_all(sandbox.path(out).parent().unwrap()).unwrap();
    sandbox.build(["notes", "-o", out]).expect(0, "", "");
    sandbox
}

fn ask<'a>(sandbox: &'a Sandbox, archive: &str, command: &str) -> Run<'a> {
    sandbox.archive(archive).env("SNAKECRATE", command)
}

fn data(sandbox: &Sandbox) -> PathBuf {
    sandbox.home().join(".local/share")
}

/// A line about a file.
fn line(path: &str, what: &str) -> String {
    format!("[HOME]/.local/share/{path}: {what}\n")
}

/// Lines about the three files.
fn lines(what: &str) -> String {
    [ENTRY, IMAGE, PACKAGE].map(|path| line(path, what)).concat()
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(data(sandbox).join(path)).unwrap()
}

fn exists(sandbox: &Sandbox, path: &str) -> bool {
    fs::symlink_metadata(data(sandbox).join(path)).is_ok()
}

#[test]
fn an_entry_an_icon_and_types_are_written_and_removed() {
    let sandbox = built("app");
    let written = lines("written");
    ask(&sandbox, "app", "desktop-install").expect(0, &written, "");
    let exec = format!("\"{}\"", sandbox.path("app").display());
    assert_eq!(read(&sandbox, ENTRY), entry(&exec));
    assert_eq!(read(&sandbox, IMAGE), ICON);
    assert_eq!(read(&sandbox, PACKAGE), TYPES);
    ask(&sandbox, "app", "desktop-install").expect(0, &written, "");
    ask(&sandbox, "app", "desktop-remove").expect(0, &lines("removed"), "");
    for path in [ENTRY, IMAGE, PACKAGE, "snakecrate/desktop/notes.files"] {
        assert!(!exists(&sandbox, path), "{path}");
    }
    ask(&sandbox, "app", "desktop-remove").expect(0, "notes 1 has no desktop entry\n", "");
}

#[test]
fn the_user_may_keep_data_elsewhere() {
    let sandbox = built("app");
    let elsewhere = sandbox.path("data");
    let run = ask(&sandbox, "app", "desktop-install").env("XDG_DATA_HOME", &elsewhere);
    run.output().success().text();
    assert!(elsewhere.join(ENTRY).exists());
    assert!(!exists(&sandbox, ENTRY));
}

#[test]
fn validators_accept_the_entry_of_an_archive_with_an_odd_name() {
    needs!(Program("desktop-file-validate"));
    let name = "a b/$x`y\"50%\\z";
    let sandbox = built(name);
    ask(&sandbox, name, "desktop-install").output().success().text();
    let found = Command::new("desktop-file-validate").arg(data(&sandbox).join(ENTRY)).output();
    let found = found.unwrap();
    assert!(found.status.success() && found.stdout.is_empty(), "{found:?}");
    let root = sandbox.path("a b").display().to_string();
    let exec = format!("\"{root}/\\\\$x\\\\`y\\\\\"50%%\\\\\\\\z\"");
    assert_eq!(read(&sandbox, ENTRY), entry(&exec));
}

#[test]
fn files_of_others_are_neither_overwritten_nor_removed() {
    let sandbox = built("app");
    let theirs = data(&sandbox).join(IMAGE);
    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
    fs::write(&theirs, ICON).unwrap();
    ask(&sandbox, "app", "desktop-install").output().leaves_alone(IMAGE);
    assert!(!exists(&sandbox, ENTRY), "nothing is written");
    fs::remove_file(&theirs).unwrap();
    ask(&sandbox, "app", "desktop-install").output().success().text();
    let ours = data(&sandbox).join(ENTRY);
    fs::write(&ours, "[Desktop Entry]\nName=Mine\n").unwrap();
    ask(&sandbox, "app", "desktop-install").output().leaves_alone(ENTRY);
    let text = line(ENTRY, "changed since, not removed") + &line(IMAGE, "removed");
    ask(&sandbox, "app", "desktop-remove").expect(0, &(text + &line(PACKAGE, "removed")), "");
    assert_eq!(read(&sandbox, ENTRY), "[Desktop Entry]\nName=Mine\n");
}

#[test]
fn another_archive_of_the_application_takes_over_after_a_removal() {
    let sandbox = built("app");
    fs::copy(sandbox.path("app"), sandbox.path("new")).unwrap();
    ask(&sandbox, "app", "desktop-install").output().success().text();
    let refused = "snakecrate: the desktop entry is that of [WORK]/app\n\
                   snakecrate: run it with SNAKECRATE=desktop-remove first: [WORK]/app\n";
    ask(&sandbox, "new", "desktop-install").expect(125, "", refused);
    ask(&sandbox, "new", "desktop-remove").expect(125, "", refused);
    fs::remove_file(sandbox.path("app")).unwrap();
    ask(&sandbox, "new", "desktop-install").output().success().text();
    assert!(read(&sandbox, ENTRY).contains(&format!("Exec=\"{}\"", sandbox.path("new").display())));
}

#[test]
fn uninstall_removes_the_entry_too() {
    let sandbox = built("app");
    ask(&sandbox, "app", "desktop-install").output().success().text();
    let removed = lines("removed").replace("[HOME]", &sandbox.home().display().to_string());
    let text = ask(&sandbox, "app", "uninstall").output().success().text();
    assert!(text.ends_with(&removed), "{text}");
    assert!(!exists(&sandbox, ENTRY));
}

#[test]
fn a_record_that_names_files_elsewhere_is_not_followed() {
    let sandbox = built("app").file("victim", "x");
    ask(&sandbox, "app", "desktop-install").output().success().text();
    let record = data(&sandbox).join("snakecrate/desktop/notes.files");
    let text = fs::read_to_string(&record).unwrap();
    let digest = snakecrate_format::digest::Digest::of(b"x");
    let victim = sandbox.path("victim");
    fs::write(
        &record,
        format!("{text}{digest} ../../../work/victim\n{digest} {}\n", victim.display()),
    )
    .unwrap();
    ask(&sandbox, "app", "desktop-remove").expect(0, &lines("removed"), "");
    assert!(victim.exists());
}

#[test]
fn an_archive_without_a_graphical_entry_has_none() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    ask(&sandbox, "app", "desktop-install").expect(
        2,
        "",
        "snakecrate: this archive has no desktop entry\n\
         snakecrate: ask its publisher for one that has an entry for menus\n",
    );
    ask(&sandbox, "app", "desktop-remove").expect(0, "probe 1.2.3 has no desktop entry\n", "");
}

impl crate::support::sandbox::Outcome {
    /// Checks that `desktop-install` leaves the file at `path` alone.
    fn leaves_alone(self, path: &str) {
        self.expect(
            125,
            "",
            &format!(
                "snakecrate: [HOME]/.local/share/{path} is there already, and not from this archive\n\
                 snakecrate: move that file away and try again\n"
            ),
        );
    }
}
