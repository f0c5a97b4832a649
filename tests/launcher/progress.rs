//! The bar of a first start at a terminal: visible while it is needed, then gone.

use std::fs;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const WORKS: &str = "probe 1.2.3 ['probe:main']\n";
/// Delays one thread of a first start long enough.
const SLOW: &str =
    "strace -f -qq -o /dev/null -e trace=openat -e inject=openat:delay_enter=1500000:when=150";

/// A sandbox with an archive; `None` where nothing can be slowed down.
fn sandbox() -> Option<Sandbox> {
    needs!(Tracing, Program("script"));
    Some(Sandbox::new().with(&PROBE, "app"))
}

/// What the application wrote to the file `out`.
fn output(sandbox: &Sandbox) -> String {
    fs::read_to_string(sandbox.path("out")).unwrap()
}

#[test]
fn a_slow_first_start_shows_a_temporary_bar() {
    let Some(sandbox) = sandbox() else { return };
    let screen = sandbox.terminal("xterm", 80, &format!("{SLOW} ./app"));
    let start = "probe: unpacking for the first start [";
    screen.code(0).showed(start).showed(" MB of ").at_most(79).left(WORKS);
}

#[test]
fn a_longer_first_start_shows_bytes_and_time_left() {
    let Some(sandbox) = sandbox() else { return };
    let slow =
        "strace -f -qq -o /dev/null -e trace=write -e inject=write:delay_enter=5000:when=20+";
    let screen = sandbox.terminal("xterm", 90, &format!("{slow} ./app"));
    let start = "probe: unpacking for the first start [#";
    screen.code(0).showed(start).showed(" s left").at_most(89).left(WORKS);
}

#[test]
fn standard_output_is_the_applications_alone() {
    let Some(sandbox) = sandbox() else { return };
    let screen = sandbox.terminal("xterm", 80, &format!("{SLOW} ./app >out"));
    screen.code(0).showed("probe: unpacking for the first start [").left("");
    assert_eq!(output(&sandbox), WORKS);
}

#[test]
fn on_a_narrow_terminal_the_line_does_not_wrap() {
    let Some(sandbox) = sandbox() else { return };
    let screen = sandbox.terminal("xterm", 30, &format!("{SLOW} ./app >out"));
    screen.code(0).showed("probe: unpacking for the firs").at_most(29).left("");
}

#[test]
fn nothing_is_drawn_without_a_capable_terminal() {
    for (kind, line) in [
        ("dumb", format!("{SLOW} ./app >out")),
        ("", format!("{SLOW} ./app >out")),
        ("xterm", format!("env -u TERM {SLOW} ./app >out")),
        ("xterm", format!("{SLOW} ./app >out 2>err; cat err >&2")),
        ("xterm", format!("{{ {SLOW} ./app >out; }} 2>&1 | cat >&2")),
        ("xterm", format!("{SLOW} ./app >out 2>&-")),
        ("xterm", format!("setsid --wait {SLOW} ./app >out")),
    ] {
        let Some(sandbox) = sandbox() else { return };
        sandbox.terminal(kind, 80, &line).code(0).written("");
        assert_eq!(output(&sandbox), WORKS, "{line}");
    }
}

/// It would be stopped by SIGTTOU on a terminal with `tostop`.
#[test]
fn a_start_in_the_background_draws_nothing() {
    let Some(sandbox) = sandbox() else { return };
    let line = format!("stty tostop; set -m; {SLOW} ./app >out & wait $!");
    sandbox.terminal("xterm", 80, &line).code(0).written("");
    assert_eq!(output(&sandbox), WORKS);
}

#[test]
fn a_warm_start_draws_nothing_however_long_it_takes() {
    let Some(sandbox) = sandbox() else { return };
    sandbox.archive("app").expect(0, WORKS, "");
    let slow = "strace -qq -o /dev/null -e trace=execve,flock -e inject=flock:delay_enter=1000000";
    sandbox.terminal("xterm", 80, &format!("{slow} ./app >out")).code(0).written("");
}

#[test]
fn a_failing_first_start_wipes_the_bar() {
    let Some(sandbox) = sandbox() else { return };
    let full = "strace -f -qq -o /dev/null -e trace=linkat,symlinkat \
        -e inject=linkat,symlinkat:error=EROFS:delay_enter=1000000";
    let screen = sandbox.terminal("xterm", 80, &format!("stty cols 500; {full} ./app"));
    let message = format!(
        "snakecrate: no place to unpack to ({}: Read-only file system (os error 30))\n\
         snakecrate: set SNAKECRATE_CACHE to a directory of yours that allows execution\n",
        sandbox.cache().display()
    );
    screen.code(122).showed("probe: unpacking for the first start [").left(&message);
}

/// Removes the only environment and returns its key.
fn without_its_env(sandbox: &Sandbox) -> String {
    sandbox.archive("app").expect(0, WORKS, "");
    let key = sandbox.cached("envs").remove(0);
    fs::remove_dir_all(sandbox.cache().join("v2/envs").join(&key)).unwrap();
    key
}

#[test]
fn a_waiting_start_reports_that_it_waits() {
    needs!(Program("script"));
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let staging = sandbox.cache().join("v2/staging").join(without_its_env(&sandbox));
    fs::create_dir(&staging).unwrap();
    let other = format!("flock {} sh -c 'touch locked; sleep 1' & ", staging.display());
    let line = format!("{other} until test -e locked; do :; done; ./app >out");
    let screen = sandbox.terminal("xterm", 80, &line);
    screen.code(0).showed("probe: waiting for another start that unpacks it").left("");
    assert_eq!(output(&sandbox), WORKS);
}

#[test]
fn comparing_what_an_earlier_boot_unpacked_has_a_bar_too() {
    let Some(sandbox) = sandbox() else { return };
    without_its_env(&sandbox);
    for key in sandbox.cached("components") {
        let stamp = sandbox.cache().join("v2/components").join(key).join(".snakecrate/stamp");
        fs::write(stamp, "another boot").unwrap();
    }
    let screen = sandbox.terminal("xterm", 80, &format!("{SLOW} ./app >out"));
    screen.code(0).showed("probe: checking what was unpacked before [").left("");
    assert_eq!(output(&sandbox), WORKS);
}

#[test]
fn a_signal_kills_it_as_it_would_without_the_bar() {
    needs!(Program("script"));
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let staging = sandbox.cache().join("v2/staging").join(without_its_env(&sandbox));
    fs::create_dir(&staging).unwrap();
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
        let lock = format!("exec 9<{}; flock 9; touch locked", staging.display());
        let other =
            format!("({lock}; exec sleep 30) & other=$!; until test -e locked; do :; done;");
        let killer = format!("(sleep 1; kill -{name} $$; kill $other) &");
        // The caller of the tests may ignore signals.
        let app = "exec env --default-signal=INT,TERM,HUP ./app >out";
        let line = format!("rm -f locked; {other} {killer} {app}");
        sandbox.terminal("xterm", 80, &line).code(128 + number);
        assert_eq!(output(&sandbox), "");
    }
}
