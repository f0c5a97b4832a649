//! Entry points that cannot be imported: when their boot script asks for a repair, and which error
//! the user sees.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::support::needs::needs;
use crate::support::sandbox::Sandbox;

/// Replaces the archive: notes how it was started, and with which command. With a command it exits
/// with the status in the file `status`; without, it starts the boot script as a launcher does.
const FAKE: &str = r#"#!/bin/sh
here=${0%/*}
echo "${SNAKECRATE-started} $# ${1-} ${SNAKECRATE_LD_ODD-} ${LD_ODD-}" >>$here/notes
[ -z "$SNAKECRATE" ] || { echo out; echo err >&2; exit $(cat $here/status); }
exec $here/python -I $here/boot "$0" "$@"
"#;

/// The kinds of entries.
const KINDS: [(&str, &[&str]); 5] = [
    ("called", &["app", "-e", "app=app.called:main"]),
    ("called", &["app", "-e", "app=app.called:main", "--no-fast-start"]),
    ("__main__", &["app", "-m", "app"]),
    ("app", &["app.py"]),
    ("app", &["app.py", "--no-fast-start"]),
];

/// An archive `packed` of an entry with this source, which ran once.
fn sandbox(source: &str, arguments: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new()
        .bare_project("app", "")
        .file("app/app/__init__.py", "")
        .file("app/app/__main__.py", source)
        .file("app/app/called.py", source)
        .file("app.py", source);
    sandbox.build(arguments.iter().chain(&["-o", "packed"])).expect(0, "", "");
    sandbox.archive("packed").output().succeeded();
    sandbox
}

fn env(sandbox: &Sandbox) -> PathBuf {
    sandbox.cache().join("v2/envs").join(&sandbox.cached("envs")[0])
}

/// Starts the environment as it is, with `fake` as its archive, which exits with `status` when it
/// should repair. Returns the status, standard error, and the fake's notes.
fn start(sandbox: &Sandbox, status: &str) -> (Option<i32>, String, String) {
    let (env, work) = (env(sandbox), sandbox.path(""));
    for name in ["python", "boot", "notes"] {
        let _ = fs::remove_file(work.join(name));
    }
    fs::write(work.join("fake"), FAKE.replace("$here/boot", boot(&env).to_str().unwrap())).unwrap();
    fs::set_permissions(work.join("fake"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(work.join("status"), status).unwrap();
    let python = format!("#!/bin/sh\nexec {} \"$@\"\n", env.join("bin/python3").display());
    fs::write(work.join("python"), python).unwrap();
    fs::set_permissions(work.join("python"), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(env.join("bin/python3"))
        .arg("-I")
        .arg(boot(&env))
        .args([work.join("fake").to_str().unwrap(), "x"])
        .env_clear()
        .env("SNAKECRATE_ARCHIVE", work.join("fake"))
        .env("SNAKECRATE_LD_ODD", "odd")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let notes = fs::read_to_string(work.join("notes")).unwrap_or_default();
    (output.status.code(), String::from_utf8(output.stderr).unwrap(), notes)
}

/// The only boot script.
fn boot(env: &Path) -> PathBuf {
    let mut found = fs::read_dir(env.join("boot")).unwrap().map(|entry| entry.unwrap().path());
    found.find(|path| path.is_file()).unwrap()
}

/// A traceback without the environment's path and the boot script's line numbers.
fn plain(sandbox: &Sandbox, text: &str) -> String {
    let text = text.replace(env(sandbox).to_str().unwrap(), "[ENV]");
    let text = text.replace(&format!("[CACHE]/v2/envs/{}", sandbox.cached("envs")[0]), "[ENV]");
    let text = Regex::new(r"python3\.\d+").unwrap().replace_all(&text, "python3.X").into_owned();
    let line = Regex::new(r#"(File "\[ENV\]/boot/app.py"), line \d+"#).unwrap();
    line.replace_all(&text, "$1, line N").into_owned()
}

const MISSING: &str = "import sys\nimport no_such_module\ndef main(): pass\n";

#[test]
fn the_applications_own_import_errors_are_shown_unchanged() {
    needs!(Native("an older Python writes other tracebacks"));
    let frozen = Regex::new(r#"(File "<frozen runpy>"), line \d+"#).unwrap();
    for (module, arguments) in KINDS {
        let sandbox = sandbox(MISSING, arguments);
        let first = "  File \"[ENV]/boot/app.py\", line N, in <module>\n";
        let place = "[ENV]/lib/python3.X/site-packages/app";
        let before = match module {
            "called" => format!(
                "{first}    from app.called import main\n  File \"{place}/called.py\", line 2, in <module>\n"
            ),
            "app" => format!(
                "{first}    try: exec(_start())\n         ~~~~^^^^^^^^^^\n  \
                 File \"[ENV]/app/app.py\", line 2, in <module>\n"
            ),
            _ => format!(
                "{first}    try: _start()(\"app\", alter_argv=False)\n         \
                 ~~~~~~~~^^^^^^^^^^^^^^^^^^^^^^^^^\n  \
                 File \"<frozen runpy>\", line N, in _run_module_as_main\n  \
                 File \"<frozen runpy>\", line N, in _run_code\n  \
                 File \"{place}/__main__.py\", line 2, in <module>\n"
            ),
        };
        let expected = format!(
            "Traceback (most recent call last):\n{before}    import no_such_module\n\
             ModuleNotFoundError: No module named 'no_such_module'\n"
        );
        // Nothing repaired, repair failed, cache unusable.
        for status in ["0", "1", "122"] {
            let (code, stderr, notes) = start(&sandbox, status);
            let stderr = frozen.replace_all(&plain(&sandbox, &stderr), "$1, line N").into_owned();
            assert_eq!(stderr, expected, "{arguments:?}");
            assert_eq!(code, Some(1));
            assert_eq!(notes, "repair 1 --exit-code  odd\n", "{arguments:?}");
        }
    }
}

#[test]
fn a_repaired_application_starts_again_once_with_its_arguments() {
    for (_, arguments) in KINDS {
        let sandbox = sandbox(MISSING, arguments);
        let (code, stderr, notes) = start(&sandbox, "10");
        assert_eq!(code, Some(1));
        assert_eq!(notes, "repair 1 --exit-code  odd\nstarted 1 x  odd\n", "{arguments:?}");
        assert!(stderr.ends_with("ModuleNotFoundError: No module named 'no_such_module'\n"));
        assert_eq!(stderr.matches("Traceback").count(), 1, "{stderr}");
    }
}

#[test]
fn an_application_that_has_begun_is_not_started_again() {
    let begun = "import sys\nprint('begun', file=sys.stderr)\nimport no_such_module\n";
    let late = "import sys\ndef main():\n    import no_such_module\n\
                if __name__ in ('__main__', 'app.called'):\n    main()\n";
    for source in [begun, late] {
        for (module, arguments) in KINDS.iter().filter(|(module, _)| *module != "called") {
            let sandbox = sandbox(source, arguments);
            let (code, _, notes) = start(&sandbox, "10");
            assert_eq!((code, notes.as_str()), (Some(1), ""), "{module} {source}");
        }
    }
    let main = "def main():\n    import no_such_module\n";
    let sandbox = sandbox(main, KINDS[0].1);
    assert_eq!(start(&sandbox, "10").2, "");
}

#[test]
fn other_errors_are_not_looked_into() {
    for statement in ["1 / 0", "raise PermissionError", "raise SystemExit(3)", "raise KeyError"] {
        let sandbox = sandbox(&format!("{statement}\n"), KINDS[0].1);
        assert_eq!(start(&sandbox, "10").2, "", "{statement}");
    }
    // But their cause is.
    let wrapped = "try: import no_such_module\nexcept ImportError: raise RuntimeError\n";
    assert_ne!(start(&sandbox(wrapped, KINDS[0].1), "0").2, "");
}

#[test]
fn a_missing_or_unusable_archive_repairs_nothing() {
    let sandbox = sandbox(MISSING, KINDS[0].1);
    let whole = plain(&sandbox, &start(&sandbox, "0").1);
    let env = env(&sandbox);
    fs::write(sandbox.path("plain"), "").unwrap();
    for archive in ["plain", "gone"] {
        let output = Command::new(env.join("bin/python3"))
            .arg("-I")
            .arg(boot(&env))
            .arg("x")
            .env("SNAKECRATE_ARCHIVE", sandbox.path(archive))
            .output()
            .unwrap();
        assert_eq!(plain(&sandbox, &String::from_utf8_lossy(&output.stderr)), whole, "{archive}");
    }
}
