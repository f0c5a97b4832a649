use super::*;
use snakecrate_base::testing::{ok, serve_in_turn, serve_with_login, status};
use snakecrate_base::ui::Verbosity;

const HELLO: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

fn quiet() -> Ui {
    Ui::new(Verbosity::Quiet)
}

#[test]
fn a_complete_file_is_not_downloaded_again() {
    let (url, requests) = serve_in_turn(vec![ok(b"hello")]);
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("new/hello.txt");
    fetch(&url, HELLO, &to, quiet()).unwrap();
    fetch(&url, &HELLO.to_uppercase(), &to, quiet()).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"hello");
    assert_eq!(requests(), 1);
}

#[test]
fn wrong_content_is_refused_and_removed() {
    let (url, _) = serve_in_turn(vec![ok(b"hellO")]);
    let dir = tempfile::tempdir().unwrap();
    let error = fetch(&url, HELLO, &dir.path().join("hello.txt"), quiet()).unwrap_err();
    assert!(matches!(&error, Error::Digest { expected, .. } if expected == HELLO), "{error}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_file_larger_than_announced_is_refused() {
    let (url, requests) = serve_in_turn(vec![ok(b"hello")]);
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("hello.txt");
    let error = fetch_at_most(&url, HELLO, 4, &to, quiet()).unwrap_err();
    assert!(matches!(error, Error::TooLarge { most: 4, .. }), "{error}");
    assert_eq!((requests(), fs::read_dir(dir.path()).unwrap().count()), (1, 0));
    fetch_at_most(&url, HELLO, 5, &to, quiet()).unwrap();
}

#[test]
fn a_connection_that_breaks_is_tried_again() {
    let mut broken = ok(b"hello");
    broken.truncate(broken.len() - 2);
    let (url, requests) = serve_in_turn(vec![broken, status("503 Busy"), ok(b"hello")]);
    let dir = tempfile::tempdir().unwrap();
    fetch(&url, HELLO, &dir.path().join("hello.txt"), quiet()).unwrap();
    assert_eq!(requests(), 3);
}

#[test]
fn a_missing_file_is_reported_at_once() {
    let (url, requests) = serve_in_turn(vec![status("404 Not Found")]);
    let error = text(&url).unwrap_err();
    assert!(matches!(error, Error::Status { status: 404, .. }));
    assert_eq!(requests(), 1);
}

#[test]
fn file_urls_are_read_from_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a b"), "hello").unwrap();
    let url = format!("file://{}/a%20b", dir.path().display());
    let to = dir.path().join("copy");
    fetch(&url, HELLO, &to, quiet()).unwrap();
    assert_eq!(fs::read(&to).unwrap(), b"hello");
    assert_eq!(text(&url).unwrap(), "hello");
}

#[test]
fn other_schemes_are_refused() {
    assert!(matches!(text("ftp://x/y"), Err(Error::Scheme(_))));
    assert!(matches!(text("/etc/passwd"), Err(Error::Scheme(_))));
}

#[test]
fn credentials_of_the_url_are_sent_and_not_shown() {
    let (url, _) = serve_with_login("Basic bWU6YUBi", |_| ok(b"hello"));
    assert_eq!(text(&url.replace("//", "//me:a%40b@")).unwrap(), "hello");
    let error = text(&url.replace("//", "//me:wrong@")).unwrap_err();
    assert!(matches!(error, Error::Status { status: 401, .. }));
    assert!(!error.to_string().contains("wrong"), "{error}");
}
