//! Windows of graphical entries that are started without a terminal. The programs that show them are
//! replaced by scripts that keep their arguments, at the same fixed paths, in a mount namespace.

use std::fs;

use crate::support::forge::Forge;
use crate::support::needs::needs;
use crate::support::sandbox::shared::{PROBE, WINDOW};
use crate::support::sandbox::{Run, Sandbox};

/// The errors that the tests cause: the cache cannot be there.
const NOWHERE: &str = "/proc/<b>&\\n";

/// An archive of a graphical entry, as `build` makes them.
fn graphical() -> Forge {
    Forge::honest()
        .manifest(|m| m["entries"][0]["graphical"] = true.into())
        .record(|bytes| bytes[200] = 1)
}

/// Shell commands that put scripts in place of all programs for windows: those in `present` keep their
/// arguments and their first line of input in the file `shown`, others are gone.
fn programs(sandbox: &Sandbox, present: &[&str]) -> String {
    let [fakes, shown] = ["fakes", "shown"].map(|name| sandbox.path(name).display().to_string());
    let one = |name: &str| {
        if !present.contains(&name) {
            // A character device 0:0 hides a file of the layer below.
            return format!("mknod {fakes}/{name} c 0 0\n");
        }
        format!(
            "printf '#!/bin/sh\\n{{ printf \"%%s\\\\n\" \"${{0##*/}}\" \"$@\"; }} >{shown}.new\\n\
             mv {shown}.new {shown}\\nread line && echo \"$line\" >{shown}.line\\n\
             [ $1 != --progress ] || exec sleep 31415\\n' >{fakes}/{name}; chmod 755 {fakes}/{name}\n"
        )
    };
    let all: String = ["zenity", "kdialog", "notify-send"].map(one).concat();
    format!("mkdir {fakes}\n{all}mount -t overlay overlay -o lowerdir={fakes}:/usr/bin /usr/bin\n")
}

/// The archive `app` with a display and these programs. It waits for the window, which it leaves alone.
fn start<'a>(sandbox: &'a Sandbox, present: &[&str]) -> Run<'a> {
    let wait = "set -- /bin/sh -c '\"$@\"; s=$?; i=0; while [ ! -e shown ] && [ $i -lt 40 ]; do \
                i=$((i + 1)); sleep 0.05; done; exit $s' sh \"$@\"\n";
    let mounts = programs(sandbox, present) + wait;
    sandbox.archive("app").env("DISPLAY", ":7").env("PATH", "/usr/bin:/bin").mounted(&mounts)
}

fn shown(sandbox: &Sandbox) -> Option<String> {
    fs::read_to_string(sandbox.path("shown")).ok()
}

/// What a failed start shows with these programs.
fn error_by(present: &[&str]) -> Option<String> {
    let sandbox = graphical().sandbox();
    let run = start(&sandbox, present).env("SNAKECRATE_CACHE", NOWHERE).output();
    let (status, stdout, stderr) = run.parts();
    assert_eq!((status.code(), stdout.as_str()), (Some(122), ""));
    assert!(
        stderr.starts_with(&format!("snakecrate: no place to unpack to ({NOWHERE}: ")),
        "{stderr}"
    );
    shown(&sandbox)
}

#[test]
fn an_error_is_shown_by_the_first_program_that_exists() {
    needs!(Root, Mounts);
    let why = "it does not exist";
    let help = "set SNAKECRATE_CACHE to a directory of yours that allows execution";
    assert_eq!(
        error_by(&["zenity", "kdialog", "notify-send"]).unwrap(),
        format!(
            "zenity\n--error\n--no-markup\n--no-wrap\n--timeout=600\n--title=hello cannot start\n\
             --text=no place to unpack to (/proc/<b>&\\\\n: {why})\n\n{help}\n"
        )
    );
    assert_eq!(
        error_by(&["kdialog", "notify-send"]).unwrap(),
        format!(
            "kdialog\n--title=hello cannot start\n--error\n\
             <qt>no place to unpack to (/proc/&lt;b&gt;&amp;\\n: {why})<br><br>{help}</qt>\n"
        )
    );
    assert_eq!(
        error_by(&["notify-send"]).unwrap(),
        format!(
            "notify-send\n--urgency=critical\n--\nhello cannot start\n\
             no place to unpack to (/proc/&lt;b&gt;&amp;\\n: {why})\n\n{help}\n"
        )
    );
    assert_eq!(error_by(&[]), None);
}

#[test]
fn a_truncated_graphical_archive_shows_a_window() {
    needs!(Root, Mounts);
    let sandbox = graphical().sandbox();
    sandbox.rewrite("app", |bytes| bytes.truncate(bytes.len() - 100));
    start(&sandbox, &["zenity"]).output().code(121).any_stderr().done();
    let text = shown(&sandbox).unwrap();
    assert!(text.contains("\n--title=app cannot start\n--text="), "{text}");
    assert!(text.ends_with("\n\ndownload it again\n"), "{text}");
}

#[test]
fn nothing_is_shown_where_it_is_of_no_use() {
    needs!(Root, Mounts);
    let run = |forge: Forge, change: &dyn for<'a> Fn(Run<'a>) -> Run<'a>| {
        let sandbox = forge.sandbox();
        let run = start(&sandbox, &["zenity"]).env("SNAKECRATE_CACHE", NOWHERE);
        let (status, ..) = change(run).output().parts();
        assert_ne!(status.code(), Some(0));
        shown(&sandbox)
    };
    let same: &dyn for<'a> Fn(Run<'a>) -> Run<'a> = &|run| run;
    assert!(run(graphical(), same).is_some());
    assert_eq!(run(Forge::honest(), same), None, "the entry is not graphical");
    assert_eq!(run(graphical(), &|run| run.env("DISPLAY", "")), None, "no display");
    assert_eq!(run(graphical(), &|run| run.env("SNAKECRATE", "prepare")), None, "a command");
    let other = Forge::honest()
        .second_entry()
        .manifest(|m| m["entries"][1]["graphical"] = true.into())
        .record(|bytes| bytes[200] = 1);
    assert_eq!(run(other, &|run| run.arg("hello")), None, "another entry is graphical");
}

#[test]
fn programs_on_the_path_are_not_used() {
    needs!(Root, Mounts);
    let sandbox = graphical().sandbox();
    let fake = format!("#!/bin/sh\ntouch {}\n", sandbox.path("shown").display());
    let sandbox = sandbox.file("bin/zenity", fake);
    let bin = sandbox.path("bin");
    snakecrate_platform::file::set_mode(bin.join("zenity"), 0o755).unwrap();
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let run = start(&sandbox, &[]).env("PATH", path).env("SNAKECRATE_CACHE", NOWHERE);
    run.output().code(122).any_stderr().done();
    assert_eq!(shown(&sandbox), None);
}

/// A sandbox with an archive of a graphical entry that runs.
fn application() -> Sandbox {
    Sandbox::new().with(&PROBE, "console").with(&WINDOW, "app")
}

#[test]
fn a_slow_first_start_shows_its_progress_and_closes_the_window() {
    needs!(Root, Mounts, Tracing);
    let sandbox = application();
    let slow =
        "strace -f -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=2500000:when=150";
    let mounts = programs(&sandbox, &["zenity", "kdialog"])
        + &format!(
            "set -- {slow} \"$@\"\nset -- /bin/sh -c '\"$@\"; ps -e -o args= >left' sh \"$@\"\n"
        );
    let run = sandbox.archive("app").env("DISPLAY", ":7").env("PATH", "/usr/bin:/bin");
    run.mounted(&mounts).output().success().stdout("probe 1.2.3 ['probe:main']\n").done();
    assert_eq!(
        shown(&sandbox).unwrap(),
        "zenity\n--progress\n--no-cancel\n--auto-close\n--title=probe\n\
         --text=Unpacking for the first start…\n"
    );
    let left = fs::read_to_string(sandbox.path("left")).unwrap();
    assert!(!left.lines().any(|line| line == "sleep 31415"), "{left}");
}

#[test]
fn a_window_that_somebody_closes_does_not_stop_the_start() {
    needs!(Root, Mounts, Tracing);
    let sandbox = application();
    let slow =
        "strace -f -qq -o /dev/null -e trace=write -e inject=write:delay_enter=20000:when=20+";
    let fake = "mkdir fakes; printf '#!/bin/sh\\ntouch shown\\n' >fakes/zenity; chmod 755 fakes/zenity\n\
                mount -t overlay overlay -o lowerdir=$PWD/fakes:/usr/bin /usr/bin\n";
    let run = sandbox.archive("app").env("DISPLAY", ":7").env("PATH", "/usr/bin:/bin");
    let run = run.mounted(&format!("{fake}set -- {slow} \"$@\"\n"));
    run.output().success().stdout("probe 1.2.3 ['probe:main']\n").done();
    assert!(shown(&sandbox).is_some());
}

#[test]
fn a_warm_start_of_a_graphical_entry_makes_the_same_calls() {
    needs!(Tracing);
    let sandbox = application();
    let calls = |name: &str| {
        let warm = || sandbox.archive(name).env("DISPLAY", ":7").arg("distribution");
        warm().output().success().text();
        let trace = sandbox.path(format!("{name}.trace"));
        let under = format!("set -- strace -qq -o '{}' \"$@\";", trace.display());
        warm().redirected(&under).output().success().text();
        let text = fs::read_to_string(trace).unwrap();
        let names = text.lines().filter_map(|line| line.split('(').next());
        // Until the interpreter is executed; what follows is its own.
        let own = names.skip(1).take_while(|name| *name != "execve");
        own.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(calls("app"), calls("console"));
}
