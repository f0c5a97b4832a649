//! A small manifest that makes sense, for tests.
#![allow(missing_docs, clippy::missing_panics_doc, reason = "for tests alone")]

use super::{Component, Entry, FORMAT, Kind, Launch, Manifest, Member, Python, Start, Stub};
use crate::digest::Digest;
use crate::entry_path::EntryPath;

pub fn sample() -> Manifest {
    let member = |offset| Member { offset, length: 10, unpacked: 20, blake3: Digest::of(b"") };
    Manifest {
        c_library: None,
        format: FORMAT,
        name: "hello".into(),
        version: Some("1.0".into()),
        target: "x86_64-unknown-linux-gnu".into(),
        stub: Stub { length: 90, blake3: Digest::of(b"stub") },
        python: Python {
            implementation: "cpython".into(),
            version: "3.12.1".into(),
            executable: EntryPath::new("bin/python3.12").unwrap(),
        },
        launch: Launch { default: None, options: vec!["-I".into()], loader_variables: false },
        entries: vec![Entry {
            name: "hello".into(),
            runs: "hello:main".into(),
            start: Start::Python(EntryPath::new("boot/hello.py").unwrap()),
        }],
        components: vec![Component {
            kind: Kind::Runtime,
            name: "cpython".into(),
            version: "3.12.1".into(),
            digest: Digest::of(b"tree"),
            files: 1,
            bytes: 20,
            source: None,
            tree: member(100),
            blobs: vec![member(110)],
        }],
    }
}
