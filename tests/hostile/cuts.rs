//! An archive cut anywhere, and one with a bit flipped anywhere.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use snakecrate::archive::{Archive, verify};
use snakecrate_base::ui::{Ui, Verbosity};
use snakecrate_format::manifest::Kind;
use snakecrate_format::record::LENGTH;

use crate::support::forge::{Forge, SAYS};
use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

/// Starts the file `app`, which is changed in place between starts: [`Sandbox::archive`] would need a
/// copy for each.
fn start(sandbox: &Sandbox) -> std::io::Result<Output> {
    let mut command = Command::new(sandbox.path("app"));
    command.env_clear().env("HOME", sandbox.home()).env("SNAKECRATE_CACHE", sandbox.cache());
    command.stdin(Stdio::null());
    loop {
        match command.output() {
            // Another test forked while we had it open, and has not executed yet.
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(Duration::from_millis(1));
            }
            done => return done,
        }
    }
}

#[track_caller]
fn is_refused(sandbox: &Sandbox, at: u64, output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    let lines = text.lines().filter(|line| line.starts_with("snakecrate: ")).count();
    assert_eq!((output.status.code(), lines), (Some(121), 2), "at {at}: {text}");
    assert!(output.stdout.is_empty(), "at {at}");
    assert_nothing_is_cached(sandbox, at);
}

#[track_caller]
fn assert_nothing_is_cached(sandbox: &Sandbox, at: u64) {
    for kind in ["components", "envs", "staging"] {
        assert_eq!(sandbox.cached(kind), [""; 0], "at {at}: {kind}");
    }
}

fn open(sandbox: &Sandbox) -> File {
    OpenOptions::new().read(true).write(true).open(sandbox.path("app")).unwrap()
}

/// Every 4 KiB, and every one of the last 64 bytes.
#[test]
fn an_archive_cut_anywhere_says_how_much_is_missing() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let (whole, launcher) = (archive.length(), archive.manifest().stub.length);
    let lengths =
        (whole - 64..whole).rev().chain((0..(whole - 64).div_ceil(4096)).rev().map(|n| n * 4096));
    for length in lengths {
        open(&sandbox).set_len(length).unwrap();
        let started = start(&sandbox);
        if length < launcher {
            // Half a launcher: the system refuses it, or it crashes, or it still reports the damage.
            if let Ok(output) = started {
                let well = output.status.signal().is_some() || output.status.code() == Some(121);
                assert!(well && output.stdout.is_empty(), "{length}: {output:?}");
            }
            assert_nothing_is_cached(&sandbox, length);
            continue;
        }
        let output = started.unwrap();
        let expected = format!(
            "snakecrate: this file is incomplete: it has {length} bytes of {whole}\n\
             snakecrate: download it again\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
        is_refused(&sandbox, length, &output);
    }
    assert!(
        std::fs::read_dir(sandbox.cache()).unwrap().next().is_none(),
        "nothing at all is written"
    );
}

#[test]
fn a_cut_archive_starts_from_what_is_cached() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let first = start(&sandbox).unwrap();
    open(&sandbox).set_len(1 << 20).unwrap();
    assert_eq!((start(&sandbox).unwrap(), first.status.code()), (first, Some(0)));
    let whole = Archive::open(&sandbox.path("app")).unwrap_err().to_string();
    assert!(whole.contains("is truncated: have 1048576 bytes"), "{whole}");
}

/// Flips one bit of each of `bytes`, the bits taking turns, and undoes it.
fn flipped(sandbox: &Sandbox, bytes: impl Iterator<Item = u64>, mut look: impl FnMut(u64)) {
    for at in bytes {
        let mut byte = [0];
        open(sandbox).read_exact_at(&mut byte, at).unwrap();
        let bad = [byte[0] ^ 1 << (at % 8)];
        open(sandbox).write_all_at(&bad, at).unwrap();
        look(at);
        open(sandbox).write_all_at(&byte, at).unwrap();
    }
}

/// The ranges that the launcher reads: its record, the manifest, all members.
fn read_by_the_launcher(archive: &Archive) -> (Range<u64>, Range<u64>, Vec<Range<u64>>) {
    let bytes = std::fs::read(archive.path()).unwrap();
    let record = archive.record().encode();
    let at = bytes.windows(record.len()).position(|window| window == record).unwrap() as u64;
    let manifest = archive.record().manifest_offset;
    // A C library is only read if the host's is unsuitable.
    let used = archive.manifest().components.iter().filter(|c| c.kind != Kind::CLibrary);
    let members = used.flat_map(|component| [&component.tree].into_iter().chain(&component.blobs));
    let members = members.map(|member| member.offset..member.offset + member.length).collect();
    (at..at + LENGTH as u64, manifest..manifest + archive.record().manifest_length, members)
}

fn verifies(path: &Path) -> bool {
    Archive::open(path).and_then(|archive| verify(&archive, Ui::new(Verbosity::Quiet))).is_ok()
}

/// Starts and verifies with a bit flipped in each byte of record and manifest.
#[test]
fn a_bit_flipped_in_record_or_manifest_is_found() {
    let sandbox = Forge::honest().sandbox();
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let (record, manifest, _) = read_by_the_launcher(&archive);
    flipped(&sandbox, record.chain(manifest), |at| {
        is_refused(&sandbox, at, &start(&sandbox).unwrap());
        assert!(!verifies(&sandbox.path("app")), "at {at}");
    });
    assert!(verifies(&sandbox.path("app")), "all is undone");
    sandbox.archive("app").expect(0, SAYS, "");
}

/// The same for listings and blobs: headers of frames, and everything in them.
#[test]
fn a_bit_flipped_in_a_listing_or_a_blob_is_found() {
    let sandbox = Forge::honest().sandbox();
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let (_, _, members) = read_by_the_launcher(&archive);
    flipped(&sandbox, members.into_iter().flatten(), |at| {
        is_refused(&sandbox, at, &start(&sandbox).unwrap());
        assert!(!verifies(&sandbox.path("app")), "at {at}");
    });
    sandbox.archive("app").expect(0, SAYS, "");
}

/// The launcher does not read the zip around the members: it starts, and `verify` finds the damage.
#[test]
fn a_bit_flipped_in_the_zip_is_found_by_verify() {
    let sandbox = Forge::honest().sandbox();
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let (_, manifest, mut members) = read_by_the_launcher(&archive);
    members.push(manifest);
    let bytes = std::fs::read(sandbox.path("app")).unwrap();
    // The bits that fill up the last byte of a deflate stream have no meaning.
    let main = bytes.windows(11).position(|window| window == b"__main__.py").unwrap();
    let padding = main as u64 - 31;
    let is_around = |at: &u64| *at != padding && !members.iter().any(|range| range.contains(at));
    let mut count = 0;
    flipped(&sandbox, (archive.manifest().stub.length..archive.length()).filter(is_around), |at| {
        assert!(!verifies(&sandbox.path("app")), "at {at}");
        count += 1;
        if count % 16 == 0 {
            let output = start(&sandbox).unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), SAYS, "at {at}: {output:?}");
            sandbox.run(["verify", "app"]).refused(1, "app", "again");
        }
    });
    assert!(count > 1000, "there are headers: {count} bytes");
}

/// The launcher does not check itself, `verify` does. A damaged launcher may do anything, so it is
/// not started.
#[test]
fn a_bit_flipped_in_the_launcher_is_found_by_verify() {
    let sandbox = Forge::honest().sandbox();
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let launcher = archive.manifest().stub.length;
    flipped(&sandbox, (0..launcher).step_by(997), |at| {
        assert!(!verifies(&sandbox.path("app")), "at {at}");
    });
}

/// A real archive: every byte of the record, and samples of manifest and members.
#[test]
fn a_bit_flipped_in_a_real_archive_is_found() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let archive = Archive::open(&sandbox.path("app")).unwrap();
    let (record, manifest, members) = read_by_the_launcher(&archive);
    flipped(&sandbox, record.chain(manifest.step_by(7)), |at| {
        is_refused(&sandbox, at, &start(&sandbox).unwrap());
    });
    // Header, middle and end of each frame. The first damaged one is reported, long ones too.
    let places =
        |range: &Range<u64>| [0, 4, (range.end - range.start) / 2].map(|n| range.start + n);
    flipped(&sandbox, members.iter().flat_map(places).step_by(5), |at| {
        is_refused(&sandbox, at, &start(&sandbox).unwrap());
    });
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}
