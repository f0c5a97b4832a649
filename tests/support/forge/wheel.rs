//! Wheels made by hand.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

/// A wheel. It has a name, a version, and nothing else until a test adds it.
pub struct Wheel {
    name: &'static str,
    version: &'static str,
    tag: &'static str,
    headers: String,
    scripts: String,
    files: Vec<(String, Vec<u8>)>,
}

impl Wheel {
    /// A wheel for every system. The name is normalised, with `_` in place of `-`.
    pub fn new(name: &'static str, version: &'static str) -> Self {
        let tag = "py3-none-any";
        Self { name, version, tag, headers: String::new(), scripts: String::new(), files: vec![] }
    }

    /// Its tag: `py3-none-manylinux1_x86_64`.
    pub fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// Adds a file.
    pub fn file(mut self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        self.files.push((path.into(), contents.as_ref().into()));
        self
    }

    /// Adds lines to METADATA: `Requires-Dist: other`.
    pub fn header(mut self, lines: &str) -> Self {
        self.headers += lines;
        self.headers += "\n";
        self
    }

    /// Adds a console script: `demo = demo:main`.
    pub fn script(mut self, line: &str) -> Self {
        self.scripts += line;
        self.scripts += "\n";
        self
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}.whl", self.name, self.version, self.tag)
    }

    /// The wheel's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let Self { name, version, tag, headers, scripts, files } = self;
        let info = |file: &str| format!("{name}-{version}.dist-info/{file}");
        let pure = tag.ends_with("-any");
        let mut files = files.clone();
        let metadata =
            format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{headers}");
        files.push((info("METADATA"), metadata.into()));
        let wheel = format!("Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n");
        files.push((info("WHEEL"), wheel.into()));
        if !scripts.is_empty() {
            let text = format!("[console_scripts]\n{scripts}");
            files.push((info("entry_points.txt"), text.into()));
        }
        let mut record = String::new();
        for (name, content) in &files {
            let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content));
            writeln!(record, "{name},sha256={hash},{}", content.len()).unwrap();
        }
        record += &info("RECORD,,\n");
        files.push((info("RECORD"), record.into()));
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            zip.start_file(name, SimpleFileOptions::default()).unwrap();
            zip.write_all(&content).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// Writes it to `directory`, which is created.
    pub fn write(&self, directory: &Path) -> PathBuf {
        fs::create_dir_all(directory).unwrap();
        let path = directory.join(self.file_name());
        fs::write(&path, self.bytes()).unwrap();
        path
    }
}

/// Compiles C into the shared library `to`, which needs nothing but what `options` name.
pub fn library(to: &Path, source: &str, options: &[&str]) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    let from = to.with_extension("c");
    fs::write(&from, source).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-nostartfiles", "-o"]).arg(to).arg(&from).args(options);
    assert!(cc.status().unwrap().success());
    fs::remove_file(from).unwrap();
}
