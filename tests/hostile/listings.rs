//! Listings of another form, and listings that contradict manifest and blobs.

use super::{Refusal, damaged, hostile};
use crate::support::forge::{Forge, frame, line, link_line, tar};

const TREE: &str = "components/app-hello-1.0/tree.zst: ";

fn text(change: impl FnOnce(&mut Vec<u8>) + 'static) -> Forge {
    Forge::honest().listing("app", change)
}

fn lines(change: impl FnOnce(&mut Vec<String>)) -> Forge {
    Forge::honest().lines("app", change)
}

fn line_cannot_be_read(number: usize) -> Refusal {
    damaged(&format!("{TREE}line {number} of a listing cannot be read"))
}

fn out_of_order(number: usize, path: &str) -> Refusal {
    let what = "is out of order, there twice, or below a file";
    damaged(&format!("{TREE}line {number} of a listing: `{path}` {what}"))
}

fn counts() -> Refusal {
    damaged(&format!("{TREE}the manifest has other counts of files or bytes"))
}

hostile! {
    a_listing_that_is_no_text: text(|text| text.push(0xff)) => line_cannot_be_read(0);
    a_listing_without_its_last_newline: text(|text| text.truncate(text.len() - 1)) => line_cannot_be_read(0);
    an_empty_line: text(|text| text.push(b'\n')) => line_cannot_be_read(2);
    a_letter_that_nobody_knows: lines(|lines| lines.push(line("d", "x", b"")))
        => line_cannot_be_read(2);
    a_field_too_many: lines(|lines| lines.push(line("f", "x\ty", b""))) => line_cannot_be_read(2);
    a_field_too_few: lines(|lines| lines.push("f\tx".into())) => line_cannot_be_read(2);
    a_size_with_a_sign: lines(|lines| lines[0].replace_range(2..2, "+")) => line_cannot_be_read(1);
    a_size_with_a_leading_zero: lines(|lines| lines[0].replace_range(2..2, "0"))
        => line_cannot_be_read(1);
    a_size_that_no_number_holds: lines(|lines| lines[0].replace_range(2..2, &"9".repeat(20)))
        => line_cannot_be_read(1);
    a_digest_in_capitals: lines(|lines| {
        let at = lines[0].find("\tboot").unwrap();
        lines[0] = lines[0][..at].to_uppercase().replacen('F', "f", 1) + &lines[0][at..];
    }) => line_cannot_be_read(1);
    paths_out_of_order: lines(|lines| lines.push(line("f", "a", b""))) => out_of_order(2, "a");
    a_path_twice_in_a_listing: lines(|lines| lines.push(lines[0].clone()))
        => out_of_order(2, "boot/hello.py");
    a_file_in_a_listing_that_is_in_no_blob: lines(|lines| lines.push(line("f", "x", b"")))
        => damaged(&format!("{TREE}`x` is in no blob"));
    a_file_that_is_longer_in_the_listing: lines(|lines| lines.push(line("f", "x", b"longer")))
        .entries("app", |entries| entries.push(tar::file("x", b"short")))
        => damaged("components/app-hello-1.0/00.tar.zst: `x` is not as the listing has it");
    a_file_that_is_executable_in_the_listing: lines(|lines| lines.push(line("x", "x", b"")))
        .entries("app", |entries| entries.push(tar::file("x", b"")))
        => damaged("components/app-hello-1.0/00.tar.zst: `x` is not as the listing has it");
    a_manifest_with_fewer_files: Forge::honest().manifest(|m| m["components"][1]["files"] = 0.into())
        => counts();
    a_manifest_with_fewer_bytes: Forge::honest().manifest(|m| m["components"][1]["bytes"] = 1.into())
        => counts();
    sizes_whose_sum_no_number_holds: lines(|lines| {
        for path in ["x", "y"] {
            lines.push(line("f", path, b"").replacen("f\t0", &format!("f\t{}", u64::MAX), 1));
        }
    }).manifest(|m| m["components"][1]["bytes"] = 15.into()) => counts();
    a_listing_of_another_digest: Forge::honest()
        .manifest(|m| m["components"][1]["digest"] = m["components"][2]["tree"]["blake3"].clone())
        => damaged(&format!("{TREE}x")).say("components/app-hello-1.0/tree.zst is not what was packed")
            .packer("components/app-hello-1.0/tree.zst is not what was packed");
    a_listing_of_another_length: Forge::honest().manifest(|m| {
        let other = m["components"][2]["tree"]["unpacked"].clone();
        m["components"][1]["tree"]["unpacked"] = other;
    }) => damaged(&format!("{TREE}it holds less than was declared"));
    two_frames_as_a_listing: Forge::honest().tree("app", |tree| tree.extend(frame(b"")))
        => damaged(&format!("{TREE}it is not one zstd frame"));
    a_listing_of_links_without_a_target: lines(|lines| lines.push(link_line("x", "a\ty")))
        => line_cannot_be_read(2);
}
