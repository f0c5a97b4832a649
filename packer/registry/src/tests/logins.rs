use super::*;

#[test]
fn passwords_are_sent_where_they_are_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::start(Rules { basic: Some("ann:pw".into()), ..Rules::default() });
    let access = with_login(directory.path(), &registry, &json!({"auth": "YW5uOnB3"}));
    push(&registry, &image(&["a"]), "x", &access).unwrap();
    assert!(registry.is_whole("x", "1.0"));
    // Nobody is told the password before asking.
    assert_eq!(registry.store().seen[0].authorization, None);
}

#[test]
fn tokens_cover_the_repositories_of_mounts() {
    let directory = tempfile::tempdir().unwrap();
    let registry = Registry::start(Rules { bearer: Some("ann:pw".into()), ..Rules::default() });
    let access = with_login(directory.path(), &registry, &json!({"auth": "YW5uOnB3"}));
    let access = Access { records: Some(directory.path().join("notes")), ..access };
    push(&registry, &image(&["a"]), "one", &access).unwrap();
    let pushed = push(&registry, &image(&["a"]), "two", &access).unwrap();
    assert_eq!((pushed.mounted, pushed.sent), (2, 0));
    let tokens = registry.requests("/token");
    assert_eq!(tokens.len(), 3, "{tokens:?}");
    assert!(
        tokens[2].contains("scope=repository%3Atwo%3Apull%2Cpush&scope=repository%3Aone%3Apull")
    );
}

#[test]
fn identity_tokens_are_exchanged() {
    let directory = tempfile::tempdir().unwrap();
    let rules = Rules { bearer: Some("<token>:refresh".into()), ..Rules::default() };
    let registry = Registry::start(rules);
    let access = with_login(directory.path(), &registry, &json!({"identitytoken": "refresh"}));
    push(&registry, &image(&["a"]), "x", &access).unwrap();
    assert!(registry.is_whole("x", "1.0"));
}

#[test]
fn anonymous_tokens_only_read() {
    let registry = Registry::start(Rules { bearer: Some(String::new()), ..Rules::default() });
    let error = push(&registry, &image(&["a"]), "x", &access()).unwrap_err();
    let text = message(&registry, &error);
    assert!(text.starts_with("HOST requires a login to store sha256:"), "{text}");
    assert!(
        text.ends_with("help: log in with `docker login HOST` or `podman login HOST`"),
        "{text}"
    );
}

#[test]
fn wrong_passwords_are_reported_without_them() {
    let directory = tempfile::tempdir().unwrap();
    for rules in [
        Rules { basic: Some("ann:right".into()), ..Rules::default() },
        Rules { bearer: Some("ann:right".into()), ..Rules::default() },
    ] {
        let registry = Registry::start(rules);
        let access = with_login(directory.path(), &registry, &json!({"auth": "YW5uOnB3"}));
        let error = push(&registry, &image(&["a"]), "x", &access).unwrap_err();
        let text = message(&registry, &error);
        assert!(text.starts_with("HOST refuses the login of ann"), "{text}");
        assert!(!format!("{error:?}").contains("YW5uOnB3"));
    }
}

#[test]
fn other_servers_get_no_credentials() {
    let directory = tempfile::tempdir().unwrap();
    let other = Registry::start(Rules::default());
    let elsewhere = format!("http://{}", other.host);
    let rules = Rules {
        basic: Some("ann:pw".into()),
        blobs_at: Some(elsewhere.clone()),
        uploads_at: Some(elsewhere),
        ..Rules::default()
    };
    let registry = Registry::start(rules);
    let access = with_login(directory.path(), &registry, &json!({"auth": "YW5uOnB3"}));
    // The other server has no such upload.
    push(&registry, &image(&["a"]), "x", &access).unwrap_err();
    assert!(other.store().seen.iter().any(|seen| seen.line.starts_with("PUT ")));
    registry.store().rules.uploads_at = None;
    push(&registry, &image(&["a"]), "x", &access).unwrap();
    let blobs = registry.store().blobs.clone();
    other.store().blobs = blobs;
    let pulled = crate::pull(&reference(&registry, "x:1.0"), |_| true, &access).unwrap();
    assert_eq!(pulled.top, image(&["a"]).top);
    let seen = other.store().seen.clone();
    assert!(seen.iter().any(|seen| seen.line.starts_with("GET /v2/x/blobs/")), "{seen:?}");
    assert!(seen.iter().all(|seen| seen.authorization.is_none()), "{seen:?}");
}

#[test]
fn servers_of_tokens_need_encryption() {
    let directory = tempfile::tempdir().unwrap();
    let rules = Rules {
        bearer: Some("ann:pw".into()),
        realm: Some("http://tokens.example/token".into()),
        ..Rules::default()
    };
    let registry = Registry::start(rules);
    let access = with_login(directory.path(), &registry, &json!({"auth": "YW5uOnB3"}));
    let error = push(&registry, &image(&["a"]), "x", &access).unwrap_err();
    assert_eq!(
        message(&registry, &error),
        "HOST leads to http://tokens.example/token, which has no encryption\n\
         help: let the registry use https throughout"
    );
}
