//! An image for two targets: this machine's, and aarch64, whose interpreter is Debian's.

use pretty_assertions::assert_eq;
use serde_json::Value;
use snakecrate_format::target::{AARCH64_LINUX, X86_64_LINUX};
use snakecrate_registry::testing::{Registry, Rules};

use super::registries::push;
use super::*;
use crate::support::foreign_python::aarch64_root;

#[test]
fn archives_of_two_targets_are_pushed_as_one_index() {
    needs!(Native("one of the archives is this machine's"), Start(&AARCH64_LINUX));
    let root = match aarch64_root() {
        Ok(root) => root,
        Err(why) => snakecrate_base::skip!("{why}"),
    };
    let sandbox = Sandbox::new().file("both.py", "import sqlite3\nprint(sqlite3.__name__)\n");
    let options = ["--level", "3", "--no-proof", "--offline", "--quiet", "--libc", "bundled"];
    let build = |arguments: &[&str]| {
        let packer = sandbox.packer(["build", "both.py"]).args(options).args(arguments);
        packer
            .env("SNAKECRATE_CACHE", shared::packer_cache())
            .output()
            .success()
            .any_stderr()
            .done();
    };
    let python = format!("aarch64-linux={root}");
    build(&["--target", X86_64_LINUX.name, "-o", "app"]);
    build(&["--target", AARCH64_LINUX.name, "--python", &python, "-o", "arm"]);
    let registry = Registry::start(Rules::default());
    let place = format!("{}/team/both:1", registry.host);
    let send = || {
        let sent = push(&sandbox, &["./arm", "--push", &place]).output().success().any_stderr();
        sent.stdout_contains("/team/both:1@sha256:").done();
    };
    send();
    assert!(registry.is_whole("team/both", "1"));
    let of = |name: &str| -> Value {
        let store = registry.store();
        let key = ("team/both".to_owned(), name.to_owned());
        serde_json::from_slice(&store.manifests[&key].1).unwrap()
    };
    let index = of("1");
    assert_eq!(index["mediaType"], "application/vnd.oci.image.index.v1+json");
    let manifests = index["manifests"].as_array().unwrap();
    let platforms = manifests.iter().map(|one| one["platform"]["architecture"].as_str().unwrap());
    assert_eq!(platforms.collect::<Vec<_>>(), ["amd64", "arm64"]);
    for one in manifests {
        let manifest = of(one["digest"].as_str().unwrap());
        assert!(manifest["layers"].as_array().unwrap().len() > 5, "{manifest}");
    }
    registry.requests("");
    send();
    let seen = registry.requests("");
    assert!(seen.iter().all(|line| ["GET ", "HEAD "].iter().any(|kind| line.starts_with(kind))));

    // The part for aarch64 runs.
    image_archive(&sandbox, &["./app", "./arm", "-o", "out"]).success().any_stderr().done();
    let image = Image::read_layout(&sandbox.path("out")).unwrap();
    assert_eq!(image.host_manifests().count(), 2);
}
