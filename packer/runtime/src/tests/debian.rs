//! Pythons from a forged mirror of Debian.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use snakecrate_base::python::Interpreter;
use snakecrate_base::testing::serve;
use snakecrate_debian::testing::{Member, Mirror, Signer, deb};
use snakecrate_format::target::{AARCH64_LINUX, Target, X86_64_LINUX};
use walkdir::WalkDir;

use super::{forged, interpreter, python_directories, quiet};
use crate::discover::{Error, Request, Spec, find};

/// A mirror of the suite `tested` with this machine's Python as if it were one for `target`.
fn mirror(target: &'static Target, architecture: &str, extra: &str) -> Mirror {
    let own = interpreter();
    let tree = tempfile::tempdir().unwrap();
    forged(&tree.path().join("usr"), target, &own);
    let loader = tree.path().join(target.glibc.as_ref().unwrap().loader.trim_start_matches('/'));
    fs::create_dir_all(loader.parent().unwrap()).unwrap();
    fs::write(loader, "").unwrap();
    let files = WalkDir::new(tree.path()).sort_by_file_name().into_iter().flatten();
    let files = files.filter(|entry| entry.file_type().is_file());
    let member = |entry: walkdir::DirEntry| {
        let inside = entry.path().strip_prefix(tree.path()).unwrap();
        Member::File(inside.to_str().unwrap().into(), 0o755, fs::read(entry.path()).unwrap())
    };
    let python = deb(&files.map(member).collect::<Vec<_>>());
    let name = format!("python{}", own.minor());
    let all = [
        ("python3", &*format!("Depends: {name}\n"), Vec::new()),
        (&name, "Depends: libextra\n", python),
        ("libextra", "", deb(&[Member::File("etc/extra".into(), 0o644, extra.into())])),
    ];
    Mirror::new("tested", architecture, &all)
}

struct Bench {
    cache: tempfile::TempDir,
    signer: Signer,
    mirror: Arc<Mutex<Mirror>>,
    url: String,
    requests: Box<dyn Fn() -> usize>,
}

impl Bench {
    fn new(target: &'static Target, architecture: &str) -> Self {
        let signer = Signer::new();
        let mirror = mirror(target, architecture, "first").signed(&signer);
        let mirror = Arc::new(Mutex::new(mirror));
        let served = Arc::clone(&mirror);
        let (url, requests) = serve(move |path, _| served.lock().unwrap().answer(path));
        let cache = tempfile::tempdir().unwrap();
        fs::write(cache.path().join("keyring"), signer.keyring()).unwrap();
        Self { cache, signer, mirror, url, requests: Box::new(requests) }
    }

    fn find(&self, target: &'static Target, offline: bool) -> Result<Interpreter, Error> {
        let request = Request {
            target,
            spec: Some(Spec::parse("debian:tested").unwrap()),
            requires_python: None,
            minor: None,
            offline,
            mirror: None,
            debian_mirror: Some(self.url.clone()),
            debian_keyring: Some(self.cache.path().join("keyring")),
            directories: python_directories(self.cache.path()),
        };
        find(&request, quiet())
    }
}

fn extra(python: &Interpreter) -> String {
    fs::read_to_string(python.root.join("etc/extra")).unwrap()
}

#[test]
fn debians_python_is_described_from_its_own_root() {
    for (target, architecture) in [(&X86_64_LINUX, "amd64"), (&AARCH64_LINUX, "arm64")] {
        let bench = Bench::new(target, architecture);
        assert!(matches!(bench.find(target, true).unwrap_err(), Error::Offline { .. }));
        let found = bench.find(target, false).unwrap();
        let own = interpreter();
        assert_eq!((found.minor(), found.target), (own.minor(), target));
        // The host's libraries aren't its own, even if the host has its processor.
        assert!(!found.runs_here());
        assert!(
            found.root.starts_with(fs::canonicalize(bench.cache.path()).unwrap().join("roots"))
        );
        let package = found.package.unwrap();
        assert_eq!(package.file, format!("python{}_1+x_{architecture}.deb", own.minor()));
        assert_eq!(
            package.to_string(),
            format!("Debian tested (12.9, 2 packages, python{} 1+x)", own.minor())
        );
    }
}

#[test]
fn an_unchanged_suite_is_not_downloaded_again() {
    let target = &AARCH64_LINUX;
    let bench = Bench::new(target, "arm64");
    let first = bench.find(target, false).unwrap();
    let before = (bench.requests)();
    assert_eq!(before, 4);
    assert_eq!(bench.find(target, false).unwrap().root, first.root);
    // Only the signed list.
    assert_eq!((bench.requests)(), before + 1);
    assert_eq!(bench.find(target, true).unwrap().root, first.root);
    assert_eq!((bench.requests)(), before + 1);

    *bench.mirror.lock().unwrap() = mirror(target, "arm64", "second").signed(&bench.signer);
    let second = bench.find(target, false).unwrap();
    assert_eq!((&*extra(&first), &*extra(&second)), ("first", "second"));
    // What an offline build uses is the newest.
    assert_eq!(bench.find(target, true).unwrap().root, second.root);

    let mut older = mirror(target, "arm64", "first");
    older.release = older.release.replace("11 Jul", "10 Jul").replace("Sat", "Fri");
    *bench.mirror.lock().unwrap() = older.signed(&bench.signer);
    let error = bench.find(target, false).unwrap_err();
    assert!(error.to_string().contains("older than the one of Sat, 11 Jul"), "{error}");

    // A removed root is made again, and cannot be made offline.
    *bench.mirror.lock().unwrap() = mirror(target, "arm64", "second").signed(&bench.signer);
    fs::remove_dir_all(&second.root).unwrap();
    assert!(matches!(bench.find(target, true).unwrap_err(), Error::Offline { .. }));
    assert_eq!(extra(&bench.find(target, false).unwrap()), "second");
}

#[test]
fn builds_that_race_for_a_suite_share_a_root() {
    let target = &AARCH64_LINUX;
    let bench = Bench::new(target, "arm64");
    let request = |cache: &Path| Request {
        target,
        spec: Some(Spec::parse("debian:tested").unwrap()),
        requires_python: None,
        minor: None,
        offline: false,
        mirror: None,
        debian_mirror: Some(bench.url.clone()),
        debian_keyring: Some(cache.join("keyring")),
        directories: python_directories(cache),
    };
    let requests: Vec<Request> = (0..4).map(|_| request(bench.cache.path())).collect();
    let roots: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = requests
            .iter()
            .map(|request| scope.spawn(|| find(request, quiet()).unwrap().root))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(roots.iter().all(|root| *root == roots[0]), "{roots:?}");
    let left = fs::read_dir(bench.cache.path().join("roots")).unwrap().count();
    assert_eq!(left, 1);
}
