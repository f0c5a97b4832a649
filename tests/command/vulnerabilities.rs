//! Known vulnerabilities of what is in archives, and what vendors state about them.

use std::fs;

use serde_json::{Value, json};

use crate::support::sandbox::{Outcome, Sandbox};
use crate::support::wheel::Wheel;

/// What `auditwheel` writes (PEP 770).
const EMBEDDED: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.4", "version": 1,
"metadata": {"component": {"type": "library", "bom-ref": "w", "name": "holed"}},
"components": [{"type": "library", "bom-ref": "r", "name": "ring", "version": "0.17.8",
"purl": "pkg:cargo/ring@0.17.8"}], "dependencies": [{"ref": "w", "dependsOn": ["r"]}]}"#;

/// Wheels, one with a bill of its own, in an archive without a runtime.
fn archive(more: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    Wheel::new("holed", "1.5")
        .metadata("License-Expression: MIT\n")
        .info("sboms/auditwheel.cdx.json", EMBEDDED)
        .requires("holed-dep")
        .write(&sandbox.path("wheels"));
    Wheel::new("holed-dep", "2").write(&sandbox.path("wheels"));
    fs::write(sandbox.path("vex.json"), vex("CVE-2024-1")).unwrap();
    let arguments = ["holed", "-o", "app", "--wheelhouse", "wheels", "--runtime", "external"];
    sandbox.build([&arguments, more].concat()).expect(0, "", "");
    sandbox
}

fn vex(name: &str) -> String {
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "statements": [{
        "vulnerability": { "name": name }, "status": "not_affected",
        "impact_statement": "the function is not called",
        "products": [{ "@id": "pkg:pypi/holed-dep" }],
    }] })
    .to_string()
}

fn record(id: &str, ecosystem: &str, name: &str, fixed: &str) -> Value {
    json!({ "id": id, "summary": "Too long", "affected": [{
        "package": { "ecosystem": ecosystem, "name": name },
        "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
    }] })
}

fn audit(sandbox: &Sandbox, more: &[&str]) -> Outcome {
    sandbox.run([&["audit", "app", "--vulnerabilities", "db"], more].concat())
}

#[test]
fn known_vulnerabilities_fail_unless_the_vex_hides_them() {
    let sandbox = archive(&["--vex", "vex.json"]);
    fs::create_dir(sandbox.path("db")).unwrap();
    let records = json!([
        record("CVE-2024-1", "PyPI", "Holed_Dep", "3"),
        record("PYSEC-2", "PyPI", "holed", "1.5"),
    ]);
    fs::write(sandbox.path("db/all.json"), records.to_string()).unwrap();
    let report = audit(&sandbox, &["--json"]).json();
    assert_eq!((&report["format"], &report["records"]), (&1.into(), &2.into()));
    let hidden = &report["vulnerabilities"][0];
    assert_eq!((&hidden["id"], &hidden["status"]), (&"CVE-2024-1".into(), &"not_affected".into()));
    let kept: Value = sandbox.run(["inspect", "app", "--vex"]).json();
    assert_eq!(kept["statements"][0]["vulnerability"]["name"], "CVE-2024-1");

    fs::write(
        sandbox.path("db/more.json"),
        record("GHSA-3", "crates.io", "ring", "0.17.9").to_string(),
    )
    .unwrap();
    let outcome = audit(&sandbox, &["--sarif"]).code(1).stderr_contains("1 known vulnerability");
    let sarif: Value = serde_json::from_str(&outcome.text()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    fs::write(sandbox.path("own.json"), vex("GHSA-3").replace("pypi/holed-dep", "cargo/ring"))
        .unwrap();
    audit(&sandbox, &["--vex", "own.json"]).stdout_contains("the VEX hides 2").success().done();
}

#[test]
fn wrong_databases_and_statements_are_named() {
    let sandbox = archive(&[]);
    fs::write(sandbox.path("db"), "{\"id\": 1}").unwrap();
    audit(&sandbox, &[]).code(1).stderr_contains("the database db has no OSV record").done();
    fs::write(sandbox.path("db"), record("A", "PyPI", "x", "1").to_string()).unwrap();
    fs::write(sandbox.path("odd.json"), "[]").unwrap();
    let odd = audit(&sandbox, &["--vex", "odd.json"]);
    odd.code(1).stderr_contains("odd.json isn't a VEX document").done();
    assert_eq!(audit(&sandbox, &["--sarif"]).json()["runs"][0]["results"], json!([]));
    sandbox.run(["inspect", "app", "--vex"]).code(1).stderr_contains("has no VEX document").done();
}
