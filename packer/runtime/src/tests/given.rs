//! Pythons given as archives and directories, or downloaded.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::{fs, io};

use super::{materialise, quiet, request, run};
use crate::discover::{Error, Places, Request, Spec, find, find_in, release};
use crate::{Policy, harvest};
use snakecrate_base::python::Interpreter;
use snakecrate_base::testing::{ok, serve, status};

/// Makes a standalone Python in `root` out of an interpreter of this machine, with no more modules
/// than the probe needs.
fn standalone(root: &Path) -> Interpreter {
    const DROPPED: [&str; 11] = [
        "lib-dynload/**",
        "asyncio",
        "concurrent",
        "distutils",
        "email",
        "encodings/[a-tv-z]*",
        "lib2to3",
        "multiprocessing",
        "pathlib",
        "unittest",
        "xml*",
    ];
    let interpreter = find(&request(None, root), quiet()).unwrap();
    let drop = DROPPED.iter().map(|&pattern| pattern.to_owned()).collect();
    let keep = vec!["encodings/aliases.py".into(), "encodings/latin_1.py".into()];
    let policy = Policy { keep, drop, ..Policy::default() };
    materialise(&harvest(&interpreter, &policy, quiet()).unwrap(), root);
    interpreter
}

/// The directory `root` as `python/` in a tar.
fn tar(root: &Path, out: impl io::Write) {
    let mut tar = tar::Builder::new(out);
    tar.follow_symlinks(false);
    tar.append_dir_all("python", root).unwrap();
    tar.finish().unwrap();
}

fn gzip(root: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    tar(root, flate2::write::GzEncoder::new(&mut out, flate2::Compression::fast()));
    out
}

fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    snakecrate_download::file_sha256(file.path()).unwrap()
}

#[test]
fn without_any_interpreter_a_standalone_is_downloaded_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let archive = gzip(&root);
    let file = |version: &str| {
        format!(
            "cpython-{version}+{}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
            release::TAG
        )
    };
    let digest = sha256(&archive);
    let sums = format!(
        "{digest}  {}\n{}  {}\n",
        file(&original.full_version),
        "0".repeat(64),
        file("3.9.2")
    );
    let path = format!("/{}/{}", release::TAG, file(&original.full_version).replace('+', "%2B"));
    let (mirror, requests) = serve(move |asked, _| match asked {
        asked if asked == path => ok(&archive),
        asked if asked.ends_with("/SHA256SUMS") => ok(sums.as_bytes()),
        _ => status("404 Not Found"),
    });

    let cache = dir.path().join("cache");
    let online = Request { offline: false, mirror: Some(mirror), ..request(None, &cache) };
    let interpreter = find_in(&Places::default(), &online, quiet()).unwrap();
    assert!(interpreter.executable.starts_with(fs::canonicalize(&cache).unwrap()));
    assert_eq!(interpreter.full_version, original.full_version);
    assert_eq!(requests(), 2);

    // Now it counts as installed, even for an offline build, and it can be harvested.
    let again = find_in(&Places::default(), &request(None, &cache), quiet()).unwrap();
    assert_eq!((again.executable, requests()), (interpreter.executable.clone(), 2));
    let copy = dir.path().join("copy");
    materialise(&harvest(&interpreter, &Policy::default(), quiet()).unwrap(), &copy);
    let said = run(&copy.join("bin/python3"), "import json, sys; print(sys.prefix)");
    assert_eq!(Path::new(said.trim()), fs::canonicalize(&copy).unwrap());

    let other = Request { spec: Some(Spec::parse("3.99").unwrap()), ..online };
    let Err(Error::Unknown { download, .. }) = find_in(&Places::default(), &other, quiet()) else {
        panic!("there is no 3.99")
    };
    let Some(Error::NotOffered { has, wanted, .. }) = download.as_deref() else {
        panic!("{download:?}")
    };
    assert_eq!((has.len(), wanted.as_str()), (2, "3.99"));
}

#[test]
fn archives_are_used_only_with_the_right_digest() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let archive = dir.path().join("python.tar.zst");
    let mut out = zstd::Encoder::new(fs::File::create(&archive).unwrap(), 1).unwrap();
    tar(&root, &mut out);
    out.finish().unwrap();
    let cache = dir.path().join("cache");
    let by_path = find(&request(archive.to_str(), &cache), quiet()).unwrap();
    assert_eq!(by_path.full_version, original.full_version);

    let digest = sha256(&fs::read(&archive).unwrap());
    let url = format!("file://{}", archive.display());
    let fresh = dir.path().join("fresh");
    let by_url = find(&request(Some(&format!("{url}#sha256={digest}")), &fresh), quiet()).unwrap();
    assert_eq!(by_url.full_version, original.full_version);

    let wrong = format!("{url}#sha256={}", "1".repeat(64));
    let error = find(&request(Some(&wrong), &fresh), quiet()).unwrap_err();
    assert!(matches!(error, Error::Download(_)), "{error}");
    let away = format!("http://127.0.0.1:9/p.tar.gz#sha256={}", "2".repeat(64));
    let error = find(&request(Some(&away), &fresh), quiet()).unwrap_err();
    assert!(matches!(error, Error::Offline { .. }), "{error}");
}

#[test]
fn a_damaged_archive_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    standalone(&root);
    let archive = dir.path().join("python.tar.gz");
    let bytes = gzip(&root);
    fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    let cache = dir.path().join("cache");
    let error = find(&request(archive.to_str(), &cache), quiet()).unwrap_err();
    assert!(matches!(error, Error::Unpack { .. }), "{error}");
    assert_eq!(fs::read_dir(cache.join("given")).unwrap().count(), 0);
}

/// npm, for example, gives every file the same mode.
#[test]
fn a_directory_without_execute_bits_works_and_stays_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    let original = standalone(&root);
    let executable = root.join(format!("bin/python{}", original.minor()));
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o644)).unwrap();
    let cache = dir.path().join("cache");
    let interpreter = find(&request(root.to_str(), &cache), quiet()).unwrap();
    assert!(interpreter.prefix.starts_with(fs::canonicalize(&cache).unwrap()));
    run(&interpreter.executable, "import json");
    assert_eq!(fs::metadata(&executable).unwrap().permissions().mode() & 0o777, 0o644);
    let again = find(&request(root.to_str(), &cache), quiet()).unwrap();
    assert_eq!(again.executable, interpreter.executable);

    // Another release in its place, with the same times.
    fs::write(root.join("lib/new"), "").unwrap();
    let other = find(&request(root.to_str(), &cache), quiet()).unwrap();
    assert_ne!(other.executable, interpreter.executable);
}
