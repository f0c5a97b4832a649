//! `build --provenance`: the statement about a build.

use std::fs;
use std::process::Command;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use snakecrate_download::file_sha256;

use crate::support::sandbox::{Run, Sandbox, shared};
use crate::support::wheel::Wheel;

/// Builds the project `told`, which requires a wheel in `links`.
fn build<'a>(sandbox: &'a Sandbox, arguments: &[&str]) -> Run<'a> {
    let common = ["--quiet", "build", "told", "--level", "3", "--no-proof", "--offline"];
    let more = ["--find-links", "links", "--entry", "told=told:main"];
    let run = sandbox.packer(common).args(more).args(arguments);
    run.env("SNAKECRATE_CACHE", shared::packer_cache())
}

fn sandbox() -> Sandbox {
    let sandbox = without_links();
    let dependency = Wheel::new("told-dependency", "1.5").file("told_dependency.py", "");
    dependency.write(&sandbox.path("links"));
    sandbox
}

fn without_links() -> Sandbox {
    let more = "dependencies = ['told-dependency==1.5']\n\
                [tool.snakecrate.proof]\nenv = { TOKEN = 's3cret' }\n";
    Sandbox::new().bare_project("told", more).file("told/told.py", "def main(): pass\n")
}

/// The statement at `path`, which has to be valid by its schema.
fn statement(sandbox: &Sandbox, path: &str) -> Value {
    let text = fs::read_to_string(sandbox.path(path)).unwrap();
    let schema = include_str!("../../packer/provenance/statement.schema.json");
    let validator = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(errors, [""; 0], "{text}");
    document
}

fn materials(statement: &Value) -> &[Value] {
    statement["predicate"]["buildDefinition"]["resolvedDependencies"].as_array().unwrap()
}

#[test]
fn the_statement_names_archive_options_and_inputs() {
    let sandbox = sandbox();
    build(&sandbox, &["-o", "app", "--provenance", "app.intoto.json"]).expect(0, "", "");
    let found = statement(&sandbox, "app.intoto.json");
    let archive = file_sha256(&sandbox.path("app")).unwrap();
    assert_eq!(found["subject"], json!([{ "name": "app", "digest": { "sha256": archive } }]));
    let definition = &found["predicate"]["buildDefinition"];
    assert_eq!(
        definition["externalParameters"],
        json!({
            "source": { "kind": "project", "name": "told" },
            "options": {
                "entries": ["told=told:main"],
                "find-links": ["links"],
                "level": 3,
                "offline": true,
                "proof.env": ["TOKEN"],
                "proof.run": false,
            },
        })
    );
    let wheel = sandbox.path("links/told_dependency-1.5-py3-none-any.whl");
    let wheel = json!({
        "name": "told_dependency-1.5-py3-none-any.whl",
        "uri": "pkg:pypi/told-dependency@1.5",
        "digest": { "sha256": file_sha256(&wheel).unwrap() },
    });
    let materials = materials(&found);
    assert!(materials.contains(&wheel), "{wheel} in {materials:#?}");
    let has = |uri: &str| {
        materials.iter().any(|one| one["uri"].as_str().is_some_and(|u| u.starts_with(uri)))
    };
    assert!(has("pkg:generic/cpython@3.") && has("pkg:pypi/told@1"), "{materials:#?}");
    let versions = &found["predicate"]["runDetails"]["builder"]["version"];
    assert_eq!(versions["snakecrate"], env!("CARGO_PKG_VERSION"));
    assert!(versions["uv"].as_str().unwrap().starts_with("0."), "{versions}");
    assert_eq!(found["predicate"]["runDetails"].get("metadata"), None, "no time");
    let text = fs::read_to_string(sandbox.path("app.intoto.json")).unwrap();
    assert!(!text.contains("s3cret") && !text.contains(sandbox.root().to_str().unwrap()), "{text}");
}

#[test]
fn the_same_inputs_give_the_same_statement() {
    // Its file has the time of its making.
    let wheel = fs::read(sandbox().path("links/told_dependency-1.5-py3-none-any.whl")).unwrap();
    let texts = [(); 2].map(|()| {
        let sandbox =
            without_links().file("links/told_dependency-1.5-py3-none-any.whl", wheel.clone());
        build(&sandbox, &["-o", "app", "--provenance", "p.json"]).expect(0, "", "");
        fs::read_to_string(sandbox.path("p.json")).unwrap()
    });
    assert_eq!(texts[0], texts[1]);
    let sandbox = sandbox();
    let dated = build(&sandbox, &["-o", "app", "--provenance", "p.json"]);
    dated.env("SOURCE_DATE_EPOCH", "1000000000").expect(0, "", "");
    let metadata = json!({ "finishedOn": "2001-09-09T01:46:40Z" });
    assert_eq!(statement(&sandbox, "p.json")["predicate"]["runDetails"]["metadata"], metadata);
}

#[test]
fn the_commit_of_a_project_is_named() {
    let sandbox = sandbox();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(sandbox.path("told")).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let done = git.args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "first"]);
    git(&["remote", "add", "origin", "https://me:s3cret@example.org/told.git"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let of = |modified: bool| {
        build(&sandbox, &["-o", "app", "--provenance", "p.json"]).expect(0, "", "");
        let found = statement(&sandbox, "p.json");
        let wanted = json!({
            "name": "told",
            "uri": "git+https://example.org/told.git",
            "digest": { "gitCommit": commit },
            "annotations": { "modified": modified },
        });
        assert!(materials(&found).contains(&wanted), "{:#?}", materials(&found));
    };
    of(false);
    fs::write(sandbox.path("told/told.py"), "def main(): print()\n").unwrap();
    of(true);
}

#[test]
fn a_provenance_that_cannot_be_written_is_an_error() {
    let sandbox = sandbox();
    let sandbox = sandbox.file("taken/file", "");
    build(&sandbox, &["-o", "app", "--provenance", "taken"]).output().refused(
        1,
        "cannot write the provenance taken",
        "name a file in a directory that you can write to with --provenance",
    );
}
