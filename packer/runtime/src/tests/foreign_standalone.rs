//! python-build-standalone for a processor that this machine isn't: index, URL, directory, archive.
//!
//! The trees have the shape of a release: `python/bin/python3 -> python3.13`, `include`, `lib`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use snakecrate_base::error::Remedy as _;
use snakecrate_base::python::Interpreter;
use snakecrate_base::testing::{ok, serve, status};
use snakecrate_format::target::{AARCH64_LINUX, Target, X86_64_LINUX};

use super::{forged, interpreter, python_directories, quiet};
use crate::discover::{Error, Places, Request, Spec, find_in, release};

/// The tree of a release for `target` in `root`.
fn release_tree(root: &Path, target: &Target, own: &Interpreter) {
    forged(root, target, own);
    let (minor, program) = (own.minor(), root.join(own.program()));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    symlink(format!("python{minor}"), root.join("bin/python3")).unwrap();
    let include = root.join(format!("include/python{minor}"));
    fs::create_dir_all(&include).unwrap();
    let text = format!("#define PY_VERSION \"{}\"\n", own.full_version);
    fs::write(include.join("patchlevel.h"), text).unwrap();
}

/// The archive of such a tree, as releases have it.
fn archive(target: &Target, own: &Interpreter) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    release_tree(dir.path(), target, own);
    let mut out = Vec::new();
    let gzip = flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.follow_symlinks(false);
    tar.append_dir_all("python", dir.path()).unwrap();
    tar.into_inner().unwrap().finish().unwrap();
    out
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    snakecrate_download::file_sha256(file.path()).unwrap()
}

fn request(spec: Option<&str>, cache: &Path) -> Request {
    Request {
        spec: spec.map(|spec| Spec::parse(spec).unwrap()),
        ..Request::offline(&AARCH64_LINUX, python_directories(cache))
    }
}

/// The place where this machine's interpreter is, which compiles.
fn places(own: &Interpreter) -> Places {
    let bin = own.executable.parent().unwrap().to_owned();
    Places { path: vec![bin], ..Places::default() }
}

#[track_caller]
fn check(found: &Interpreter, own: &Interpreter) {
    assert_eq!((found.target, &found.full_version), (&AARCH64_LINUX, &own.full_version));
    assert_eq!(found.host, own.executable);
    assert!(found.stdlib.ends_with(own.lib()), "{}", found.stdlib.display());
}

#[test]
fn the_release_for_the_target_is_downloaded_once() {
    let own = interpreter();
    let (theirs, ours) = (archive(&AARCH64_LINUX, &own), archive(&X86_64_LINUX, &own));
    let name = |triple: &str, kind: &str| {
        format!("cpython-{}+{}-{triple}-{kind}.tar.gz", own.full_version, release::TAG)
    };
    let wanted = name(AARCH64_LINUX.triple, "install_only_stripped");
    let sums = [
        (sha256(&ours), name(X86_64_LINUX.triple, "install_only_stripped")),
        ("1".repeat(64), name(AARCH64_LINUX.triple, "install_only")),
        ("2".repeat(64), name("aarch64-unknown-linux-musl", "install_only_stripped")),
        ("3".repeat(64), name("aarch64-apple-darwin", "install_only_stripped")),
        ("4".repeat(64), name(AARCH64_LINUX.triple, "freethreaded-install_only_stripped")),
        (sha256(&theirs), wanted.clone()),
    ];
    let sums = sums.map(|(digest, file)| format!("{digest}  {file}\n")).concat();
    let path = format!("/{}/{}", release::TAG, wanted.replace('+', "%2B"));
    let (mirror, requests) = serve(move |asked, _| match asked {
        asked if asked == path => ok(&theirs),
        asked if asked.ends_with("/SHA256SUMS") => ok(sums.as_bytes()),
        _ => status("404 Not Found"),
    });
    let dir = tempfile::tempdir().unwrap();
    let online = Request { offline: false, mirror: Some(mirror), ..request(None, dir.path()) };
    let found = find_in(&places(&own), &online, quiet()).unwrap();
    check(&found, &own);
    assert!(found.executable.starts_with(fs::canonicalize(dir.path()).unwrap()));
    assert_eq!(requests(), 2);

    // It counts as installed, though this machine cannot ask it: such a download was not found again.
    let again = find_in(&places(&own), &request(None, dir.path()), quiet()).unwrap();
    assert_eq!((again.executable, requests()), (found.executable, 2));
}

#[test]
fn a_url_a_directory_and_an_archive_are_described() {
    let own = interpreter();
    let dir = tempfile::tempdir().unwrap();
    let bytes = archive(&AARCH64_LINUX, &own);
    let path = dir.path().join("python.tar.gz");
    fs::write(&path, &bytes).unwrap();
    let url = format!("file://{}#sha256={}", path.display(), sha256(&bytes));
    let tree = dir.path().join("tree");
    release_tree(&tree, &AARCH64_LINUX, &own);
    for (name, spec) in [
        ("archive", path.display().to_string()),
        ("url", url),
        ("tree", tree.display().to_string()),
    ] {
        let request = request(Some(&spec), &dir.path().join(name));
        check(&find_in(&places(&own), &request, quiet()).unwrap(), &own);
    }
}

#[test]
fn a_standalone_for_another_machine_is_refused_in_clear_words() {
    let own = interpreter();
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("python.tar.gz");
    fs::write(&path, archive(&X86_64_LINUX, &own)).unwrap();
    let request = request(path.to_str(), dir.path());
    let error = find_in(&places(&own), &request, quiet()).unwrap_err();
    assert!(
        error.to_string().ends_with("is for x86_64, but the archive is for aarch64-linux"),
        "{error}"
    );
    assert_eq!(error.remedy().unwrap(), "name a CPython for aarch64-linux with --python");
    assert!(matches!(error, Error::Machine { .. }), "{error:?}");
}
