//! What a running application sees, and what its caller sees of it: the same as if the interpreter
//! had been started directly.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use rustix::process::Signal;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

fn sandbox() -> Sandbox {
    Sandbox::new().with(&PROBE, "app")
}

#[test]
fn argv0_is_what_the_user_invoked() {
    let sandbox = sandbox();
    sandbox.archive("app").arg("argv0").expect(0, "[WORK]/app\n", "");
    sandbox.archive("app").argv0("some name").arg("argv0").expect(0, "some name\n", "");
}

/// Console scripts get the path that the shell found, too. Reloaders use it to start themselves
/// again.
#[test]
fn argv0_of_a_command_on_the_path_is_its_path() {
    let sandbox = sandbox();
    let output = Command::new("app")
        .env("PATH", sandbox.path("app").parent().unwrap())
        .env("SNAKECRATE_CACHE", sandbox.cache())
        .arg("argv0")
        .output()
        .unwrap();
    let expected = format!("{}\n", sandbox.path("app").display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{output:?}");
}

/// Flask's, Django's and gunicorn's reloaders start `sys.executable sys.argv[0] …`.
#[test]
fn an_interpreter_that_is_given_the_archive_starts_it() {
    let sandbox = sandbox();
    let output = Command::new("python3")
        .args(["app", "leave", "7"])
        .current_dir(sandbox.path(""))
        .env("SNAKECRATE_CACHE", sandbox.cache())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{output:?}");
}

#[test]
fn arguments_come_through_byte_for_byte() {
    let not_text = OsStr::from_bytes(b"\xff\xfe\x80");
    let run = sandbox();
    let run = run.archive("app").arg("argv").arg(not_text).args(["", " ", "-c", "ä\n", "--"]);
    run.expect(0, "fffe80\n\n20\n2d63\nc3a40a\n2d2d\n", "");
}

#[test]
fn the_environment_comes_through_with_one_addition() {
    let sandbox = sandbox();
    let not_text = OsStr::from_bytes(b"\xff\xfe");
    for command in ["environment", "child-environment"] {
        let run = sandbox.archive("app").arg(command).env("ZED", not_text).env("PYTHONPATH", "x");
        let lines = run.env("LD_LIBRARY_PATH", "/y").env("LC_ALL", "C.UTF-8").output().bytes();
        let mut expected = b"HOME=".to_vec();
        expected.extend(sandbox.home().as_os_str().as_bytes());
        expected.extend(b"\nLC_ALL=C.UTF-8\nLD_LIBRARY_PATH=/y\nPYTHONPATH=x\nSNAKECRATE_ARCHIVE=");
        expected.extend(sandbox.path("app").as_os_str().as_bytes());
        expected.extend(b"\nSNAKECRATE_CACHE=");
        expected.extend(sandbox.cache().as_os_str().as_bytes());
        expected.extend(b"\nZED=\xff\xfe\n");
        assert_eq!(
            String::from_utf8_lossy(&lines),
            String::from_utf8_lossy(&expected),
            "{command}"
        );
    }
}

#[test]
fn it_is_an_ordinary_virtual_environment_in_the_cache() {
    let sandbox = sandbox();
    let facts = sandbox.archive("app").arg("facts").output().json();
    let place = |name: &str| facts[name].as_str().unwrap().to_owned();
    let cache = sandbox.cache().join("v2");
    assert!(place("prefix").starts_with(cache.join("envs").to_str().unwrap()));
    let runtime = format!("{}/.snakecrate/runtime", place("prefix"));
    assert_eq!(place("base_prefix"), runtime, "probe imports ssl, a part of the runtime");
    assert!(place("executable").starts_with(&format!("{}/bin/python", place("prefix"))));
    assert_eq!(facts["archive"], sandbox.path("app").to_str().unwrap());
    assert_eq!(facts["cwd"], sandbox.path("").to_str().unwrap().trim_end_matches('/'));
    assert_eq!(facts["isolated"], 1);
    for path in facts["path"].as_array().unwrap() {
        assert!(path.as_str().unwrap().starts_with(cache.to_str().unwrap()), "{path}");
    }
}

#[test]
fn the_exit_status_is_that_of_the_application() {
    let sandbox = sandbox();
    sandbox.archive("app").args(["leave", "0"]).expect(0, "", "");
    sandbox.archive("app").args(["leave", "42"]).expect(42, "", "");
    sandbox.archive("app").args(["leave", "255"]).expect(255, "", "");
    sandbox.archive("app").args(["leave", "a last word"]).expect(1, "", "a last word\n");
    let outcome = sandbox.archive("app").args(["leave", "exception"]).output();
    outcome.code(1).stdout("").stderr_contains("ValueError: on purpose").done();
}

#[test]
fn the_process_is_replaced() {
    let sandbox = sandbox();
    let running = sandbox.archive("app").arg("identity").spawn();
    let expected = format!("{} {}\n", running.pid(), std::process::id());
    let text = running.finish().text().replace('\n', " ");
    assert_eq!(text.trim(), expected.trim());
}

#[test]
fn sigterm_kills_it_by_signal() {
    let sandbox = sandbox();
    let mut running = sandbox.archive("app").arg("wait").spawn();
    let pid = running.pid().to_string();
    running.line(&pid).signal(Signal::TERM);
    running.finish().killed_by(Signal::TERM).done();
}

#[test]
fn a_crash_is_death_by_signal_too() {
    needs!(Native("the emulator reports the signal, too"));
    let sandbox = sandbox();
    sandbox.archive("app").args(["suicide", "6"]).output().killed_by(Signal::ABORT).done();
}

#[test]
fn an_application_handles_its_own_signals() {
    let sandbox = sandbox();
    let mut running = sandbox.archive("app").arg("handle").spawn();
    running.line("ready").signal(Signal::TERM);
    running.finish().expect(7, "caught\n", "");
}

#[test]
fn sigint_is_a_keyboard_interrupt() {
    needs!(Interrupts);
    let sandbox = sandbox();
    let mut running = sandbox.archive("app").arg("wait").spawn();
    let pid = running.pid().to_string();
    running.line(&pid).signal(Signal::INT);
    running.finish().killed_by(Signal::INT).stderr_contains("KeyboardInterrupt").done();
}

#[test]
fn a_reader_that_goes_away_is_a_broken_pipe() {
    let sandbox = sandbox();
    let mut running = sandbox.archive("app").arg("flood").spawn();
    running.line(&"y".repeat(4000));
    // CPython's own status if its last flush fails.
    running.hang_up().code(120).stderr_contains("BrokenPipeError").done();
}

/// Only signals that the caller blocked or ignored are blocked or ignored, as under `nohup`.
#[test]
fn signal_dispositions_are_those_of_the_caller() {
    needs!(Native("the emulator handles signals itself"));
    let sandbox = sandbox();
    let script = sandbox.path("masks.py");
    std::fs::copy(crate::support::sandbox::shared::projects().join("probe/probe.py"), &script)
        .unwrap();
    for before in ["true;", "trap '' HUP USR1;"] {
        let direct = Command::new("sh")
            .args(["-c", &format!(r#"{before} exec python3 -I "$@""#), "sh"])
            .arg(&script)
            .arg("masks")
            .output()
            .unwrap();
        let direct = String::from_utf8(direct.stdout).unwrap();
        assert!(direct.contains("SigIgn"), "{direct}");
        sandbox.archive("app").arg("masks").redirected(before).expect(0, &direct, "");
    }
}

#[test]
fn the_standard_streams_are_the_callers() {
    let sandbox = sandbox();
    let run = sandbox.archive("app").arg("echo").stdin("some\ntext");
    run.expect(0, "SOME\nTEXT", "SOME\nTEXT");
}

#[test]
fn a_child_interpreter_sees_the_application() {
    let sandbox = sandbox();
    let expected = "probe, same executable: True, virtual: True\n";
    sandbox.archive("app").arg("child").expect(0, expected, "");
    sandbox.archive("app").arg("module").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn multiprocessing_works_with_every_start_method() {
    let sandbox = sandbox();
    for method in ["spawn", "forkserver", "fork"] {
        sandbox.archive("app").args(["workers", method]).expect(0, "[0, 1, 4, 9, 16]\n", "");
    }
}

#[test]
fn distributions_are_found() {
    sandbox().archive("app").arg("distribution").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}

#[test]
fn the_standard_library_has_its_libraries() {
    sandbox().archive("app").arg("libraries").expect(0, "2d711642\n", "");
}

/// The build's Python may be gone: only glibc and its data may come from the host.
#[test]
fn no_code_comes_from_outside_the_cache() {
    const GLIBC: [&str; 9] = [
        "ld-linux",
        "libc.",
        "libm.",
        "libdl.",
        "libpthread.",
        "librt.",
        "libutil.",
        "gconv",
        "locale",
    ];
    let sandbox = sandbox();
    let text = sandbox.archive("app").arg("mapped").output().text();
    let cache = sandbox.cache();
    assert!(text.contains(cache.to_str().unwrap()), "{text}");
    let of_glibc = |path: &str| {
        (path.starts_with("/lib") || path.starts_with("/usr/lib"))
            && GLIBC.iter().any(|name| path.contains(name))
    };
    let foreign = text.lines().filter(|path| !path.starts_with(cache.to_str().unwrap()));
    let foreign: Vec<_> = foreign.filter(|path| !of_glibc(path)).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn another_user_with_nothing_starts_it() {
    needs!(Root);
    let sandbox = sandbox();
    let expected = "probe 1.2.3 ['probe:main']\n";
    sandbox.archive("app").as_user(12345).expect(0, expected, "");
    assert!(sandbox.cached("envs").is_empty(), "it has a cache of its own");
}

/// Like a systemd service with `DynamicUser=yes` and `CacheDirectory=`.
#[test]
fn a_service_without_a_home_has_its_cache_directory() {
    needs!(Root);
    let sandbox = sandbox();
    let place = sandbox.root().join("user-12346");
    let run = sandbox.archive("app").as_user(12346).clean_env().env("CACHE_DIRECTORY", &place);
    run.expect(0, "probe 1.2.3 ['probe:main']\n", "");
    assert!(walkdir::WalkDir::new(place).into_iter().flatten().any(|f| f.file_name() == "envs"));
}

#[test]
fn it_starts_from_any_directory_through_any_path() {
    let name = OsStr::from_bytes(b"not text \xff");
    let sandbox = sandbox();
    std::fs::create_dir(sandbox.path(name)).unwrap();
    std::fs::hard_link(sandbox.path("app"), sandbox.path(name).join("app")).unwrap();
    let run = sandbox.archive("app").in_dir(name).env("PATH", ".");
    run.expect(0, "probe 1.2.3 ['probe:main']\n", "");
    let direct = Command::new("./app")
        .current_dir(sandbox.path(name))
        .env("SNAKECRATE_CACHE", sandbox.cache())
        .arg("argv0")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&direct.stdout), "./app\n", "{direct:?}");
}
