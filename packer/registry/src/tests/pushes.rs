use super::*;

fn counts(pushed: &Pushed) -> (Tag, usize, usize, usize) {
    (pushed.tag, pushed.present, pushed.mounted, pushed.sent)
}

#[test]
fn the_tag_is_written_last() {
    let registry = Registry::start(Rules::default());
    let image = index();
    let pushed = push(&registry, &image, "team/tool", &access()).unwrap();
    assert_eq!(counts(&pushed), (Tag::Added, 0, 0, 7));
    assert_eq!(pushed.reference.to_string(), format!("{}/team/tool:2.0", registry.host));
    let total: u64 = image.blobs.values().map(|blob| blob.size).sum();
    let documents = image.manifests.iter().chain(&image.referrers).chain([&image.top, &image.top]);
    let documents: usize = documents.map(|document| document.bytes.len()).sum();
    assert_eq!(pushed.bytes, total + documents as u64);
    assert!(registry.is_whole("team/tool", "2.0"));
    let lines = registry.requests("PUT ");
    let (blobs, manifests): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.contains("/blobs/"));
    assert_eq!(blobs.len(), 7);
    let names: Vec<_> = manifests.iter().map(|line| line.rsplit('/').next().unwrap()).collect();
    let digest = |document: &Document| document.digest.to_string();
    let [first, second, top, referrer] =
        [&image.manifests[0], &image.manifests[1], &image.top, &image.referrers[0]].map(digest);
    assert_eq!(names, [&first, &second, &top, &referrer, "2.0"]);
    assert!(lines[..7].iter().all(|line| line.contains("/blobs/")), "{lines:?}");
}

#[test]
fn a_second_push_sends_nothing() {
    let registry = Registry::start(Rules::default());
    push(&registry, &image(&["a", "b"]), "x", &access()).unwrap();
    registry.requests("");
    let pushed = push(&registry, &image(&["a", "b"]), "x", &access()).unwrap();
    assert_eq!((counts(&pushed), pushed.bytes), ((Tag::Same, 0, 0, 0), 0));
    assert_eq!(registry.requests(""), ["GET /v2/", "HEAD /v2/x/manifests/1.0"]);
    let pushed = push(&registry, &image(&["a", "b"]), "x:other", &access()).unwrap();
    assert_eq!(counts(&pushed), (Tag::Added, 3, 0, 0));
}

#[test]
fn a_tag_is_only_replaced_on_demand() {
    let registry = Registry::start(Rules::default());
    let (old, new) = (image(&["a"]), image(&["a", "b"]));
    push(&registry, &old, "x", &access()).unwrap();
    let error = push(&registry, &new, "x", &access()).unwrap_err();
    let digest = &old.top.digest;
    let expected = format!(
        "HOST/x:1.0 exists with other content ({digest})\n\
         help: replace it with --retag, or name another tag"
    );
    assert_eq!(message(&registry, &error), expected);
    let retag = Options { retag: true, ..ADD };
    let pushed = crate::push(&new, &reference(&registry, "x"), retag, &access()).unwrap();
    assert_eq!(counts(&pushed), (Tag::Replaced, 1, 0, 2));
    assert!(registry.is_whole("x", "1.0"));
}

#[test]
fn an_image_without_a_version_needs_a_tag() {
    let registry = Registry::start(Rules::default());
    let image = Image { tag: None, ..image(&["a"]) };
    let error = push(&registry, &image, "x", &access()).unwrap_err();
    assert_eq!(
        message(&registry, &error),
        "the image has no version to use as its tag in HOST/x\nhelp: name a tag: HOST/x:TAG"
    );
    push(&registry, &image, "x:3", &access()).unwrap();
    assert!(registry.is_whole("x", "3"));
}

#[test]
fn layers_are_mounted_from_repositories_that_got_them() {
    let notes = tempfile::tempdir().unwrap();
    let access = Access { records: Some(notes.path().to_owned()), ..access() };
    let registry = Registry::start(Rules::default());
    push(&registry, &image(&["a", "b"]), "one", &access).unwrap();
    let pushed = push(&registry, &image(&["a", "b", "c"]), "two", &access).unwrap();
    assert_eq!(counts(&pushed), (Tag::Added, 0, 2, 2));
    assert!(registry.is_whole("two", "1.0"));
    assert_eq!(registry.requests("from=one").len(), 2);
}

#[test]
fn registries_that_mount_nothing_get_the_layers() {
    let notes = tempfile::tempdir().unwrap();
    let access = Access { records: Some(notes.path().to_owned()), ..access() };
    let registry = Registry::start(Rules { no_mounts: true, ..Rules::default() });
    for repository in ["one", "two", "three"] {
        let pushed = push(&registry, &image(&["a", "b"]), repository, &access).unwrap();
        assert_eq!(counts(&pushed), (Tag::Added, 0, 0, 3));
        assert!(registry.is_whole(repository, "1.0"));
    }
    // Of two uploads that the trials began, one is used.
    assert_eq!(registry.requests("DELETE ").len(), 3);
}

#[test]
fn registries_without_lists_of_referrers_get_a_tag() {
    let registry = Registry::start(Rules { no_referrers: true, ..Rules::default() });
    let image = index();
    push(&registry, &image, "x", &access()).unwrap();
    let tag = image.manifests[0].digest.to_string().replace(':', "-");
    let key = ("x".to_owned(), tag.clone());
    let list: Value = serde_json::from_slice(&registry.store().manifests[&key].1).unwrap();
    let entries = list["manifests"].as_array().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["digest"], image.referrers[0].digest.as_str());
    assert_eq!(entries[0]["artifactType"], snakecrate_image::CYCLONEDX);
    assert!(registry.is_whole("x", &tag) && registry.is_whole("x", "2.0"));
    // The list doesn't grow.
    push(&registry, &image, "x:again", &access()).unwrap();
    let list: Value = serde_json::from_slice(&registry.store().manifests[&key].1).unwrap();
    assert_eq!(list["manifests"].as_array().unwrap().len(), 1);
}

#[test]
fn registries_that_refuse_subjects_get_the_image() {
    let registry = Registry::start(Rules { no_subjects: true, ..Rules::default() });
    push(&registry, &index(), "x", &access()).unwrap();
    assert!(registry.is_whole("x", "2.0"));
    let warnings = snakecrate_base::ui::warnings().join("\n");
    assert!(warnings.contains(&format!("{} takes the image, but not 1 bill", registry.host)));
}

/// An image with a layer of more than one part.
fn large() -> Image {
    let text = "0123456789abcdef".repeat(usize::try_from(crate::upload::PART / 16 + 6).unwrap());
    image(&[&text, "b"])
}

#[test]
fn large_requests_that_are_refused_are_sent_in_parts() {
    let largest = Some(crate::upload::PART);
    let registry = Registry::start(Rules { largest, ..Rules::default() });
    let pushed = push(&registry, &large(), "x", &access()).unwrap();
    assert_eq!(counts(&pushed), (Tag::Added, 0, 0, 3));
    assert!(registry.is_whole("x", "1.0"));
    assert_eq!(registry.requests("PATCH ").len(), 2);
}

#[test]
fn registries_without_uploads_in_parts_get_whole_layers() {
    let registry = Registry::start(Rules { no_parts: true, ..Rules::default() });
    push(&registry, &large(), "x", &access()).unwrap();
    assert!(registry.is_whole("x", "1.0"));
    assert!(registry.requests("PATCH ").is_empty());
    let largest = Some(crate::upload::PART);
    let registry = Registry::start(Rules { no_parts: true, largest, ..Rules::default() });
    let error = push(&registry, &large(), "x", &access()).unwrap_err();
    let text = message(&registry, &error);
    assert!(text.contains("at HOST: status 413\nhelp: raise the limit on the size"), "{text}");
}

#[test]
fn layers_elsewhere_are_mounted_or_carried_over() {
    let registry = Registry::start(Rules::default());
    let full = image(&["a", "b"]);
    push(&registry, &full, "base", &access()).unwrap();
    let source = reference(&registry, "base:1.0");
    let here = Options { retag: false, source: Some(&source) };
    let bare = without_layers(full);
    let own = crate::push(&bare, &reference(&registry, "own"), here, &access()).unwrap();
    assert_eq!(counts(&own), (Tag::Added, 0, 3, 0));
    let other = Registry::start(Rules::default());
    let carried = crate::push(&bare, &reference(&other, "own"), here, &access()).unwrap();
    assert_eq!(counts(&carried), (Tag::Added, 0, 0, 3));
    assert!(registry.is_whole("own", "1.0") && other.is_whole("own", "1.0"));
    let third = Registry::start(Rules::default());
    let error = push(&third, &bare, "own", &access()).unwrap_err();
    assert!(matches!(error, Error::Elsewhere { .. }), "{error}");
    assert!(!third.is_whole("own", "1.0"));
}
