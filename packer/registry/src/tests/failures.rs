use super::*;

/// The number of requests of a push that nothing disturbs.
fn undisturbed() -> usize {
    let registry = Registry::start(Rules::default());
    push(&registry, &index(), "x", &access()).unwrap();
    registry.store().seen.len()
}

#[test]
fn single_failures_are_overcome_at_every_request() {
    for number in 1..=undisturbed() {
        for code in [0, 500, 503, 429] {
            let mut rules = Rules::default();
            match code {
                0 => rules.breaks = vec![number],
                code => drop(rules.failures.insert(number, code)),
            }
            let registry = Registry::start(rules);
            push(&registry, &index(), "x", &access())
                .unwrap_or_else(|error| panic!("request {number}, {code}: {error}"));
            assert!(registry.is_whole("x", "2.0"), "request {number}, {code}");
        }
    }
}

#[test]
fn a_registry_that_dies_leaves_whole_tags_and_is_named() {
    let (mut tags, mut failed) = (0, 0);
    let all = undisturbed();
    for number in 1..=all + 1 {
        let registry = Registry::start(Rules { dies_at: Some(number), ..Rules::default() });
        let outcome = push(&registry, &index(), "x", &access());
        assert_eq!(outcome.is_err(), number <= all, "{number}: {:?}", registry.store().seen);
        if let Err(error) = outcome {
            failed += 1;
            let text = message(&registry, &error);
            assert!(text.contains(" at HOST: "), "{text}");
            assert!(
                text.contains("help: check that the registry runs and can be reached"),
                "{text}"
            );
        }
        let names: Vec<_> = registry.store().manifests.keys().cloned().collect();
        for (repository, tag) in names {
            tags += 1;
            assert!(registry.is_whole(&repository, &tag), "{number}: {tag}");
        }
        // The next push completes it.
        registry.store().rules.dies_at = None;
        push(&registry, &index(), "x", &access()).unwrap();
        assert!(registry.is_whole("x", "2.0"));
    }
    assert!(tags > 0);
    assert_eq!(failed, all);
}

#[test]
fn uploads_that_a_registry_has_forgotten_begin_anew() {
    let registry = Registry::start(Rules::default());
    let number = registry.requests("").len();
    assert_eq!(number, 0);
    let other = Registry::start(Rules::default());
    // Its answer is that the upload is unknown.
    registry.store().rules.uploads_at = Some(format!("http://{}", other.host));
    let error = push(&registry, &image(&["a"]), "x", &access()).unwrap_err();
    assert!(matches!(error, Error::Status { status: 404, .. }), "{error}");
    assert!(registry.requests("POST ").len() >= 4);
}

#[test]
fn an_unreachable_registry_is_named_with_help() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    drop(listener);
    let reference: Reference = format!("{host}/x").parse().unwrap();
    let error = crate::push(&image(&["a"]), &reference, ADD, &access()).unwrap_err();
    let text = format!("{error}\nhelp: {}", error.remedy().unwrap()).replace(&host, "HOST");
    assert_eq!(
        text,
        "cannot use the registry at HOST: io: Connection refused (os error 111)\n\
         help: check that the registry runs and can be reached, then run the command again; \
         it skips what has arrived"
    );
}

#[test]
fn refusals_are_not_repeated_and_have_the_servers_message() {
    let rules = Rules { failures: BTreeMap::from([(2, 403)]), ..Rules::default() };
    let registry = Registry::start(rules);
    let error = push(&registry, &image(&["a"]), "x", &access()).unwrap_err();
    let text = message(&registry, &error);
    assert_eq!(
        text,
        "not allowed to look for x:1.0 at HOST\n\
         help: log in to HOST as a user who may do that, or use another repository"
    );
    assert_eq!(registry.store().seen.len(), 2);
}

#[test]
fn a_damaged_manifest_gets_no_tag() {
    let registry = Registry::start(Rules::default());
    let image = image(&["a"]);
    let digest = image.top.digest.to_string();
    registry.store().rules.damaged = Some(digest.clone());
    let error = push(&registry, &image, "x", &access()).unwrap_err();
    assert_eq!(
        message(&registry, &error),
        format!(
            "HOST holds a damaged copy of the manifest {digest}\n\
             help: check the registry's storage and delete that copy, then run the command again"
        )
    );
    assert!(!registry.store().manifests.contains_key(&("x".into(), "1.0".into())));
}

#[test]
fn a_layer_that_is_shorter_in_the_registry_is_sent_again() {
    let registry = Registry::start(Rules::default());
    let image = image(&["layer"]);
    let layer = image.blobs.values().find(|blob| blob.media_type == LAYER).unwrap();
    let key = ("x".to_owned(), layer.digest.to_string());
    registry.store().blobs.insert(key.clone(), b"lay".to_vec());
    push(&registry, &image, "x", &access()).unwrap();
    assert_eq!(registry.store().blobs[&key], b"layer");
}

#[test]
fn a_layer_that_vanishes_here_is_named() {
    let registry = Registry::start(Rules::default());
    let mut image = image(&["layer"]);
    let layer = image.blobs.values_mut().find(|blob| blob.media_type == LAYER).unwrap();
    layer.content = Content::File("/nonexistent/layer".into());
    let expected = format!("cannot read {} to send it to HOST: ", layer.digest);
    let error = push(&registry, &image, "x", &access()).unwrap_err();
    assert!(message(&registry, &error).starts_with(&expected), "{error}");
}

#[test]
fn a_layer_that_becomes_shorter_isnt_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("layer");
    fs::write(&path, "lay").unwrap();
    let registry = Registry::start(Rules::default());
    let mut image = image(&["layer"]);
    let layer = image.blobs.values_mut().find(|blob| blob.media_type == LAYER).unwrap();
    layer.content = Content::File(path);
    let error = push(&registry, &image, "x", &access()).unwrap_err();
    assert!(error.to_string().ends_with("the file has become shorter"), "{error}");
}
