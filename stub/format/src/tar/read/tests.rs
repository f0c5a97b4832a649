use super::*;

struct Forge(Block);

impl Forge {
    fn new(name: &str, kind: u8, size: usize) -> Self {
        let mut forge = Self([0; BLOCK]);
        forge.set(0, name.as_bytes());
        forge.set(100, b"0000644\0");
        forge.set(124, format!("{size:011o}\0").as_bytes());
        forge.0[156] = kind;
        forge.set(257, b"ustar\x0000");
        forge
    }

    fn set(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.set(at, bytes);
        self
    }

    fn seal(mut self, contents: &[u8]) -> Vec<u8> {
        self.set(148, b"        ");
        let sum: u32 = self.0.iter().map(|&byte| u32::from(byte)).sum();
        self.set(148, format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = self.0.to_vec();
        bytes.extend(contents);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }
}

fn file(name: &str, contents: &[u8]) -> Vec<u8> {
    Forge::new(name, b'0', contents.len()).seal(contents)
}

fn link(name: &str, target: &str) -> Vec<u8> {
    Forge::new(name, b'2', 0).with(157, target.as_bytes()).seal(b"")
}

fn pax(records: &str) -> Vec<u8> {
    Forge::new("pax", b'x', records.len()).seal(records.as_bytes())
}

fn record(key: &str, value: &str) -> String {
    let body = key.len() + value.len() + 3;
    let length = (body..body + 9)
        .find(|length| body + length.to_string().len() == *length)
        .unwrap_or_default();
    format!("{length} {key}={value}\n")
}

fn tar(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = parts.concat();
    bytes.resize(bytes.len() + 2 * BLOCK, 0);
    bytes
}

fn read(bytes: &[u8]) -> Result<Vec<(String, Kind, Vec<u8>)>, BadTar> {
    let mut reader = Reader::new(bytes);
    let mut all = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        let mut contents = Vec::new();
        reader.read_to_end(&mut contents)?;
        all.push((entry.path.to_string(), entry.kind, contents));
    }
    assert!(reader.next_entry().unwrap().is_none(), "the end stays the end");
    Ok(all)
}

fn refused(parts: &[Vec<u8>]) -> BadTar {
    read(&tar(parts)).unwrap_err()
}

#[test]
fn files_and_links_are_read_in_order() {
    let run = Forge::new("bin/run", b'0', 3).with(100, b"0000755\0").seal(b"abc");
    let all = read(&tar(&[file("a", b""), run, link("lib64", "lib")])).unwrap();
    assert_eq!(all[0].1, Kind::File { executable: false, size: 0 });
    assert_eq!(all[1], ("bin/run".into(), Kind::File { executable: true, size: 3 }, b"abc".into()));
    let path = EntryPath::new("lib64").unwrap();
    assert_eq!(all[2].1, Kind::Link(LinkTarget::new(&path, "lib").unwrap()));
    assert!(read(&tar(&[])).unwrap().is_empty());
}

#[test]
fn long_names_come_from_pax_records_or_the_prefix() {
    let long = "d/".repeat(200) + "f";
    let records = record("path", &long) + &record("linkpath", &"x/".repeat(100)[..199]);
    let all = read(&tar(&[
        pax(&record("path", &long)),
        file("cut", b"1"),
        pax(&records),
        link("cut", "cut"),
        Forge::new("name", b'0', 0).with(345, b"some/prefix").seal(b""),
    ]))
    .unwrap();
    assert_eq!(all[0].0, long);
    assert_eq!(all[1].0, long);
    let Kind::Link(target) = &all[1].1 else { panic!("not a link") };
    assert_eq!(target.as_str().len(), 199);
    assert_eq!(all[2].0, "some/prefix/name");
}

#[test]
fn contents_that_are_not_read_are_skipped() {
    let bytes = tar(&[file("a", &[1; 1000]), file("b", b"2")]);
    let mut reader = Reader::new(&bytes[..]);
    reader.next_entry().unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    assert_eq!(reader.next_entry().unwrap().unwrap().path.as_str(), "b");
}

#[test]
fn every_other_type_is_refused() {
    for kind in (0..=u8::MAX).filter(|kind| !b"02x".contains(kind)) {
        let error = refused(&[Forge::new("a", kind, 0).seal(b"")]);
        assert!(matches!(error, BadTar::Type(other) if other == kind), "{error}");
    }
    assert!(matches!(refused(&[pax(""), pax(""), file("a", b"")]), BadTar::Type(b'x')));
}

#[test]
fn unsafe_paths_and_links_are_refused() {
    for name in ["/etc/passwd", "../a", "a//b", "a/./b", "", ".snakecrate/x"] {
        assert!(matches!(refused(&[file(name, b"")]), BadTar::Path(_)), "{name}");
    }
    assert!(matches!(refused(&[link("a", "../b")]), BadTar::Path(_)));
    assert!(matches!(refused(&[link("a", "/b")]), BadTar::Path(_)));
    let hidden = [pax(&record("path", "../a")), file("a", b"")];
    assert!(matches!(refused(&hidden), BadTar::Path(_)));
}

#[test]
fn lying_fields_are_refused() {
    let forge = || Forge::new("a", b'0', 0);
    let field = |parts: &[Vec<u8>]| match refused(parts) {
        BadTar::Field(name) => name,
        other => panic!("{other}"),
    };
    assert_eq!(field(&[forge().with(124, b"00000000000 ").seal(b"")]), "size");
    assert_eq!(
        field(&[forge().with(124, b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff").seal(b"")]),
        "size"
    );
    assert_eq!(field(&[forge().with(124, b"        010\0").seal(b"")]), "size");
    assert_eq!(field(&[forge().with(100, b"0004755\0").seal(b"")]), "mode");
    assert_eq!(field(&[forge().with(257, b"ustar  \0").seal(b"")]), "magic");
    assert_eq!(field(&[forge().with(157, b"x").seal(b"")]), "link");
    assert_eq!(field(&[forge().with(0, b"\xff").seal(b"")]), "path");
    assert_eq!(field(&[forge().with(0, b"a\0/../b").seal(b"")]), "path");
    assert_eq!(field(&[Forge::new("a", b'2', 1).with(157, b"b").seal(b"x")]), "size");
    assert_eq!(field(&[pax(&record("linkpath", "b")), file("a", b"")]), "link");
}

#[test]
fn pax_headers_hold_one_path_and_one_linkpath_at_most() {
    let path = record("path", "a");
    let long = record("path", &"a".repeat(MAX_PAX));
    for records in [
        record("size", "9").as_str(),
        &(path.clone() + &path),
        &path[..path.len() - 1],
        "999999999999999999999999 path=a\n",
        "99 path=a\n",
        "1 path=a\n",
        "0 path=a\n",
        "9 path=a\u{fc}\n",
        "path=a\n",
        "10 path=\u{fc}",
        &long,
    ] {
        let error = refused(&[pax(records), file("a", b"")]);
        assert!(matches!(error, BadTar::Field("pax header")), "{records:?}: {error}");
    }
    let huge = Forge::new("pax", b'x', 1 << 32).seal(b"");
    assert!(matches!(refused(&[huge]), BadTar::Field("pax header")));
}

#[test]
fn a_tar_cut_anywhere_is_refused() {
    let whole =
        tar(&[file("a", &[7; 600]), pax(&record("path", "b")), file("c", b"1"), link("l", "a")]);
    for length in 0..whole.len() {
        let error = read(&whole[..length]).unwrap_err();
        let BadTar::Read(error) = error else { panic!("{length}: {error}") };
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length}");
    }
}

#[test]
fn nothing_may_follow_the_end() {
    let whole = tar(&[file("a", b"1")]);
    assert!(matches!(read(&[&whole[..], &[0]].concat()), Err(BadTar::Trailing)));
    let mut half = whole.clone();
    *half.last_mut().unwrap() = 1;
    assert!(matches!(read(&half), Err(BadTar::Trailing)));
}

#[test]
fn a_flipped_bit_in_a_header_is_noticed() {
    let whole = tar(&[file("a", b"1")]);
    for bit in 0..BLOCK * 8 {
        let mut bad = whole.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&bad).is_err(), "bit {bit}");
    }
}
