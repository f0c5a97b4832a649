use super::*;

pub(crate) fn sample() -> Manifest {
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

fn refused(change: impl Fn(&mut Manifest)) -> String {
    let mut manifest = sample();
    change(&mut manifest);
    Manifest::parse(&manifest.encode(), 1000).unwrap_err().to_string()
}

#[test]
fn a_manifest_survives_the_round_trip() {
    assert_eq!(Manifest::parse(&sample().encode(), 1000).unwrap(), sample());
}

#[test]
fn a_newer_format_is_named_before_its_fields_are_read() {
    let error = Manifest::parse(br#"{"format": 2, "new": []}"#, 1000).unwrap_err();
    assert!(matches!(error, BadManifest::Format(2)), "{error}");
}

#[test]
fn contradictions_are_refused() {
    assert!(refused(|m| m.components.clear()).contains("runtime"));
    assert!(refused(|m| m.components[0].kind = Kind::Wheel).contains("runtime"));
    assert!(refused(|m| m.entries.clear()).contains("no entries"));
    assert!(refused(|m| m.entries[0].name = "a/b".into()).contains("entry called"));
    assert!(refused(|m| m.launch.default = Some("x".into())).contains("default"));
    assert!(refused(|m| m.components[0].blobs[0].offset = u64::MAX).contains("outside"));
    assert!(refused(|m| m.components[0].blobs[0].length = 900).contains("outside"));
    assert!(refused(|m| m.components[0].name = "../x".into()).contains("called"));
    assert!(refused(|m| m.components[0].tree.unpacked = MAX_TREE + 1).contains("too long"));
}
