//! Nothing is lost in silence: unmet requirements, files that are not packed, entries that are not
//! offered.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use crate::support::sandbox::{Outcome, Sandbox, shared};
use crate::support::wheel::Wheel;

const FAILURE: i32 = 1;

/// Builds with the shared cache, and not quietly: warnings are part of the outcome.
fn build_aloud(sandbox: &Sandbox, arguments: &[&str]) -> (bool, Vec<String>) {
    let packer = sandbox.packer(["build", "-o", "app", "--level", "3"]).args(arguments);
    let outcome: Outcome = packer.env("SNAKECRATE_CACHE", shared::packer_cache()).output();
    let (status, stdout, stderr) = outcome.parts();
    assert_eq!(stdout, "");
    // Steps begin with blanks, warnings and errors do not; a help line belongs to the one above.
    let lines = stderr.lines().filter(|line| {
        ["warning: ", "error: ", "   help: ", " help: "].iter().any(|start| line.starts_with(start))
    });
    (status.success(), lines.map(str::to_owned).collect())
}

/// The license headers that setuptools, hatchling, pdm-backend and poetry-core write for
/// `license = {file = "LICENSE"}`. The lines of blanks once ended the headers.
/// Installers ignore it, and so did the build.
#[test]
fn a_misspelt_extra_gives_a_warning() {
    let sandbox = Sandbox::new();
    Wheel::new("extras-of", "1")
        .file("extras_of.py", "def main(): pass\n")
        .write(&sandbox.path("links"));
    let build = ["build", "extras-of[nope]", "-o", "app", "-e", "x=extras_of:main", "--level", "3"];
    let run = sandbox.packer(build).args(["--offline", "--find-links", "links", "--no-proof"]);
    run.env("SNAKECRATE_CACHE", shared::packer_cache())
        .output()
        .success()
        .stderr_contains(
            "warning: extras-of has no extra `nope`, which the command line asks for\n   \
             help: leave it out: extras-of has none\n",
        )
        .any_stderr()
        .done();
}

#[test]
fn license_texts_with_blank_lines_hide_no_requirement() {
    let after = "Requires-Dist: licensed\n";
    let eight = "License: MIT License\n        \n        Copyright (c) 2026 A\n        \n        \
                 Permission is hereby granted.\n";
    let nine = "License: MIT License\n         \n         Copyright (c) 2026 A\n         \n         \
                Permission is hereby granted.\n";
    for (backend, headers) in [
        ("setuptools", format!("{eight}        \nLicense-File: LICENSE\n{after}")),
        ("hatchling", format!("{eight}License-File: LICENSE\n{after}")),
        ("pdm", format!("{nine}         \n{after}")),
        ("poetry", format!("{nine}License-File: LICENSE\nClassifier: Topic\n{after}")),
    ] {
        let sandbox = Sandbox::new();
        let module = "import licensed\ndef main():\n    licensed.main()\n";
        let name = format!("from-{backend}");
        let wheel = Wheel::new(&name, "1").file(&format!("from_{backend}.py"), module);
        let wheel = wheel.metadata(&headers).write(&sandbox.path("links"));
        let wheel = wheel.to_str().unwrap();
        let refused = sandbox.build([wheel, "-o", "app", "--wheelhouse", "links"]);
        refused.refused(
            FAILURE,
            &format!("licensed, declared by {name}"),
            "--allow-unmet licensed",
        );
        Wheel::new("licensed", "1.2.3").write(&sandbox.path("links"));
        let arguments = [wheel, "-o", "app", "--offline", "--find-links", "links"];
        sandbox.build(arguments).expect(0, "", "");
        sandbox.archive("app").expect(0, "licensed 1.2.3\n", "");
    }
}

#[test]
fn all_unmet_requirements_are_one_error() {
    let sandbox = Sandbox::new();
    let links = sandbox.path("links");
    let demo = Wheel::new("demo", "1").requires("absent[x] >=2 ; python_version >= '3'");
    demo.requires("other>=3").requires("windows ; sys_platform == 'win32'").write(&links);
    Wheel::new("other", "2").requires("lost ; extra == 'never'").write(&links);
    let error = "error: unmet requirements: absent[x] >=2, declared by demo (absent is not packed); \
                 other>=3, declared by demo (other 2 is packed)\n help: pack what is required, with \
                 --with or in the lock file; or accept it with --allow-unmet absent --allow-unmet \
                 other\n";
    let arguments = ["demo", "-o", "app", "--wheelhouse", "links"];
    sandbox.build(arguments).expect(FAILURE, "", error);
    let allowed = ["--allow-unmet", "Absent", "--allow-unmet", "other"];
    let (built, said) =
        build_aloud(&sandbox, &[&arguments[..1], &arguments[3..], &allowed].concat());
    assert!(built && said.is_empty(), "{said:?}");
    sandbox.archive("app").expect(0, "demo 1\n", "");
}

/// The names are its own: an offline resolution sees the wheels of all builds with the shared cache.
#[test]
fn an_overridden_requirement_is_a_warning() {
    let sandbox = Sandbox::new().file("overrides.txt", "replaced==2\n");
    let links = sandbox.path("links");
    Wheel::new("replacing", "1").requires("replaced>=3").write(&links);
    Wheel::new("replaced", "2").write(&links);
    let arguments =
        ["replacing", "--offline", "--find-links", "links", "--override", "overrides.txt"];
    let (built, said) = build_aloud(&sandbox, &arguments);
    let warning = "warning: overridden requirement: replaced>=3, declared by replacing (replaced 2 is packed)";
    assert!(built, "{said:?}");
    assert_eq!(said, [warning]);
}

#[test]
fn a_requirement_that_is_invalid_is_a_warning() {
    let sandbox = Sandbox::new();
    Wheel::new("demo", "1").requires("a >> 2").write(&sandbox.path("links"));
    let (built, said) = build_aloud(&sandbox, &["demo", "--wheelhouse", "links"]);
    let warning = "warning: not checking a requirement of demo that is invalid: `a >> 2`";
    assert!(built, "{said:?}");
    assert_eq!(said, [warning]);
}

/// Like `black`, whose `blackd` needs the extra `d`.
fn with_server() -> Sandbox {
    let sandbox = Sandbox::new();
    let points = "[console_scripts]\ndemo = demo:main\ndemod = demo:main [d]\n";
    let wheel = Wheel::new("demo", "1").info("entry_points.txt", points);
    wheel
        .metadata("Provides-Extra: d\n")
        .requires("server ; extra == 'd'")
        .write(&sandbox.path("links"));
    sandbox
}

#[test]
fn entries_whose_extra_is_not_packed_are_not_offered() {
    let sandbox = with_server();
    let (built, said) = build_aloud(&sandbox, &["demo", "--wheelhouse", "links"]);
    assert!(built, "{said:?}");
    assert_eq!(
        said,
        [
            "warning: not offering demod: the extra `d` of demo is not packed",
            "   help: add it with --with 'demo[d]'",
        ]
    );
    let entries = sandbox.run(["inspect", "--json", "app"]).json()["entries"].clone();
    assert_eq!(entries, serde_json::json!([{"name": "demo", "runs": "demo:main"}]));
}

/// The build answered "has no entry point" and named neither the entry nor the extra.
#[test]
fn an_application_whose_only_entry_needs_an_extra_names_it() {
    let sandbox = Sandbox::new();
    Wheel::new("sdk", "1")
        .info("entry_points.txt", "[console_scripts]\nsdk = sdk:main [cli]\n")
        .metadata("Provides-Extra: cli\n")
        .requires("server ; extra == 'cli'")
        .write(&sandbox.path("links"));
    let (built, said) = build_aloud(&sandbox, &["sdk", "--wheelhouse", "links"]);
    assert!(!built);
    assert_eq!(
        said,
        [
            "error: the entry points of sdk need extras that are not packed: sdk",
            " help: add it with --with 'sdk[cli]'",
        ]
    );
}

#[test]
fn entries_are_offered_where_the_extra_is_packed_or_the_user_names_them() {
    let sandbox = with_server();
    let (built, said) = build_aloud(&sandbox, &["demo", "--wheelhouse", "links", "-e", "demod"]);
    assert!(built && said.is_empty(), "named: {said:?}");
    sandbox.archive("app").expect(0, "demo 1\n", "");
    Wheel::new("server", "1").write(&sandbox.path("links"));
    for extra in [&["--with", "demo[d]"][..], &[]] {
        let arguments = [&["demo", "--wheelhouse", "links"], extra].concat();
        let (built, said) = build_aloud(&sandbox, &arguments);
        assert!(built && said.is_empty(), "{said:?}");
        let entries = sandbox.run(["inspect", "--json", "app"]).json()["entries"].clone();
        assert_eq!(entries.as_array().unwrap().len(), 2, "{entries}");
    }
}

/// A wheel with a file for each rule.
fn rich(links: &Path) {
    Wheel::new("demo", "1")
        .file("demo/__init__.py", "def main():\n    print('rich')\n")
        .file("demo/tests/test_a.py", "")
        .file("demo/locale/de/a.mo", "x")
        .file("demo/locale/en/a.mo", "x")
        .file("demo/a.pyi", "")
        .file("demo/broken.py", "def\n")
        .file("demo/alone.pyc", "bytecode without its source")
        .file("demo/__pycache__/__init__.cpython-32.pyc", "old")
        .file("demo-1.data/data/share/demo.txt", "data")
        .file("demo-1.data/headers/demo.h", "")
        .file("demo-1.data/scripts/tool", "#!/bin/sh\necho tool\n")
        .file("demo-1.data/scripts/demo", "#!python\nthe wrapper replaces it\n")
        .info("direct_url.json", "{}")
        .info("INSTALLER", "pip\n")
        .info("licenses/tests/LICENSE", "MIT")
        .unlisted_info("RECORD.jws", "{}")
        .write(links);
    fs::write(links.join("README.txt"), "not a wheel").unwrap();
}

#[test]
fn inspect_lists_each_dropped_file_with_its_rule() {
    let sandbox = Sandbox::new();
    rich(&sandbox.path("links"));
    let fewer = ["--exclude", "tests", "--exclude", "demo/locale/**", "--keep", "demo/locale/en"];
    let arguments = [&["demo", "--wheelhouse", "links", "--sourceless"][..], &fewer].concat();
    let (built, said) = build_aloud(&sandbox, &arguments);
    assert!(built, "{said:?}");
    let not_a_wheel = format!(
        "warning: not packing {}, which isn't a wheel",
        sandbox.path("links/README.txt").display()
    );
    assert_eq!(said, [not_a_wheel]);
    let list = "\
distribution  file                                      rule
demo 1        demo/locale/de/a.mo                       --exclude demo/locale/**
demo 1        demo/tests/test_a.py                      --exclude tests
demo 1        demo/__init__.py                          --sourceless
demo 1        demo/__pycache__/__init__.cpython-32.pyc  bytecode, compiled again from its source
demo 1        demo-1.dist-info/direct_url.json          note of an installer
demo 1        demo-1.dist-info/RECORD.jws               signature of the wheel's RECORD
";
    sandbox.run(["inspect", "--dropped", "app"]).expect(0, list, "");
    let json = sandbox.run(["inspect", "--dropped", "--json", "app"]).json()["dropped"].clone();
    assert_eq!(json[1]["rule"], "--exclude tests");
    assert_eq!(json[1]["files"], serde_json::json!(["demo/tests/test_a.py"]));
    let verbose = sandbox.packer(["build", "-v", "-o", "app", "--level", "3"]).args(&arguments);
    let (_, _, stderr) = verbose.env("SNAKECRATE_CACHE", shared::packer_cache()).output().parts();
    let line = "not packed: demo/tests/test_a.py of demo: --exclude tests";
    assert_eq!(stderr.lines().filter(|found| found.contains(line)).count(), 1, "{stderr}");
    sandbox.run(["verify", "app"]).success().stdout_contains("whole").done();
}

#[test]
fn an_archive_with_every_file_says_so() {
    let sandbox = Sandbox::new();
    Wheel::new("demo", "1").write(&sandbox.path("links"));
    sandbox.build(["demo", "-o", "app", "--wheelhouse", "links"]).expect(0, "", "");
    let said = "every file of every wheel is packed\n";
    sandbox.run(["inspect", "--dropped", "app"]).expect(0, said, "");
    sandbox.run(["inspect", "--dropped", "--json", "app"]).expect(
        0,
        "{\n  \"format\": 1,\n  \"dropped\": []\n}\n",
        "",
    );
}

#[test]
fn no_file_of_a_wheel_is_unaccounted_for() {
    for options in [
        &[][..],
        &["--sourceless"],
        &["--exclude", "tests", "--exclude", "stubs", "--strip", "all"],
        &["--optimize", "2", "--exclude", "**/*.txt", "--exclude", "sources"],
    ] {
        let sandbox = Sandbox::new();
        rich(&sandbox.path("links"));
        let arguments = ["demo", "-o", "app", "--wheelhouse", "links"];
        sandbox.build(arguments.iter().chain(options)).expect(0, "", "");
        sandbox.run(["extract", "app", "out"]).success().any_stderr().done();
        let place = sandbox.path("out/wheel-demo-1");
        let trees = walkdir::WalkDir::new(&place).into_iter().flatten();
        let packed: BTreeSet<String> = trees
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.path().strip_prefix(&place).unwrap().to_str().unwrap().to_owned())
            .collect();
        let site = packed.iter().find_map(|path| path.split_once("/demo-1.dist-info/")).unwrap().0;
        let dropped = sandbox.run(["inspect", "--dropped", "--json", "app"]).json();
        let groups = dropped["dropped"].as_array().unwrap().iter();
        let dropped: BTreeSet<&str> = groups
            .flat_map(|group| group["files"].as_array().unwrap())
            .map(|file| file.as_str().unwrap())
            .collect();
        for file in recorded(&sandbox.path("links/demo-1-py3-none-any.whl")) {
            let place =
                match file.strip_prefix("demo-1.data/").and_then(|rest| rest.split_once('/')) {
                    Some(("data", rest)) => rest.to_owned(),
                    Some(("scripts", rest)) => format!("bin/{rest}"),
                    Some(("headers", rest)) => {
                        format!("include/site/{}/demo/{rest}", site.split('/').nth(1).unwrap())
                    }
                    _ => format!("{site}/{file}"),
                };
            let below = place.strip_prefix(&format!("{site}/")).unwrap_or(&place);
            let (is_packed, is_dropped) = (packed.contains(&place), dropped.contains(below));
            assert!(is_packed != is_dropped, "{options:?}: {file}: {is_packed} {is_dropped}");
        }
    }
}

/// The files that the RECORD of a wheel lists, and those that it does not list and the wheel has.
fn recorded(wheel: &Path) -> BTreeSet<String> {
    let mut zip = zip::ZipArchive::new(File::open(wheel).unwrap()).unwrap();
    let mut all: BTreeSet<String> =
        zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let record = all.iter().find(|name| name.ends_with("/RECORD")).unwrap().clone();
    let mut text = String::new();
    zip.by_name(&record).unwrap().read_to_string(&mut text).unwrap();
    all.extend(text.lines().map(|line| line.split(',').next().unwrap().to_owned()));
    all
}

/// Installers skip such a file; the packer once refused the wheel.
#[test]
fn a_file_that_only_record_has_is_a_warning() {
    let sandbox = Sandbox::new();
    let wheel = Wheel::new("demo", "1").record("demo/lost.py,sha256=00,0\ndemo/more.py,,\n");
    wheel.write(&sandbox.path("links"));
    for _ in ["unpacked", "cached"] {
        let (built, said) = build_aloud(&sandbox, &["demo", "--wheelhouse", "links"]);
        assert!(built, "{said:?}");
        let warning = "warning: the wheel of demo 1 lacks 2 files of its RECORD: demo/lost.py …";
        assert_eq!(said, [warning]);
    }
}

#[test]
fn a_file_that_record_does_not_list_is_refused() {
    let sandbox = Sandbox::new();
    Wheel::new("demo", "1").unlisted_info("secret", "").write(&sandbox.path("links"));
    let run = sandbox.build(["demo", "-o", "app", "--wheelhouse", "links"]);
    run.refused(FAILURE, "`demo-1.dist-info/secret` is not listed in RECORD", "another version");
}
