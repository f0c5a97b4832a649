//! `image rebase`: another patch release of the interpreter under a finished image.

use std::collections::BTreeSet;

use pretty_assertions::assert_eq;
use serde_json::Value;
use snakecrate_image::spec::Arch;
use snakecrate_image::{Compression, Settings};
use snakecrate_registry::testing::{Registry, Rules};

use super::*;

/// Runs `snakecrate image rebase ARGUMENTS…`, quickly and quietly, with the suite's cache.
fn rebase(sandbox: &Sandbox, arguments: &[&str]) -> Outcome {
    let options = ["--quiet", "--level", "3", "--offline"];
    let packer = sandbox.packer(["image", "rebase"]).args(arguments).args(options);
    packer.env("SNAKECRATE_CACHE", shared::packer_cache()).output()
}

/// The label with the image's interpreter: `cpython 3.12.1 python3.12`.
fn python(layout: &Layout) -> String {
    layout.configuration().get_config_annotation("snakecrate.python").unwrap().to_owned()
}

fn sandbox(name: &str) -> Sandbox {
    let scripts = format!("[project.scripts]\n{name} = 'demo:main'\n");
    let module = "import sqlite3, ssl\ndef main():\n    print(ssl.__name__)\n";
    Sandbox::new().bare_project(name, &scripts).file(&format!("{name}/demo.py"), module)
}

#[test]
fn the_same_interpreter_gives_the_same_image() {
    let sandbox = sandbox("rebasesame");
    image(&sandbox, &["rebasesame", "-o", "old"]).expect(0, "", "");
    let old = Layout::read(&sandbox.path("old"));
    let version = python(&old).split(' ').nth(1).unwrap().to_owned();
    rebase(&sandbox, &["old", "--python", &version, "-o", "new"]).expect(0, "", "");
    let new = Layout::read(&sandbox.path("new"));
    let text = |layout: &Layout| {
        let layers = layout.layers();
        let lines = layers.iter().map(|layer| format!("{:?} {}", contents(layer), layer.diff_id));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(text(&new), text(&old));
    assert!(old.digests(Role::Part).len() > 2, "ssl, sqlite3, and what they share");
    assert_eq!(new.image.top, old.image.top);
    assert_eq!(new.image.tag, old.image.tag);
    assert_eq!(new.image.referrers.len(), 1);
}

#[test]
fn another_minor_version_is_refused() {
    let sandbox = sandbox("rebaseminor");
    image(&sandbox, &["rebaseminor", "-o", "old"]).expect(0, "", "");
    let label = python(&Layout::read(&sandbox.path("old")));
    let version = label.split(' ').nth(1).unwrap();
    let other = if version.starts_with("3.12.") { "3.11" } else { "3.12" };
    if !sandbox
        .run(["runtime", other, "-q", "--offline", "--level", "1", "-o", "x"])
        .any_stderr()
        .succeeded()
    {
        snakecrate_base::skip!("there is no Python {other}");
    }
    let (status, _, said) = rebase(&sandbox, &["old", "--python", other, "-o", "new"]).parts();
    assert_eq!(status.code(), Some(FAILURE));
    let start = format!("error: cannot replace Python {version} of the image by Python {other}.");
    assert!(said.starts_with(&start), "{said}");
    assert!(said.contains("its modules are for another interface"), "{said}");
    assert!(!sandbox.path("new").exists());
}

#[test]
fn images_of_others_and_images_without_a_place_are_refused() {
    let sandbox = Sandbox::new();
    let layer = Layer::write(
        Role::System,
        &[],
        &[snakecrate_image::File::plain("etc/x", "y")],
        Compression::None,
        &sandbox.path(""),
    );
    let settings = Settings {
        architecture: Arch::Amd64,
        entrypoint: vec!["/x".into()],
        user: "0".into(),
        directory: "/".into(),
        variables: vec![],
        labels: BTreeMap::new(),
        created: None,
    };
    let image = Image::new(&settings, None, &[layer.unwrap()], None).unwrap();
    image.write_layout(&sandbox.path("old")).unwrap();
    rebase(&sandbox, &["old", "--python", "3.12", "-o", "new"]).refused(
        FAILURE,
        "has no layers with a runtime of snakecrate",
        "make the image with `snakecrate image`",
    );
    rebase(&sandbox, &["old", "--python", "3.12"]).refused(
        FAILURE,
        "old is a directory, and nothing says where its new image goes",
        "name a directory with -o, or a repository with --push",
    );
}

/// The digests of blobs whose bytes a registry has got since the last call.
fn uploaded(registry: &Registry) -> BTreeSet<String> {
    let lines = registry.requests("PUT ");
    let digests =
        lines.iter().filter_map(|line| line.split_once("/blobs/uploads/")?.1.split_once("digest="));
    digests.map(|(_, digest)| digest.replace("%3A", ":")).collect()
}

/// A manifest of a registry's repository.
fn document(registry: &Registry, repository: &str, name: &str) -> Value {
    let store = registry.store();
    let key = (repository.to_owned(), name.to_owned());
    serde_json::from_slice(&store.manifests[&key].1).unwrap()
}

/// The digests of the layers of `manifest`, by role.
fn layers(manifest: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for layer in manifest["layers"].as_array().unwrap() {
        let role = layer["annotations"]["snakecrate.layer"].as_str().unwrap().to_owned();
        all.entry(role).or_default().insert(layer["digest"].as_str().unwrap().to_owned());
    }
    all
}

#[test]
fn a_registry_gets_the_layers_of_the_new_runtime_only() {
    let sandbox = sandbox("rebasepush");
    let registry = Registry::start(Rules::default());
    let place = format!("{}/team/app:1", registry.host);
    image_with(&sandbox, &["rebasepush", "--push", &place], &[]).text();
    let before = document(&registry, "team/app", "1");
    let label = before["annotations"]["snakecrate.python"].as_str().map(str::to_owned);
    let label = label.unwrap_or_else(|| {
        let config = before["config"]["digest"].as_str().unwrap().to_owned();
        let store = registry.store();
        let config: Value =
            serde_json::from_slice(&store.blobs[&("team/app".to_owned(), config)]).unwrap();
        config["config"]["Labels"]["snakecrate.python"].as_str().unwrap().to_owned()
    });
    let version = label.split(' ').nth(1).unwrap();
    uploaded(&registry);

    // The same interpreter without sources has another runtime.
    let rebase = |more: &[&str]| {
        rebase(&sandbox, &[&[&*place, "--python", version, "--sourceless"], more].concat())
    };
    let error = format!("{place} exists with other content (sha256:");
    rebase(&[]).code(FAILURE).stderr_contains(&error).done();
    rebase(&["--retag"]).success().stdout_contains("/team/app:1@sha256:").stderr("").done();
    let sent = uploaded(&registry);
    assert!(registry.is_whole("team/app", "1"));
    let after = document(&registry, "team/app", "1");
    let (old, new) = (layers(&before), layers(&after));
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
    let mut expected = BTreeSet::new();
    for (role, digests) in &new {
        let is_of_runtime = ["runtime", "part"].contains(&&**role);
        assert_eq!(*digests != old[role], is_of_runtime, "{role}");
        if is_of_runtime {
            expected.extend(digests.difference(&old[role]).cloned());
        }
    }
    assert!(expected.len() > 2, "the core, ssl, sqlite3: {expected:?}");
    expected.insert(after["config"]["digest"].as_str().unwrap().to_owned());
    let of_image: BTreeSet<_> = sent.intersection(&expected).cloned().collect();
    assert_eq!(of_image, expected);
    // One more: the bill of materials.
    assert_eq!(sent.len(), expected.len() + 1, "{sent:?}");
    assert!(registry.requests("GET /v2/team/app/blobs/").len() <= 6, "no layer is downloaded");
}
