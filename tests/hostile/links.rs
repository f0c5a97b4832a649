//! Links that lead out of their component, or that files would be written through.

use super::{Refusal, damaged, hostile};
use crate::support::forge::{Forge, line, link_line, tar};

fn linked(path: &str, target: &str) -> Forge {
    Forge::honest().link("app", path, target)
}

fn in_listing(number: usize, what: &str) -> Refusal {
    let listing = "components/app-hello-1.0/tree.zst: line";
    damaged(&format!("{listing} {number} of a listing: {what}"))
}

fn in_blob(what: &str) -> Refusal {
    damaged(&format!("components/app-hello-1.0/00.tar.zst: {what}"))
}

fn leads(link: &str, target: &str) -> String {
    format!("the link `{link}` leads to `{target}`, outside its component")
}

hostile! {
    a_link_to_an_absolute_path: linked("x", "/etc/passwd")
        => in_listing(2, &leads("x", "/etc/passwd"));
    a_link_that_climbs_out: linked("a/x", "../../passwd")
        => in_listing(1, &leads("a/x", "../../passwd"));
    a_link_to_nothing: linked("x", "") => in_listing(2, &leads("x", ""));
    a_link_with_a_nul: linked("x", "a\0b")
        => in_listing(2, r#""a\0b" has a control character or a backslash in it"#);
    a_link_with_two_slashes: linked("x", "a//b") => in_listing(2, "`a//b` has an empty name in it");
    // `p/q/l` is the top of the component, and four names above that is outside.
    a_link_that_climbs_out_through_another_link: linked("p/q/l", "../..").link("app", "x", "p/q/l/../../../etc")
        => in_listing(3, &leads("x", "p/q/l/../../../etc"));
    a_link_in_a_tar_that_climbs_out: Forge::honest()
        .lines("app", |lines| lines.push(link_line("x", "boot")))
        .entries("app", |entries| entries.push(tar::link("x", "../boot")))
        => in_blob(&format!("the tar: {}", leads("x", "../boot")));
    a_link_in_a_listing_that_is_in_no_blob: Forge::honest()
        .lines("app", |lines| lines.push(link_line("x", "boot")))
        => damaged("components/app-hello-1.0/tree.zst: `x` is in no blob");
    a_link_in_a_blob_that_is_not_listed: Forge::honest()
        .entries("app", |entries| entries.push(tar::link("x", "boot")))
        => in_blob("`x` is not in the listing");
    a_link_that_is_another_in_the_listing: Forge::honest()
        .lines("app", |lines| lines.push(link_line("x", "boot")))
        .entries("app", |entries| entries.push(tar::link("x", "lib")))
        => in_blob("`x` is not as the listing has it");
    a_link_where_the_listing_has_a_file: Forge::honest()
        .lines("app", |lines| lines.push(line("f", "x", b"")))
        .entries("app", |entries| entries.push(tar::link("x", "boot")))
        => in_blob("`x` is not as the listing has it");
    a_file_where_the_listing_has_a_link: Forge::honest()
        .lines("app", |lines| lines.push(link_line("x", "boot")))
        .entries("app", |entries| entries.push(tar::file("x", b"")))
        => in_blob("`x` is not as the listing has it");
    a_link_twice_in_a_blob: linked("x", "boot")
        .entries("app", |entries| entries.push(tar::link("x", "boot")))
        => in_blob("`x` is there twice");
    a_link_and_then_a_file_in_its_place: linked("x", "boot/hello.py")
        .entries("app", |entries| entries.push(tar::file("x", b"written through")))
        => in_blob("`x` is there twice");
    a_link_and_a_file_in_its_place_in_the_listing: linked("x", "boot")
        .lines("app", |lines| lines.push(line("f", "x", b"")))
        => damaged("components/app-hello-1.0/tree.zst: line 3 of a listing: `x` is out of order, there twice, or below a file");
    a_file_below_a_link: linked("x", "boot").file("app", "x/y", b"written through")
        => damaged("components/app-hello-1.0/tree.zst: line 2 of a listing: `x` is out of order, there twice, or below a file");
    a_file_below_a_link_in_the_blob_alone: linked("x", "boot")
        .entries("app", |entries| entries.push(tar::file("x/y", b"written through")))
        => in_blob("`x/y` is not in the listing");
    a_file_below_a_file: Forge::honest().file("app", "boot/hello.py/x", b"")
        => damaged("components/app-hello-1.0/tree.zst: line 1 of a listing: `boot/hello.py` is out of order, there twice, or below a file");
}
