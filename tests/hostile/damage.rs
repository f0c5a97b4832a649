//! Archives that did not arrive whole: the launcher and the packer say so, and write nothing.

use crate::support::sandbox::Sandbox;
use crate::support::sandbox::shared::PROBE;

const AGAIN: &str = "again";

#[test]
fn a_truncated_archive_says_how_much_is_missing() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let whole = std::fs::metadata(sandbox.path("app")).unwrap().len();
    let half = usize::try_from(whole / 2).unwrap();
    sandbox.rewrite("app", |bytes| bytes.truncate(half));
    sandbox.run(["verify", "app"]).refused(1, "truncated", AGAIN);
    sandbox.archive("app").output().not_launched("[SIZE]", AGAIN);
    assert!(sandbox.cached("components").is_empty());
}

#[test]
fn an_archive_without_its_last_bytes_is_truncated_too() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.rewrite("app", |bytes| bytes.truncate(bytes.len() - 1));
    sandbox.run(["verify", "app"]).refused(1, "app", AGAIN);
}

#[test]
fn a_flipped_bit_in_a_blob_is_found_before_anything_is_published() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    let archive = snakecrate::archive::Archive::open(&sandbox.path("app")).unwrap();
    let blob = archive.manifest().components[0].blobs[0];
    let middle = blob.offset + blob.length / 2;
    sandbox.rewrite("app", |bytes| bytes[usize::try_from(middle).unwrap()] ^= 0x10);
    sandbox.run(["verify", "app"]).refused(1, "damaged", AGAIN);
    sandbox.archive("app").output().not_launched("damaged", AGAIN);
    assert!(sandbox.cached("components").is_empty());
    assert!(sandbox.cached("envs").is_empty());
}

#[test]
fn a_long_blob_is_hashed_to_its_end_and_named_wherever_it_is_damaged() {
    // Each place in turn: the frame's header, its middle, its last byte.
    for place in 0..3 {
        let sandbox = Sandbox::new().with(&PROBE, "app");
        let archive = snakecrate::archive::Archive::open(&sandbox.path("app")).unwrap();
        let runtime = &archive.manifest().components[0];
        // Longer than what the launcher decodes in memory: libpython's.
        let index = runtime.blobs.iter().position(|blob| blob.unpacked > 4 << 20).unwrap();
        let (blob, member) = (runtime.blobs[index], runtime.blob_member(index));
        let at = blob.offset + [4, blob.length / 2, blob.length - 1][place];
        sandbox.rewrite("app", |bytes| bytes[usize::try_from(at).unwrap()] ^= 0x10);
        let message = format!("{member} is not what was packed");
        sandbox.archive("app").output().not_launched(&message, AGAIN);
        assert!(sandbox.cached("components").is_empty());
        assert!(sandbox.cached("envs").is_empty());
    }
}

#[test]
fn a_flipped_bit_in_the_manifest_is_found() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.rewrite("app", |bytes| {
        let name = b"\"implementation\": \"cpython\"";
        let at = bytes.windows(name.len()).rposition(|window| window == name).unwrap();
        bytes[at + name.len() - 2] ^= 1;
    });
    sandbox.run(["verify", "app"]).refused(1, "manifest", AGAIN);
    sandbox.archive("app").output().not_launched("manifest", AGAIN);
}

#[test]
fn bytes_behind_the_payload_do_no_harm() {
    let sandbox = Sandbox::new().with(&PROBE, "app");
    sandbox.rewrite("app", |bytes| bytes.extend_from_slice(b"a code signature"));
    sandbox.archive("app").expect(0, "probe 1.2.3 ['probe:main']\n", "");
}
