use super::*;
use crate::archive::zip_writer::{Method, Zip};
use snakecrate_format::payload::ReadAt as _;
use snakecrate_platform::file::SharedFile;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::process::Command;

const GIB: u64 = 1 << 30;

/// A sparse file with a zip that begins at `start`, and its members.
fn zip(start: u64) -> (tempfile::NamedTempFile, Vec<Expected>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.as_file_mut().seek(SeekFrom::Start(start)).unwrap();
    let mut zip = Zip::new(file.as_file_mut(), start);
    let mut members = Vec::new();
    for (name, method) in [
        ("components/a/tree.zst", Method::Stored),
        ("attachments/é", Method::Deflated),
        ("manifest.json", Method::Stored),
    ] {
        let contents = name.repeat(9);
        let offset = zip.add(name, method, contents.as_bytes()).unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(contents.as_bytes());
        let stored = method == Method::Stored;
        members.push(Expected {
            name: name.into(),
            method: if stored { STORED } else { DEFLATED },
            offset: stored.then_some(offset),
            stored: contents.len() as u64,
            unpacked: contents.len() as u64,
            crc: crc.sum(),
        });
    }
    zip.finish().unwrap();
    members[1].stored = deflated(&members[1]);
    (file, members)
}

fn deflated(member: &Expected) -> u64 {
    let contents = member.name.repeat(9);
    let level = flate2::Compression::new(9);
    let mut packed = Vec::new();
    let mut encoder = flate2::read::DeflateEncoder::new(contents.as_bytes(), level);
    encoder.read_to_end(&mut packed).unwrap() as u64
}

fn checked(file: &File, members: &[Expected], start: u64) -> Result<(), Wrong> {
    let length = file.metadata().unwrap().len();
    let shared = SharedFile(file.try_clone().unwrap());
    check(members, start, length, |offset, buffer| shared.read_exact_at(buffer, offset))
}

#[test]
fn every_byte_is_compared_below_and_above_four_gigabytes() {
    for start in [0, 1000, 5 * GIB] {
        let (file, members) = zip(start);
        checked(file.as_file(), &members, start).unwrap();
        let length = file.as_file().metadata().unwrap().len();
        let contents: Vec<_> = members.iter().map(|one| (one.offset, one.stored)).collect();
        let shared = SharedFile(file.as_file().try_clone().unwrap());
        for at in start..length {
            // Members have digests of their own; the deflated one lies between the stored ones.
            let in_member = |(offset, stored): &(Option<u64>, u64)| {
                offset.is_some_and(|offset| (offset..offset + stored).contains(&at))
            };
            let behind = contents[0].0.unwrap() + contents[0].1;
            let header = members[1].local().len() as u64;
            let deflated = behind + header..behind + header + contents[1].1;
            if contents.iter().any(in_member) || deflated.contains(&at) {
                continue;
            }
            let damaged = |offset: u64, buffer: &mut [u8]| {
                shared.read_exact_at(buffer, offset)?;
                if let Some(byte) =
                    at.checked_sub(offset).and_then(|at| buffer.get_mut(usize::try_from(at).ok()?))
                {
                    *byte ^= 1;
                }
                Ok(())
            };
            let wrong = check(&members, start, length, damaged);
            assert!(matches!(wrong, Err(Wrong::At(..))), "byte {at}: {wrong:?}");
        }
    }
}

#[test]
fn lengths_of_eight_bytes_are_written_as_the_zip_crate_writes_them() {
    let mut file = tempfile::tempfile().unwrap();
    let mut writer = zip::ZipWriter::new(&mut file);
    let options = zip::write::SimpleFileOptions::default()
        .system(zip::System::Unix)
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644)
        .large_file(true);
    writer.start_file("large", options).unwrap();
    io::Write::write_all(&mut writer, b"contents").unwrap();
    writer.finish().unwrap();
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    let crc = u32::from_le_bytes(bytes[14..18].try_into().unwrap());
    let large = 5 * GIB;
    let expected = Expected {
        name: "large".into(),
        method: STORED,
        offset: None,
        stored: large,
        unpacked: large,
        crc,
    };
    // The same headers, with the real length in place of the small one.
    let lengthen = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let small = 8_u64.to_le_bytes();
        for at in 0..bytes.len() - 7 {
            if bytes[at..at + 8] == small {
                bytes[at..at + 8].copy_from_slice(&large.to_le_bytes());
            }
        }
        bytes
    };
    let local = expected.local();
    assert_eq!(lengthen(&bytes[..local.len()]), local);
    let central = expected.central(0);
    let at = local.len() + 8;
    assert_eq!(lengthen(&bytes[at..at + central.len()]), central);
}

#[test]
fn zip_tools_list_members_beyond_four_gigabytes() {
    if Command::new("unzip").arg("-v").output().is_err() {
        snakecrate_base::skip!("unzip is missing");
    }
    let (file, _) = zip(5 * GIB);
    let mut unzip = Command::new("unzip");
    // In other locales it says that it writes the names differently.
    let output = unzip.arg("-tq").arg(file.path()).env("LC_ALL", "C.UTF-8").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("No errors detected"), "{output:?}");
}
