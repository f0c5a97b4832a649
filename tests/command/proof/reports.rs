//! What the build report says of the proof.

use super::*;

#[test]
fn the_report_has_archive_components_and_proof() {
    let sandbox = Sandbox::new().project("probe");
    build(&sandbox, &["probe", "--report", "report.json", "--quiet"]).expect(0, "", "");
    let report = report(&sandbox);
    assert_eq!(report["format"], 1);
    assert_eq!((&report["name"], &report["version"]), (&"probe".into(), &"1.2.3".into()));
    let archive = fs::read(sandbox.path("app")).unwrap();
    assert_eq!(report["archive"]["path"], "app");
    assert_eq!(report["archive"]["bytes"], archive.len());
    let sha256 = std::process::Command::new("sha256sum").arg(sandbox.path("app")).output().unwrap();
    let sha256 = String::from_utf8(sha256.stdout).unwrap();
    assert_eq!(report["archive"]["sha256"].as_str(), sha256.split(' ').next());
    assert_eq!(report["entries"][0]["runs"], "probe:main");
    let kinds = report["components"].as_array().unwrap().iter().map(|one| &one["kind"]);
    assert!(kinds.filter(|kind| *kind == "runtime").count() == 1, "{report:#}");
    let proof = &report["proof"];
    assert_eq!((&proof["result"], &proof["as_before"]), (&"proven".into(), &false.into()));
    assert!(proof["modules"]["probe"].as_str().unwrap().ends_with("site-packages/probe.py"));
    assert_eq!(proof["modules"]["sys"], Value::Null);
    assert!(proof["seconds"].as_f64().unwrap() > 0.0);
    assert!(proof["memory"].as_u64().unwrap() > 1 << 20);
}

#[test]
fn a_failed_proof_is_reported_and_so_is_none() {
    let sandbox = Sandbox::new().file("tool.py", "import nowhere\n");
    let arguments = ["tool.py", "--report", "report.json"];
    build(&sandbox, &arguments).output().code(FAILURE).stdout("").any_stderr().done();
    let failed = report(&sandbox);
    assert_eq!(failed["proof"]["result"], "failed");
    assert!(failed["proof"]["error"].as_str().unwrap().contains("No module named 'nowhere'"));
    assert_eq!(failed["archive"]["path"], "app.failed");
    build(&sandbox, &arguments).args(["--no-proof", "--quiet"]).expect(0, "", "");
    assert_eq!(report(&sandbox)["proof"]["result"], "not-run");
}

#[test]
fn warnings_are_in_the_report_even_if_they_are_not_printed() {
    let sandbox = Sandbox::new().file("tool.py", "import sys\nexec(sys.argv[1])\n");
    let arguments = ["tool.py", "--report", "report.json", "--runtime-minimal", "--quiet"];
    build(&sandbox, &arguments).expect(0, "", "");
    let warnings = &report(&sandbox)["warnings"];
    assert!(
        warnings[0].as_str().unwrap().starts_with("runtime-minimal has no effect"),
        "{warnings}"
    );
}
