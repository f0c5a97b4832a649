//! Compares every byte of an archive with its manifest.

use std::io;
use std::io::Read;

use snakecrate_format::record::{BLANK, LENGTH};

use schemars::JsonSchema;
use serde::Serialize;
use snakecrate_base::document::Document;

use super::walk::{Verifier, jobs, walk_all};
use super::{Archive, Error, directory};
use snakecrate_base::ui::Ui;

/// The result of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Verified {
    /// Number of components.
    pub components: usize,
    /// Number of zip members.
    pub members: usize,
    /// Number of files and links.
    pub files: u64,
    /// Their bytes, unpacked.
    pub bytes: u64,
    /// Bytes of the archive, all of them checked.
    pub length: u64,
    /// Bytes appended behind it, such as a signature. They are not checked.
    pub appended: u64,
}

impl Document for Verified {
    const NAME: &'static str = "verify";
}

/// Verifies `archive`: the launcher, each listing, each blob, each file in them, and the zip
/// structure around them. (The boot record and the manifest were checked when it was opened.)
///
/// # Errors
///
/// [`Error::Damaged`] for the first thing found wrong.
pub fn verify(archive: &Archive, ui: Ui) -> Result<Verified, Error> {
    let manifest = archive.manifest();
    let components = &manifest.components;
    let progress = ui.bytes("Verifying", components.iter().map(|one| one.bytes).sum());
    check_stub(archive)?;
    let listings = archive.listings()?;
    let pairs: Vec<_> = components.iter().zip(&listings).collect();
    manifest
        .check_paths(&pairs)
        .map_err(|source| Error::Manifest { path: archive.path().to_owned(), source })?;
    walk_all(archive, &jobs(components, &listings, |_, _| Ok(Verifier(&progress)))?)?;
    let members = directory::check(archive)?;
    Ok(Verified {
        components: components.len(),
        members,
        files: components.iter().map(|component| component.files).sum(),
        bytes: components.iter().map(|component| component.bytes).sum(),
        length: archive.record().archive_length,
        appended: archive.length() - archive.record().archive_length,
    })
}

/// Compares the launcher, with a blank record in place of its own.
fn check_stub(archive: &Archive) -> Result<(), Error> {
    let stub = archive.manifest().stub;
    let damaged = |what: &str| archive.damaged_at(format!("the launcher {what}"), 0);
    let record_at = archive.record_offset();
    let behind = record_at + LENGTH as u64;
    let rest = stub
        .length
        .checked_sub(behind)
        .filter(|_| stub.length <= archive.record().archive_length)
        .ok_or_else(|| damaged("has another length than the manifest says"))?;
    let mut hasher = blake3::Hasher::new();
    let mut bytes =
        archive.range(0, record_at).chain(&BLANK[..]).chain(archive.range(behind, rest));
    io::copy(&mut bytes, &mut hasher).map_err(|source| archive.unreadable(source))?;
    if hasher.finalize().as_bytes() == &stub.blake3.0 {
        Ok(())
    } else {
        Err(damaged("has another digest than the manifest says"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::sample::{archive, ui};
    use snakecrate_format::digest::Digest;
    use snakecrate_format::manifest::{Feature, Manifest, Member};
    use snakecrate_format::record::BootRecord;
    use std::path::Path;

    fn check(path: &Path) -> Result<Verified, Error> {
        verify(&Archive::open(path)?, ui())
    }

    fn check_bytes(directory: &Path, bytes: &[u8]) -> Result<Verified, Error> {
        let path = directory.join("changed");
        std::fs::write(&path, bytes).unwrap();
        check(&path)
    }

    /// Changes the manifest and makes the boot record say that this is right.
    fn reseal(bytes: &mut [u8], change: impl FnOnce(&mut Manifest)) {
        let record_at = bytes.windows(8).position(|w| w == b"\x89SNAKE\r\n").unwrap();
        let record = BootRecord::parse(bytes[record_at..][..LENGTH].try_into().unwrap()).unwrap();
        let at = usize::try_from(record.manifest_offset).unwrap();
        let length = usize::try_from(record.manifest_length).unwrap();
        let mut manifest =
            Manifest::parse(&bytes[at..at + length], record.archive_length, Feature::ALL).unwrap();
        change(&mut manifest);
        let text = manifest.encode();
        assert_eq!(text.len(), length, "the change keeps the length");
        bytes[at..at + length].copy_from_slice(&text);
        let record = BootRecord { manifest_digest: Digest::of(&text), ..record };
        bytes[record_at..record_at + LENGTH].copy_from_slice(&record.encode());
    }

    #[test]
    fn a_whole_archive_is_counted() {
        let directory = tempfile::tempdir().unwrap();
        let file = archive(directory.path());
        let verified = check(&file).unwrap();
        assert_eq!((verified.components, verified.members, verified.files), (3, 8, 64));
        assert_eq!(verified.length, std::fs::metadata(&file).unwrap().len());
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.extend(b"signature");
        assert_eq!(check_bytes(directory.path(), &bytes).unwrap().appended, 9);
    }

    #[test]
    fn a_bit_flipped_anywhere_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let good = std::fs::read(archive(directory.path())).unwrap();
        // The bits that fill up the last byte of a deflate stream have no meaning.
        let padding = good.windows(11).position(|w| w == b"__main__.py").unwrap() - 31;
        // Every byte once, with all bits taking turns.
        for at in (0..good.len()).filter(|at| *at != padding) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            assert!(check_bytes(directory.path(), &bad).is_err(), "byte {at}");
        }
    }

    #[test]
    fn an_archive_cut_anywhere_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let good = std::fs::read(archive(directory.path())).unwrap();
        let record_end = good.windows(8).position(|w| w == b"\x89SNAKE\r\n").unwrap() + LENGTH;
        for length in 0..good.len() {
            let error = check_bytes(directory.path(), &good[..length]).unwrap_err();
            if length >= record_end {
                let Error::Truncated { have, need, .. } = error else {
                    panic!("{length}: {error}")
                };
                assert_eq!((have, need), (length as u64, good.len() as u64));
            } else {
                assert!(matches!(error, Error::NotAnArchive { .. }), "{length}: {error}");
            }
        }
    }

    #[test]
    fn members_that_are_not_the_manifests_are_found() {
        let directory = tempfile::tempdir().unwrap();
        let good = std::fs::read(archive(directory.path())).unwrap();
        let found = |change: &dyn Fn(&mut Manifest)| {
            let mut bytes = good.clone();
            reseal(&mut bytes, |manifest| change(manifest));
            check_bytes(directory.path(), &bytes).unwrap_err().to_string()
        };
        let swap = |a: &mut Member, b: &mut Member| std::mem::swap(a, b);
        let text = found(&|m| {
            let [runtime, _, wheel] = &mut m.components[..] else { panic!() };
            swap(&mut runtime.tree, &mut wheel.tree);
        });
        assert!(text.contains("lies in another or before it"), "{text}");
        let text = found(&|m| {
            let [runtime, _, wheel] = &mut m.components[..] else { panic!() };
            swap(&mut runtime.blobs[0], &mut wheel.blobs[0]);
        });
        assert!(text.contains("lies in another or before it"), "{text}");
        let text = found(&|m| m.components[0].digest = Digest::of(b"another"));
        assert!(text.contains("tree.zst is not what was packed"), "{text}");
        let text = found(&|m| m.components[2].files = 1);
        assert!(text.contains("other counts"), "{text}");
        let text = found(&|m| m.components[2].blobs[0].unpacked -= 1);
        assert!(text.contains("it cannot be decoded"), "{text}");
        let text = found(&|m| m.components[2].blobs[0].unpacked += 1);
        assert!(text.contains("less than was declared"), "{text}");
        let text = found(&|m| m.stub.length += 1);
        assert!(text.contains("the launcher has another digest"), "{text}");
        let text = found(&|m| {
            let blob = m.components[0].blobs[0];
            m.components[1].blobs.clear();
            m.components[2].blobs[0].blake3 = blob.blake3;
        });
        assert!(text.contains("00.tar.zst is not what was packed"), "{text}");
        let text = found(&|m| m.components[2].name = "klick".into());
        assert!(text.contains("stands in its place"), "{text}");
    }

    #[test]
    fn what_a_member_is_called_is_shown_without_its_control_characters() {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = std::fs::read(archive(directory.path())).unwrap();
        let name = bytes.windows(11).rposition(|w| w == b"__main__.py").unwrap();
        bytes[name] = b'\x1b';
        let text = check_bytes(directory.path(), &bytes).unwrap_err().to_string();
        assert!(text.contains(r"`\u{1b}_main__.py` stands in its place"), "{text}");
    }

    #[test]
    fn an_extra_member_is_found_even_where_the_record_allows_for_it() {
        let directory = tempfile::tempdir().unwrap();
        let file = archive(directory.path());
        let mut zip = zip::ZipWriter::new_append(
            std::fs::OpenOptions::new().read(true).write(true).open(&file).unwrap(),
        )
        .unwrap();
        zip.start_file("extra", zip::write::SimpleFileOptions::default()).unwrap();
        drop(zip.finish().unwrap());
        let mut bytes = std::fs::read(&file).unwrap();
        let record_at = bytes.windows(8).position(|w| w == b"\x89SNAKE\r\n").unwrap();
        let record = BootRecord::parse(bytes[record_at..][..LENGTH].try_into().unwrap()).unwrap();
        let record = BootRecord { archive_length: bytes.len() as u64, ..record };
        bytes[record_at..record_at + LENGTH].copy_from_slice(&record.encode());
        let error = check_bytes(directory.path(), &bytes).unwrap_err().to_string();
        assert!(error.contains("9 members, the manifest names 8"), "{error}");
    }

    #[test]
    fn code_that_would_start_with_python_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = std::fs::read(archive(directory.path())).unwrap();
        let at = bytes.windows(8).position(|w| w == b"os.execv").unwrap();
        let start = at - crate::archive::MAIN.windows(8).position(|w| w == b"os.execv").unwrap();
        let sum = |bytes: &[u8]| {
            let mut crc = flate2::Crc::new();
            crc.update(bytes);
            crc.sum().to_le_bytes()
        };
        let old = sum(crate::archive::MAIN);
        bytes[at..at + 8].copy_from_slice(b"os.evil ");
        let new = sum(&bytes[start..start + crate::archive::MAIN.len()]);
        for place in 0..bytes.len() - 4 {
            if bytes[place..place + 4] == old {
                bytes[place..place + 4].copy_from_slice(&new);
            }
        }
        let error = check_bytes(directory.path(), &bytes).unwrap_err().to_string();
        assert!(error.contains("__main__.py: not what starts an archive"), "{error}");
    }

    #[test]
    fn what_is_no_archive_is_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let text = |path: &Path| Archive::open(path).unwrap_err().to_string();
        assert!(text(&directory.path().join("x")).starts_with("no such file"));
        assert!(text(directory.path()).ends_with("it is not a file"));
        let blank = directory.path().join("blank");
        std::fs::write(&blank, crate::archive::sample::stub()).unwrap();
        assert!(text(&blank).ends_with("this launcher carries no application"));
        assert!(text(Path::new("/bin/sh")).ends_with("it has no section `.snakecrate`"));
        std::fs::write(&blank, "PK\x05\x06").unwrap();
        assert!(text(&blank).ends_with("it is not an executable"));
    }

    #[test]
    fn a_record_of_a_newer_version_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let mut bytes = std::fs::read(archive(directory.path())).unwrap();
        let at = bytes.windows(8).position(|w| w == b"\x89SNAKE\r\n").unwrap();
        bytes[at + 8] = 9;
        let error = check_bytes(directory.path(), &bytes).unwrap_err();
        assert!(error.to_string().contains("version 9"), "{error}");
        assert!(snakecrate_base::error::Remedy::remedy(&error).unwrap().contains("newer"));
    }
}
