//! Items that no blob may have: other types, other fields, extensions of others.

use super::{Refusal, damaged, hostile};
use crate::support::forge::tar::{self, Header, pax, record};
use crate::support::forge::{Forge, line, link_line};

const BLOB: &str = "components/app-hello-1.0/00.tar.zst: ";

/// An item that is listed as a file, and is something else.
fn item(header: Header, contents: &[u8]) -> Forge {
    let entry = header.seal(contents);
    Forge::honest()
        .lines("app", |lines| lines.push(line("f", "x", b"")))
        .entries("app", |entries| entries.push(entry))
}

fn of_type(kind: u8) -> Forge {
    item(Header::of(kind, b"x", 0), b"")
}

fn with_pax(records: &str) -> Forge {
    let entry = [pax(records), tar::file("x", b"")].concat();
    Forge::honest()
        .lines("app", |lines| lines.push(line("f", "x", b"")))
        .entries("app", |entries| entries.push(entry))
}

fn bad(what: &str) -> Refusal {
    damaged(&format!("{BLOB}{what}"))
}

fn bad_type(kind: char) -> Refusal {
    bad(&format!("the tar holds an entry of type {kind:?}"))
}

fn bad_field(name: &str) -> Refusal {
    bad(&format!("a header of the tar has a bad {name}"))
}

hostile! {
    a_hard_link: item(Header::of(b'1', b"x", 0).target("boot/hello.py"), b"") => bad_type('1');
    a_character_device: item(Header::of(b'3', b"x", 0).with(329, b"0000001\x000000003"), b"")
        => bad_type('3');
    a_block_device: of_type(b'4') => bad_type('4');
    a_directory: of_type(b'5') => bad_type('5');
    a_fifo: of_type(b'6') => bad_type('6');
    a_contiguous_file: of_type(b'7') => bad_type('7');
    a_socket_as_some_tars_write_it: of_type(b's') => bad_type('s');
    a_file_of_the_old_type: of_type(0) => bad_type('\0');
    a_sparse_file_of_gnu: of_type(b'S') => bad_type('S');
    a_long_name_of_gnu: item(Header::of(b'L', b"././@LongLink", 3), b"../") => bad_type('L');
    a_long_link_of_gnu: item(Header::of(b'K', b"././@LongLink", 3), b"../") => bad_type('K');
    a_volume_of_gnu: of_type(b'V') => bad_type('V');
    a_global_pax_header: item(Header::of(b'g', b"pax", 12), b"12 path=../x\n") => bad_type('g');
    a_pax_header_of_a_pax_header: Forge::honest().entries("app", |entries| {
        entries.push([pax(&record("path", "a")), pax(&record("path", "b"))].concat());
    }) => bad_type('x');
    a_pax_size: with_pax(&record("size", "1099511627776")) => bad_field("pax header");
    a_pax_path_twice: with_pax(&(record("path", "x") + &record("path", "y")))
        => bad_field("pax header");
    a_pax_record_that_nobody_knows: with_pax(&record("SCHILY.xattr.security.capability", "x"))
        => bad_field("pax header");
    a_sparse_file_of_pax: with_pax(&record("GNU.sparse.realsize", "1099511627776"))
        => bad_field("pax header");
    a_pax_record_longer_than_its_header: with_pax("99 path=x\n") => bad_field("pax header");
    a_pax_record_of_no_length: with_pax("0 path=x\n") => bad_field("pax header");
    a_pax_record_of_a_length_that_no_number_holds: with_pax("99999999999999999999999 path=x\n")
        => bad_field("pax header");
    a_pax_record_without_an_end: with_pax("8 path=x") => bad_field("pax header");
    a_pax_header_of_more_than_8_kib: with_pax(&record("path", &"x/".repeat(4100)))
        => bad_field("pax header");
    a_pax_header_that_is_no_text: Forge::honest().entries("app", |entries| {
        entries.push(Header::of(b'x', b"pax", 9).seal(b"9 path=\xff\n"));
    }) => bad_field("pax header");
    a_pax_target_for_a_file: with_pax(&record("linkpath", "x")) => bad_field("link");
    a_file_with_the_field_of_a_link: item(Header::file("x", 0).target("/etc/passwd"), b"")
        => bad_field("link");
    a_link_with_contents: Forge::honest()
        .lines("app", |lines| lines.push(link_line("x", "boot")))
        .entries("app", |entries| entries.push(Header::of(b'2', b"x", 9).target("boot").seal(b"contents!")))
        => bad_field("size");
    a_setuid_file: item(Header::file("x", 0).mode("0004755"), b"") => bad_field("mode");
    a_file_that_others_may_write_to: item(Header::file("x", 0).mode("0000666"), b"")
        => bad_field("mode");
    a_size_in_base_256: item(Header::file("x", 0).with(124, b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"), b"")
        => bad_field("size");
    a_negative_size: item(Header::file("x", 0).with(124, &[0xff; 12]), b"") => bad_field("size");
    a_size_with_blanks: item(Header::file("x", 0).with(124, b"          0\0"), b"")
        => bad_field("size");
    a_size_of_more_than_there_is: item(Header::file("x", 1 << 30), b"")
        => bad("`x` is not as the listing has it");
    a_size_of_more_than_there_is_that_is_listed_too: Forge::honest()
        .lines("app", |lines| lines.push(line("f", "x", b"").replacen("f\t0", "f\t99999", 1)))
        .entries("app", |entries| entries.push(Header::file("x", 99999).seal(b"")))
        => bad("unexpected end of file");
    a_header_of_gnu: item(Header::file("x", 0).with(257, b"ustar  \0"), b"") => bad_field("magic");
    a_header_without_magic: item(Header::file("x", 0).with(257, &[0; 8]), b"") => bad_field("magic");
    a_wrong_checksum: Forge::honest().tar("app", |tar| tar[0] ^= 1)
        => bad("a header of the tar is damaged");
    a_blob_without_an_end: Forge::honest().tar("app", |tar| tar.truncate(1024))
        => bad("cannot read the tar: failed to fill whole buffer");
    a_blob_with_half_an_end: Forge::honest().tar("app", |tar| tar.truncate(1024 + 512))
        => bad("cannot read the tar: failed to fill whole buffer");
    bytes_behind_the_end_of_a_tar: Forge::honest().tar("app", |tar| tar.push(0))
        => bad("bytes follow the end of the tar");
    another_tar_behind_the_end: Forge::honest().tar("app", |tar| tar.extend(tar.clone()))
        => bad("bytes follow the end of the tar");
    a_file_that_is_not_listed: Forge::honest()
        .entries("app", |entries| entries.push(tar::file("x", b"")))
        => bad("`x` is not in the listing");
    a_file_twice_in_a_blob: Forge::honest()
        .entries("app", |entries| entries.push(entries[0].clone()))
        => bad("`boot/hello.py` is there twice");
    another_components_file: Forge::honest()
        .entries("app", |entries| entries.push(tar::file("lib/click.py", b"")))
        => bad("`lib/click.py` is not in the listing");
}
