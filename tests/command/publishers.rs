//! Attestations of package indexes and the publishers that a build requires, with the real files of a
//! distribution on PyPI.

use std::fs;
use std::sync::Mutex;

use serde_json::{Value, json};
use snakecrate_base::testing::{serve, status};

use crate::support::sandbox::{Run, Sandbox};
use crate::support::wheel::Wheel;

const FILE: &str = "pypi_attestations-0.0.19.tar.gz";
const SHA256: &str = "9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3";
const SOURCE: &[u8] =
    include_bytes!("../../packer/provenance/tests/real/pypi_attestations-0.0.19.tar.gz");
const REAL: &str =
    include_str!("../../packer/provenance/tests/real/pypi_attestations-0.0.19.tar.gz.provenance");
const PUBLISHER: &str = "github:trailofbits/pypi-attestations";

/// In the place of setuptools: builds an empty wheel, and needs nothing.
const BACKEND: &str = r#"
import base64, hashlib, os, zipfile
def get_requires_for_build_wheel(config_settings=None):
    return []
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = 'pypi_attestations-0.0.19-py3-none-any.whl', 'pypi_attestations-0.0.19.dist-info'
    files = {
        'pypi_attestations_here.py': '',
        f'{info}/METADATA': 'Metadata-Version: 2.1\nName: pypi-attestations\nVersion: 0.0.19\n',
        f'{info}/WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    }
    def line(path, text):
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        return f"{path},sha256={digest.decode().rstrip('=')},{len(text)}\n"
    record = ''.join(line(path, text) for path, text in files.items())
    with zipfile.ZipFile(os.path.join(directory, name), 'w') as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
        wheel.writestr(f'{info}/RECORD', record + f'{info}/RECORD,,\n')
    return name
class __legacy__:
    get_requires_for_build_wheel = staticmethod(get_requires_for_build_wheel)
    build_wheel = staticmethod(build_wheel)
"#;

/// How the index answers when it is asked for attestations.
enum Kind {
    /// With this text.
    Text(String),
    /// Not at all.
    Hanging,
    /// With an error.
    Status(&'static str),
    /// Its pages name none.
    None,
}

fn typed(kind: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// A sandbox with a script whose lock file has the distribution of an index on loopback, and the paths
/// that the index was asked for.
fn sandbox(kind: Kind) -> (Sandbox, &'static Mutex<Vec<String>>) {
    let sandbox = Sandbox::new().file("tool.py", "print()\n");
    let backend = Wheel::new("setuptools", "80.0").file("setuptools/build_meta.py", BACKEND);
    let backend = backend.file("setuptools/__init__.py", "").write(&sandbox.path("backend"));
    let backend =
        (fs::read(&backend).unwrap(), snakecrate_download::file_sha256(&backend).unwrap());
    let asked: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let (url, _) = serve(move |path, _| {
        asked.lock().unwrap().push(path.to_owned());
        let page = |name: &str, sha256: &str, more: Value| {
            let mut file = json!({
                "filename": name, "url": format!("/files/{name}"), "hashes": { "sha256": sha256 },
            });
            file.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
            let page = json!({ "meta": { "api-version": "1.3" }, "name": "x", "files": [file] });
            typed("application/vnd.pypi.simple.v1+json", page.to_string().as_bytes())
        };
        match (path, &kind) {
            ("/simple/setuptools/", _) => {
                page("setuptools-80.0-py3-none-any.whl", &backend.1, json!({}))
            }
            ("/files/setuptools-80.0-py3-none-any.whl", _) => typed("application/zip", &backend.0),
            ("/simple/pypi-attestations/", Kind::None) => page(FILE, SHA256, json!({})),
            ("/simple/pypi-attestations/", _) => {
                page(FILE, SHA256, json!({ "provenance": "../../integrity" }))
            }
            ("/integrity", Kind::Text(text)) => typed("application/json", text.as_bytes()),
            ("/integrity", Kind::Status(line)) => status(line),
            ("/integrity", Kind::Hanging) => {
                std::thread::sleep(std::time::Duration::from_hours(1));
                Vec::new()
            }
            (path, _) if path == format!("/files/{FILE}") => typed("application/gzip", SOURCE),
            _ => status("404 Not Found"),
        }
    });
    let lock = format!(
        "lock-version = '1.0'\ncreated-by = 'a test'\n[[packages]]\nname = 'pypi-attestations'\n\
         version = '0.0.19'\n[packages.sdist]\nurl = '{url}/files/{FILE}'\n\
         hashes = {{ sha256 = '{SHA256}' }}\n"
    );
    let sandbox = sandbox.file("pylock.toml", lock).file("url", format!("{url}/simple/"));
    (sandbox, asked)
}

fn build<'a>(sandbox: &'a Sandbox, arguments: &[&str]) -> Run<'a> {
    let url = fs::read_to_string(sandbox.path("url")).unwrap();
    let common = ["build", "tool.py", "-o", "app", "--level", "1", "--no-proof", "--quiet"];
    let run = sandbox.packer(common).args(["--lock", "pylock.toml", "--index-url", &url]);
    run.args(arguments).env("SNAKECRATE_CACHE", sandbox.cache())
}

const REPORTED: [&str; 4] = ["--report", "report.json", "--provenance", "app.intoto.json"];

#[test]
fn the_publisher_is_in_report_and_provenance() {
    let (sandbox, asked) = sandbox(Kind::Text(REAL.to_owned()));
    let wanted = format!("pypi-attestations={PUBLISHER}:release.yml");
    build(&sandbox, &[&REPORTED[..], &["--publisher", &wanted]].concat()).expect(0, "", "");
    let publishers = json!([{
        "kind": "GitHub",
        "repository": "trailofbits/pypi-attestations",
        "workflow": "release.yml",
        "environment": null,
    }]);
    let read = |name: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(sandbox.path(name)).unwrap()).unwrap()
    };
    let report = read("report.json");
    let components = report["components"].as_array().unwrap();
    let component = components.iter().find(|one| one["name"] == "pypi-attestations").unwrap();
    assert_eq!(component["publishers"], publishers);
    let statement = read("app.intoto.json");
    let materials = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
    let material = materials.as_array().unwrap().iter().find(|one| one["name"] == FILE).unwrap();
    assert_eq!(material["annotations"]["publishers"], publishers);
    assert_eq!(material["digest"], json!({ "sha256": SHA256 }));
    // A later build needs neither the index nor the network for them.
    let before = asked.lock().unwrap().len();
    build(&sandbox, &["--publisher", "*=any", "--offline"]).expect(0, "", "");
    assert_eq!(asked.lock().unwrap().len(), before);
}

#[test]
fn without_a_reader_nobody_asks_for_attestations() {
    let (sandbox, asked) = sandbox(Kind::Text(REAL.to_owned()));
    build(&sandbox, &[]).expect(0, "", "");
    let asked = asked.lock().unwrap();
    assert!(
        !asked.iter().any(|path| path == "/integrity" || path.ends_with("attestations/")),
        "{asked:?}"
    );
}

#[test]
fn another_publisher_than_the_required_one_is_refused() {
    let (sandbox, _) = sandbox(Kind::Text(REAL.to_owned()));
    build(&sandbox, &["--publisher", "pypi-attestations=github:psf/black"]).output().refused(
        1,
        "`pypi-attestations 0.0.19` is published by github:trailofbits/pypi-attestations:release.yml, \
         not by github:psf/black",
        "take another version, or change `publishers`",
    );
    assert!(!sandbox.path("app").exists());
}

#[test]
fn a_required_attestation_that_is_missing_is_an_error() {
    for (kind, why) in [
        (Kind::None, "the index has no attestation of it"),
        (Kind::Status("404 Not Found"), "its attestation is unavailable: "),
    ] {
        let (sandbox, _) = sandbox(kind);
        build(&sandbox, &["--report", "report.json"]).expect(0, "", "");
        build(&sandbox, &["--publisher", "*=any"]).output().refused(
            1,
            &format!("`pypi-attestations 0.0.19` has to be published by any, but {why}"),
            "take another version",
        );
    }
}

#[test]
fn a_wrong_attestation_is_an_error_even_if_none_is_required() {
    let forged = REAL.replacen("trailofbits/pypi-attestations", "evil/pypi-attestations", 1);
    let repository = "\"repository\":\"trailofbits/pypi-attestations\"";
    assert!(REAL.contains(repository), "the claim is in the document");
    let claimed = REAL.replace(repository, "\"repository\":\"evil/pypi-attestations\"");
    for text in [forged, claimed, "<html>".into(), "{".repeat(5_000_000), String::new()] {
        let is_huge = text.len() > 4 << 20;
        let (sandbox, _) = sandbox(Kind::Text(text));
        let run = build(&sandbox, &["--report", "report.json"]);
        if is_huge {
            // It isn't read to its end, so nobody knows what it says.
            run.expect(0, "", "");
        } else {
            run.output().refused(1, "`pypi-attestations 0.0.19`: ", "do not use these files");
        }
    }
}

#[test]
fn an_index_that_hangs_delays_a_build_only_for_a_while() {
    let (sandbox, _) = sandbox(Kind::Hanging);
    build(&sandbox, &["--report", "report.json"]).expect(0, "", "");
}

#[test]
fn a_publisher_that_cannot_be_understood_is_refused() {
    let (sandbox, _) = sandbox(Kind::None);
    let (status, _, stderr) = build(&sandbox, &["--publisher", "a=psf/black"]).output().parts();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.contains("`psf/black` names no publisher: expected any, github:"), "{stderr}");
}
