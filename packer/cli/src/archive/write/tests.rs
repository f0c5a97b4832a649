use super::*;
use crate::archive::sample::{archive, spec, stub, stub_with};
use snakecrate_base::skip;
use snakecrate_format::record::SECTION;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// The error of writing a changed archive; an existing output must stay as it is.
fn refused(stub: &[u8], change: impl Fn(&mut ArchiveSpec)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    std::fs::write(&out, "before").unwrap();
    let mut spec = spec(&directory.path().join("cache"));
    change(&mut spec);
    let error = write(&out, stub, spec).unwrap_err().to_string();
    assert_eq!(std::fs::read(&out).unwrap(), b"before");
    let names = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(names, 2, "only the cache and the file from before");
    error
}

#[test]
fn equal_specifications_give_equal_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let first = archive(directory.path());
    let second = directory.path().join("second");
    let mut spec = spec(&directory.path().join("another cache"));
    spec.components.reverse();
    spec.entries.reverse();
    let written = write(&second, &stub(), spec).unwrap();
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(bytes, std::fs::read(&second).unwrap());
    assert_eq!(bytes.len() as u64, written.length);
}

#[test]
fn leftovers_of_a_killed_build_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let builder = temporary::executable_builder();
    let mut killed = temporary::locked_file_in(directory.path(), &builder).unwrap();
    killed.write_all(b"half").unwrap();
    let (_, killed) = killed.keep().unwrap();
    archive(directory.path());
    assert!(!killed.exists());
}

#[test]
fn zip_tools_read_an_archive_without_complaint() {
    if Command::new("unzip").arg("-v").output().is_err() {
        skip!("unzip is missing");
    }
    let directory = tempfile::tempdir().unwrap();
    let file = archive(directory.path());
    let output = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = output(Command::new("unzip").arg("-tq").arg(&file));
    assert!(text.starts_with("No errors detected"), "{text}");
    let text = output(Command::new("python3").args(["-m", "zipfile", "-l"]).arg(&file));
    let names: Vec<_> = text.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        names,
        [
            "components/runtime-cpython-3.12.1/tree.zst",
            "components/runtime-cpython-3.12.1/00.tar.zst",
            "components/app-hello-1.0/tree.zst",
            "components/wheel-click-8.1.7/tree.zst",
            "components/wheel-click-8.1.7/00.tar.zst",
            "sbom.cdx.json",
            "__main__.py",
            "manifest.json",
        ]
    );
}

#[test]
fn the_output_is_executable_and_replaces_an_existing_file() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("hello"), "before").unwrap();
    let file = archive(directory.path());
    let mode = std::fs::metadata(file).unwrap().permissions().mode();
    assert_eq!(mode & 0o700, 0o700, "{mode:o}");
}

#[test]
fn a_launcher_without_a_blank_record_is_refused() {
    assert!(refused(b"#!/bin/sh\n", |_| ()).contains("not an executable"));
    assert!(refused(&stub_with(".other", &BLANK), |_| ()).contains("no section"));
    assert!(refused(&stub_with(SECTION, &[0; 64]), |_| ()).contains("256 bytes"));
    assert!(refused(&stub_with(SECTION, &[1; 256]), |_| ()).contains("not blank"));
}

#[test]
fn contradictory_specifications_are_refused() {
    let twice = |spec: &mut ArchiveSpec| spec.components.push(spec.components[0].clone());
    assert!(refused(&stub(), twice).contains("click 8.1.7 is in it twice"));
    assert!(refused(&stub(), |spec| spec.entries.clear()).contains("no entries"));
    let entries = |spec: &mut ArchiveSpec| spec.entries.push(spec.entries[0].clone());
    assert!(refused(&stub(), entries).contains("two entries are called `hello`"));
    assert!(refused(&stub(), |spec| spec.components.truncate(2)).contains("runtime"));
}

#[test]
fn a_damaged_cache_is_noticed() {
    let flip = |spec: &mut ArchiveSpec| {
        let file = &spec.components[0].packed.blobs[0].path;
        let mut bytes = std::fs::read(file).unwrap();
        bytes[20] ^= 1;
        std::fs::write(file, bytes).unwrap();
    };
    assert!(refused(&stub(), flip).contains("component cache is damaged"));
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let spec = spec(&directory.path().join("cache"));
    for out in ["no such directory/out", "."] {
        let out = directory.path().join(out);
        let error = write(&out, &stub(), spec.clone()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write `{}`", out.display())), "{error}");
    }
}
