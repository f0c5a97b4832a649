//! Bills of materials: `inspect --sbom`.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use jsonschema::{Registry, Resource, Validator};
use serde_json::{Value, json};

use snakecrate_base::testing::{html, ok, serve, status};

use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::{self, PROBE};
use crate::support::target;
use crate::support::wheel::Wheel;

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/schemas");
    let text = fs::read(path.join(format!("{name}.schema.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The schema of `CycloneDX` 1.7, whose parts are files of their own.
fn cyclonedx_schema() -> Validator {
    let mut registry = Registry::new();
    for (name, id) in [
        ("spdx-licences", "spdx.SNAPSHOT"),
        ("jsf-0.82", "jsf-0.82.SNAPSHOT"),
        ("cryptography-defs", "cryptography-defs.SNAPSHOT"),
    ] {
        let mut part = schema(name);
        let id = format!("http://cyclonedx.org/schema/{id}.schema.json");
        part["$id"] = id.as_str().into();
        registry = registry.add(id, Resource::from_contents(part)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&schema("cyclonedx-1.7")).unwrap()
}

#[track_caller]
fn check(validator: &Validator, document: &Value) {
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn both(sandbox: &Sandbox, archive: &str) -> (Value, Value) {
    let document = |format| sandbox.run(["inspect", archive, "--sbom", format]).json();
    (document("cyclonedx"), document("spdx"))
}

fn named<'a>(document: &'a Value, list: &str, name: &str) -> &'a Value {
    // An application may have the name of its distribution.
    let is_it = |one: &&Value| one["name"] == name && one["type"] != "application";
    let found = document[list].as_array().unwrap().iter().find(is_it);
    found.unwrap_or_else(|| panic!("{name}"))
}

/// An archive of a wheel with a vendored library, a document of its own, and a requirement.
fn vendored() -> Sandbox {
    let sandbox = Sandbox::new();
    let library = fs::read("/lib64/ld-linux-x86-64.so.2")
        .or_else(|_| fs::read("/lib/ld-linux-aarch64.so.1"))
        .unwrap();
    let document = json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6",
        "components": [{ "type": "library", "bom-ref": "z", "name": "zlib", "version": "1.3.1",
            "purl": "pkg:generic/zlib@1.3.1", "licenses": [{ "license": { "id": "Zlib" } }] }],
    });
    Wheel::new("billed", "1.5")
        .metadata("Summary: has everything\nLicense-Expression: MIT\n")
        .requires("billed-needed")
        .file("billed.libs/libodd-0123abcd.so.1.2.3", library)
        .info("sboms/auditwheel.cdx.json", &document.to_string())
        .write(&sandbox.path("wheels"));
    Wheel::new("billed-needed", "2").write(&sandbox.path("wheels"));
    let build = ["billed", "-o", "app", "--wheelhouse", "wheels", "--runtime", "external"];
    sandbox.build(build).expect(0, "", "");
    sandbox
}

#[test]
fn wheels_have_libraries_documents_imports_and_dependencies() {
    let sandbox = vendored();
    let (cyclonedx, spdx) = both(&sandbox, "app");
    check(&cyclonedx_schema(), &cyclonedx);
    check(&jsonschema::validator_for(&schema("spdx-2.3")).unwrap(), &spdx);
    let wheel = named(&cyclonedx, "components", "billed");
    assert_eq!(wheel["purl"], "pkg:pypi/billed@1.5");
    assert_eq!(wheel["licenses"], json!([{ "expression": "MIT" }]));
    assert_eq!(wheel["hashes"][0]["alg"], "SHA-256");
    let imports = json!({ "name": "snakecrate:imports", "value": "billed" });
    assert!(wheel["properties"].as_array().unwrap().contains(&imports), "{wheel}");
    let library = named(&cyclonedx, "components", "libodd");
    assert_eq!(library["version"], "1.2.3");
    let zlib = named(&cyclonedx, "components", "zlib");
    assert_eq!(zlib["licenses"], json!([{ "expression": "Zlib" }]));
    let dependencies = cyclonedx["dependencies"].as_array().unwrap();
    let on = &dependencies.iter().find(|one| one["ref"] == wheel["bom-ref"]).unwrap()["dependsOn"];
    for needed in [&library["bom-ref"], &zlib["bom-ref"], &json!("pkg:pypi/billed-needed@2")] {
        assert!(on.as_array().unwrap().contains(needed), "{needed}: {on}");
    }
    let package = named(&spdx, "packages", "libodd");
    assert_eq!(package["versionInfo"], "1.2.3");
    let packages = spdx["packages"].as_array().unwrap();
    assert!(packages.iter().any(|one| one["name"] == "billed" && one["licenseDeclared"] == "MIT"));
    // The document itself is a file of the archive.
    sandbox.run(["extract", "app", "parts"]).code(0).any_stderr().done();
    let mut all = Vec::new();
    files(&sandbox.path("parts"), &mut all);
    assert!(all.iter().any(|path| path.ends_with("sboms/auditwheel.cdx.json")), "{all:?}");
}

/// An index with a distribution and one that it requires, which answers as a proxy for any host.
fn index(sandbox: &Sandbox) -> String {
    let needed = Wheel::new("billed-below", "2").write(&sandbox.path("index"));
    let top = Wheel::new("billed-top", "1").requires("billed-below").write(&sandbox.path("index"));
    let read = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, snakecrate_download::file_sha256(path).unwrap(), fs::read(path).unwrap())
    };
    let all = [read(&top), read(&needed)];
    fs::remove_dir_all(sandbox.path("index")).unwrap();
    let files = all.clone();
    let (files_url, _) = serve(move |path, _| {
        let found = files.iter().find(|file| path.ends_with(&file.0));
        found.map_or_else(|| status("404 Not Found"), |file| ok(&file.2))
    });
    let (proxy, _) = serve(move |path, _| {
        let project = path.trim_end_matches('/').rsplit('/').next().unwrap().replace('-', "_");
        let of_project = all.iter().filter(|file| file.0.starts_with(&project));
        let link = |file: &(String, String, Vec<u8>)| {
            format!("<a href=\"{files_url}/{}#sha256={}\">{}</a>", file.0, file.1, file.0)
        };
        let page: String = of_project.map(link).collect();
        html(&page)
    });
    proxy
}

#[test]
fn distributions_of_other_indexes_name_them_and_no_password() {
    let sandbox = Sandbox::new();
    let proxy = index(&sandbox);
    let url = "http://me:s3cr3t@index.snakecrate.test/team/simple/";
    let arguments =
        ["build", "billed-top", "-o", "app", "--no-proof", "--index-url", url, "--level", "3"];
    let build = sandbox.packer(arguments).args(target::options());
    let build =
        build.args(["--report", "report.json", "--provenance", "provenance.json", "--quiet"]);
    build
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .env("UV_CACHE_DIR", sandbox.root().join("uv"))
        .env("HTTP_PROXY", &proxy)
        .env("NO_PROXY", "127.0.0.1")
        .expect(0, "", "");
    let purl = |name| {
        format!("pkg:pypi/{name}?repository_url=http:%2F%2Findex.snakecrate.test%2Fteam%2Fsimple")
    };
    let (cyclonedx, spdx) = both(&sandbox, "app");
    let top = named(&cyclonedx, "components", "billed-top");
    assert_eq!(top["purl"], purl("billed-top@1"));
    let dependencies = cyclonedx["dependencies"].as_array().unwrap();
    let of_top = dependencies.iter().find(|one| one["ref"] == top["bom-ref"]).unwrap();
    assert_eq!(of_top["dependsOn"], json!([purl("billed-below@2")]));
    assert!(spdx.to_string().contains(&purl("billed-below@2")), "{spdx}");
    check(&cyclonedx_schema(), &cyclonedx);
    let statement = fs::read_to_string(sandbox.path("provenance.json")).unwrap();
    assert!(statement.contains(&purl("billed-top@1")), "{statement}");
    for file in ["app", "report.json", "provenance.json"] {
        let bytes = fs::read(sandbox.path(file)).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"s3cr3t"), "{file}");
    }
    // What stays keeps its index when another part is replaced.
    let newer = Wheel::new("billed-below", "3").write(&sandbox.path("new"));
    let swap = ["swap", "app", "-o", "swapped", "--no-proof", "--wheel"].map(Into::into);
    sandbox.run([&swap[..], &[newer.into_os_string()]].concat()).code(0).any_stderr().done();
    let (cyclonedx, _) = both(&sandbox, "swapped");
    assert_eq!(named(&cyclonedx, "components", "billed-top")["purl"], purl("billed-top@1"));
    assert_eq!(named(&cyclonedx, "components", "billed-below")["purl"], "pkg:pypi/billed-below@3");
}

#[test]
fn launcher_and_crates_are_components() {
    let sandbox = vendored();
    let (document, _) = both(&sandbox, "app");
    assert!(document["components"].to_string().contains("snakecrate's launcher"));
    for name in ["blake3", "zstd-sys", "musl"] {
        named(&document, "components", name);
    }
    assert_eq!(
        named(&document, "components", "rustix")["purl"].as_str().unwrap()[..17],
        *"pkg:cargo/rustix@"
    );
}

/// All regular files below `directory`, as `/`-separated paths.
fn files(directory: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path().to_str().unwrap().to_owned());
        }
    }
}

#[test]
fn every_native_library_of_an_archive_is_in_both() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let (cyclonedx, spdx) = both(&sandbox, "app");
    check(&cyclonedx_schema(), &cyclonedx);
    check(&jsonschema::validator_for(&schema("spdx-2.3")).unwrap(), &spdx);
    sandbox.run(["extract", "app", "parts"]).code(0).any_stderr().done();
    let root = sandbox.path("parts");
    let mut all = Vec::new();
    files(&root, &mut all);
    let mut start = [0; 4];
    all.retain(|path| {
        File::open(path).unwrap().read_exact(&mut start).is_ok() && &start == b"\x7fELF"
    });
    let prefix = format!("{}/", root.to_str().unwrap());
    let native: BTreeSet<&str> =
        all.iter().map(|path| path.strip_prefix(&prefix).unwrap()).collect();
    assert!(native.len() > 3, "{native:?}");
    let text = |value: &Value| value.as_str().map(|text| text.trim_start_matches("./").to_owned());
    let mut listed = BTreeSet::new();
    for component in cyclonedx["components"].as_array().unwrap() {
        let properties = component["properties"].as_array().into_iter().flatten();
        let file = properties.filter(|one| one["name"] == "snakecrate:file");
        listed.extend(file.filter_map(|one| text(&one["value"])));
        let places = component["evidence"]["occurrences"].as_array().into_iter().flatten();
        listed.extend(places.filter_map(|one| text(&one["location"])));
    }
    let missing: Vec<_> = native.iter().filter(|path| !listed.contains(**path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let files = spdx["files"].as_array().into_iter().flatten().map(|one| &one["fileName"]);
    let packages = spdx["packages"].as_array().unwrap().iter().map(|one| &one["packageFileName"]);
    let listed: BTreeSet<String> = files.chain(packages).filter_map(text).collect();
    let missing: Vec<_> = native.iter().filter(|path| !listed.contains(**path)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_same_archive_gives_the_same_documents() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    for format in ["cyclonedx", "spdx"] {
        let document = || sandbox.run(["inspect", "app", "--sbom", format]).bytes();
        assert_eq!(document(), document());
    }
}
