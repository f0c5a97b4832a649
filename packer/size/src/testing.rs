//! Made-up archives for tests.

use snakecrate_format::manifest::Kind;

use crate::classify::FileKind;
use crate::count::Counts;
use crate::report::{FileRow, KindRow, Measured, Part, Row, Share};

/// A component: its name, its version, and its files with their packed lengths.
type Made<'a> = (&'a str, &'a str, &'a [(&'a str, u64)]);

/// An archive of these wheels. Files have twice as many bytes unpacked.
pub(crate) fn measured(wheels: &[Made<'_>]) -> Measured {
    let mut files = Vec::new();
    let mut parts = Vec::new();
    for (name, version, made) in wheels {
        let kind = if *name == "cpython" {
            Kind::Runtime
        } else if name.starts_with("part:") {
            Kind::Part
        } else {
            Kind::Wheel
        };
        let name = name.trim_start_matches("part:");
        let mut bytes = Share::default();
        for (path, packed) in *made {
            let file = FileRow {
                component: format!("{}-{name}-{version}", kind.as_str()),
                path: (*path).to_owned(),
                kind: crate::classify::classify(path, b"").kind,
                packed: *packed,
                estimated: true,
                unpacked: 2 * packed,
                library: crate::classify::extension(path) == "so",
                executable: false,
                pack: None,
            };
            bytes.add(&file);
            files.push(file);
        }
        parts.push(Row {
            part: Part::Component,
            kind: Some(kind),
            name: name.to_owned(),
            version: Some((*version).to_owned()),
            bytes: Share { estimated: false, ..bytes },
        });
    }
    let packed = files.iter().map(|file| file.packed).sum();
    let mut source = Share::default();
    for file in &files {
        source.add(file);
    }
    Measured {
        name: "demo".into(),
        version: Some("1.0".into()),
        target: "x86_64-unknown-linux-gnu".into(),
        packed,
        unpacked: 2 * packed,
        counts: Counts::default(),
        parts,
        kinds: vec![KindRow { kind: FileKind::Source, bytes: source.within(packed) }],
        directories: Vec::new(),
        duplicates: Vec::new(),
        files,
    }
}
