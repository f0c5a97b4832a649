//! Layers, digests, labels, and the forms that an image has on disk.

use pretty_assertions::assert_eq;
use snakecrate_image::CYCLONEDX;

use super::*;
use crate::support::wheel::Wheel;

fn project(name: &str) -> Sandbox {
    let scripts = format!("[project.scripts]\n{name} = 'demo:main'\n");
    let module = "import json\ndef main():\n    print(json.dumps(1))\n";
    Sandbox::new().bare_project(name, &scripts).file(&format!("{name}/demo.py"), module)
}

#[test]
fn no_path_is_in_two_layers_and_the_order_is_that_of_stability() {
    let sandbox = project("imagelayers");
    image(&sandbox, &["imagelayers", "-o", "image"]).expect(0, "", "");
    let layout = Layout::read(&sandbox.path("image"));
    let files = layout.unpack(&sandbox.path("root"));
    let twice: Vec<_> = files.iter().filter(|(_, layers)| layers.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let layers = layout.layers();
    let roles: Vec<Role> = layers.iter().map(|layer| contents(layer).unwrap().0).collect();
    assert!(roles.is_sorted(), "{roles:?}");
    assert_eq!((roles[0], roles[roles.len() - 1]), (Role::System, Role::App));
    for role in [Role::CLibrary, Role::Runtime, Role::Launcher] {
        assert!(roles.contains(&role), "{role:?}");
    }
    let manifest = layout.manifest();
    let types = manifest.layers().iter().map(|layer| layer.media_type().to_string());
    assert!(types.into_iter().all(|kind| kind == "application/vnd.oci.image.layer.v1.tar+zstd"));
}

#[test]
fn the_configuration_says_what_runs_and_what_it_is() {
    let sandbox = Sandbox::new();
    let wheel = Wheel::new("image-labels", "1.2rc1").metadata(
        "Summary: Says what it is\nLicense-Expression: MIT\n\
         Project-URL: Source, https://example.org/image-labels\n",
    );
    wheel.write(&sandbox.path(""));
    let wheel = "image_labels-1.2rc1-py3-none-any.whl";
    let options = [wheel, "-o", "image", "--label", "org.example.team=web"];
    image_with(&sandbox, &options, &[("SOURCE_DATE_EPOCH", "1700000000")]).expect(0, "", "");
    let layout = Layout::read(&sandbox.path("image"));
    assert_eq!(layout.image.tag.as_deref(), Some("1.2rc1"));
    let configuration = layout.configuration();
    assert_eq!(configuration.created().as_deref(), Some("2023-11-14T22:13:20Z"));
    let config = configuration.config().as_ref().unwrap();
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    assert_eq!(
        (text(config.user()), text(config.working_dir())),
        ("65532:65532".into(), "/".into())
    );
    assert_eq!(config.env().clone().unwrap(), ["PATH=/opt/snakecrate/bin:/opt/snakecrate/env/bin"]);
    let labels: BTreeMap<_, _> = config.labels().clone().unwrap().into_iter().collect();
    let python = labels["snakecrate.python"].clone();
    assert!(python.starts_with("cpython 3."), "{python}");
    let lines: Vec<_> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(
        lines,
        [
            "org.example.team=web",
            "org.opencontainers.image.description=Says what it is",
            "org.opencontainers.image.licenses=MIT",
            "org.opencontainers.image.source=https://example.org/image-labels",
            "org.opencontainers.image.title=image-labels",
            "org.opencontainers.image.url=https://example.org/image-labels",
            "org.opencontainers.image.version=1.2rc1",
            &format!("snakecrate.python={python}"),
        ]
    );
    let annotations = layout.manifest().annotations().clone().unwrap();
    for (name, value) in labels {
        assert_eq!(annotations[&name], value);
    }
}

#[test]
fn a_commit_is_the_revision_and_changes_make_it_dirty() {
    needs!(Program("git"));
    let sandbox = project("imagecommit");
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.arg("-C").arg(sandbox.path("imagecommit")).args(arguments);
        for (name, value) in [("NAME", "a"), ("EMAIL", "a@b.c")] {
            command.env(format!("GIT_AUTHOR_{name}"), value);
            command.env(format!("GIT_COMMITTER_{name}"), value);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "x"]);
    let commit = git(&["rev-parse", "HEAD"]);
    let revision = || {
        image(&sandbox, &["imagecommit", "-o", "image"]).expect(0, "", "");
        let configuration = Layout::read(&sandbox.path("image")).configuration();
        configuration.get_config_annotation("org.opencontainers.image.revision").unwrap().to_owned()
    };
    assert_eq!(revision(), commit);
    fs::write(sandbox.path("imagecommit/demo.py"), "def main():\n    print(2)\n").unwrap();
    assert_eq!(revision(), format!("{commit}-dirty"));
}

#[test]
fn images_of_two_applications_share_the_layers_of_what_they_share() {
    let sandbox =
        project("imageone").bare_project("imagetwo", "[project.scripts]\nimagetwo = 'demo:main'\n");
    let sandbox = sandbox.file("imagetwo/demo.py", "def main():\n    print(2)\n");
    image(&sandbox, &["imageone", "-o", "one"]).expect(0, "", "");
    image(&sandbox, &["imagetwo", "-o", "two"]).expect(0, "", "");
    let [one, two] = ["one", "two"].map(|name| Layout::read(&sandbox.path(name)));
    for role in [Role::System, Role::CLibrary, Role::Runtime, Role::Launcher] {
        assert!(!one.digests(role).is_empty());
        assert_eq!(one.digests(role), two.digests(role), "{role:?}");
    }
    assert_ne!(one.digests(Role::App), two.digests(Role::App));
}

#[test]
fn a_changed_line_changes_one_small_layer() {
    let sandbox = project("imagechange");
    image(&sandbox, &["imagechange", "-o", "before"]).expect(0, "", "");
    image(&sandbox, &["imagechange", "-o", "again"]).expect(0, "", "");
    fs::write(sandbox.path("imagechange/demo.py"), "def main():\n    print(3)\n").unwrap();
    image(&sandbox, &["imagechange", "-o", "after"]).expect(0, "", "");
    let [before, again, after] =
        ["before", "again", "after"].map(|name| Layout::read(&sandbox.path(name)));
    assert_eq!(before.image.top, again.image.top);
    let (old, new) = (before.layers(), after.layers());
    assert_eq!(old.len(), new.len());
    let differing: Vec<_> =
        old.iter().zip(&new).filter(|(old, new)| old.diff_id != new.diff_id).collect();
    let [(_, changed)] = differing.as_slice() else { panic!("{differing:?}") };
    assert!(matches!(contents(changed), Some((Role::App | Role::Wheel, _))));
    assert!(changed.blob.size < 30_000, "{}", changed.blob.size);
}

#[test]
fn the_bill_of_materials_refers_to_the_image() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair");
    image_archive(&sandbox, &["./pair", "-o", "image"]).expect(0, "", "");
    let image = Layout::read(&sandbox.path("image")).image;
    let [referrer] = image.referrers.as_slice() else { panic!("{:?}", image.referrers) };
    let manifest = referrer.manifest().unwrap();
    assert_eq!(manifest.artifact_type().as_ref().unwrap().to_string(), CYCLONEDX);
    assert_eq!(manifest.subject().as_ref().unwrap().digest(), &image.top.digest.to_spec());
    let digest = Digest::parse(manifest.layers()[0].digest().as_ref()).unwrap();
    let mut bytes = Vec::new();
    image.blobs[&digest].open().unwrap().read_to_end(&mut bytes).unwrap();
    let mut zip = zip::ZipArchive::new(File::open(sandbox.path("pair")).unwrap()).unwrap();
    let mut wanted = Vec::new();
    zip.by_name("sbom.cdx.json").unwrap().read_to_end(&mut wanted).unwrap();
    assert!(bytes == wanted);
}

#[test]
fn a_tar_is_a_docker_archive_with_plain_layers() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair");
    image_archive(&sandbox, &["./pair", "-o", "pair.tar"]).expect(0, "", "");
    let mut names = Vec::new();
    let mut manifest = String::new();
    let mut archive = tar::Archive::new(File::open(sandbox.path("pair.tar")).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        if name == "manifest.json" {
            entry.read_to_string(&mut manifest).unwrap();
        }
        names.push(name);
    }
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    assert_eq!(manifest[0]["RepoTags"], serde_json::json!(["pair:1.0"]));
    let mut wanted: Vec<_> = manifest[0]["Layers"].as_array().unwrap().clone();
    wanted.insert(0, manifest[0]["Config"].clone());
    let wanted: Vec<_> = wanted.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    assert_eq!(names[..names.len() - 1], wanted);
    assert_eq!(sandbox.names(), ["pair", "pair.tar"]);
}

#[test]
fn gzip_is_for_old_engines() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair");
    image_archive(&sandbox, &["./pair", "-o", "a", "--compression", "gzip"]).expect(0, "", "");
    image_archive(&sandbox, &["./pair", "-o", "b"]).expect(0, "", "");
    let [gzip, zstd] = ["a", "b"].map(|name| Layout::read(&sandbox.path(name)));
    for (gzip, zstd) in gzip.layers().iter().zip(zstd.layers()) {
        assert_eq!(gzip.blob.media_type, "application/vnd.oci.image.layer.v1.tar+gzip");
        assert_eq!(gzip.diff_id, zstd.diff_id);
    }
}

#[test]
fn an_image_on_a_base_keeps_its_layers_and_users() {
    let sandbox = project("imagebase").with(&shared::PAIR, "pair");
    image(&sandbox, &["imagebase", "-o", "base"]).expect(0, "", "");
    image_archive(&sandbox, &["./pair", "-o", "image", "--base", "base"]).expect(0, "", "");
    let [base, image] = ["base", "image"].map(|name| Layout::read(&sandbox.path(name)));
    let below = base.layers();
    let all = image.layers();
    for (one, other) in below.iter().zip(&all) {
        assert_eq!(one.blob.digest, other.blob.digest);
    }
    let roles: Vec<_> = all[below.len()..].iter().map(|layer| contents(layer).unwrap().0).collect();
    assert!(!roles.contains(&Role::System), "the base has users");
    let annotations = image.manifest().annotations().clone().unwrap();
    assert_eq!(annotations["org.opencontainers.image.base.name"], "base");
    assert_eq!(
        annotations["org.opencontainers.image.base.digest"],
        base.image.top.digest.to_string()
    );
}

#[test]
fn a_directory_of_something_else_is_not_replaced() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair").file("full/x", "y");
    let refused = image_archive(&sandbox, &["./pair", "-o", "full"]);
    refused.code(FAILURE).stderr_contains("full").any_stderr().done();
    assert_eq!(fs::read_dir(sandbox.path("full")).unwrap().count(), 1);
    image_archive(&sandbox, &["./pair", "-o", "image"]).expect(0, "", "");
    image_archive(&sandbox, &["./pair", "-o", "image"]).expect(0, "", "");
    assert_eq!(sandbox.names(), ["full", "image", "pair"]);
}

#[test]
fn archives_that_no_image_can_have_are_refused() {
    let sandbox = Sandbox::new().with(&shared::PAIR, "pair");
    if !target::is_foreign() {
        let sandbox = Sandbox::new().with(&shared::TINY, "tiny");
        image_archive(&sandbox, &["./tiny"]).refused(
            FAILURE,
            "./tiny has no C library of its own, and an image has no other",
            "build the archive with --libc bundled, or give `snakecrate image` its source",
        );
    }
    image_archive(&sandbox, &["./pair", "./pair"]).refused(
        FAILURE,
        "two of the images are for amd64",
        "give one archive for each target",
    );
    image_archive(&sandbox, &["./pair", "--python", "3.12"]).refused(
        FAILURE,
        "./pair is an archive, and `python` is an option of its build",
        "leave it out, or give the source of the archive",
    );
    image_archive(&sandbox, &["./pair", "--label", "x"]).refused(
        FAILURE,
        "`x` isn't a label: it has no name or no `=`",
        "write it as NAME=VALUE",
    );
    image_archive(&sandbox, &["./pair", "--base", "."]).refused(
        FAILURE,
        ". isn't an OCI layout: it has no file oci-layout",
        "give a directory that has the files oci-layout and index.json",
    );
}
