use std::fs;
use std::path::PathBuf;

use super::*;

/// A directory with these files, and the credentials in them.
fn files(contents: &[&str]) -> (tempfile::TempDir, Credentials) {
    let directory = tempfile::tempdir().unwrap();
    let write = |(number, content): (usize, &&str)| -> PathBuf {
        let path = directory.path().join(format!("{number}.json"));
        fs::write(&path, content).unwrap();
        path
    };
    let paths: Vec<_> = contents.iter().enumerate().map(write).collect();
    (directory, Credentials::in_files(paths))
}

fn password(user: &str, password: &str) -> Login {
    Login::Password { user: user.into(), password: password.into() }
}

#[test]
fn logins_of_docker_and_podman_are_found() {
    // ann:a, bob:b (without padding), cat:c:d
    let (_directory, credentials) = files(&[
        r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "YW5uOmE="},
            "plain.example:5000": {"auth": "Ym9iOmI"},
            "token.example": {"auth": "YW5uOmE=", "identitytoken": "T"},
            "fields.example": {"username": "u", "password": "p"},
            "quay.example/team": {"auth": "Y2F0OmM6ZA=="},
            "quay.example": {"auth": "Ym9iOmI="}
        }}"#,
        r#"{"auths": {"second.example": {"auth": "Ym9iOmI="}, "plain.example:5000": {"auth": "YW5uOmE="}}}"#,
    ]);
    for (registry, repository, expected) in [
        ("docker.io", "library/x", Some(password("ann", "a"))),
        ("plain.example:5000", "x", Some(password("bob", "b"))),
        ("plain.example", "x", None),
        ("token.example", "x", Some(Login::IdentityToken("T".into()))),
        ("fields.example", "x", Some(password("u", "p"))),
        ("quay.example", "team/x", Some(password("cat", "c:d"))),
        ("quay.example", "teams/x", Some(password("bob", "b"))),
        ("second.example", "x", Some(password("bob", "b"))),
        ("other.example", "x", None),
    ] {
        assert_eq!(credentials.login(registry, repository).unwrap(), expected, "{registry}");
    }
}

#[test]
fn a_missing_file_has_no_login() {
    let credentials = Credentials::in_files(["/nonexistent/config.json".into()]);
    assert_eq!(credentials.login("x.example", "y").unwrap(), None);
}

#[test]
fn errors_of_login_files_have_no_password() {
    let (directory, credentials) = files(&[r#"{"auths": "hunter2"}"#]);
    let error = credentials.login("x.example", "y").unwrap_err().to_string();
    let path = directory.path().join("0.json");
    let place = path.display();
    assert_eq!(error, format!("cannot read the logins in {place}: line 1 isn't JSON of that form"));
    let (_directory, credentials) = files(&[r#"{"auths": {"x.example": {"auth": "hunter2!"}}}"#]);
    let error = credentials.login("x.example", "y").unwrap_err().to_string();
    assert!(error.ends_with("`auth` of x.example isn't USER:PASSWORD in Base64"), "{error}");
}

#[test]
fn a_helper_that_is_missing_is_named() {
    let (_directory, credentials) =
        files(&[r#"{"credHelpers": {"x.example": "snakecrate-nobody-has-it"}}"#]);
    let error = credentials.login("x.example", "y").unwrap_err();
    assert_eq!(
        error.to_string(),
        "docker-credential-snakecrate-nobody-has-it fails to give the login for x.example: \
         it isn't installed"
    );
    assert_eq!(credentials.login("y.example", "y").unwrap(), None);
}

#[test]
fn logins_are_not_shown() {
    assert_eq!(format!("{:?}", password("ann", "secret")), "Login of ann");
    let token = Login::IdentityToken("secret".into());
    assert_eq!(format!("{token:?}"), "Login of the stored token");
}
