//! `build --dry-run`: what a build would pack.

use crate::support::sandbox::{Outcome, Sandbox, shared};

/// Dry runs share the cache of builds.
fn dry_run(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let run = sandbox.packer([&["build", "--dry-run", "--level", "3"], arguments].concat());
    run.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

#[test]
fn it_names_what_the_build_then_packs() {
    let sandbox = Sandbox::new().project("pair");
    let planned = dry_run(&sandbox, &["pair", "-o", "app", "--json", "-q"]).json();
    assert_eq!(sandbox.names(), ["pair"]);
    let [planned] = &planned["builds"].as_array().unwrap()[..] else { panic!("{planned:#}") };
    sandbox.build(["pair", "-o", "app", "--report", "report.json"]).done();
    let report = std::fs::read_to_string(sandbox.path("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for key in ["name", "version", "target", "entries"] {
        assert_eq!(planned[key], report[key], "{key}");
    }
    assert_eq!(planned["python"]["version"], report["python"]["version"]);
    assert_eq!(planned["output"], report["archive"]["path"]);
    assert_eq!(planned["distributions"][0]["name"], "pair");
    assert_eq!(planned["distributions"][0]["built"], true);
    assert_eq!(planned["default"], serde_json::Value::Null);
    // Now that everything is in the cache, the size is known, apart from the C library.
    let planned = dry_run(&sandbox, &["pair", "-o", "app", "--json", "-q"]).json();
    let estimated = planned["builds"][0]["estimated_bytes"].as_f64().unwrap();
    let built = report["archive"]["bytes"].as_f64().unwrap();
    let components = report["components"].as_array().unwrap();
    let library = components.iter().find(|one| one["kind"] == "libc");
    let library = library.map_or(0.0, |one| one["packed"].as_f64().unwrap());
    let share = estimated / (built - library);
    assert!((0.9..1.1).contains(&share), "{estimated} of {built}");
}

#[test]
fn it_prints_a_page_for_people() {
    let sandbox = Sandbox::new().bare_project("demo", "[project.scripts]\ndemo = 'demo:main'\n");
    let sandbox = sandbox.file("demo/demo.py", "main = print\n");
    let text = dry_run(&sandbox, &["demo", "-q", "-o", "out/demo"]).text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("demo 1 ") && lines[0].contains(" for "), "{text}");
    for line in
        ["  output    out/demo", "  C library auto", "  entry     demo (default): demo:main"]
    {
        assert!(lines.contains(&line), "`{line}` in:\n{text}");
    }
    assert!(lines.iter().any(|line| line.starts_with("  runtime   CPython 3.")), "{text}");
    assert_eq!(sandbox.names(), ["demo"]);
}

#[test]
fn windows_are_named() {
    let scripts = "[project.scripts]\na = 'demo:a'\n[project.gui-scripts]\nb = 'demo:b'\n";
    let sandbox =
        Sandbox::new().bare_project("demo", scripts).file("demo/demo.py", "a = b = print\n");
    let planned = dry_run(&sandbox, &["demo", "-q", "--json"]).json();
    assert_eq!(planned["builds"][0]["entries"][0]["graphical"], false);
    assert_eq!(planned["builds"][0]["entries"][1]["graphical"], true);
    let text = dry_run(&sandbox, &["demo", "-q", "--default", "b"]).text();
    assert!(text.contains("\n  entry     b (default, graphical): demo:b\n"), "{text}");
}

#[test]
fn what_no_build_accepts_is_refused() {
    let sandbox = Sandbox::new().project("pair");
    let outcome = dry_run(&sandbox, &["pair", "-q", "-e", "middle"]);
    let what = "[WORK]/pair has no entry point named `middle`";
    outcome.refused(1, what, "choose one with -e left, -e right");
}

#[test]
fn json_is_for_dry_runs() {
    let outcome = Sandbox::new().run(["build", "--json"]).code(2);
    outcome.stderr_contains("--dry-run").done();
}
