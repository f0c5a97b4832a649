//! The packer's own files in the cache: what `cache prune` removes, and what stays.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use rustix::process::Signal;
use snakecrate_base::testing::{ok, serve, status};
use snakecrate_download::file_sha256;
use snakecrate_runtime::discover::release;
use walkdir::WalkDir;

use super::prune::{ago, prunes, set_times};
use crate::support::sandbox::{Run, Sandbox};

/// The paths of all files below the packer's directory.
fn build_files(sandbox: &Sandbox) -> Vec<String> {
    let build = sandbox.cache().join("build");
    // Others may be at work in it.
    let all = WalkDir::new(&build).sort_by_file_name().into_iter().filter_map(Result::ok);
    let files = all.filter(|entry| entry.file_type().is_file());
    files.map(|e| e.path().strip_prefix(&build).unwrap().to_str().unwrap().to_owned()).collect()
}

/// Makes everything at and below `path` used and changed so many days ago.
fn age(path: &Path, days: u32) {
    for entry in WalkDir::new(path).contents_first(true).into_iter().map(Result::unwrap) {
        set_times(entry.path(), ago(days), ago(days));
    }
}

#[test]
fn unused_build_files_are_removed() {
    let sandbox = Sandbox::new();
    let build = sandbox.cache().join("build");
    let file = |path: &str, used: u32, made: u32| {
        let path = build.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "four").unwrap();
        set_times(&path, ago(used), ago(made));
        for above in path.ancestors().skip(1).take_while(|above| *above != build) {
            set_times(above, ago(0), ago(made));
        }
    };
    file("wheels/1234/old-1-py3-none-any.whl", 40, 90);
    file("wheels/5678/used-1-py3-none-any.whl", 10, 90);
    file("components/1-zstd10507/key-18/00.tar.zst", 40, 40);
    file("components/1-zstd10507/other-18/00.tar.zst", 3, 40);
    file("backends/key.json", 31, 31);
    file("components/1-zstd10507/.snakecrate-tmp-killed/00.tar.zst", 2, 2);
    file("components/1-zstd10507/.snakecrate-tmp-working/00.tar.zst", 0, 0);
    file(".snakecrate-tmp-killed/x", 2, 2);
    file(".snakecrate-tmp-working/x", 0, 0);
    file("of-another-version", 90, 90);
    let debris = "build/components/1-zstd10507/.snakecrate-tmp-killed, [SIZE]\n";
    let killed = "build/.snakecrate-tmp-killed, [SIZE]\n";
    prunes(&sandbox, &["--max-size", "1G"], &format!("{killed}{debris}"));
    let expected = "build/backends/key.json, [SIZE]\n\
        build/components/1-zstd10507/key-18, [SIZE]\n\
        build/wheels/1234, [SIZE]\n";
    prunes(&sandbox, &[], expected);
    let expected = [
        ".snakecrate-tmp-working/x",
        "components/1-zstd10507/.snakecrate-tmp-working/00.tar.zst",
        "components/1-zstd10507/other-18/00.tar.zst",
        "of-another-version",
        "wheels/5678/used-1-py3-none-any.whl",
    ];
    assert_eq!(build_files(&sandbox), expected);
}

/// They went, and were not counted.
#[test]
fn clear_counts_the_build_files_that_it_removes() {
    let sandbox = Sandbox::new();
    let wheels = sandbox.cache().join("build/wheels/1234");
    fs::create_dir_all(&wheels).unwrap();
    fs::write(wheels.join("a-1-py3-none-any.whl"), "four").unwrap();
    fs::write(sandbox.cache().join("build/.snakecrate-tmp-working"), "of somebody").unwrap();
    let removed = sandbox.run(["cache", "clear", "--json"]).json();
    let files = removed["build_files"].as_array().unwrap();
    let paths: Vec<_> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["build/.snakecrate-tmp-working", "build/wheels/1234"]);
    assert_eq!(removed["bytes"], 15);
    assert!(!sandbox.cache().join("build").exists());
}

/// The proof cache is a cache like that of archives: an environment goes with what only it uses.
#[test]
fn archives_that_were_proven_long_ago_are_removed() {
    let sandbox = Sandbox::new().file("old.py", "x = 1\n").file("new.py", "x = 2\n");
    for script in ["old", "new"] {
        let packer = sandbox.packer(["build", "--quiet", "--level", "3", "-o", script]);
        packer.arg(format!("{script}.py")).expect(0, "", "");
    }
    let proof = sandbox.cache().join("build/proof/v2");
    let envs = || fs::read_dir(proof.join("envs")).unwrap().count();
    let components = || fs::read_dir(proof.join("components")).unwrap().count();
    assert_eq!(envs(), 2);
    let before = components();
    let is_old = |env: &PathBuf| env.join("app/old.py").exists();
    let all = fs::read_dir(proof.join("envs")).unwrap().map(|env| env.unwrap().path());
    let old = all.into_iter().find(is_old).expect("its environment");
    set_times(&old.join(".snakecrate/launch"), ago(40), ago(90));
    let expected = "proven environment old\nproven app old 0, [SIZE]\n";
    prunes(&sandbox, &[], expected);
    assert_eq!((envs(), components()), (1, before - 1));
}

/// What a release calls its archive of this version.
fn archive_name(version: &str) -> String {
    format!(
        "cpython-{version}+{}-x86_64-unknown-linux-gnu-install_only_stripped.tar.gz",
        release::TAG
    )
}

/// A release's archive: a Python that stands for the one on the `PATH`.
fn archive(version: &str) -> Vec<u8> {
    let program = format!("#!/bin/sh\n# {version}\nexec python3 \"$@\"\n");
    let mut header = tar::Header::new_gnu();
    header.set_size(program.len() as u64);
    header.set_mode(0o755);
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    tar.append_data(&mut header, "python/bin/python3", program.as_bytes()).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

fn sha256(sandbox: &Sandbox, bytes: &[u8]) -> String {
    let path = sandbox.root().join("bytes");
    fs::write(&path, bytes).unwrap();
    file_sha256(&path).unwrap()
}

/// A build that gets as far as its Python: the requirements are missing.
fn build<'a>(sandbox: &'a Sandbox, version: &str, mirror: &str) -> Run<'a> {
    let options = ["--python", version, "--python-mirror", mirror, "--requirements", "missing.txt"];
    sandbox.packer(["build", "app.py"]).args(options)
}

#[test]
fn each_downloaded_python_is_removed_when_it_is_unused() {
    let sandbox = Sandbox::new().file("app.py", "");
    let versions = ["3.98.0", "3.99.0"];
    let archives = versions.map(|version| (archive_name(version), archive(version)));
    let digests = archives.each_ref().map(|(_, bytes)| sha256(&sandbox, bytes));
    let sums = archives.iter().zip(&digests).map(|((name, _), sum)| format!("{sum}  {name}\n"));
    let sums = sums.collect::<Vec<_>>().concat();
    let (mirror, _) = serve(move |path, _| {
        let name = path.rsplit('/').next().unwrap().replace("%2B", "+");
        match archives.iter().find(|(known, _)| *known == name) {
            Some((_, bytes)) => ok(bytes),
            None if name == "SHA256SUMS" => ok(sums.as_bytes()),
            None => status("404 Not Found"),
        }
    });
    for version in ["3.98", "3.99"] {
        let outcome = build(&sandbox, version, &mirror).output();
        outcome.code(1).stderr_contains("missing.txt").done();
    }
    let python = |digest: &str| -> PathBuf {
        let mut all = WalkDir::new(sandbox.cache()).into_iter().map(Result::unwrap);
        all.find(|entry| entry.file_name() == digest).unwrap().into_path()
    };
    let [old, new] = digests.map(|digest| python(&digest));
    age(&old, 40);
    let parent = old.parent().unwrap().strip_prefix(sandbox.cache()).unwrap().display();
    prunes(&sandbox, &[], &format!("{parent}/[DIGEST], [SIZE]\n"));
    assert!(!old.exists() && new.join("python/bin/python3").is_file());
}

/// Answers with the beginning of a download, and hangs.
fn hanging_mirror(sums: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            BufReader::new(&stream).read_line(&mut request).unwrap();
            if request.contains("SHA256SUMS") {
                stream.write_all(&ok(sums.as_bytes())).unwrap();
            } else {
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin").unwrap();
                open.push(stream);
            }
        }
    });
    url
}

#[test]
fn a_killed_download_is_removed_after_a_day() {
    let sandbox = Sandbox::new().file("app.py", "");
    let mirror = hanging_mirror(format!("{}  {}\n", "0".repeat(64), archive_name("3.99.0")));
    let mut build = build(&sandbox, "3.99", &mirror).spawn();
    // The packer also notes what installed Pythons reported.
    let downloads = || {
        let mut files = build_files(&sandbox);
        files.retain(|path| !path.starts_with("pythons/probed/"));
        files
    };
    let path = loop {
        if let [path] = downloads().as_slice() {
            break path.clone();
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    };
    build.signal(Signal::KILL);
    build.finish().killed_by(Signal::KILL).any_stderr().done();
    prunes(&sandbox, &[], "");
    age(&sandbox.cache().join("build").join(&path), 2);
    prunes(&sandbox, &["--max-size", "1G"], &format!("build/{path}, [SIZE]\n"));
    assert_eq!(downloads(), [""; 0]);
}
