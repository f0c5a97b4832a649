//! Wheels made by hand, so that their metadata and RECORD can say anything.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

/// A wheel in the making.
pub struct Wheel {
    name: String,
    version: String,
    tags: &'static str,
    metadata: String,
    files: Vec<(String, Vec<u8>)>,
    unlisted: Vec<&'static str>,
    more_record: String,
}

impl Wheel {
    /// A wheel with the module `name`, whose `main` prints the name, and with a command that calls it.
    pub fn new(name: &str, version: &str) -> Self {
        let module = name.replace('-', "_");
        let wheel = Self {
            name: name.into(),
            version: version.into(),
            tags: "py3-none-any",
            metadata: String::new(),
            files: Vec::new(),
            unlisted: Vec::new(),
            more_record: String::new(),
        };
        wheel
            .file(&format!("{module}.py"), format!("def main():\n    print('{name} {version}')\n"))
            .info("entry_points.txt", &format!("[console_scripts]\n{name} = {module}:main\n"))
    }

    /// Tags of its file name, such as `cp39-cp39-win32`.
    pub fn tags(mut self, tags: &'static str) -> Self {
        self.tags = tags;
        self
    }

    /// Adds lines to METADATA.
    pub fn metadata(mut self, lines: &str) -> Self {
        self.metadata.push_str(lines);
        self
    }

    /// Adds a requirement.
    pub fn requires(self, requirement: &str) -> Self {
        self.metadata(&format!("Requires-Dist: {requirement}\n"))
    }

    /// Adds a file, or replaces it. A package replaces the module of its name.
    pub fn file(mut self, path: &str, contents: impl AsRef<[u8]>) -> Self {
        let module = path.strip_suffix("/__init__.py").map(|package| format!("{package}.py"));
        self.files.retain(|(known, _)| known != path && Some(known) != module.as_ref());
        self.files.push((path.into(), contents.as_ref().into()));
        self
    }

    /// Adds a file of `.dist-info`, or replaces it.
    pub fn info(self, name: &str, text: &str) -> Self {
        let path = format!("{}/{name}", self.dist_info());
        self.file(&path, text)
    }

    /// Leaves a file of `.dist-info` out of RECORD.
    pub fn unlisted_info(mut self, name: &'static str, text: &str) -> Self {
        self.unlisted.push(name);
        self.info(name, text)
    }

    /// Adds lines to RECORD.
    pub fn record(mut self, lines: &str) -> Self {
        self.more_record.push_str(lines);
        self
    }

    fn dist_info(&self) -> String {
        format!("{}-{}.dist-info", self.name.replace('-', "_"), self.version)
    }

    /// The name of its file.
    pub fn file_name(&self) -> String {
        format!("{}-{}-{}.whl", self.name.replace('-', "_"), self.version, self.tags)
    }

    /// Writes it into `directory`, which is created.
    pub fn write(self, directory: &Path) -> PathBuf {
        fs::create_dir_all(directory).unwrap();
        let path = directory.join(self.file_name());
        let info = self.dist_info();
        let metadata = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\n{}\n",
            self.name, self.version, self.metadata
        );
        let mut this = self.info("METADATA", &metadata);
        let pure = this.tags.ends_with("-any");
        this = this.info("WHEEL", &format!("Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\n"));
        let mut record = String::new();
        for (path, bytes) in &this.files {
            if !this.unlisted.iter().any(|name| path.ends_with(&format!(".dist-info/{name}"))) {
                let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(bytes));
                writeln!(record, "{path},sha256={hash},{}", bytes.len()).unwrap();
            }
        }
        writeln!(record, "{}{info}/RECORD,,", this.more_record).unwrap();
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        let record = (format!("{info}/RECORD"), record.into_bytes());
        for (name, bytes) in this.files.iter().chain([&record]) {
            let mode = if name.contains("/scripts/") { 0o755 } else { 0o644 };
            let options = SimpleFileOptions::default().unix_permissions(mode);
            zip.start_file(name.as_str(), options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
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
