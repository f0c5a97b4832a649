//! Archives that would take more memory, disk or time than they declare. All run under
//! [`super::bounds`], which a launcher that believed them would not survive.

use std::fmt::Write as _;

use serde_json::{Value, json};
use snakecrate_base::skip;

use super::{Refusal, bounds, damaged, hostile, inventory, manifest, nothing_is_written};
use crate::support::forge::{Forge, line};

const BLOB: &str = "components/wheel-click-8.1.7/00.tar.zst: ";
const TREE: &str = "components/wheel-click-8.1.7/tree.zst: ";
const GIB: usize = 1 << 30;

/// A frame of some kilobytes that becomes a gibibyte of zeros.
fn bomb() -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(vec![], 1).unwrap();
    encoder.window_log(20).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), GIB as u64), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

fn blob(change: impl FnOnce(&mut Value) + 'static) -> Forge {
    let forge = Forge::honest().frame("wheel", |packed| *packed = bomb());
    forge.manifest(move |m| change(&mut m["components"][2]["blobs"][0]))
}

fn makes_no_sense(what: &str) -> Refusal {
    manifest(&format!("makes no sense: {what}"))
}

/// A listing of this many empty files.
fn many(count: usize) -> Forge {
    Forge::honest().listing("wheel", move |text| {
        let half = &line("f", "", b"")[4..36];
        let mut all = String::with_capacity(count * 48);
        (0..count).for_each(|n| writeln!(all, "f\t0\t{half}\t{n:07}").unwrap());
        *text = all.into_bytes();
    })
}

hostile! {
    a_gibibyte_against_a_small_length: blob(|_| {})
        => damaged(&format!("{BLOB}it cannot be decoded"));
    a_gibibyte_against_5_mib: blob(|blob| blob["unpacked"] = (5 << 20).into())
        => damaged(&format!("{BLOB}bytes follow the end of the tar"));
    a_gibibyte_that_is_declared_and_in_no_listing: blob(|blob| blob["unpacked"] = GIB.into())
        => damaged(&format!("{BLOB}bytes follow the end of the tar"));
    a_gibibyte_behind_a_listed_file: Forge::honest().frame("wheel", |packed| {
        let bytes = zstd::decode_all(&packed[..]).unwrap();
        let rest = std::io::Read::take(std::io::repeat(0), GIB as u64);
        let mut all = std::io::Read::chain(&bytes[..], rest);
        let mut encoder = zstd::Encoder::new(vec![], 1).unwrap();
        encoder.window_log(20).unwrap();
        std::io::copy(&mut all, &mut encoder).unwrap();
        *packed = encoder.finish().unwrap();
    }).manifest(|m| m["components"][2]["blobs"][0]["unpacked"] = GIB.into())
        => damaged(&format!("{BLOB}bytes follow the end of the tar"));
    a_long_length_and_a_short_frame: Forge::honest().manifest(|m| {
        m["components"][2]["blobs"][0]["unpacked"] = (1u64 << 60).into();
    }) => damaged(&format!("{BLOB}cannot read the tar: it holds less than was declared"));
    a_listing_that_becomes_a_gibibyte: Forge::honest().tree("wheel", |tree| *tree = bomb())
        => damaged(&format!("{TREE}it holds more than was declared"));
    a_listing_of_more_than_256_mib: Forge::honest().manifest(|m| {
        m["components"][2]["tree"]["unpacked"] = (256 << 20).into();
    }) => makes_no_sense("5 files and links, listings of [SIZE]");
    many_listings_that_are_long_together: Forge::honest().manifest(|m| {
        for component in m["components"].as_array_mut().unwrap() {
            component["tree"]["unpacked"] = (100 << 20).into();
        }
    }) => makes_no_sense("5 files and links, listings of [SIZE]");
    a_million_and_one_files_in_the_manifest: Forge::honest().manifest(|m| {
        m["components"][2]["files"] = (1 << 20).into();
    }) => makes_no_sense("1048580 files and links, listings of [SIZE]");
    a_listing_of_1048577_files: many((1 << 20) + 1)
        .manifest(|m| m["components"][2]["files"] = 1.into())
        => damaged(&format!("{TREE}a listing of more than 1048576 files"));
    a_listing_of_nothing_but_newlines: Forge::honest()
        .listing("wheel", |text| *text = vec![b'\n'; 100 << 20])
        => damaged(&format!("{TREE}a listing of more than 1048576 files"));
    ten_thousand_and_one_components: Forge::honest().manifest(|m| {
        let components = m["components"].as_array_mut().unwrap();
        let wheel = components[2].clone();
        components.resize(10_001, wheel);
    }) => makes_no_sense("10001 components");
    a_hundred_thousand_and_one_blobs: Forge::honest().manifest(|m| {
        let blobs = m["components"][2]["blobs"].as_array_mut().unwrap();
        let blob = blobs[0].clone();
        blobs.resize(100_001, blob);
    }).text(|text| {
        let document: Value = serde_json::from_slice(text).unwrap();
        *text = serde_json::to_vec(&document).unwrap();
    })
        => makes_no_sense("click-8.1.7 has 100001 blobs");
    a_manifest_of_more_than_16_mib: Forge::honest()
        .text(|text| text.resize((16 << 20) + 1, b' '))
        => Refusal::new("the boot record is damaged".into(), "the boot record is damaged", false);
    a_manifest_of_nothing_but_brackets: Forge::honest().text(|text| *text = vec![b'['; 16 << 20])
        => manifest("cannot be read: invalid type: sequence, expected u32 at line");
    a_name_of_16_mib: Forge::honest().manifest(|m| {
        m["components"][2]["kind"] = "x".repeat(15 << 20).into();
    }) => manifest(&format!("cannot be read: unknown variant `{}", "x".repeat(283)));
}

/// The manifest declares a listing of a terabyte, and the file is that long but sparse: reading it
/// would take a terabyte of memory.
#[test]
fn a_sparse_file_of_a_terabyte_is_not_read_into_memory() {
    let forge = Forge::honest().manifest(|m| {
        m["components"][2]["blobs"] = json!([]);
        m["components"][2]["tree"]["length"] = (1u64 << 40).into();
    });
    let sandbox = forge
        .record(|record| record[32..40].copy_from_slice(&(1u64 << 41).to_le_bytes()))
        .sandbox();
    let lengthen =
        std::process::Command::new("truncate").args(["-s", "2T"]).arg(sandbox.path("app")).status();
    if !lengthen.unwrap().success() {
        skip!("this file system has no files of 2 TB");
    }
    let before = inventory(&sandbox);
    let what = "makes no sense: 5 files and links, listings of";
    let run = sandbox.archive("app").redirected(bounds()).output();
    run.code(121).not_launched(what, "download it again");
    nothing_is_written(&sandbox, &before);
    for command in [&["verify", "app"][..], &["inspect", "app"], &["extract", "app", "out"]] {
        sandbox.run(command).refused(1, what, "");
    }
}

/// Unknown fields are skipped, however deep. (The environment keeps the manifest as it is.)
#[test]
fn an_unknown_field_may_be_deep() {
    let deep = "[".repeat(1 << 18) + &"]".repeat(1 << 18);
    let forge = Forge::honest().text(move |text| {
        let field = format!("\n  \"later\": {deep},");
        text.splice(1..1, field.into_bytes());
    });
    let sandbox = forge.sandbox();
    sandbox.archive("app").redirected(bounds()).expect(0, crate::support::forge::SAYS, "");
}

/// A listing may be long; its files are not created before a blob has them.
#[test]
fn a_listing_of_files_that_are_in_no_blob_makes_none_of_them() {
    let sandbox = many(100_000).entries("wheel", Vec::clear).sandbox();
    let before = inventory(&sandbox);
    let what = format!("{TREE}`0000000` is in no blob");
    sandbox.archive("app").redirected(bounds()).output().code(121).not_launched(&what, "again");
    nothing_is_written(&sandbox, &before);
}
