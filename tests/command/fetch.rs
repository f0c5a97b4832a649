//! `fetch`: a build without a network, later, with the same bytes.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest as _, Sha256};
use snakecrate_base::testing::{ok, serve, status};

use crate::support::sandbox::{Run, Sandbox, shared};
use crate::support::wheel::Wheel;

/// Serves the files in `directory` as a package index, until the flag is set. Returns its URL.
fn index(directory: &Path) -> (String, Arc<AtomicBool>) {
    let directory = directory.to_owned();
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    let (url, _) = serve(move |path, _| {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts[..] {
            _ if flag.load(Ordering::SeqCst) => status("503 Stopped"),
            ["simple", name] => html(&page(&directory, name)),
            ["files", file] => fs::read(directory.join(file))
                .map_or_else(|_| status("404 Not Found"), |bytes| ok(&bytes)),
            _ => status("404 Not Found"),
        }
    });
    (url, stopped)
}

/// An answer with a page, which uv accepts only with its type.
fn html(page: &str) -> Vec<u8> {
    let length = page.len();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}");
    format!("{head}\r\nConnection: close\r\n\r\n{page}").into()
}

/// The page of a distribution, whose files have its name and their digests.
fn page(directory: &Path, name: &str) -> String {
    let mut files: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut page = String::from("<!DOCTYPE html><html><body>");
    for path in files {
        let file = path.file_name().unwrap().to_str().unwrap();
        if file.split('-').next().unwrap().replace('_', "-") == name {
            let digest = Sha256::digest(fs::read(&path).unwrap());
            write!(page, "<a href='/files/{file}#sha256=").unwrap();
            for byte in digest {
                write!(page, "{byte:02x}").unwrap();
            }
            write!(page, "'>{file}</a>").unwrap();
        }
    }
    page + "</body></html>"
}

/// A project whose back end, a wheel and a source distribution are on an index.
fn project_and_index() -> (Sandbox, String, Arc<AtomicBool>) {
    let sandbox = Sandbox::new();
    let backend = fs::read_to_string(shared::projects().join("backend.py")).unwrap();
    let files = sandbox.path("index");
    Wheel::new("hand-made", "1").file("backend.py", &backend).write(&files);
    Wheel::new("lib", "1.5").write(&files);
    let system = "[build-system]\nrequires = ['hand-made']\nbuild-backend = 'backend'\n";
    let sandbox = sandbox
        .file(
            "own/pyproject.toml",
            format!(
                "{system}[project]\nname = 'own'\nversion = '1'\nrequires-python = '>=3.11'\n\
                 dependencies = ['lib', 'late']\nscripts = {{own = 'own:main'}}\n"
            ),
        )
        .file("own/own.py", "import late, lib\ndef main():\n    lib.main(); late.main()\n")
        .file(
            "late-2/pyproject.toml",
            format!(
                "{system}[project]\nname = 'late'\nversion = '2'\nrequires-python = '>=3.11'\n"
            ),
        )
        .file("late-2/PKG-INFO", "Metadata-Version: 2.1\nName: late\nVersion: 2\n")
        .file("late-2/late.py", "def main():\n    print('late 2')\n");
    let tar = Command::new("tar")
        .args(["-czf", "index/late-2.tar.gz", "late-2"])
        .current_dir(sandbox.path(""))
        .status()
        .unwrap();
    assert!(tar.success());
    let (url, stopped) = index(&files);
    (sandbox, url, stopped)
}

/// The packer with an index and caches below `place`.
fn packer<'s>(sandbox: &'s Sandbox, place: &str, url: &str, arguments: &[&str]) -> Run<'s> {
    let run = sandbox.packer(arguments).args(["own", "--level", "1", "--index-url"]);
    let run = run.arg(format!("{url}/simple")).env("UV_CACHE_DIR", sandbox.path(place).join("uv"));
    run.env("SNAKECRATE_CACHE", sandbox.path(place).join("packer"))
}

#[test]
fn what_was_fetched_builds_offline_to_the_same_bytes() {
    let (sandbox, url, stopped) = project_and_index();
    let fetched = packer(&sandbox, "first", &url, &["fetch"]).output().success();
    let (_, stdout, stderr) = fetched.parts();
    let mut lines = stdout.lines();
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        ["name", "version", "file"]
    );
    assert!(lines.next().unwrap().starts_with("cpython  3."), "{stdout}");
    let rest: Vec<_> = lines.collect();
    assert_eq!(rest.len(), 3, "{stdout}");
    for (line, name) in rest.iter().zip(["late", "lib", "own"]) {
        assert!(line.starts_with(name) && line.ends_with("-py3-none-any.whl"), "{stdout}");
    }
    assert!(stderr.contains("Fetched 3 distributions"), "{stderr}");
    let online = packer(&sandbox, "second", &url, &["build", "-q", "-o", "online"]);
    online.expect(0, "", "");

    stopped.store(true, Ordering::SeqCst);
    // Nothing of uv's own cache is needed either.
    let _ = fs::remove_dir_all(sandbox.path("first/uv"));
    let offline = packer(&sandbox, "first", &url, &["build", "-q", "-o", "offline", "--offline"]);
    offline.expect(0, "", "");
    sandbox.archive("offline").expect(0, "lib 1.5\nlate 2\n", "");
    let bytes = |name: &str| fs::read(sandbox.path(name)).unwrap();
    assert!(bytes("online") == bytes("offline"), "the same bytes");

    // A changed line needs the kept back end.
    fs::write(sandbox.path("own/own.py"), "def main():\n    print('changed')\n").unwrap();
    let changed = packer(&sandbox, "first", &url, &["build", "-q", "-o", "offline", "--offline"]);
    changed.expect(0, "", "");
    sandbox.archive("offline").expect(0, "changed\n", "");
}
