//! Images of made-up files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::compression::decompressed;
use crate::spec::{ANNOTATION_BASE_IMAGE_NAME, Arch, ImageConfiguration, MediaType};
use crate::*;

fn files(text: &str) -> Vec<File> {
    vec![
        File::executable("opt/a/bin/run", text),
        File::plain(format!("opt/a/{}/long", "n".repeat(150)), "x"),
        File::link("opt/a/bin/other", "run"),
        File::directory("tmp", 0o1777, 0),
        File::directory("home/user", 0o700, 65532),
    ]
}

fn layer(role: Role, text: &str, compression: Compression, directory: &Path) -> Layer {
    let components = [format!("{}-x-{}", role.as_str(), text.len())];
    Layer::write(role, &components, &files(text), compression, directory).unwrap()
}

fn settings(architecture: Arch) -> Settings {
    Settings {
        architecture,
        entrypoint: vec!["/opt/a/bin/run".into()],
        user: "65532:65532".into(),
        directory: "/".into(),
        variables: vec!["PATH=/opt/a/bin".into(), "B=own".into()],
        labels: BTreeMap::from([("org.opencontainers.image.version".into(), "1.0".into())]),
        created: None,
    }
}

fn image(architecture: Arch, directory: &Path) -> Image {
    let layers = [Role::CLibrary, Role::Runtime, Role::App]
        .map(|role| layer(role, role.as_str(), Compression::Zstd(3), directory));
    let sbom = Some(b"{\"bomFormat\": \"CycloneDX\"}".to_vec());
    let mut image = Image::new(&settings(architecture), None, &layers, sbom).unwrap();
    image.tag = Some("1.0".into());
    image
}

/// The tar of a layer.
fn tar(layer: &Layer) -> Vec<u8> {
    let mut bytes = Vec::new();
    let reader = decompressed(&layer.blob.media_type, layer.blob.open().unwrap()).unwrap();
    { reader }.read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_layers_files_have_fixed_times_owners_and_modes() {
    let directory = tempfile::tempdir().unwrap();
    let layer = layer(Role::App, "#!x", Compression::Zstd(3), directory.path());
    let bytes = tar(&layer);
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut found = Vec::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.mtime().unwrap(), 315_532_800);
        assert_eq!(header.uid().unwrap(), header.gid().unwrap());
        let path = entry.path().unwrap().display().to_string();
        let path = path.replace(&"n".repeat(150), "long");
        found.push(format!("{path} {:o} {}", header.mode().unwrap(), header.uid().unwrap()));
    }
    assert_eq!(
        found,
        [
            "home/ 755 0",
            "home/user/ 700 65532",
            "opt/ 755 0",
            "opt/a/ 755 0",
            "opt/a/bin/ 755 0",
            "opt/a/long/ 755 0",
            "tmp/ 1777 0",
            "opt/a/bin/run 555 0",
            "opt/a/long/long 444 0",
            "opt/a/bin/other 777 0",
        ]
    );
}

#[test]
fn every_compression_gives_the_same_tar_and_always_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let text = "some text, again and again; ".repeat(20_000);
    let all = [Compression::None, Compression::Gzip, Compression::Zstd(3), Compression::Zstd(22)];
    let layers = all.map(|one| layer(Role::App, &text, one, directory.path()));
    for (one, first) in all.iter().zip(&layers) {
        let other = tempfile::tempdir().unwrap();
        let again = layer(Role::App, &text, *one, other.path());
        assert_eq!((&again.blob.digest, &again.diff_id), (&first.blob.digest, &layers[0].diff_id));
        let bytes = fs::read(other.path().join(again.blob.digest.hex())).unwrap();
        assert_eq!((bytes.len() as u64, Digest::of(&bytes)), (again.blob.size, again.blob.digest));
        assert_eq!(Digest::of(&tar(first)), layers[0].diff_id);
        assert_eq!(first.blob.media_type, one.media_type());
    }
    assert!(layers[2].blob.size < layers[0].blob.size / 10);
}

#[test]
fn a_layout_is_read_as_it_was_written() {
    let (files, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let image = image(Arch::Amd64, files.path());
    image.write_layout(place.path()).unwrap();
    let read = Image::read_layout(place.path()).unwrap();
    assert_eq!((&read.top, &read.tag), (&image.top, &image.tag));
    assert_eq!(read.referrers, image.referrers);
    assert!(read.blobs.keys().eq(image.blobs.keys()));
    for blob in read.blobs.values() {
        let mut bytes = Vec::new();
        blob.open().unwrap().read_to_end(&mut bytes).unwrap();
        assert_eq!(Digest::of(&bytes), blob.digest);
    }
    let referrer = read.referrers[0].manifest().unwrap();
    assert_eq!(referrer.artifact_type().as_ref().unwrap().to_string(), CYCLONEDX);
    assert_eq!(referrer.subject().as_ref().unwrap().digest(), &image.top.digest.to_spec());
    assert_eq!(referrer.config().media_type(), &MediaType::EmptyJSON);
}

#[test]
fn a_damaged_manifest_is_refused() {
    let (files, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let image = image(Arch::Amd64, files.path());
    image.write_layout(place.path()).unwrap();
    let path = place.path().join("blobs/sha256").join(image.top.digest.hex());
    let changed = String::from_utf8(image.top.bytes).unwrap().replace("1.0", "1.1");
    fs::write(&path, changed).unwrap();
    let error = Image::read_layout(place.path()).unwrap_err();
    assert!(error.to_string().ends_with("the file is damaged"), "{error}");
    let error = Image::read_layout(files.path()).unwrap_err();
    assert!(error.to_string().contains("it has no file oci-layout"), "{error}");
}

#[test]
fn a_damaged_layer_is_not_written() {
    let (files, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let image = image(Arch::Amd64, files.path());
    let layers = image.layers(&image.top).unwrap();
    let path = files.path().join(layers[1].blob.digest.hex());
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = image.write_layout(place.path()).unwrap_err();
    assert!(error.to_string().contains("the file is damaged"), "{error}");
}

#[test]
fn several_targets_make_an_index() {
    let directory = tempfile::tempdir().unwrap();
    let images = [Arch::Amd64, Arch::ARM64].map(|one| image(one, directory.path()));
    let all = Image::for_all(images.to_vec()).unwrap();
    assert_eq!(all.top.media_type, MediaType::ImageIndex.to_string());
    let index = all.top.index().unwrap();
    let platforms = index.manifests().iter().map(|one| one.platform().clone().unwrap());
    let platforms: Vec<_> =
        platforms.map(|one| format!("{}/{}", one.os(), one.architecture())).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
    assert_eq!((all.manifests.len(), all.referrers.len()), (2, 2));
    assert_eq!(all.tag.as_deref(), Some("1.0"));
    let [one, other] = images.clone();
    assert_eq!(Image::for_all(vec![other, one]).unwrap().top, all.top, "the order matters");
    let twice = vec![images[0].clone(), images[0].clone()];
    let error = Image::for_all(twice).unwrap_err();
    assert_eq!(error.to_string(), "two of the images are for amd64");
    let place = directory.path().join("layout");
    all.write_layout(&place).unwrap();
    assert_eq!(Image::read_layout(&place).unwrap().manifests, all.manifests);
    let error = all.write_docker_archive("a:1", &directory.path().join("a.tar")).unwrap_err();
    assert!(error.to_string().ends_with("a docker-archive is for one target"), "{error}");
}

#[test]
fn an_index_of_two_applications_or_versions_was_made_without_a_word() {
    let directory = tempfile::tempdir().unwrap();
    let versioned = |architecture, version: &str| {
        let mut settings = settings(architecture);
        for (name, value) in [("title", "demo"), ("version", version)] {
            settings.labels.insert(format!("org.opencontainers.image.{name}"), value.into());
        }
        let layers = [layer(Role::App, version, Compression::None, directory.path())];
        Image::new(&settings, None, &layers, None).unwrap()
    };
    let images = vec![versioned(Arch::ARM64, "1.1"), versioned(Arch::Amd64, "1.0")];
    let error = Image::for_all(images).unwrap_err().to_string();
    assert_eq!(error, "one of the images is of demo 1.0, another one of demo 1.1");
}

#[test]
fn an_empty_index_was_rebased_to_another_empty_one() {
    let mut empty = image(Arch::Amd64, tempfile::tempdir().unwrap().path());
    let mut index = crate::spec::ImageIndex::default();
    index.set_media_type(Some(MediaType::ImageIndex));
    empty.top = Document::of(&MediaType::ImageIndex, &index);
    let error = empty.rebased(|_, _, _| Err(Error::NoTarget)).unwrap_err();
    assert_eq!(error.to_string(), "the image is for no target: its index is empty");
}

#[test]
fn a_docker_archive_has_plain_tars_whose_digests_the_configuration_names() {
    let directory = tempfile::tempdir().unwrap();
    let image = image(Arch::Amd64, directory.path());
    let out = directory.path().join("image.tar");
    image.write_docker_archive("app:1.0", &out).unwrap();
    let mut members = BTreeMap::new();
    let mut archive = tar::Archive::new(fs::File::open(&out).unwrap());
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        members.insert(entry.path().unwrap().display().to_string(), bytes);
    }
    let manifest: serde_json::Value = serde_json::from_slice(&members["manifest.json"]).unwrap();
    assert_eq!(manifest[0]["RepoTags"], serde_json::json!(["app:1.0"]));
    let config = &members[manifest[0]["Config"].as_str().unwrap()];
    let config: ImageConfiguration = serde_json::from_slice(config).unwrap();
    let layers = manifest[0]["Layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    for (layer, wanted) in layers.iter().zip(config.rootfs().diff_ids()) {
        let bytes = &members[layer.as_str().unwrap()];
        assert_eq!(&Digest::finished(Sha256::new_with_prefix(bytes)).to_string(), wanted);
    }
    assert_eq!(members.len(), 5);
}

#[test]
fn an_image_on_a_base_has_its_layers_and_variables() {
    let directory = tempfile::tempdir().unwrap();
    let below =
        Settings { variables: vec!["A=base".into(), "B=base".into()], ..settings(Arch::Amd64) };
    let lowest = layer(Role::System, "base", Compression::Gzip, directory.path());
    let image = Image::new(&below, None, std::slice::from_ref(&lowest), None).unwrap();
    let base = Base::of(&image, "debian", &Arch::Amd64).unwrap();
    let own = layer(Role::App, "own", Compression::Zstd(3), directory.path());
    let own = [own];
    let on_top = Image::new(&settings(Arch::Amd64), Some(&base), &own, None).unwrap();
    let config = on_top.configuration(&on_top.top).unwrap();
    let env = config.config().as_ref().unwrap().env().clone().unwrap();
    assert_eq!(env, ["A=base", "PATH=/opt/a/bin", "B=own"]);
    let digests: Vec<_> =
        on_top.layers(&on_top.top).unwrap().into_iter().map(|one| one.diff_id).collect();
    assert_eq!(digests, [lowest.diff_id, own[0].diff_id.clone()]);
    assert_eq!(config.history().as_ref().unwrap().len(), 2);
    let annotations = on_top.top.manifest().unwrap().annotations().clone().unwrap();
    assert_eq!(annotations[ANNOTATION_BASE_IMAGE_NAME], "debian");
    let error = Base::of(&image, "debian", &Arch::ARM64).unwrap_err();
    assert_eq!(error.to_string(), "the base image debian has nothing for arm64");
    let error = Image::new(&settings(Arch::ARM64), Some(&base), &own, None).unwrap_err();
    assert!(matches!(error, Error::BaseTarget { .. }), "{error}");
}

#[test]
fn a_rebased_image_differs_in_the_replaced_layers_alone() {
    let directory = tempfile::tempdir().unwrap();
    let old = image(Arch::Amd64, directory.path());
    let new = ["runtime, newer", "a part"].map(|text| {
        let role = if text.starts_with('a') { Role::Part } else { Role::Runtime };
        layer(role, text, Compression::Zstd(3), directory.path())
    });
    let replacement = Replacement {
        roles: vec![Role::Runtime, Role::Part],
        layers: new.to_vec(),
        labels: BTreeMap::from([("python".into(), "3.12.2".into())]),
        sbom: None,
    };
    let replace = |_: &Document, _: &ImageConfiguration, layers: &[Layer]| {
        let roles: Vec<_> = layers.iter().filter_map(contents).map(|(role, _)| role).collect();
        assert_eq!(roles, [Role::CLibrary, Role::Runtime, Role::App]);
        Ok::<_, Error>(replacement.clone())
    };
    let rebased = old.rebased(replace).unwrap();
    let before = old.layers(&old.top).unwrap();
    let after = rebased.layers(&rebased.top).unwrap();
    let digest = |layer: &Layer| layer.blob.digest.clone();
    let wanted = [&before[0], &new[0], &new[1], &before[2]].map(digest);
    assert_eq!(after.iter().map(digest).collect::<Vec<_>>(), wanted);
    let config = rebased.configuration(&rebased.top).unwrap();
    assert_eq!(config.history().as_ref().unwrap().len(), 4);
    assert_eq!(config.rootfs().diff_ids().len(), 4);
    let labels = config.labels_of_config().unwrap();
    assert_eq!((labels["python"].as_str(), labels.len()), ("3.12.2", 2));
    assert_eq!(rebased.tag, old.tag);
    assert!(rebased.referrers.is_empty());
    let none = Replacement { roles: vec![Role::Wheel], ..replacement };
    let error = old.rebased(|_, _, _| Ok::<_, Error>(none.clone())).unwrap_err();
    assert!(matches!(error, Error::NotOurs(_)), "{error}");
}
