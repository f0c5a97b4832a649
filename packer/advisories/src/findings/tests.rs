use std::fs;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use super::*;

fn components() -> Vec<Component> {
    let component = |name: &str, purl: &str| Component {
        name: name.into(),
        reference: purl.into(),
        purl: Some(purl.into()),
        locations: Vec::new(),
    };
    vec![
        component("jinja2", "pkg:pypi/jinja2@3.1.2"),
        component(
            "libssl3",
            "pkg:deb/debian/libssl3@3.0.11-1~deb12u2?upstream=openssl&distro=debian-12",
        ),
        component("cpython", "pkg:deb/debian/python3.11@3.11.2-6?distro=bookworm"),
        component("rustix", "pkg:cargo/rustix@0.37.20"),
        component("libodd", "pkg:rpm/x/odd@1"),
    ]
}

fn record(id: &str, aliases: &[&str], ecosystem: &str, name: &str, fixed: &str) -> Value {
    json!({ "id": id, "aliases": aliases, "summary": format!("about {name}"), "affected": [{
        "package": { "ecosystem": ecosystem, "name": name },
        "ranges": [{ "type": "ECOSYSTEM", "events": [{ "introduced": "0" }, { "fixed": fixed }] }],
    }] })
}

fn database() -> Database {
    let mut withdrawn = record("GHSA-w", &[], "PyPI", "jinja2", "9");
    withdrawn["withdrawn"] = "2024-01-01T00:00:00Z".into();
    let odd = record("GHSA-odd", &[], "PyPI", "Jinja2", "not a version");
    let records = json!([
        record("GHSA-1", &["CVE-2024-1"], "PyPI", "Jinja2", "3.1.3"),
        record("PYSEC-1", &["CVE-2024-1", "GHSA-1"], "PyPI", "jinja2", "3.1.3"),
        record("GHSA-2", &[], "PyPI", "jinja2", "3.1.2"),
        record("DSA-1", &["CVE-2024-2"], "Debian:12", "openssl", "3.0.13-1~deb12u1"),
        record("DSA-2", &[], "Debian:11", "openssl", "9"),
        record("DEBIAN-3", &[], "Debian:12", "python3.11", "3.11.2-6+deb12u2"),
        record("RUSTSEC-1", &["GHSA-r"], "crates.io", "rustix", "0.37.25"),
        record("RUSTSEC-2", &[], "npm", "rustix", "9.0.0"),
        withdrawn,
        odd,
    ]);
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("all.json"), records.to_string()).unwrap();
    fs::write(directory.path().join("README.txt"), "not a record").unwrap();
    Database::open(directory.path()).unwrap()
}

fn shown(report: &Report) -> Vec<String> {
    let line = |one: &Finding| {
        let status = one.status.as_deref().unwrap_or("-");
        format!("{} {} [{}] {}", one.component, one.id, one.aliases.join(","), status)
    };
    report.findings.iter().map(line).collect()
}

#[test]
fn components_are_matched_by_ecosystem_and_version() {
    let report = find(&components(), &database(), &Statements::default());
    let expected = [
        "cpython DEBIAN-3 [] -",
        "jinja2 CVE-2024-1 [GHSA-1,PYSEC-1] -",
        "libssl3 CVE-2024-2 [DSA-1] -",
        "rustix GHSA-r [RUSTSEC-1] -",
    ];
    assert_eq!(shown(&report), expected);
    assert_eq!((report.looked_up, report.others), (4, 1));
    let unknown = "GHSA-odd: cannot compare not a version with 3.1.2 of jinja2";
    assert_eq!(report.unknown, [unknown]);
}

#[test]
fn statements_hide_findings_by_any_name() {
    let vex = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "statements": [
        {"vulnerability": {"name": "PYSEC-1"}, "status": "not_affected", "justification": "unused",
         "products": [{"@id": "pkg:pypi/jinja2"}]},
        {"vulnerability": {"name": "GHSA-r"}, "status": "affected", "products": []}]}"#;
    let mut statements = Statements::default();
    statements.add(vex.as_bytes()).unwrap();
    let report = find(&components(), &database(), &statements);
    let hidden: Vec<&str> =
        report.findings.iter().filter(|one| one.is_hidden()).map(|one| &*one.id).collect();
    assert_eq!(hidden, ["CVE-2024-1"]);
    assert_eq!(report.open().count(), 3);
    assert!(report.text().contains("not_affected: unused"), "{}", report.text());
}

#[test]
fn sarif_fits_its_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../tests/sarif-2.1.0.schema.json")).unwrap();
    let validator =
        jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema).unwrap();
    let vex = r#"{"bomFormat": "CycloneDX", "vulnerabilities": [
        {"id": "CVE-2024-1", "analysis": {"state": "not_affected", "detail": "unused"}}]}"#;
    let mut statements = Statements::default();
    statements.add(vex.as_bytes()).unwrap();
    for report in [find(&components(), &database(), &statements), Report::default()] {
        let sarif: Value = serde_json::from_str(&report.sarif("dist/my app")).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&sarif).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut wrong: Value = serde_json::from_str(&Report::default().sarif("a")).unwrap();
    wrong["version"] = "3".into();
    assert!(!validator.is_valid(&wrong), "the schema is in force");
}
