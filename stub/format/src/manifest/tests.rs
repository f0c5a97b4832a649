use super::sample::sample;
use super::*;
use crate::digest::Digest;
use crate::entry_path::EntryPath;
use crate::listing::{Listing, MAX_FILES};

fn parse(manifest: &Manifest) -> Result<Manifest, BadManifest> {
    Manifest::parse(&manifest.encode(), 1000, Feature::ALL)
}

fn refused(change: impl Fn(&mut Manifest)) -> String {
    let mut manifest = sample();
    change(&mut manifest);
    parse(&manifest).unwrap_err().to_string()
}

#[test]
fn a_manifest_survives_the_round_trip() {
    assert_eq!(parse(&sample()).unwrap(), sample());
}

#[test]
fn a_newer_format_is_named_before_its_fields_are_read() {
    let newer = br#"{"format": 3, "new": [], "requires": ["unheard-of"]}"#;
    let error = Manifest::parse(newer, 1000, Feature::ALL).unwrap_err();
    assert!(matches!(error, BadManifest::Format(3)), "{error}");
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

/// A wheel after the runtime, with its own members.
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
    assert_eq!(parse(&manifest).unwrap(), manifest);
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
    // The name of a link contains it.
    assert!(refused(|m| m.python.version = "3/x.1".into()).contains("a Python"));
    let long = refused(|m| m.components[0].name = "/".repeat(1 << 20));
    assert!(long.contains("a component called") && long.len() < 400, "{} bytes", long.len());
    let forged =
        br#"{"format": 2, "name": "", "target": "", "components": [{"kind": "\n\u001b[2J"}]}"#;
    let message = Manifest::parse(forged, 1000, Feature::ALL).unwrap_err().to_string();
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

/// A change of the sample that needs a feature, and the feature.
type Use = (Feature, fn(&mut Manifest));

const USES: [Use; 11] = [
    (Feature::DisabledCommands, |m| m.launch.disabled_commands = vec!["python".into()]),
    (Feature::EntryArguments, |m| m.entries[0].arguments = vec!["-b".into(), ":80".into()]),
    (Feature::EntryDirectory, |m| m.entries[0].directory = Template::new("{home}/x").ok()),
    (Feature::EntryEnvironment, |m| {
        let environment = &mut m.entries[0].environment;
        environment.set.0.push(("A".into(), Template::new("{cache}{{}}").unwrap()));
        environment.default.0.push(("B".into(), Template::new("").unwrap()));
        environment.unset.push("C".into());
    }),
    (Feature::ExposePath, |m| m.entries[0].expose_path = true),
    (Feature::ExternalRuntime, |m| {
        m.runtime =
            Some(ExternalRuntime { at_least: "3.12.1".into(), needs: vec![], parts: vec![] });
        m.python.abi = Some("cp312".into());
        m.components[0].kind = Kind::App;
    }),
    (Feature::FirstRun, |m| m.entries[0].first_run = EntryPath::new("boot/first.py").ok()),
    (Feature::LargeWindows, |m| m.window_log = Some(MOST_WINDOW_LOG)),
    (Feature::RemoteComponents, |m| {
        m.components[0].download = Some(Download {
            urls: vec!["https://example.org/runtime".into()],
            length: 1 << 40,
            blake3: Digest::of(b"runtime"),
        });
        m.components[0].blobs[0].offset = 1 << 30;
    }),
    (Feature::RuntimeFile, |m| (m.role, m.entries) = (Role::Runtime, vec![])),
    (Feature::RuntimeParts, |m| {
        let part = Component { kind: Kind::Part, ..wheel("ssl") };
        m.components.push(part);
    }),
];

#[test]
fn every_feature_survives_the_round_trip() {
    for (feature, change) in USES {
        let mut manifest = sample();
        change(&mut manifest);
        assert_eq!(manifest.features(), [feature]);
        manifest.requires = vec![feature];
        assert_eq!(parse(&manifest).unwrap(), manifest, "{}", feature.name());
    }
}

#[test]
fn a_feature_that_the_reader_does_not_know_is_refused() {
    for (feature, change) in USES {
        let mut manifest = sample();
        change(&mut manifest);
        manifest.requires = vec![feature];
        let known: Vec<_> = Feature::ALL.iter().copied().filter(|one| *one != feature).collect();
        let error = Manifest::parse(&manifest.encode(), 1000, &known).unwrap_err().to_string();
        let expected = format!("this archive needs a newer launcher: feature `{}`", feature.name());
        assert_eq!(error, expected);
    }
    // Its fields may have a form that this code does not know.
    let newer = br#"{"format": 2, "requires": ["unheard-of"], "entries": {"new": 1}}"#;
    let error = Manifest::parse(newer, 1000, Feature::ALL).unwrap_err();
    assert!(matches!(error, BadManifest::Feature(name) if name == "unheard-of"));
    let odd = br#"{"format": 2, "requires": ["\u001b[2J"]}"#;
    let error = Manifest::parse(odd, 1000, Feature::ALL).unwrap_err().to_string();
    assert!(error.contains(r#"a feature called "\u{1b}[2J""#), "{error}");
}

#[test]
fn a_field_that_needs_a_feature_without_it_is_refused() {
    for (feature, change) in USES {
        let error = refused(change);
        let expected = format!("it uses `{}` and does not require it", feature.name());
        assert!(error.ends_with(&expected), "{error}");
    }
    let twice = refused(|m| m.requires = vec![Feature::FirstRun; 2]);
    assert!(twice.contains("features that are not sorted"), "{twice}");
}

#[test]
fn features_are_sorted_by_name_and_found_by_it() {
    assert!(Feature::ALL.is_sorted_by(|a, b| a.name() < b.name()));
    for feature in Feature::ALL {
        assert_eq!(Feature::named(feature.name()), Some(*feature));
    }
    assert!(Feature::LAUNCHER.iter().all(|feature| Feature::ALL.contains(feature)));
}

#[test]
fn unknown_fields_are_ignored_but_in_places_where_all_matter() {
    let text = String::from_utf8(sample().encode()).unwrap();
    let with = |field: &str| {
        let text = text.replacen(field, &format!("\"later\": [1], {field}"), 1);
        Manifest::parse(text.as_bytes(), 1000, Feature::ALL)
    };
    for field in ["\"name\": \"hello\"", "\"implementation\"", "\"runs\"", "\"kind\""] {
        assert_eq!(with(field).unwrap(), sample(), "{field}");
    }
    let error = with("\"offset\"").unwrap_err().to_string();
    assert!(error.contains("unknown field `later`"), "{error}");
}

#[test]
fn what_describes_an_archive_survives_the_round_trip() {
    let mut manifest = sample();
    manifest.vendor = Some("Example Ltd".into());
    manifest.contact = Some("https://example.org/help".into());
    manifest.mime_types = vec!["text/csv".into()];
    manifest.launch.keep_days = Some(0);
    manifest.window_log = Some(MAX_WINDOW_LOG);
    manifest.entries[0].graphical = true;
    manifest.attachments = vec![attachment("attachments/icon.png"), attachment("sbom.cdx.json")];
    manifest.attachments[0].component = Some("runtime-cpython-3.12.1".into());
    manifest.icon = EntryPath::new("attachments/icon.png").ok();
    assert_eq!(manifest.features(), []);
    assert_eq!(parse(&manifest).unwrap(), manifest);
}

fn attachment(name: &str) -> Attachment {
    Attachment {
        name: EntryPath::new(name).unwrap(),
        role: "license".into(),
        component: None,
        bytes: 10,
        blake3: Digest::of(b"text"),
    }
}

/// The error for the sample with every feature required.
fn refused_with_all(change: impl Fn(&mut Manifest)) -> String {
    refused(|m| {
        m.requires = Feature::ALL.to_vec();
        change(m);
    })
}

#[test]
fn attachments_that_contradict_themselves_are_refused() {
    let with = |change: fn(&mut Attachment)| {
        refused(|m| {
            let mut one = attachment("attachments/a");
            change(&mut one);
            m.attachments = vec![one];
        })
    };
    let elsewhere = |a: &mut Attachment| a.name = EntryPath::new("components/x").unwrap();
    assert!(with(elsewhere).contains("an attachment called `components/x`"));
    assert!(with(|a| a.role = "A b".into()).contains("an attachment that is"));
    assert!(with(|a| a.component = Some("x".into())).contains("an attachment of \"x\""));
    assert!(with(|a| a.bytes = MAX_ATTACHMENT + 1).contains("bytes"));
    let twice = refused(|m| m.attachments = vec![attachment("sbom.cdx.json"); 2]);
    assert!(twice.contains("two of a name"), "{twice}");
    let icon = refused(|m| m.icon = EntryPath::new("attachments/i").ok());
    assert!(icon.contains("is not attached"), "{icon}");
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    let with = |change: &dyn Fn(&mut Entry)| refused_with_all(|m| change(&mut m.entries[0]));
    let set = |name: &'static str| {
        with(&|e: &mut Entry| {
            e.environment.set.0.push((name.into(), Template::new("x").unwrap()));
        })
    };
    for name in ["LD_PRELOAD", "ld_x", "PYTHONPATH", "SNAKECRATE", "", "A=B"] {
        assert!(set(name).contains("a variable called"), "{name}");
    }
    assert!(set("A\n").contains("a control character"));
    let twice = with(&|e| {
        e.environment.default.0.push(("A".into(), Template::new("x").unwrap()));
        e.environment.unset.push("A".into());
    });
    assert!(twice.contains("the variable \"A\" twice"), "{twice}");
    let both = with(&|e| {
        let value = || Template::new("x").unwrap();
        e.environment.set.0 = vec![("A".into(), value()), ("A".into(), value())];
    });
    assert!(both.contains("the variable \"A\" twice"), "{both}");
    assert!(with(&|e| e.arguments = vec!["\0".into()]).contains("a control character"));
    let long = with(&|e| e.arguments = vec!["x".repeat(MAX_ENTRY_TEXT + 1)]);
    assert!(long.contains("bytes for `hello`"), "{long}");
    for directory in ["", "x/y", "{{x}}"] {
        let text = with(&|e| e.directory = Template::new(directory).ok());
        assert!(text.contains("a relative directory"), "{text}");
    }
}

#[test]
fn archives_that_contradict_themselves_are_refused() {
    let runtime =
        || Some(ExternalRuntime { at_least: "3.12.1".into(), needs: vec![], parts: vec![] });
    let inside = refused_with_all(|m| m.runtime = runtime());
    assert!(inside.contains("a runtime inside, and another one"), "{inside}");
    let no_abi = refused_with_all(|m| {
        m.runtime = runtime();
        m.components[0].kind = Kind::App;
    });
    assert!(no_abi.contains("without its ABI"), "{no_abi}");
    let entries = refused_with_all(|m| m.role = Role::Runtime);
    assert!(entries.contains("entries of a runtime"), "{entries}");
    let order = refused_with_all(|m| {
        let mut part = Component { kind: Kind::Part, ..wheel("ssl") };
        (part.tree.offset, part.blobs[0].offset) = (400, 500);
        m.components.extend([wheel("a"), part]);
    });
    assert!(order.contains("not sorted by kind"), "{order}");
    for log in [0, MAX_WINDOW_LOG - 1, MOST_WINDOW_LOG + 1, u32::MAX] {
        assert!(refused_with_all(|m| m.window_log = Some(log)).contains("a window of"), "{log}");
    }
    let days = refused(|m| m.launch.keep_days = Some(MAX_KEEP_DAYS + 1));
    assert!(days.contains("days in the cache"), "{days}");
    for name in ["", "a b", "X"] {
        let text = refused_with_all(|m| m.launch.disabled_commands = vec![name.into()]);
        assert!(text.contains("self-commands"), "{name}");
    }
    for name in ["", "text", "/x", "text/", "a/b/c", "\u{1b}/x"] {
        let text = refused(|m| m.mime_types = vec![name.into()]);
        assert!(text.contains("a MIME type") || text.contains("a control"), "{name}");
    }
}

#[test]
fn downloads_that_cannot_be_are_refused() {
    let with = |urls: &[&str], length: u64| {
        refused_with_all(|m| {
            m.components[0].download = Some(Download {
                urls: urls.iter().map(|url| (*url).to_owned()).collect(),
                length,
                blake3: Digest::of(b""),
            });
        })
    };
    for urls in [&[][..], &["http://a"], &["https://"], &["https://a\n"], &["file:///etc/passwd"]] {
        assert!(with(urls, 1000).contains("cannot be downloaded"), "{urls:?}");
    }
    assert!(with(&["https://a"], 119).contains("outside"), "the blob ends at 120");
}
