//! Licences: what each part of an archive is under, policies, and notices.

use std::fs;

use crate::support::sandbox::shared::PROBE;
use crate::support::sandbox::{Outcome, Sandbox};
use crate::support::wheel::Wheel;

const MIT: &str = "The MIT text of lettered.";

/// Wheels with a licence each, and an archive of them without a runtime.
fn archive() -> Sandbox {
    let sandbox = Sandbox::new();
    let wheel =
        |name: &str, version: &str, metadata: &str| Wheel::new(name, version).metadata(metadata);
    let app = wheel("lettered", "1.5", "License-Expression: MIT\nLicense-File: LICENSE\n")
        .info("licenses/LICENSE", MIT)
        .requires("lettered-copyleft")
        .requires("lettered-classified")
        .requires("lettered-bare");
    app.write(&sandbox.path("wheels"));
    wheel("lettered-copyleft", "2", "License-Expression: MIT AND GPL-3.0-or-later\n")
        .file("lettered_copyleft/_vendor/COPYING", "Vendored text.")
        .file("lettered_copyleft/__init__.py", "def main(): pass\n")
        .write(&sandbox.path("wheels"));
    wheel(
        "lettered-classified",
        "3",
        "Classifier: License :: OSI Approved :: ISC License (ISCL)\n",
    )
    .write(&sandbox.path("wheels"));
    Wheel::new("lettered-bare", "4").write(&sandbox.path("wheels"));
    build(&sandbox, "app", &[]).expect(0, "", "");
    sandbox
}

fn build(sandbox: &Sandbox, output: &str, more: &[&str]) -> Outcome {
    let arguments = ["lettered", "-o", output, "--wheelhouse", "wheels", "--runtime", "external"];
    sandbox.build([&arguments, more].concat())
}

#[test]
fn each_part_has_an_expression_and_its_texts() {
    let sandbox = archive();
    let document = sandbox.run(["inspect", "app", "--licenses", "--json"]).json();
    assert_eq!(document["format"], 1);
    let part = |name: &str| {
        let parts = document["parts"].as_array().unwrap();
        parts.iter().find(|one| one["name"] == name && one["kind"] == "wheel").unwrap().clone()
    };
    let known = |name: &str| (part(name)["expression"].clone(), part(name)["known"].clone());
    assert_eq!(known("lettered"), ("MIT".into(), "declared".into()));
    assert_eq!(known("lettered-copyleft").0, "MIT AND GPL-3.0-or-later");
    assert_eq!(known("lettered-classified"), ("ISC".into(), "metadata".into()));
    assert!(part("lettered-bare")["expression"].is_null());
    assert_eq!(part("lettered")["texts"][0]["text"], MIT);
    let vendored = part("lettered-copyleft")["texts"][0]["name"].as_str().unwrap().to_owned();
    assert!(vendored.ends_with("/lettered_copyleft/_vendor/COPYING"), "{vendored}");
    let text = sandbox.run(["inspect", "app", "--licenses"]).text();
    let row = text.lines().find(|line| line.starts_with("lettered-copyleft ")).unwrap();
    assert!(row.contains(" MIT AND GPL-3.0-or-later ") && row.contains(" declared "), "{row}");
    assert!(text.contains(MIT) && text.contains("Vendored text."));
}

#[test]
fn denied_licences_fail_and_are_named() {
    let sandbox = archive();
    let inspect = |arguments: &[&str]| sandbox.run([&["inspect", "app"], arguments].concat());
    let help = " help: leave these out, or change the licences that are denied and allowed; `snakecrate \
                inspect FILE --licenses` shows the texts\n";
    let unknown = "warning: no licence is known of lettered-bare 4\n";
    let error = "error: licence of lettered-copyleft 2: MIT AND GPL-3.0-or-later: GPL-3.0-or-later is denied\n";
    inspect(&["--deny", "GPL-3.0-only"]).expect(1, "", &[unknown, error, help].concat());
    inspect(&["--deny", "AGPL-3.0-only"]).expect(0, "", unknown);
    inspect(&["--deny", "GPLv3"]).expect(
        1,
        "",
        "error: `GPLv3` isn't an SPDX expression: unknown term\n help: write `GPL-3.0-only`\n",
    );
}

#[test]
fn beside_allowed_licences_all_others_fail() {
    let sandbox = archive();
    // Those of the launcher are known.
    let launcher = "MIT OR Apache-2.0 OR MPL-2.0 OR BSD-3-Clause";
    let run = sandbox.run(["inspect", "app", "--allow", launcher, "--allow", "GPL-3.0-only"]);
    run.expect(
        1,
        "",
        "warning: no licence is known of lettered-bare 4\n\
         error: licence of lettered-bare 4: unknown: it cannot be compared with the allowed licences\n\
         licence of lettered-classified 3: ISC isn't allowed\n \
         help: leave these out, or change the licences that are denied and allowed; `snakecrate inspect \
         FILE --licenses` shows the texts\n",
    );
}

#[test]
fn a_build_with_a_denied_licence_fails() {
    let sandbox = archive();
    let (status, _, stderr) =
        build(&sandbox, "new", &["--deny-license", "GPL-3.0-or-later"]).parts();
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("GPL-3.0-or-later is denied"), "{stderr}");
    assert!(!sandbox.path("new").exists());
    build(&sandbox, "new", &["--deny-license", "AGPL-3.0-or-later"]).expect(0, "", "");
}

#[test]
fn the_keys_of_a_project_deny_licences() {
    let keys = "[project.scripts]\nstrict = 'strict:main'\n[tool.snakecrate.licenses]\ndeny = 'Python-2.0.1'\n";
    let sandbox =
        Sandbox::new().bare_project("strict", keys).file("strict/strict.py", "def main(): pass\n");
    let (status, _, stderr) = sandbox.build(["strict", "-o", "app"]).parts();
    assert_eq!(status.code(), Some(1));
    assert!(stderr.contains("error: licence of cpython 3."), "{stderr}");
}

#[test]
fn notices_have_runtime_launcher_and_wheels() {
    let sandbox = archive();
    sandbox
        .run(["inspect", "app", "--notices", "NOTICES.txt"])
        .code(0)
        .stdout("")
        .stderr_contains("Wrote NOTICES.txt: notices of ")
        .done();
    let notices = fs::read_to_string(sandbox.path("NOTICES.txt")).unwrap();
    for part in
        ["Third-party notices of lettered 1.5\n", MIT, "Vendored text.", "musl", "Zstandard"]
    {
        assert!(notices.contains(part), "{part}");
    }
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.run(["inspect", "app", "--notices", "N"]).code(0).stdout("").any_stderr().done();
    let notices = fs::read_to_string(sandbox.path("N")).unwrap();
    let interpreter = notices.contains("PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2");
    assert!(
        interpreter
            && notices.contains("Mersenne Twister")
            && notices.contains("Licence: Python-2.0.1")
    );
    assert!(notices.contains("glibc 2.") && notices.contains("LGPL"), "the C library");
}

#[test]
fn libraries_of_the_host_name_their_package() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let document = sandbox.run(["inspect", "app", "--licenses", "--json"]).json();
    let parts = document["parts"].as_array().unwrap();
    let libraries: Vec<_> = parts.iter().filter(|one| one["kind"] == "library").collect();
    for one in &libraries {
        assert!(!one["texts"].as_array().unwrap().is_empty(), "{}", one["name"]);
    }
    if !std::path::Path::new("/var/lib/dpkg/status").exists() {
        snakecrate_base::skip!("this system has no list of Debian packages");
    }
    let libc = parts.iter().find(|one| one["kind"] == "libc").unwrap();
    assert!(libc["package"].as_str().unwrap().starts_with("libc6"), "{}", libc["package"]);
    let text = libc["texts"][0]["text"].as_str().unwrap();
    assert!(text.contains("GNU C Library"), "the copyright file");
}
