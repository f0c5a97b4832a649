//! `--json`: the documents that commands write for programs have the shapes of their schemas.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use snakecrate::commands::documents::{Shape, shapes};

use crate::support::sandbox::{Sandbox, shared};
use crate::support::target;
use crate::support::wheel::Wheel;

/// The shapes, and the names of those that a document was checked against.
struct Checked {
    shapes: Vec<Shape>,
    names: RefCell<BTreeSet<&'static str>>,
}

impl Checked {
    fn check(&self, name: &str, document: &Value) {
        let shape = self.shapes.iter().find(|shape| shape.name == name).expect(name);
        let validator = jsonschema::draft202012::new(&shape.schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(document).map(|it| it.to_string()).collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}\n{document:#}");
        assert_eq!(document["format"], shape.format, "{name}");
        let fields = shape.schema["properties"].as_object().unwrap();
        for field in document.as_object().unwrap().keys() {
            assert!(fields.contains_key(field), "{name} has no field `{field}` in its schema");
        }
        self.names.borrow_mut().insert(shape.name);
    }
}

/// A project with an application that requires `shape-words`, and wheels of it.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new()
        .file("app.py", "# /// script\n# dependencies = ['shape-words']\n# ///\nprint('hello')\n");
    let words = |version: &str| {
        Wheel::new("shape_words", version)
            .file("shape_words/__init__.py", "WORD = 'shape'\n")
            .file("shape_words/tests/test_it.py", "")
            .write(&sandbox.path(format!("links-{version}")));
    };
    words("1");
    words("2");
    sandbox
}

#[test]
fn every_document_fits_its_schema() {
    let sandbox = sandbox();
    let checked = Checked { shapes: shapes(), names: RefCell::default() };
    for (version, name) in [("1", "old"), ("2", "new")] {
        let links = format!("links-{version}");
        let report = format!("{name}.json");
        let arguments = ["app.py", "-o", name, "--exclude", "tests", "--wheelhouse", &links];
        let build = sandbox.packer(["build", "--quiet", "--level", "3", "--report", &report]);
        let build = build.args(arguments).args(target::options());
        build.env("SNAKECRATE_CACHE", shared::packer_cache()).expect(0, "", "");
        let report = fs::read(sandbox.path(report)).unwrap();
        let report: Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["proof"]["result"], "proven");
        checked.check("build-report", &report);
    }
    sandbox.archive("new").expect(0, "hello\n", "");
    fs::write(sandbox.path("osv.json"), r#"{"id": "A", "affected": []}"#).unwrap();
    for (name, arguments) in [
        ("build-dry-run", "build --dry-run app.py -q --wheelhouse links-1"),
        ("doctor", "doctor"),
        ("fetch", "fetch app.py --wheelhouse links-1"),
        ("config", "config app.py --level 3"),
        ("inspect", "inspect new"),
        ("inspect-dropped", "inspect --dropped new"),
        ("inspect-licenses", "inspect --licenses new"),
        ("diff", "diff old new"),
        ("size", "size new"),
        ("size", "size new --compare old --report new.json"),
        ("audit", "audit new"),
        ("audit-vulnerabilities", "audit new --vulnerabilities osv.json"),
        ("verify", "verify new"),
        ("verify", "-q verify new"),
        ("targets", "targets"),
        ("cache-list", "cache list"),
        ("cache-verify", "cache verify"),
        ("cache-prune", "cache prune --older 0 --dry-run"),
        ("cache-prune", "cache clear"),
        ("cache-list", "cache list"),
        ("cache-verify", "cache verify"),
        ("cache-prune", "cache prune"),
    ] {
        let arguments = arguments.split(' ').chain(["--json"]);
        checked.check(name, &sandbox.run(arguments).any_stderr().json());
    }
    let all: BTreeSet<_> = checked.shapes.iter().map(|shape| shape.name).collect();
    assert_eq!(*checked.names.borrow(), all);
}

#[test]
fn an_error_leaves_stdout_empty_with_json() {
    let sandbox = Sandbox::new().file("none", "no archive");
    for command in ["inspect", "size", "verify", "audit"] {
        let outcome = sandbox.run([command, "none", "--json"]).code(1).any_stderr();
        assert_eq!(outcome.text(), "", "{command}");
    }
}

#[test]
fn a_damaged_cache_is_described_and_fails_with_json() {
    let sandbox = sandbox();
    sandbox.build(["app.py", "-o", "app", "--wheelhouse", "links-1"]).expect(0, "", "");
    sandbox.archive("app").expect(0, "hello\n", "");
    let envs = walkdir::WalkDir::new(sandbox.cache()).into_iter().flatten();
    let module = envs.map(walkdir::DirEntry::into_path).find(|path| {
        path.ends_with("shape_words/__init__.py")
            && path.components().any(|part| part.as_os_str() == "components")
    });
    let module = module.unwrap();
    fs::write(&module, "WORD = 'other'\n").unwrap();
    let (status, stdout, stderr) = sandbox.run(["cache", "verify", "--json"]).parts();
    assert_eq!(status.code(), Some(1), "{stderr}");
    let document: Value = serde_json::from_str(&stdout).unwrap();
    let difference = &document["damaged"][0]["differences"][0];
    assert!(module.ends_with(difference["path"].as_str().unwrap()), "{document:#}");
    let document = sandbox.run(["cache", "verify", "--repair", "--json"]).any_stderr().json();
    assert!(document["removed"].as_u64().unwrap() > 0, "{document:#}");
    let document = sandbox.run(["cache", "verify", "--json"]).json();
    assert_eq!(document["damaged"], serde_json::json!([]));
}
