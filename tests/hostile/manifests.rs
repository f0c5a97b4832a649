//! Manifests that contradict themselves, or the archive.

use serde_json::{Value, json};

use super::{Refusal, damaged, hostile, manifest};
use crate::support::forge::Forge;

fn changed(change: impl FnOnce(&mut Value) + 'static) -> Forge {
    Forge::honest().manifest(change)
}

fn nonsense(what: &str) -> Refusal {
    manifest(&format!("makes no sense: {what}"))
}

fn unreadable(what: &str) -> Refusal {
    manifest(&format!("cannot be read: {what}"))
}

fn component(number: usize, change: impl FnOnce(&mut Value) + 'static) -> Forge {
    changed(move |m| change(&mut m["components"][number]))
}

const TWICE: &str = "lies in another or before it";
const OUTSIDE: &str = "lies outside the archive";
const RUNTIME: &str = "the first component, and no other, is the runtime";

hostile! {
    a_manifest_of_a_newer_format: changed(|m| m["format"] = 3.into())
        => manifest("has format 3, this build knows 2");
    a_manifest_of_an_older_format: changed(|m| m["format"] = 1.into())
        => manifest("has format 1, this build knows 2");
    a_manifest_of_a_newer_format_with_nothing_else: Forge::honest()
        .text(|text| *text = b"{\"format\": 7}".to_vec())
        => manifest("has format 7, this build knows 2");
    a_manifest_without_a_format: changed(|m| drop(m.as_object_mut().unwrap().remove("format")))
        => unreadable("missing field `format` at line");
    a_manifest_that_is_no_json: Forge::honest().text(|text| *text = b"\x89PNG".to_vec())
        => unreadable("expected value at line 1 column 1");
    an_empty_manifest: Forge::honest().text(Vec::clear)
        => unreadable("EOF while parsing a value at line 1 column 0");
    a_manifest_with_something_behind_it: Forge::honest().text(|text| text.extend(b"{}"))
        => unreadable("trailing characters at line");
    a_field_twice: Forge::honest().text(|text| drop(text.splice(1..1, *b"\n\"name\": \"x\",")))
        => unreadable("duplicate field `name` at line");
    a_kind_that_nobody_knows: component(2, |c| c["kind"] = "plugin".into())
        => unreadable("unknown variant `plugin`, expected one of `runtime`, `part`, `app`, `wheel`, `libc` at line");
    a_kind_with_escape_sequences: component(2, |c| c["kind"] = "\u{1b}[2J\n\u{7}".into())
        => unreadable("unknown variant ` [2J  `, expected one of `runtime`, `part`, `app`, `wheel`, `libc` at line");
    a_start_that_nobody_knows: changed(|m| m["entries"][0]["start"] = json!({ "shell": "rm" }))
        => unreadable("unknown variant `shell`, expected `python` or `native` at line");
    a_digest_of_31_bytes: component(2, |c| c["digest"] = "00".repeat(31).into())
        => unreadable("not a digest in lower-case hex at line");
    a_negative_length: component(2, |c| c["tree"]["length"] = (-1).into())
        => unreadable("invalid value: integer `-1`, expected u64 at line");
    a_length_that_no_number_holds: component(2, |c| c["tree"]["length"] = 1e30.into())
        => unreadable("invalid type: floating point `1e+30`, expected u64 at line");

    no_component: changed(|m| m["components"] = json!([])) => nonsense(RUNTIME);
    two_runtimes: component(2, |c| c["kind"] = "runtime".into()) => nonsense(RUNTIME);
    a_runtime_that_is_not_the_first: changed(|m| m["components"].as_array_mut().unwrap().swap(0, 1))
        => nonsense(RUNTIME);
    a_c_library_that_nothing_is_said_of: component(2, |c| c["kind"] = "libc".into())
        => nonsense("1 components with a C library");
    a_component_twice: changed(|m| {
        let again = m["components"][2].clone();
        m["components"].as_array_mut().unwrap().push(again);
    }) => nonsense(&format!("a member of click-8.1.7 {TWICE}"));
    two_components_of_a_name: component(2, |c| {
        (c["kind"], c["name"], c["version"]) = ("app".into(), "hello".into(), "1.0".into());
    }) => nonsense("components/app-hello-1.0 is in it twice");
    two_components_of_a_digest: changed(|m| m["components"][2]["digest"] = m["components"][1]["digest"].clone())
        => nonsense("components/wheel-click-8.1.7 is in it twice");
    a_component_with_a_slash_in_its_name: component(2, |c| c["name"] = "../../x".into())
        => nonsense(r#"a component called "../../x-8.1.7""#);
    a_component_with_a_newline_in_its_version: component(2, |c| c["version"] = "1\n".into())
        => nonsense(r#"a component called "click-1\n""#);

    a_blob_outside_the_archive: component(2, |c| c["blobs"][0]["length"] = (1 << 30).into())
        => nonsense(&format!("a member of click-8.1.7 {OUTSIDE}"));
    a_blob_whose_end_no_number_holds: component(2, |c| c["blobs"][0]["offset"] = u64::MAX.into())
        => nonsense(&format!("a member of click-8.1.7 {OUTSIDE}"));
    a_listing_outside_the_archive: component(2, |c| c["tree"]["offset"] = (1 << 30).into())
        => nonsense(&format!("a member of click-8.1.7 {OUTSIDE}"));
    a_blob_twice: component(2, |c| {
        let again = c["blobs"][0].clone();
        c["blobs"].as_array_mut().unwrap().push(again);
    }) => nonsense(&format!("a member of click-8.1.7 {TWICE}"));
    another_components_blob: changed(|m| {
        m["components"][2]["blobs"][0] = m["components"][1]["blobs"][0].clone();
    }) => nonsense(&format!("a member of click-8.1.7 {TWICE}"));
    a_blob_that_overlaps_its_listing: component(2, |c| {
        let tree = c["tree"]["offset"].as_u64().unwrap();
        c["blobs"][0]["offset"] = (tree + 1).into();
    }) => nonsense(&format!("a member of click-8.1.7 {TWICE}"));
    a_listing_in_the_launcher: component(0, |c| c["tree"]["offset"] = 64.into())
        => nonsense(&format!("a member of cpython-3.12.1 {TWICE}"));
    a_blob_that_overlaps_the_manifest: component(2, |c| c["blobs"][0]["length"] = 2000.into())
        => damaged("components/wheel-click-8.1.7/00.tar.zst is not what was packed")
            .packer("00.tar.zst is not what was packed");

    no_entry: changed(|m| m["entries"] = json!([])) => nonsense("no entries");
    two_entries_of_a_name: changed(|m| {
        let again = m["entries"][0].clone();
        m["entries"].as_array_mut().unwrap().push(again);
    }) => nonsense("entries that are not sorted, or two of a name");
    an_entry_with_a_slash_in_its_name: changed(|m| m["entries"][0]["name"] = "../x".into())
        => nonsense(r#"an entry called "../x""#);
    an_entry_with_an_escape_sequence_in_its_name: changed(|m| m["entries"][0]["name"] = "\u{1b}c".into())
        => nonsense(r#"an entry called "\u{1b}c""#);
    an_entry_that_starts_nothing: changed(|m| m["entries"][0]["start"] = json!({ "python": "x.py" }))
        => manifest("makes no sense: `x.py` is to run, and not in it").but_trees_are_well();
    a_native_entry_that_starts_nothing: changed(|m| m["entries"][0]["start"] = json!({ "native": "bin/x" }))
        => manifest("makes no sense: `bin/x` is to run, and not in it").but_trees_are_well();
    an_entry_that_starts_a_file_of_the_runtime: changed(|m| {
        m["entries"][0]["start"] = json!({ "native": "lib/os.py" });
    }) => manifest("makes no sense: `lib/os.py` is to run, and not in it").but_trees_are_well();
    an_interpreter_that_is_not_there: changed(|m| m["python"]["executable"] = "bin/x".into())
        => manifest("makes no sense: `bin/x` is to run, and not in it").but_trees_are_well();
    a_default_that_is_no_entry: changed(|m| m["launch"]["default"] = "x\n".into())
        => nonsense(r#"the default entry "x\n" is not among the entries"#);
    an_option_with_a_nul: changed(|m| m["launch"]["options"] = json!(["-I\0-c"]))
        => nonsense(r#"a control character in "-I\0-c""#);
    // It is written to `pyvenv.cfg`, where a line says where the standard library is.
    a_version_of_python_with_a_line_of_its_own: changed(|m| {
        m["python"]["version"] = "3.12.1\nhome = /tmp".into();
    }) => nonsense(r#"a control character in "3.12.1\nhome = /tmp""#);
    // A link gets its name: this one would be made in a directory of the runtime.
    a_version_of_python_that_is_a_path: changed(|m| {
        m["python"]["version"] = "3/lib/x.1".into();
        m["python"]["executable"] = "lib".into();
    }) => nonsense(r#"a Python "3/lib/x.1""#);
    a_name_that_clears_the_screen: changed(|m| m["name"] = "\u{1b}[2J".into())
        => nonsense(r#"a control character in "\u{1b}[2J""#);
}
