use super::*;

#[test]
fn a_pulled_image_has_all_but_its_layers() {
    let registry = Registry::start(Rules::default());
    let image = index();
    push(&registry, &image, "x", &access()).unwrap();
    let name = reference(&registry, "x:2.0");
    let mut pulled = crate::pull(&name, |_| true, &access()).unwrap();
    assert_eq!((&pulled.top, &pulled.manifests), (&image.top, &image.manifests));
    assert_eq!(pulled.referrers, image.referrers);
    assert!(pulled.blobs.keys().eq(image.blobs.keys()));
    for blob in pulled.blobs.values() {
        let is_elsewhere = matches!(blob.content, Content::Elsewhere);
        assert_eq!(is_elsewhere, blob.media_type == LAYER, "{blob:?}");
    }
    let directory = tempfile::tempdir().unwrap();
    crate::pull_layers(&mut pulled, &name, directory.path(), &access()).unwrap();
    for blob in pulled.blobs.values() {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut blob.open().unwrap(), &mut bytes).unwrap();
        assert_eq!(snakecrate_image::Digest::of(&bytes), blob.digest);
    }
    registry.requests("");
    let mut again = crate::pull(&name, |_| true, &access()).unwrap();
    registry.requests("");
    crate::pull_layers(&mut again, &name, directory.path(), &access()).unwrap();
    assert_eq!(registry.requests(""), ["GET /v2/"]);
}

#[test]
fn referrers_are_found_by_their_tag() {
    let registry = Registry::start(Rules { no_referrers: true, ..Rules::default() });
    push(&registry, &index(), "x", &access()).unwrap();
    let pulled = crate::pull(&reference(&registry, "x:2.0"), |_| true, &access()).unwrap();
    assert_eq!(pulled.referrers, index().referrers);
}

#[test]
fn only_wanted_manifests_are_read() {
    let registry = Registry::start(Rules::default());
    push(&registry, &index(), "x", &access()).unwrap();
    let arm = |one: &snakecrate_image::spec::Descriptor| {
        one.platform().as_ref().is_some_and(|host| host.architecture().to_string() == "arm64")
    };
    let pulled = crate::pull(&reference(&registry, "x:2.0"), arm, &access()).unwrap();
    assert_eq!(pulled.manifests, index().manifests[1..]);
}

#[test]
fn a_missing_image_is_named() {
    let registry = Registry::start(Rules::default());
    let error = crate::pull(&reference(&registry, "x:9"), |_| true, &access()).unwrap_err();
    assert_eq!(message(&registry, &error), "HOST has no x:9\nhelp: check the name and the tag");
}

#[test]
fn damaged_layers_and_manifests_are_refused() {
    let registry = Registry::start(Rules::default());
    let image = image(&["layer"]);
    push(&registry, &image, "x", &access()).unwrap();
    let name = reference(&registry, "x:1.0");
    let layer = image.blobs.values().find(|blob| blob.media_type == LAYER).unwrap();
    let key = ("x".to_owned(), layer.digest.to_string());
    let directory = tempfile::tempdir().unwrap();
    for damaged in ["lAyer", "layer and more", "lay"] {
        registry.store().blobs.insert(key.clone(), damaged.into());
        let mut pulled = crate::pull(&name, |_| true, &access()).unwrap();
        let outcome = crate::pull_layers(&mut pulled, &name, directory.path(), &access());
        let error = outcome.unwrap_err();
        let expected = format!("HOST holds a damaged copy of the layer {}\n", layer.digest);
        assert!(message(&registry, &error).starts_with(&expected), "{error}");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
    let digest = image.top.digest.to_string();
    let key = ("x".to_owned(), digest.clone());
    let kind = image.top.media_type.clone();
    registry.store().manifests.insert(key, (kind, b"{}".to_vec()));
    let name = reference(&registry, &format!("x@{digest}"));
    let error = crate::pull(&name, |_| true, &access()).unwrap_err();
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
}
