//! `RECORD`: the files of a distribution and their digests
//! ([specification](https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file)).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha384, Sha512};
use snakecrate_format::entry_path::EntryPath;

use super::error::{Error, Kind};
use super::store::Kept;
use snakecrate_base::tree::{Node, Tree};

/// A wheel's RECORD: lines by path.
#[derive(Debug, Default)]
pub(crate) struct Record {
    lines: BTreeMap<String, Line>,
}

#[derive(Debug, Default)]
struct Line {
    /// `sha256=…`, or empty.
    hash: String,
    size: String,
}

impl Record {
    /// Parses the document.
    pub(crate) fn parse(text: &str) -> Result<Self, Kind> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut lines = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(|error| Kind::Metadata(format!("RECORD: {error}")))?;
            let field = |index| record.get(index).unwrap_or_default().to_owned();
            // Old tools on Windows wrote backslashes into RECORD, but not into the zip.
            let path = field(0).replace('\\', "/");
            let line = Line { hash: field(1), size: field(2) };
            // Some builders list a file twice.
            if let Some(known) = lines.insert(path.clone(), line)
                && lines.get(&path).is_some_and(|line| line.hash != known.hash)
            {
                return Err(Kind::Duplicate(path));
            }
        }
        Ok(Self { lines })
    }

    /// The paths of all lines.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// Compares the line of `path` with the file, and removes it.
    pub(crate) fn check(&mut self, path: &str, kept: &Kept) -> Result<(), Kind> {
        let line = self.lines.remove(path).ok_or_else(|| Kind::Unlisted(path.into()))?;
        if line.size.parse().is_ok_and(|size: u64| size != kept.size) {
            return Err(Kind::Altered(path.into(), "size"));
        }
        let altered = || Kind::Altered(path.into(), "hash");
        let (algorithm, wanted) = line.hash.split_once('=').unwrap_or_default();
        // Some builders write names of algorithms in capitals, and installers accept them.
        let actual = match &*algorithm.to_ascii_lowercase() {
            "sha256" => kept.sha256.to_vec(),
            "sha384" => Sha384::digest(&kept.content.read()?).to_vec(),
            "sha512" => Sha512::digest(&kept.content.read()?).to_vec(),
            // Bytecode may be listed without a hash.
            "" if path.rsplit('.').next() == Some("pyc") => return Ok(()),
            "" => return Err(Kind::Metadata(format!("RECORD has no hash for `{path}`"))),
            _ => {
                let found = format!("RECORD has a `{algorithm}` hash for `{path}`");
                return Err(Kind::Metadata(format!("{found}, not sha256, sha384 or sha512")));
            }
        };
        let same = wanted.trim_end_matches('=') == BASE64_URL_SAFE_NO_PAD.encode(actual);
        if same { Ok(()) } else { Err(altered()) }
    }

    /// Removes a line.
    pub(crate) fn ignore(&mut self, path: &str) {
        self.lines.remove(path);
    }

    /// The files of the lines that are left: the wheel does not have them.
    pub(crate) fn finish(self) -> Vec<String> {
        // A few builders list directories, without a hash.
        self.lines.into_keys().filter(|path| !path.ends_with('/')).collect()
    }
}

/// The RECORD of an installed distribution: paths relative to `site-packages`, digests and sizes.
#[derive(Debug, Default)]
pub(crate) struct Installed {
    lines: BTreeMap<String, Line>,
}

impl Installed {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: String, sha256: &[u8], size: u64) {
        let hash = format!("sha256={}", BASE64_URL_SAFE_NO_PAD.encode(sha256));
        self.lines.insert(path, Line { hash, size: size.to_string() });
    }

    /// The document, whose own path is `path`.
    pub(crate) fn encode(mut self, path: &str) -> Vec<u8> {
        self.lines.insert(path.to_owned(), Line::default());
        encode(&self.lines)
    }
}

/// The document with these lines.
fn encode(lines: &BTreeMap<String, Line>) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    for (path, line) in lines {
        // Writing to memory cannot fail, and every record has three fields.
        let _ = csv.write_record([path, &line.hash, &line.size]);
    }
    csv.into_inner().unwrap_or_default()
}

/// The end of a source's name.
const SOURCE: &str = ".py";

/// Replaces sources by bytecode in every RECORD of `tree`: `a.pyc` for `a.py` where only the former
/// exists. Bytecode may be listed without a hash.
pub(crate) fn follow_bytecode(tree: &mut Tree) -> Result<(), Error> {
    let records: Vec<EntryPath> = tree
        .iter()
        .map(|(path, _)| path)
        .filter(|path| path.as_str().ends_with(".dist-info/RECORD"))
        .cloned()
        .collect();
    for record in records {
        let site = record.parent().and_then(|info| info.rsplit_once('/')).map_or("", |at| at.0);
        let there = |path: &str| {
            EntryPath::new(&format!("{site}/{path}")).is_ok_and(|path| tree.get(&path).is_some())
        };
        let Some(Node::File { mode, content }) = tree.get(&record) else { continue };
        let bytes = content.read().map_err(|error| Kind::Read(error).at(record.as_path()))?;
        let mode = *mode;
        let mut lines = Record::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|kind| kind.at(record.as_path()))?
            .lines;
        let replaced =
            |path: &&String| path.ends_with(SOURCE) && !there(path) && there(&format!("{path}c"));
        for path in lines.keys().filter(replaced).cloned().collect::<Vec<_>>() {
            lines.remove(&path);
            lines.insert(path + "c", Line::default());
        }
        tree.insert_file(record, mode, encode(&lines));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::*;

    fn kept(bytes: &[u8]) -> Kept {
        Kept {
            content: bytes.to_vec().into(),
            size: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        }
    }

    #[test]
    fn strong_hashes_are_checked_and_weak_ones_refused() {
        let good = BASE64_URL_SAFE_NO_PAD.encode(Sha512::digest(b"x"));
        let text = format!("\"a,b\",sha512={good},1\nb,md5=abc,\nc,,\nd.pyc,,\n");
        let mut record = Record::parse(&text).unwrap();
        record.check("a,b", &kept(b"x")).unwrap();
        assert_eq!(
            record.check("b", &kept(b"x")).unwrap_err().to_string(),
            "RECORD has a `md5` hash for `b`, not sha256, sha384 or sha512"
        );
        assert!(record.check("c", &kept(b"x")).unwrap_err().to_string().contains("no hash"));
        record.check("d.pyc", &kept(b"x")).unwrap();
        assert!(record.finish().is_empty());
    }

    #[test]
    fn algorithms_may_be_in_capitals() {
        let good = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(b"x"));
        let mut record = Record::parse(&format!("a,SHA256={good},1\nb,SHA256=abc,1\n")).unwrap();
        record.check("a", &kept(b"x")).unwrap();
        assert!(matches!(record.check("b", &kept(b"x")), Err(Kind::Altered(_, "hash"))));
    }

    #[test]
    fn the_installed_record_is_sorted_and_quoted() {
        let mut installed = Installed::default();
        installed.add("z\".py".into(), &Sha256::digest(b""), 0);
        installed.add("../../../bin/x".into(), &Sha256::digest(b""), 0);
        let empty = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0";
        assert_eq!(
            String::from_utf8(installed.encode("a.dist-info/RECORD")).unwrap(),
            format!("../../../bin/x,{empty}\na.dist-info/RECORD,,\n\"z\"\".py\",{empty}\n")
        );
    }
}
