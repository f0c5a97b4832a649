//! A small manifest that makes sense, for tests.
#![allow(missing_docs, clippy::missing_panics_doc, reason = "for tests alone")]

use super::{Component, Entry, FORMAT, Kind, Launch, Manifest, Member, Python, Role, Start, Stub};
use crate::digest::Digest;
use crate::entry_path::EntryPath;

pub fn sample() -> Manifest {
    let member = |offset| Member { offset, length: 10, unpacked: 20, blake3: Digest::of(b"") };
    Manifest {
        format: FORMAT,
        requires: vec![],
        role: Role::Application,
        name: "hello".into(),
        version: Some("1.0".into()),
        vendor: None,
        contact: None,
        icon: None,
        mime_types: vec![],
        target: "x86_64-unknown-linux-gnu".into(),
        stub: Stub { length: 90, blake3: Digest::of(b"stub") },
        python: Python {
            implementation: "cpython".into(),
            version: "3.12.1".into(),
            abi: None,
            executable: EntryPath::new("bin/python3.12").unwrap(),
        },
        runtime: None,
        launch: Launch { options: vec!["-I".into()], ..Launch::default() },
        c_library: None,
        window_log: None,
        entries: vec![Entry::new(
            "hello",
            "hello:main",
            Start::Python(EntryPath::new("boot/hello.py").unwrap()),
        )],
        components: vec![Component {
            kind: Kind::Runtime,
            name: "cpython".into(),
            version: "3.12.1".into(),
            digest: Digest::of(b"tree"),
            files: 1,
            bytes: 20,
            source: None,
            whole: vec![],
            download: None,
            tree: member(100),
            blobs: vec![member(110)],
        }],
        attachments: vec![],
    }
}
