//! The targets of `fuzz/`, each with its seeds, without libFuzzer.

use std::path::Path;

use serde_json::json;
use snakecrate_cache::environment::guards::{self, Guard};
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_format::manifest::{Feature, Manifest};
use snakecrate_format::patch_area;
use snakecrate_format::record::{BootRecord, LENGTH};

use crate::support::forge::{Forge, line, link_line, tar};

use targets::{memory, safe};

#[path = "../../fuzz/src/lib.rs"]
mod targets;
#[path = "../../fuzz/src/zip.rs"]
mod zip;

/// Calls a target with each of its seeds.
fn each_seed(target: &str, call: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        eprintln!("{}", path.display());
        call(&std::fs::read(path).unwrap());
        count += 1;
    }
    assert!(count > 2, "{count} seeds");
}

#[test]
fn records() {
    each_seed("record", targets::record);
}

#[test]
fn manifests() {
    each_seed("manifest", targets::manifest);
}

#[test]
fn listings() {
    each_seed("listing", targets::listing);
}

#[test]
fn blobs() {
    each_seed("blob", targets::blob);
}

#[test]
fn zips() {
    each_seed("zip", zip::zip);
}

#[test]
fn plans() {
    each_seed("plan", targets::plan);
}

#[test]
fn patch_areas() {
    each_seed("patch_area", targets::patch_area);
}

/// Launch plans of ready environments.
const READY: [(&str, &str); 2] = [
    (
        "ready-host",
        "snakecrate ready 1\0\0hidden\0bin/python3.12\0\x001\0-I\x000\0a\0python\0boot/a.py\0",
    ),
    (
        "ready-own",
        "snakecrate ready 1\0a\0seen\0bin/python3.12\0libc/lib/ld.so\x001\0-I\x001\0r\0libexec/r\0\
         a\0python\0boot/a.py\0r\0loaded\0libexec/r\0",
    ),
];

/// Writes the seeds anew: `cargo test --release -p snakecrate --test suite seeds -- --ignored`.
/// Run it, and commit the result, when a format changes.
#[test]
#[ignore = "it changes the sources"]
fn the_seeds_are_written() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), bytes).unwrap();
    };
    for (name, forge) in archives() {
        let archive = forge.bytes_on(&zip::LAUNCHER);
        let record = archive.windows(8).position(|window| window == b"\x89SNAKE\r\n").unwrap();
        let record: &[u8; LENGTH] = archive[record..][..LENGTH].try_into().unwrap();
        write("record", name, record);
        write("zip", name, &archive[zip::LAUNCHER.len()..]);
        let record = BootRecord::parse(record).unwrap();
        let [at, length] = [record.manifest_offset, record.manifest_length];
        let [at, length] = [at, length].map(|number| usize::try_from(number).unwrap());
        let manifest = &archive[at..at + length];
        write("manifest", name, manifest);
        let parsed = Manifest::parse(manifest, 1 << 20, Feature::LAUNCHER);
        let Ok(manifest) = parsed else { continue };
        let libraries = [
            LibcInUse::Only,
            LibcInUse::Hosts("host 1 2".into()),
            LibcInUse::Own("/c/ld.so".into()),
        ];
        for (number, library) in libraries.into_iter().enumerate() {
            let guards = vec![Guard::of("boot/x.py", b"x"), Guard::of("runtime/os.py", b"os")];
            let guards = guards::rows(&manifest, &[], &[], guards);
            let home = Path::new("/cache/v2/envs/0");
            let plan = LaunchPlan::new(&manifest, home, library, guards, |_| true, &[]);
            write("plan", &format!("{name}-{number}"), &plan.encode());
        }
    }
    for (name, text) in READY {
        write("plan", name, text.as_bytes());
    }
    for (name, lines, entries) in contents() {
        let listing = lines.iter().flat_map(|line| [line, "\n"]).collect::<String>();
        write("listing", name, listing.as_bytes());
        let tar = tar::tar(&entries);
        let length = u16::try_from(listing.len()).unwrap().to_le_bytes();
        let head = [&[0], &length[..], &[0; 3], listing.as_bytes()].concat();
        write("blob", &format!("{name}-tar"), &[&head[..], &tar].concat());
        let unpacked = &u32::try_from(tar.len()).unwrap().to_le_bytes()[..3];
        let head = [&[1], &length[..], unpacked, listing.as_bytes()].concat();
        write("blob", name, &[head, crate::support::forge::frame(&tar)].concat());
    }
    for (name, library) in [("none", 0), ("one", 9), ("unknown", 4)] {
        let mut bytes = [&[3, library][..], b"libm.so.6-------"].concat();
        bytes.extend(patch_area::UNUSED.to_le_bytes());
        bytes.extend(patch_area::MAGIC);
        bytes.resize(bytes.len() + patch_area::LOADER + patch_area::SEARCH, 0);
        bytes.extend(b"0000000000000010libm.so.6");
        bytes.resize(2 + 24 + patch_area::LENGTH, 0);
        write("patch_area", name, &bytes);
    }
}

/// Good archives and bad ones.
fn archives() -> Vec<(&'static str, Forge)> {
    let entries = json!([
        { "name": "a", "runs": "a:main", "start": { "python": "boot/hello.py" } },
        { "name": "b", "runs": "-m b", "start": { "native": "lib/click.py" } },
    ]);
    let library = json!({
        "choice": "auto", "loader": "lib/click.py", "first": ["libm.so.6"],
        "needs": [{ "library": "libc.so.6", "prefix": "GLIBC_", "version": "2.17" }],
    });
    vec![
        ("honest", Forge::honest()),
        (
            "entries",
            Forge::honest().manifest(|m| {
                m["entries"] = entries;
                m["launch"]["default"] = "b".into();
            }),
        ),
        (
            "library",
            Forge::honest().manifest(|m| {
                m["components"][2]["kind"] = "libc".into();
                m["c_library"] = library;
            }),
        ),
        ("links", Forge::honest().link("app", "a/b", "../boot/hello.py").link("app", "c", "a")),
        (
            "long",
            Forge::honest()
                .file("app", &"d/".repeat(100).replacen('d', "long", 30), b"")
                .lines("app", |l| drop(l.pop())),
        ),
        (
            "twice",
            Forge::honest().manifest(|m| {
                m["components"][2]["blobs"][0] = m["components"][1]["blobs"][0].clone();
            }),
        ),
        (
            "described",
            Forge::honest().attachment("attachments/licenses/click.txt", b"A licence").manifest(
                |m| {
                    m["vendor"] = "Example Ltd".into();
                    m["mime_types"] = json!(["text/csv"]);
                    m["launch"]["keep_days"] = 30.into();
                    m["icon"] = "attachments/licenses/click.txt".into();
                },
            ),
        ),
        (
            "features",
            Forge::honest().manifest(|m| {
                m["requires"] = json!([
                    "disabled-commands",
                    "entry-arguments",
                    "entry-directory",
                    "entry-environment",
                    "expose-path",
                    "first-run"
                ]);
                m["launch"]["disabled_commands"] = json!(["python"]);
                m["entries"][0]["arguments"] = json!(["-b"]);
                m["entries"][0]["directory"] = "{home}/x{{}}".into();
                m["entries"][0]["environment"] =
                    json!({ "set": { "A": "{cache}" }, "default": { "B": "" }, "unset": ["C"] });
                m["entries"][0]["expose_path"] = true.into();
                m["entries"][0]["first_run"] = "boot/hello.py".into();
            }),
        ),
        (
            "remote",
            Forge::honest().manifest(|m| {
                m["requires"] = json!(["large-windows", "remote-components"]);
                m["window_log"] = 27.into();
                let digest = m["components"][2]["digest"].clone();
                m["components"][2]["download"] = json!({
                    "urls": ["https://example.org/x"], "length": 1 << 30, "blake3": digest
                });
            }),
        ),
        (
            "source",
            Forge::honest().manifest(|m| {
                m["components"][2]["source"] = json!({ "file": "click.whl", "sha256": "00" });
            }),
        ),
    ]
}

/// A name, the lines of a listing, the items of a tar.
type Contents = (&'static str, Vec<String>, Vec<Vec<u8>>);

/// Listings, and blobs that agree with them or don't.
fn contents() -> Vec<Contents> {
    let deep = format!("{}f", "directory/".repeat(30));
    vec![
        ("file", vec![line("f", "a", b"text")], vec![tar::file("a", b"text")]),
        (
            "empty",
            vec![line("x", "b/c", b"")],
            vec![tar::Header::file("b/c", 0).mode("0000755").seal(b"")],
        ),
        ("link", vec![link_line("a", "b/c")], vec![tar::link("a", "b/c")]),
        (
            "several",
            vec![line("f", "a/b", b"1"), link_line("a/c", "b"), line("s", "d", b"#!python\n")],
            vec![
                tar::file("a/b", b"1"),
                tar::link("a/c", "b"),
                tar::Header::file("d", 9).mode("0000755").seal(b"#!python\n"),
            ],
        ),
        ("deep", vec![line("f", &deep, b"")], vec![tar::file(&deep, b"")]),
        (
            "chain",
            vec![link_line("a", "p/q/l"), link_line("p/q/l", "../..")],
            vec![tar::link("p/q/l", "../.."), tar::link("a", "p/q/l")],
        ),
        ("device", vec![line("f", "a", b"")], vec![tar::Header::of(b'3', b"a", 0).seal(b"")]),
        ("twice", vec![line("f", "a", b"")], vec![tar::file("a", b""), tar::file("a", b"")]),
    ]
}
