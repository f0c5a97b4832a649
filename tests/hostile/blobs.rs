//! Blobs that are not exactly one zstd frame of the declared length, and files in two blobs.

use std::io::Write;

use zstd::stream::raw::CParameter;

use super::{Refusal, bounds, damaged, hostile, inventory, nothing_is_written};
use crate::support::forge::{Forge, frame, tar};

const BLOB: &str = "components/wheel-click-8.1.7/00.tar.zst";
const SKIPPABLE: &[u8] = b"\x50\x2a\x4d\x18\x04\0\0\0hide";

fn blob(change: impl FnOnce(&mut Vec<u8>) + 'static) -> Forge {
    Forge::honest().frame("wheel", change)
}

/// The manifest declares this many more bytes for the unpacked blob.
fn declared(more: i64) -> Forge {
    Forge::honest().manifest(move |m| {
        let unpacked = &mut m["components"][2]["blobs"][0]["unpacked"];
        *unpacked = (unpacked.as_i64().unwrap() + more).into();
    })
}

/// A file of 5 MiB, more than is decoded in one piece, in a frame of this window.
fn windowed(log: u32) -> Forge {
    let contents = vec![7; 5 << 20];
    let forge = Forge::honest().file("wheel", "lib/long.bin", &contents);
    forge.frame("wheel", move |packed| {
        let bytes = zstd::decode_all(&packed[..]).unwrap();
        let mut encoder = zstd::Encoder::new(vec![], 1).unwrap();
        encoder.set_parameter(CParameter::WindowLog(log)).unwrap();
        // As streaming compressors write it: without the content size.
        encoder.write_all(&bytes).unwrap();
        *packed = encoder.finish().unwrap();
    })
}

/// A frame that needs dictionary 7. (RFC 8878, 3.1.1.1: it has no byte of a window.)
fn of_a_dictionary(packed: &mut Vec<u8>) {
    assert_eq!(packed[4] & 0x23, 0x20);
    packed[4] |= 1;
    packed.insert(5, 7);
}

fn bad(what: &str) -> Refusal {
    damaged(&format!("{BLOB}: {what}"))
}

const NOT_ONE: &str = "it is not one zstd frame";

hostile! {
    a_blob_that_holds_more_than_declared: declared(-512) => bad("it cannot be decoded");
    a_blob_that_holds_one_byte_more: declared(-1) => bad("it cannot be decoded");
    a_blob_that_holds_less_than_declared: declared(512) => bad("it holds less than was declared");
    a_blob_that_is_declared_empty: Forge::honest()
        .manifest(|m| m["components"][2]["blobs"][0]["unpacked"] = 0.into())
        => bad("it cannot be decoded");
    a_blob_that_is_no_frame: blob(|packed| *packed = b"PK\x03\x04, something else".to_vec())
        => bad(NOT_ONE);
    an_empty_blob: blob(Vec::clear) => bad(NOT_ONE);
    a_frame_that_is_cut: blob(|packed| packed.truncate(packed.len() - 1))
        => bad("it cannot be decoded");
    garbage_behind_a_frame: blob(|packed| packed.extend(b"garbage")) => bad(NOT_ONE);
    another_frame_behind_a_frame: blob(|packed| packed.extend(frame(b""))) => bad(NOT_ONE);
    a_tar_in_two_frames: blob(|packed| {
        let bytes = zstd::decode_all(&packed[..]).unwrap();
        let (start, rest) = bytes.split_at(512);
        *packed = [frame(start), frame(rest)].concat();
    }) => bad(NOT_ONE);
    a_skippable_frame_behind_a_frame: blob(|packed| packed.extend(SKIPPABLE)) => bad(NOT_ONE);
    a_skippable_frame_before_a_frame: blob(|packed| *packed = [SKIPPABLE, packed].concat())
        => bad(NOT_ONE);
    a_skippable_frame_alone: blob(|packed| *packed = SKIPPABLE.to_vec()) => bad(NOT_ONE);
    a_frame_of_an_old_format: blob(|packed| packed[0] = 0x27) => bad(NOT_ONE);
    a_frame_that_needs_a_dictionary: blob(of_a_dictionary) => bad("it cannot be decoded");
    a_window_of_more_than_4_mib: windowed(23) => bad("cannot read the tar: it cannot be decoded");
    a_frame_of_a_wrong_content_size: blob(|packed| {
        // The content size has two bytes here. (RFC 8878, 3.1.1.1.)
        assert_eq!(packed[4] & 0xc0, 0x40);
        packed[5] ^= 1;
    }) => bad("it cannot be decoded");

    a_blob_of_nothing_but_an_end_that_is_cut: Forge::honest().blob("wheel", &[0; 512])
        => damaged("components/wheel-click-8.1.7/01.tar.zst: cannot read the tar: failed to fill whole buffer");

    a_blob_of_another_digest: Forge::honest().manifest(|m| {
        m["components"][2]["blobs"][0]["blake3"] = m["components"][0]["blobs"][0]["blake3"].clone();
    }) => bad("x").say(&format!("{BLOB} is not what was packed"))
        .packer("is not what was packed");
    a_blob_of_another_length: Forge::honest().manifest(|m| {
        let other = m["components"][1]["blobs"][0]["length"].clone();
        m["components"][2]["blobs"][0]["length"] = other;
    }) => bad("x").say(&format!("{BLOB} is not what was packed"))
        .packer("is not what was packed");
}

#[test]
fn a_file_in_two_blobs() {
    let again = tar::tar(&[tar::file("lib/click.py", &b"x = 1\n".repeat(1000))]);
    let sandbox = Forge::honest().blob("wheel", &again).sandbox();
    let before = inventory(&sandbox);
    // Which of the two is the second one depends on the threads.
    let run = sandbox.archive("app").redirected(bounds()).output();
    run.code(121).not_launched("tar.zst: `lib/click.py` is there twice", "download it again");
    nothing_is_written(&sandbox, &before);
    sandbox.run(["verify", "app"]).refused(1, "`lib/click.py` is there twice", "");
    sandbox.run(["extract", "app", "out"]).refused(1, "`lib/click.py` is there twice", "");
    nothing_is_written(&sandbox, &before);
}
