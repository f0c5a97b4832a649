//! Passwords of indexes: downloads use those that uv uses, and they get into nothing that is written.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use snakecrate_base::testing::{html, ok, serve_with_login};
use snakecrate_download::file_sha256;

use crate::support::sandbox::{Run, Sandbox, shared, uv};
use crate::support::wheel::Wheel;

const USER: &str = "me";

/// A package index on loopback that wants a password.
struct Index {
    /// Its address, without credentials.
    url: String,
    /// One that no other run of the test has.
    password: String,
    /// The name of the only package.
    package: String,
}

impl Index {
    /// An index with one wheel, which no cache has.
    fn new(sandbox: &Sandbox, test: &str) -> Self {
        let number = std::process::id();
        let password = format!("s3cr3t@{test}{number}");
        let package = format!("guarded-{test}");
        let wheel = Wheel::new(&package, "1").file("unique.py", format!("RUN = {number}\n"));
        let path = wheel.write(&sandbox.path("index"));
        let bytes = fs::read(&path).unwrap();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let digest = file_sha256(&path).unwrap();
        let page = format!("<a href=\"/files/{file}#sha256={digest}\">{file}</a>");
        fs::remove_dir_all(sandbox.path("index")).unwrap();
        let login = BASE64_STANDARD.encode(format!("{USER}:{password}"));
        let login: &'static str = Box::leak(format!("Basic {login}").into_boxed_str());
        let (url, _) = serve_with_login(login, move |path| {
            if path.starts_with("/files/") { ok(&bytes) } else { html(&page) }
        });
        Self { url, password, package }
    }

    /// The index's address with credentials.
    fn url_with(&self, password: &str) -> String {
        let password = password.replace('@', "%40");
        format!("{}/simple/", self.url.replace("//", &format!("//{USER}:{password}@")))
    }

    /// `snakecrate build` of the package, with all details.
    fn build<'a>(&self, sandbox: &'a Sandbox) -> Run<'a> {
        let arguments = ["build", &self.package, "-o", "app", "--level", "3", "--no-proof", "-v"];
        sandbox
            .packer(arguments)
            .env("SNAKECRATE_CACHE", shared::packer_cache())
            .env("UV_CACHE_DIR", sandbox.root().join("uv"))
            .env("NETRC", sandbox.path("no-netrc"))
    }

    /// Builds, and looks for the password in everything that is there afterwards.
    fn builds_and_tells_nobody(&self, sandbox: &Sandbox, build: Run) {
        let (status, stdout, stderr) = build.output().parts();
        assert!(status.success(), "{stderr}");
        sandbox.archive("app").expect(0, &format!("{} 1\n", self.package), "");
        let _ = sandbox.run(["extract", "app", "unpacked"]).success().parts();
        let inspected = sandbox.run(["inspect", "--json", "app"]).text();
        for text in [&stdout, &stderr, &inspected] {
            self.is_not_in(text);
        }
        self.is_in_no_file(&[&sandbox.path("app"), &sandbox.path("unpacked")]);
        self.is_in_no_file(&[&shared::packer_cache(), &sandbox.cache()]);
    }

    fn is_not_in(&self, text: &str) {
        for form in self.forms() {
            assert!(!text.contains(&form), "{form} in:\n{text}");
        }
    }

    fn is_in_no_file(&self, places: &[&Path]) {
        for form in self.forms() {
            let mut grep = Command::new("grep");
            // The cache is shared: temporary files of other tests go while grep reads.
            let found = grep.args(["-rlasF", "-e", &form]).args(places).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{form}");
            assert!(matches!(found.status.code(), Some(1 | 2)), "{found:?}");
        }
    }

    /// The password, as it is in URLs, and as it is sent.
    fn forms(&self) -> [String; 3] {
        let sent = BASE64_STANDARD.encode(format!("{USER}:{}", self.password));
        [self.password.clone(), self.password.replace('@', "%40"), sent]
    }
}

#[test]
fn a_password_in_the_index_url_is_used_and_not_written() {
    let sandbox = Sandbox::new();
    let index = Index::new(&sandbox, "url");
    let url = index.url_with(&index.password);
    let build = index.build(&sandbox).args(["--index-url", &url]);
    index.builds_and_tells_nobody(&sandbox, build);
}

#[test]
fn a_password_in_netrc_is_used_and_not_written() {
    let sandbox = Sandbox::new();
    let index = Index::new(&sandbox, "netrc");
    let netrc = format!("machine 127.0.0.1\nlogin {USER}\npassword {}\n", index.password);
    let sandbox = sandbox.file("netrc", netrc);
    let build = index.build(&sandbox).args(["--index-url", &format!("{}/simple/", index.url)]);
    let build = build.env("NETRC", sandbox.path("netrc"));
    index.builds_and_tells_nobody(&sandbox, build);
}

#[test]
fn a_password_of_a_named_index_is_used_and_not_written() {
    let sandbox = Sandbox::new();
    let index = Index::new(&sandbox, "named");
    let build = index
        .build(&sandbox)
        .env("UV_DEFAULT_INDEX", format!("my-own={}/simple/", index.url))
        .env("UV_INDEX_MY_OWN_USERNAME", USER)
        .env("UV_INDEX_MY_OWN_PASSWORD", &index.password);
    index.builds_and_tells_nobody(&sandbox, build);
}

#[test]
fn a_password_in_uvs_own_store_is_used_and_not_written() {
    let sandbox = Sandbox::new();
    let index = Index::new(&sandbox, "store");
    let store = sandbox.root().join("uv-data");
    let mut login = Command::new(uv());
    login.args(["auth", "login", &index.url, "--username", USER, "--password", &index.password]);
    assert!(login.env("UV_CREDENTIALS_DIR", &store).output().unwrap().status.success());
    let url = format!("{}/simple/", index.url.replace("//", &format!("//{USER}@")));
    let build = index.build(&sandbox).args(["--index-url", &url]).env("UV_CREDENTIALS_DIR", &store);
    index.builds_and_tells_nobody(&sandbox, build);
}

#[test]
fn a_password_in_find_links_is_not_an_argument_of_uv() {
    let sandbox = Sandbox::new();
    let index = Index::new(&sandbox, "links");
    let url = index.url_with(&index.password);
    let build = index.build(&sandbox).args(["--find-links", &url]);
    let build = build.env("UV_INDEX_URL", format!("{}/nothing", index.url));
    index.builds_and_tells_nobody(&sandbox, build);
}

#[test]
fn a_wrong_password_is_not_in_the_error() {
    let sandbox = Sandbox::new();
    let mut index = Index::new(&sandbox, "wrong");
    index.password = format!("wr0ng{}", std::process::id());
    let url = index.url_with(&index.password);
    let (status, stdout, stderr) =
        index.build(&sandbox).args(["--index-url", &url]).output().parts();
    assert!(!status.success() && stdout.is_empty());
    index.is_not_in(&stderr);
    assert!(
        stderr.contains("error: uv cannot resolve the requirements\n    No solution"),
        "{stderr}"
    );
}
