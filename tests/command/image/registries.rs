//! Images in registries: `--push`, `--retag`, `--base REF`.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use snakecrate_registry::testing::{Registry, Rules};

use super::*;

/// A sandbox with one small archive that brings its C library, `./NAME`.
pub(super) fn archive(name: &str) -> Sandbox {
    let scripts = format!("[project.scripts]\n{name} = 'demo:main'\n");
    let sandbox = Sandbox::new()
        .bare_project(name, &scripts)
        .file(&format!("{name}/demo.py"), format!("def main():\n    print('{name}')\n"));
    sandbox.build([name, "-o", "app", "--libc", "bundled"]).done();
    sandbox
}

/// Runs `snakecrate image app ARGUMENTS…`, with files of logins in the sandbox only.
pub(super) fn push<'a>(sandbox: &'a Sandbox, arguments: &[&str]) -> Run<'a> {
    sandbox
        .packer(["image", "./app", "--level", "3"])
        .env("SNAKECRATE_CACHE", shared::packer_cache())
        .env("HOME", sandbox.home())
        .env("DOCKER_CONFIG", sandbox.path("docker"))
        .env("XDG_RUNTIME_DIR", sandbox.path("run"))
        .env("REGISTRY_AUTH_FILE", "")
        .args(arguments)
}

/// What a push reports, with `HOST` for the registry's, and without sizes and digests.
pub(super) fn report(registry: &Registry, run: Run) -> String {
    let (status, stdout, stderr) = run.output().parts();
    assert!(status.success(), "{stderr}");
    let text = format!("{stdout}{stderr}").replace(&registry.host, "HOST");
    let size = regex::Regex::new(r"sha256:[0-9a-f]{64}|[0-9.]+ [kM]B|\d+ blobs?").unwrap();
    size.replace_all(&text, "…").into_owned()
}

#[test]
fn a_pushed_image_is_whole_and_sent_once() {
    let sandbox = archive("pushonce");
    let registry = Registry::start(Rules::default());
    let place = format!("{}/team/app", registry.host);
    let first = report(&registry, push(&sandbox, &["--push", &place]));
    let lines: Vec<_> = first.lines().collect();
    assert_eq!(lines[0], "HOST/team/app:1@…");
    assert_eq!(lines[1], "      Pushed HOST/team/app:1 (… sent in …; 0 mounted, 0 there)");
    assert!(registry.is_whole("team/app", "1"));
    assert_eq!(sandbox.names().iter().filter(|name| name.contains(".oci")).count(), 0);
    registry.requests("");
    let second = report(&registry, push(&sandbox, &["--push", &place]));
    assert_eq!(second, "HOST/team/app:1@…\n   Unchanged HOST/team/app:1\n");
    let changing = ["PUT ", "POST ", "PATCH "];
    let seen = registry.requests("");
    assert!(
        !seen.iter().any(|line| changing.iter().any(|kind| line.starts_with(kind))),
        "{seen:?}"
    );
    let third = report(&registry, push(&sandbox, &["--push", &place.replace("team", "other")]));
    let mounted = registry.requests("from=team%2Fapp").len();
    let expected = format!("({} sent in …; {mounted} mounted, 0 there)", "…");
    assert!(mounted > 5 && third.contains(&expected), "{third}");
}

#[test]
fn an_existing_tag_stays_without_retag() {
    let sandbox = archive("pushretag");
    let registry = Registry::start(Rules::default());
    let place = format!("{}/app:stable", registry.host);
    report(&registry, push(&sandbox, &["--push", &place]));
    let labelled = ["--push", &place, "--label", "a=b"];
    let (status, _, stderr) = push(&sandbox, &labelled).output().parts();
    assert_eq!(status.code(), Some(FAILURE));
    let expected = format!("error: {place} exists with other content (sha256:");
    assert!(stderr.starts_with(&expected), "{stderr}");
    assert!(
        stderr.ends_with("\n help: replace it with --retag, or name another tag\n"),
        "{stderr}"
    );
    let replaced = report(&registry, push(&sandbox, &[&labelled[..], &["--retag"]].concat()));
    assert!(replaced.contains("Pushed HOST/app:stable, replaced (…"), "{replaced}");
}

#[test]
fn helpers_are_asked_for_logins_and_named_if_they_fail() {
    let sandbox = archive("pushhelper");
    let rules = Rules { bearer: Some("ann:s3cret".into()), ..Rules::default() };
    let registry = Registry::start(rules);
    let place = format!("{}/app", registry.host);
    let helpers: Value = json!({"credHelpers": {&registry.host: "forged"}});
    let answer = r#"{"ServerURL": "x", "Username": "ann", "Secret": "s3cret"}"#;
    let helper = |body: &str| {
        let script = format!("#!/bin/sh\nread -r server\n[ \"$1\" = get ] || exit 9\n{body}\n");
        let path = sandbox.path("bin/docker-credential-forged");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, mode).unwrap();
    };
    fs::create_dir_all(sandbox.path("docker")).unwrap();
    fs::write(sandbox.path("docker/config.json"), helpers.to_string()).unwrap();
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").unwrap());
    let failing = |said: &str| {
        let (status, _, stderr) =
            push(&sandbox, &["--push", &place]).env("PATH", &path).output().parts();
        assert_eq!(status.code(), Some(FAILURE));
        let file = sandbox.path("docker/config.json");
        let expected = format!(
            "error: docker-credential-forged fails to give the login for {}: {said}\n \
             help: make `docker-credential-forged get` work, or remove it from {}\n",
            registry.host,
            file.display()
        );
        assert_eq!(stderr, expected);
    };
    failing("it isn't installed");
    helper("echo 'the keyring is locked' >&2; exit 1");
    failing("the keyring is locked");
    helper(&format!("[ \"$server\" = {} ] && echo '{answer}'", registry.host));
    let (status, stdout, stderr) =
        push(&sandbox, &["--push", &place, "-v"]).env("PATH", &path).output().parts();
    assert!(status.success(), "{stderr}");
    assert!(registry.is_whole("app", "1"));
    assert!(!format!("{stdout}{stderr}").contains("s3cret"));
    // The registry lists what it has for those who ask without a login only as refused.
    helper("echo 'credentials not found in native keychain'; exit 1");
    let (_, _, stderr) = push(&sandbox, &["--push", &place]).env("PATH", &path).output().parts();
    let expected =
        format!("error: {} requires a login to use repository:app:pull,push\n", registry.host);
    assert!(stderr.starts_with(&expected), "{stderr}");
}

#[test]
fn a_base_comes_from_a_registry_and_goes_to_another_one() {
    let sandbox = archive("pushbase");
    let registry = Registry::start(Rules::default());
    let base = format!("{}/base:1", registry.host);
    report(&registry, push(&sandbox, &["--push", &base]));
    registry.requests("");
    let own = format!("{}/own:1", registry.host);
    report(&registry, push(&sandbox, &["--base", &base, "--push", &own]));
    assert!(registry.is_whole("own", "1"));
    let layers = registry.requests("GET /v2/base/blobs/").len();
    assert!(layers <= 3, "configuration and bill of materials: {layers}");
    let other = Registry::start(Rules::default());
    let elsewhere = format!("{}/own:1", other.host);
    report(&other, push(&sandbox, &["--base", &base, "--push", &elsewhere, "-o", "local"]));
    assert!(other.is_whole("own", "1"));
    let local = Layout::read(&sandbox.path("local"));
    let is_here = |blob: &snakecrate_image::Blob| {
        !matches!(blob.content, snakecrate_image::Content::Elsewhere)
    };
    assert!(local.image.blobs.values().all(is_here));
    let (status, _, stderr) =
        push(&sandbox, &["--base", &base.replace(":1", ":2"), "--push", &own]).output().parts();
    assert_eq!(status.code(), Some(FAILURE));
    let expected =
        format!("error: {} has no base:2\n help: check the name and the tag\n", registry.host);
    assert_eq!(stderr, expected);
}

#[test]
fn names_that_are_none_are_refused_before_the_build() {
    let sandbox = Sandbox::new();
    push(&sandbox, &["--push", "https://ghcr.io/a"]).output().refused(
        FAILURE,
        "`https://ghcr.io/a` isn't the name of an image: invalid reference format",
        "write it as HOST/REPOSITORY:TAG",
    );
}
