//! Paths that lead elsewhere, in each of the places where an archive has paths.

use serde_json::json;

use super::{damaged, hostile, manifest};
use crate::support::forge::{Forge, line, tar};

const LISTING: &str = "components/app-hello-1.0/tree.zst: line 2 of a listing: ";
const TAR: &str = "components/app-hello-1.0/00.tar.zst: the tar: ";

/// A path behind the honest one in the listing of the application, and in its blob.
fn listed(path: &str) -> Forge {
    Forge::honest()
        .lines("app", |lines| lines.push(line("f", path, b"")))
        .entries("app", |entries| entries.push(tar::file(path, b"")))
}

/// A path in the blob alone.
fn packed(path: &str) -> Forge {
    Forge::honest().entries("app", |entries| entries.push(tar::file(path, b"")))
}

/// A path in a pax header, which allows any bytes and any length.
fn in_pax(path: &str) -> Forge {
    let header = tar::pax(&tar::record("path", path));
    let entry = [header, tar::file("x", b"")].concat();
    Forge::honest().entries("app", |entries| entries.push(entry))
}

/// The path that the only entry starts.
fn started(path: &str) -> Forge {
    let path = path.to_owned();
    Forge::honest().manifest(move |m| m["entries"][0]["start"] = json!({ "python": path }))
}

/// The path of the interpreter.
fn interpreter(path: &str) -> Forge {
    let path = path.to_owned();
    Forge::honest().manifest(move |m| m["python"]["executable"] = json!(path))
}

fn in_listing(what: &str) -> super::Refusal {
    damaged(&format!("{LISTING}{what}"))
}

fn in_tar(what: &str) -> super::Refusal {
    damaged(&format!("{TAR}{what}"))
}

fn in_manifest(what: &str) -> super::Refusal {
    manifest(&format!("cannot be read: {what}"))
}

fn long_name() -> String {
    "n".repeat(256)
}

/// 2,049 bytes of short names.
fn long_path() -> String {
    "d/".repeat(1024) + "f"
}

fn cut(long: &str) -> String {
    format!("`{}…` is longer than a file system allows", &long[..200])
}

hostile! {
    dots_that_climb_in_a_listing: listed("lib/../../x")
        => in_listing("`lib/../../x` has `.` or `..` in it");
    dots_alone_in_a_listing: listed("..") => in_listing("`..` has `.` or `..` in it");
    an_absolute_path_in_a_listing: listed("/etc/x") => in_listing("`/etc/x` is absolute");
    a_nul_in_a_listing: listed("a\0b")
        => in_listing(r#""a\0b" has a control character or a backslash in it"#);
    an_escape_sequence_in_a_listing: listed("\u{1b}[2J")
        => in_listing(r#""\u{1b}[2J" has a control character or a backslash in it"#);
    two_slashes_in_a_listing: listed("lib//x") => in_listing("`lib//x` has an empty name in it");
    a_slash_at_the_end_in_a_listing: listed("lib/") => in_listing("`lib/` has an empty name in it");
    a_name_of_one_dot_in_a_listing: listed("./x") => in_listing("`./x` has `.` or `..` in it");
    an_empty_path_in_a_listing: listed("") => in_listing("an empty path");
    a_backslash_in_a_listing: listed("lib\\x")
        => in_listing(r#""lib\\x" has a control character or a backslash in it"#);
    a_delete_character_in_a_listing: listed("\u{7f}")
        => in_listing(r#""\u{7f}" has a control character or a backslash in it"#);
    a_name_of_256_bytes_in_a_listing: listed(&long_name()) => in_listing(&cut(&long_name()));
    a_path_of_2049_bytes_in_a_listing: listed(&long_path()) => in_listing(&cut(&long_path()));
    the_caches_own_directory_in_a_listing: listed(".snakecrate/stamp")
        => in_listing("`.snakecrate/stamp` is in a directory reserved for the cache");
    the_caches_own_directory_as_a_file: listed(".snakecrate")
        => in_listing("`.snakecrate` is in a directory reserved for the cache");

    dots_that_climb_in_a_tar: packed("../x") => in_tar("`../x` has `.` or `..` in it");
    an_absolute_path_in_a_tar: packed("/etc/x") => in_tar("`/etc/x` is absolute");
    two_slashes_in_a_tar: packed("lib//x") => in_tar("`lib//x` has an empty name in it");
    a_slash_at_the_end_in_a_tar: packed("lib/") => in_tar("`lib/` has an empty name in it");
    a_name_of_one_dot_in_a_tar: packed("./x") => in_tar("`./x` has `.` or `..` in it");
    an_empty_path_in_a_tar: packed("") => in_tar("an empty path");
    a_backslash_in_a_tar: packed("..\\x")
        => in_tar(r#""..\\x" has a control character or a backslash in it"#);
    the_caches_own_directory_in_a_tar: packed(".snakecrate/stamp")
        => in_tar("`.snakecrate/stamp` is in a directory reserved for the cache");
    a_nul_inside_a_path_in_a_tar: packed("a\0/../b")
        => damaged("components/app-hello-1.0/00.tar.zst: a header of the tar has a bad path");
    bytes_that_are_no_text_in_a_tar: Forge::honest().entries("app", |entries| {
        entries.push(tar::Header::of(b'0', b"\xff\xfe", 0).seal(b""));
    }) => damaged("components/app-hello-1.0/00.tar.zst: a header of the tar has a bad path");
    dots_in_a_prefix_in_a_tar: Forge::honest().entries("app", |entries| {
        entries.push(tar::Header::file("x", 0).with(345, b"..").seal(b""));
    }) => in_tar("`../x` has `.` or `..` in it");
    dots_that_climb_in_a_pax_record: in_pax("a/../../x")
        => in_tar("`a/../../x` has `.` or `..` in it");
    an_absolute_path_in_a_pax_record: in_pax("/x") => in_tar("`/x` is absolute");
    a_nul_in_a_pax_record: in_pax("a\0b")
        => in_tar(r#""a\0b" has a control character or a backslash in it"#);
    a_newline_in_a_pax_record: in_pax("a\nb")
        => in_tar(r#""a\nb" has a control character or a backslash in it"#);
    a_name_of_256_bytes_in_a_pax_record: in_pax(&long_name()) => in_tar(&cut(&long_name()));
    a_path_of_2049_bytes_in_a_pax_record: in_pax(&long_path()) => in_tar(&cut(&long_path()));

    an_entry_that_starts_what_is_above: started("../../../x.py")
        => in_manifest("`../../../x.py` has `.` or `..` in it at line");
    an_entry_that_starts_an_absolute_path: started("/x.py")
        => in_manifest("`/x.py` is absolute at line");
    an_entry_with_a_nul: started("a\0b")
        => in_manifest(r#""a\0b" has a control character or a backslash in it at line"#);
    an_entry_with_no_path: started("") => in_manifest("an empty path at line");
    an_interpreter_above: interpreter("../python3")
        => in_manifest("`../python3` has `.` or `..` in it at line");
    an_interpreter_with_an_absolute_path: interpreter("/usr/bin/python3")
        => in_manifest("`/usr/bin/python3` is absolute at line");
    an_interpreter_in_the_caches_own_directory: interpreter(".snakecrate/x")
        => in_manifest("`.snakecrate/x` is in a directory reserved for the cache at line");
}
