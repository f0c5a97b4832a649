//! Archives made to deceive. The launcher and the packer's commands refuse each for its fault, and
//! leave nothing behind.
//!
//! Each is the honest archive of [`crate::support::forge`], which starts, with one thing changed.

mod attachments;
mod blobs;
mod bombs;
mod cuts;
mod damage;
mod features;
mod fuzzed;
mod links;
mod listings;
mod manifests;
mod paths;
mod records;
mod tars;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::support::forge::{Forge, SAYS};
use crate::support::sandbox::Sandbox;
use crate::support::target;

/// A launcher's limits: 256 MiB of addresses (of `ulimit -v`, in KiB), a file of 1 MiB (of
/// `ulimit -f`, in blocks of 512 bytes). If it takes more, it dies. An emulator takes more
/// addresses by itself.
fn bounds() -> &'static str {
    if target::is_foreign() { "ulimit -f 2048;" } else { "ulimit -v 262144; ulimit -f 2048;" }
}

#[expect(clippy::struct_excessive_bools, reason = "one for each reader")]
/// How a forgery is refused.
struct Refusal {
    /// The launcher's first line.
    launcher: String,
    help: &'static str,
    /// Part of the packer's first line.
    packer: String,
    /// Whether `inspect` accepts it: it reads only the record and the manifest.
    opens: bool,
    /// Whether the packer's `verify` accepts it.
    verifies: bool,
    /// Whether the packer's `extract` accepts it: it writes trees, whatever becomes of them.
    extracts: bool,
    /// Whether the launcher's `extract` accepts it.
    launcher_extracts: bool,
}

impl Refusal {
    fn new(launcher: String, packer: &str, opens: bool) -> Self {
        Self {
            launcher,
            help: "download it again",
            packer: packer.to_owned(),
            opens,
            verifies: false,
            extracts: false,
            launcher_extracts: false,
        }
    }

    /// The launcher reports this of the whole file.
    fn say(self, words: &str) -> Self {
        Self { launcher: format!("this file is damaged: {words}"), ..self }
    }

    /// The packer has other words for it.
    fn packer(self, words: &str) -> Self {
        Self { packer: words.to_owned(), ..self }
    }

    /// Trees agree with their listings; only the manifest's paths are wrong.
    fn but_trees_are_well(self) -> Self {
        Self { opens: true, extracts: true, launcher_extracts: true, ..self }
    }

    /// Only the launcher refuses it.
    fn by_the_launcher_alone(self) -> Self {
        Self { opens: true, verifies: true, extracts: true, ..self }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}

/// Found where members are read.
fn damaged(what: &str) -> Refusal {
    Refusal::new(format!("this file is damaged: {what}"), what, true)
}

/// Found in the manifest, so every reader finds it. A text that ends in `at line` continues with a
/// number.
fn manifest(what: &str) -> Refusal {
    Refusal::new(format!("the manifest {what}"), &format!("the manifest {what}"), false)
}

/// One test for each forgery, by the name that says what is wrong with it.
macro_rules! hostile {
    ($($name:ident: $forge:expr => $refusal:expr;)*) => {
        $(#[test]
        fn $name() {
            $crate::hostile::is_refused($forge, $refusal);
        })*
    };
}
use hostile;

/// Everything in the sandbox: kind and length by path.
fn inventory(sandbox: &Sandbox) -> BTreeMap<PathBuf, (bool, u64)> {
    let all = WalkDir::new(sandbox.root()).sort_by_file_name().into_iter().map(Result::unwrap);
    all.map(|entry| {
        let meta = entry.path().symlink_metadata().unwrap();
        let length = if meta.is_dir() { 0 } else { meta.len() };
        (entry.path().strip_prefix(sandbox.root()).unwrap().to_owned(), (meta.is_dir(), length))
    })
    .collect()
}

/// Nothing was written, except that an empty cache may exist.
#[track_caller]
fn nothing_is_written(sandbox: &Sandbox, before: &BTreeMap<PathBuf, (bool, u64)>) {
    let mut after = inventory(sandbox);
    for empty in ["CACHEDIR.TAG", "v2", "v2/components", "v2/envs", "v2/staging", "v2/errors"] {
        after.remove(&Path::new("cache").join(empty));
    }
    pretty_assertions::assert_eq!(*before, after);
}

#[track_caller]
fn is_refused(forge: Forge, refusal: Refusal) {
    let Refusal { launcher, help, packer, opens, verifies, extracts, launcher_extracts } = refusal;
    let sandbox = forge.sandbox();
    let before = inventory(&sandbox);
    let message = format!("snakecrate: {launcher}\nsnakecrate: {help}\n");
    // Twice: a first start leaves nothing that could mislead a second.
    for _ in 0..2 {
        let run = sandbox.archive("app").redirected(bounds()).output();
        if launcher.ends_with(" at line") {
            run.code(121).not_launched(&launcher, help);
        } else {
            run.expect(121, "", &message);
        }
        nothing_is_written(&sandbox, &before);
    }
    // The self-commands report the same.
    for switch in ["verify", "extract"] {
        let run = sandbox.archive("app").redirected(bounds()).env("SNAKECRATE", switch);
        let run = if switch == "extract" { run.arg("out") } else { run };
        if launcher_extracts && switch == "extract" {
            let _ = run.output().success().text();
            std::fs::remove_dir_all(sandbox.path("out")).unwrap();
        } else {
            run.output().code(121).not_launched(&launcher, help);
        }
        nothing_is_written(&sandbox, &before);
    }
    let verified = sandbox.run(["verify", "app"]);
    if verifies {
        verified.success().stdout_contains("app").any_stderr().done();
    } else {
        verified.refused(1, &packer, "");
    }
    let extracted = sandbox.run(["extract", "app", "out"]);
    if extracts {
        extracted.success().any_stderr().done();
        std::fs::remove_dir_all(sandbox.path("out")).unwrap();
    } else {
        extracted.refused(1, &packer, "");
    }
    let inspected = sandbox.run(["inspect", "app"]);
    if opens {
        let shown = inspected.success().text();
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
    } else {
        inspected.refused(1, &packer, "");
    }
    nothing_is_written(&sandbox, &before);
}

#[test]
fn the_honest_archive_starts_and_is_well_in_every_way() {
    let sandbox = Forge::honest().sandbox();
    sandbox.archive("app").redirected(bounds()).expect(0, SAYS, "");
    assert_eq!(sandbox.cached("components").len(), 3);
    assert_eq!(sandbox.cached("envs").len(), 1);
    assert!(sandbox.cached("staging").is_empty());
    sandbox.archive("app").expect(0, SAYS, "");
    sandbox.run(["verify", "app"]).success().stdout_contains("app").any_stderr().done();
    let _ = sandbox.run(["inspect", "app"]).success().text();
    let _ = sandbox.run(["extract", "app", "out"]).success().any_stderr().text();
    let click = std::fs::read(sandbox.path("out/wheel-click-8.1.7/lib/click.py")).unwrap();
    assert_eq!(click, b"x = 1\n".repeat(1000));
}
