//! Archives made by hand from `stub/FORMAT.md`, without the packer's writer, so that they can lie.
//!
//! [`Forge::honest`] is a small archive that starts. Each method changes one thing. Everything
//! that depends on it (lengths, digests, the zip, the boot record) is adapted, so that the archive is
//! refused for that one thing.

pub mod tar;
mod zip;

use std::fmt::Write as _;

use object::{Object, ObjectSection};
use serde_json::{Value, json};
use snakecrate_format::target::Target;

use crate::support::sandbox::Sandbox;
use crate::support::target::target;

const MAGIC: &[u8; 8] = b"\x89SNAKE\r\n";
const RECORD: usize = 256;
/// The output of the honest archive.
pub const SAYS: &str = "an honest archive\n";

type Change<T> = Box<dyn FnOnce(&mut T)>;

/// A component on its way into an archive.
struct Part {
    kind: &'static str,
    name: &'static str,
    version: &'static str,
    lines: Vec<String>,
    entries: Vec<Vec<u8>>,
    listing: Vec<Change<Vec<u8>>>,
    tar: Vec<Change<Vec<u8>>>,
    tree: Vec<Change<Vec<u8>>>,
    frame: Vec<Change<Vec<u8>>>,
    /// Further blobs, packed.
    more: Vec<(Vec<u8>, usize)>,
}

/// Data for people on its way into an archive.
struct Attachment {
    name: &'static str,
    role: &'static str,
    contents: &'static [u8],
}

/// An archive in the making.
pub struct Forge {
    target: &'static Target,
    parts: Vec<Part>,
    attachments: Vec<Attachment>,
    manifest: Vec<Change<Value>>,
    text: Vec<Change<Vec<u8>>>,
    record: Vec<Change<Vec<u8>>>,
    seal: bool,
}

/// A line of a listing.
pub fn line(letter: &str, path: &str, contents: &[u8]) -> String {
    let half = &blake3::hash(contents).to_hex()[..32];
    format!("{letter}\t{}\t{half}\t{path}", contents.len())
}

/// A line of a listing for a link.
pub fn link_line(path: &str, target: &str) -> String {
    format!("l\t{target}\t{path}")
}

/// One zstd frame as the format has it.
pub fn frame(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

fn part(kind: &'static str, name: &'static str, version: &'static str) -> Part {
    Part {
        kind,
        name,
        version,
        lines: vec![],
        entries: vec![],
        listing: vec![],
        tar: vec![],
        tree: vec![],
        frame: vec![],
        more: vec![],
    }
}

impl Forge {
    /// A runtime whose interpreter is a shell script, an application with one entry, and a wheel.
    pub fn honest() -> Self {
        let parts = vec![
            part("runtime", "cpython", "3.12.1"),
            part("app", "hello", "1.0"),
            part("wheel", "click", "8.1.7"),
        ];
        let contents = b"{\"bomFormat\": \"CycloneDX\"}\n";
        let empty = Self {
            target: target(),
            parts,
            attachments: vec![Attachment { name: "sbom.cdx.json", role: "sbom", contents }],
            manifest: vec![],
            text: vec![],
            record: vec![],
            seal: true,
        };
        let script = format!("#!/bin/sh\necho {SAYS}");
        empty
            .executable("runtime", "bin/python3.12", script.as_bytes())
            .link("runtime", "lib64", "lib")
            .file("runtime", "lib/os.py", b"import sys\n")
            .file("app", "boot/hello.py", b"print('hello')\n")
            .file("wheel", "lib/click.py", &b"x = 1\n".repeat(1000))
    }

    fn part(&mut self, kind: &str) -> &mut Part {
        self.parts.iter_mut().find(|part| part.kind == kind).unwrap()
    }

    fn add(mut self, kind: &str, line: String, entry: Vec<u8>) -> Self {
        let part = self.part(kind);
        part.lines.push(line);
        part.lines.sort_by(|a, b| a.rsplit('\t').next().cmp(&b.rsplit('\t').next()));
        part.entries.push(entry);
        self
    }

    /// Adds a file to a component, named by its kind: to its listing and to its blob.
    pub fn file(self, kind: &str, path: &str, contents: &[u8]) -> Self {
        self.add(kind, line("f", path, contents), tar::file(path, contents))
    }

    pub fn executable(self, kind: &str, path: &str, contents: &[u8]) -> Self {
        let entry = tar::Header::file(path, contents.len()).mode("0000755").seal(contents);
        self.add(kind, line("x", path, contents), entry)
    }

    pub fn link(self, kind: &str, path: &str, target: &str) -> Self {
        self.add(kind, link_line(path, target), tar::link(path, target))
    }

    /// Adds data for people; names come in their order.
    pub fn attachment(mut self, name: &'static str, contents: &'static [u8]) -> Self {
        self.attachments.push(Attachment { name, role: "license", contents });
        self.attachments.sort_by_key(|one| one.name);
        self
    }

    /// Changes the lines of a listing, which are sorted.
    pub fn lines(mut self, kind: &str, change: impl FnOnce(&mut Vec<String>)) -> Self {
        change(&mut self.part(kind).lines);
        self
    }

    /// Changes a listing as text.
    pub fn listing(mut self, kind: &str, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.part(kind).listing.push(Box::new(change));
        self
    }

    /// Changes the items of a blob's tar: a header and contents each.
    pub fn entries(mut self, kind: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Self {
        change(&mut self.part(kind).entries);
        self
    }

    /// Changes a blob's tar as bytes.
    pub fn tar(mut self, kind: &str, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.part(kind).tar.push(Box::new(change));
        self
    }

    /// Changes the bytes of a packed listing.
    pub fn tree(mut self, kind: &str, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.part(kind).tree.push(Box::new(change));
        self
    }

    /// Changes the bytes of a blob.
    pub fn frame(mut self, kind: &str, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.part(kind).frame.push(Box::new(change));
        self
    }

    /// Adds a blob with this tar.
    pub fn blob(mut self, kind: &str, tar: &[u8]) -> Self {
        self.part(kind).more.push((frame(tar), tar.len()));
        self
    }

    /// Adds the entry `other`, which starts as the first one does, so that none is the only one.
    pub fn second_entry(self) -> Self {
        self.manifest(|manifest| {
            let mut second = manifest["entries"][0].clone();
            second["name"] = "other".into();
            manifest["entries"].as_array_mut().unwrap().push(second);
        })
    }

    /// Changes the manifest.
    pub fn manifest(mut self, change: impl FnOnce(&mut Value) + 'static) -> Self {
        self.manifest.push(Box::new(change));
        self
    }

    /// Changes the manifest as text.
    pub fn text(mut self, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.text.push(Box::new(change));
        self
    }

    /// Changes the boot record, and corrects its half digest.
    pub fn record(mut self, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.record.push(Box::new(change));
        self
    }

    /// Changes the boot record, and leaves its half digest alone.
    pub fn broken_record(mut self, change: impl FnOnce(&mut Vec<u8>) + 'static) -> Self {
        self.seal = false;
        self.record(change)
    }

    /// The archive on the launcher under test.
    pub fn bytes(self) -> Vec<u8> {
        let launcher = snakecrate::launchers::launcher(self.target);
        let launcher = launcher.unwrap_or_else(|| panic!("no launcher for {}", self.target));
        self.bytes_on(launcher)
    }

    /// The archive for this target, in place of the one under test.
    pub fn target(mut self, target: &'static Target) -> Self {
        self.target = target;
        self
    }

    /// The archive on another launcher, whose record is blank.
    pub fn bytes_on(self, launcher: &[u8]) -> Vec<u8> {
        let at = section(launcher);
        let mut zip = zip::Zip::behind(launcher);
        let components: Vec<Value> =
            self.parts.into_iter().map(|part| part.write(&mut zip)).collect();
        let attachments: Vec<Value> =
            self.attachments.iter().map(|one| one.write(&mut zip)).collect();
        zip.add("__main__.py", zip::Method::Stored, MAIN.as_bytes());
        let mut manifest = json!({
            "format": 2, "name": "hello", "version": "1.0", "target": self.target.triple,
            "stub": { "length": launcher.len(), "blake3": blake3::hash(launcher).to_hex().as_str() },
            "python": {
                "implementation": "cpython", "version": "3.12.1", "executable": "bin/python3.12"
            },
            "launch": { "options": ["-I"] },
            "entries": [{ "name": "hello", "runs": "hello:main",
                          "start": { "python": "boot/hello.py" } }],
            "components": components,
            "attachments": attachments,
        });
        self.manifest.into_iter().for_each(|change| change(&mut manifest));
        let mut text = written(manifest);
        self.text.into_iter().for_each(|change| change(&mut text));
        let offset = zip.add("manifest.json", zip::Method::Stored, &text);
        let mut archive = zip.finish();
        let mut record = [&MAGIC[..], &[2, 0, 0, 0, 0, 0, 0, 0]].concat();
        for number in [offset, text.len(), archive.len()] {
            record.extend((number as u64).to_le_bytes());
        }
        record.extend(blake3::hash(&text).as_bytes());
        record.resize(RECORD - 16, 0);
        record.extend(&blake3::hash(&record).as_bytes()[..16]);
        self.record.into_iter().for_each(|change| change(&mut record));
        if self.seal {
            record.truncate(RECORD - 16);
            record.extend(&blake3::hash(&record).as_bytes()[..16]);
        }
        archive[at..at + RECORD].copy_from_slice(&record);
        archive
    }

    /// Puts it into a sandbox of its own, as `app`.
    pub fn sandbox(self) -> Sandbox {
        let sandbox = Sandbox::new().copy("/bin/true", "app");
        sandbox.rewrite("app", |bytes| *bytes = self.bytes());
        sandbox
    }
}

/// The offset of the record's section.
fn section(launcher: &[u8]) -> usize {
    let object = object::File::parse(launcher).unwrap();
    let (offset, length) = object.section_by_name(".snakecrate").unwrap().file_range().unwrap();
    assert_eq!(length, RECORD as u64);
    usize::try_from(offset).unwrap()
}

/// The manifest as FORMAT.md shows it: `format` comes first.
fn written(mut manifest: Value) -> Vec<u8> {
    let format = manifest.as_object_mut().unwrap().remove("format");
    let rest = serde_json::to_string_pretty(&manifest).unwrap();
    let mut text = String::new();
    match format {
        Some(format) => write!(text, "{{\n  \"format\": {format},{}\n", &rest[1..]).unwrap(),
        None => text = rest,
    }
    text.into_bytes()
}

impl Attachment {
    /// Adds it to the zip and returns its object in the manifest.
    fn write(&self, zip: &mut zip::Zip) -> Value {
        zip.add(self.name, zip::Method::Deflate, self.contents);
        json!({
            "name": self.name, "role": self.role, "bytes": self.contents.len(),
            "blake3": blake3::hash(self.contents).to_hex().as_str(),
        })
    }
}

impl Part {
    /// Adds its members to the zip and returns its object in the manifest.
    fn write(self, zip: &mut zip::Zip) -> Value {
        let folder = format!("components/{}-{}-{}", self.kind, self.name, self.version);
        let mut listing =
            self.lines.iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        self.listing.into_iter().for_each(|change| change(&mut listing));
        let mut tree = frame(&listing);
        self.tree.into_iter().for_each(|change| change(&mut tree));
        let mut tar = self.entries.concat();
        tar.resize(tar.len() + 1024, 0);
        self.tar.into_iter().for_each(|change| change(&mut tar));
        let mut packed = frame(&tar);
        self.frame.into_iter().for_each(|change| change(&mut packed));
        let mut member = |name: &str, bytes: &[u8], unpacked: usize| {
            let offset = zip.add(&format!("{folder}/{name}"), zip::Method::Stored, bytes);
            json!({
                "offset": offset, "length": bytes.len(), "unpacked": unpacked,
                "blake3": blake3::hash(bytes).to_hex().as_str(),
            })
        };
        let (files, bytes) = counts(&listing);
        let tree = member("tree.zst", &tree, listing.len());
        let mut blobs = vec![member("00.tar.zst", &packed, tar.len())];
        for (index, (packed, unpacked)) in self.more.iter().enumerate() {
            blobs.push(member(&format!("{:02}.tar.zst", index + 1), packed, *unpacked));
        }
        json!({
            "kind": self.kind, "name": self.name, "version": self.version,
            "digest": blake3::hash(&listing).to_hex().as_str(),
            "files": files, "bytes": bytes, "tree": tree, "blobs": blobs,
        })
    }
}

/// The lines of a listing, and the sum of the sizes in it.
fn counts(listing: &[u8]) -> (usize, u64) {
    let lines = listing.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let size = |line: &[u8]| {
        let field = line.split(|&byte| byte == b'\t').nth(1).filter(|_| line[0] != b'l');
        field.and_then(|field| std::str::from_utf8(field).ok()?.parse::<u64>().ok()).unwrap_or(0)
    };
    (lines.clone().count(), lines.map(size).fold(0, u64::saturating_add))
}

/// The same in every archive.
const MAIN: &str = "\
import os
import sys

os.execv(os.path.dirname(os.path.abspath(__file__)), sys.argv)
";
