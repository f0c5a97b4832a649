use super::sample::sample;
use super::*;
use crate::listing::{Listing, MAX_FILES};

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
    assert!(refused(|m| m.components[0].tree.unpacked = MAX_TREE + 1).contains("listings of"));
}

/// A wheel behind the runtime, with members of its own.
fn wheel(name: &str) -> Component {
    let mut wheel = sample().components[0].clone();
    (wheel.kind, wheel.name, wheel.digest) =
        (Kind::Wheel, name.into(), Digest::of(name.as_bytes()));
    wheel.tree.offset = 200;
    wheel.blobs[0].offset = 300;
    wheel
}

#[test]
fn members_stand_one_behind_the_other() {
    let lies_in_another = "lies in another or before it";
    assert!(refused(|m| m.components[0].tree.offset = 89).contains(lies_in_another), "launcher");
    assert!(refused(|m| m.components[0].blobs[0].offset = 109).contains(lies_in_another));
    let again = |m: &mut Manifest| {
        m.components.push(wheel("a"));
        m.components[1].blobs[0] = m.components[0].blobs[0];
    };
    assert!(refused(again).contains(lies_in_another));
    let mut manifest = sample();
    manifest.components.push(wheel("a"));
    assert_eq!(Manifest::parse(&manifest.encode(), 1000).unwrap(), manifest);
}

#[test]
fn two_of_a_name_or_of_a_digest_are_refused() {
    let twice = |change: &dyn Fn(&mut Component)| {
        refused(|m| {
            let mut second = wheel("b");
            (second.tree.offset, second.blobs[0].offset) = (400, 500);
            change(&mut second);
            m.components.extend([wheel("a"), second]);
        })
    };
    assert!(twice(&|c| c.name = "a".into()).contains("wheel-a-3.12.1 is in it twice"));
    assert!(twice(&|c| c.digest = Digest::of(b"a")).contains("wheel-b-3.12.1 is in it twice"));
    assert!(refused(|m| m.entries.push(m.entries[0].clone())).contains("two of a name"));
}

#[test]
fn all_listings_together_have_a_limit() {
    let files = refused(|m| {
        m.components.push(wheel("a"));
        m.components[0].files = MAX_FILES as u64;
    });
    assert!(files.contains("1048577 files and links"), "{files}");
    let bytes = refused(|m| {
        m.components.push(wheel("a"));
        m.components[0].tree.unpacked = MAX_TREE;
    });
    assert!(bytes.contains("listings of 268435476 bytes"), "{bytes}");
}

#[test]
fn texts_are_of_one_line_and_so_are_messages() {
    let changes: [fn(&mut Manifest); 7] = [
        |m| m.name = "a\n".into(),
        |m| m.version = Some("\u{1b}[2J".into()),
        |m| m.target = "\0".into(),
        |m| m.python.version = "3.12.1\nhome = /tmp".into(),
        |m| m.entries[0].runs = "\r".into(),
        |m| m.launch.options[0] = "\t".into(),
        |m| m.components[0].source = Some(Source { file: "\n".into(), sha256: String::new() }),
    ];
    for change in changes {
        assert!(refused(change).contains("a control character in"));
    }
    // The name of a link is made of it.
    assert!(refused(|m| m.python.version = "3/x.1".into()).contains("a Python"));
    let long = refused(|m| m.components[0].name = "/".repeat(1 << 20));
    assert!(long.contains("a component called") && long.len() < 400, "{} bytes", long.len());
    let forged =
        br#"{"format": 1, "name": "", "target": "", "components": [{"kind": "\n\u001b[2J"}]}"#;
    let message = Manifest::parse(forged, 1000).unwrap_err().to_string();
    assert!(message.contains("unknown variant") && !message.contains(char::is_control));
}

#[test]
fn what_is_to_run_is_listed() {
    let listing = |paths: &[&str]| {
        let path = |text: &&str| format!("f\t0\t{:032}\t{text}\n", 0);
        Listing::parse(paths.iter().map(path).collect::<String>().as_bytes()).unwrap()
    };
    let mut manifest = sample();
    manifest.components.push(wheel("a"));
    let missing = |runtime: &[&str], wheel: &[&str]| {
        let (runtime, wheel) = (listing(runtime), listing(wheel));
        let [one, two] = &manifest.components[..] else { panic!() };
        manifest.check_paths(&[(one, &runtime), (two, &wheel)]).err().map(|e| e.to_string())
    };
    assert_eq!(missing(&["bin/python3.12"], &["boot/hello.py"]), None);
    let swapped = missing(&["boot/hello.py"], &["bin/python3.12"]).unwrap();
    assert!(swapped.ends_with("`boot/hello.py` is to run, and not in it"), "{swapped}");
    let none = missing(&[], &["boot/hello.py"]).unwrap();
    assert!(none.ends_with("`bin/python3.12` is to run, and not in it"), "{none}");
}
