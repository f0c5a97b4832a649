//! Helpers for tests with wheels.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;

use snakecrate_base::host;
use snakecrate_base::python::Interpreter;
use snakecrate_base::testing::python_at;

/// A Python 3.12 at a path that does not exist.
pub(crate) fn interpreter() -> Interpreter {
    python_at(Path::new("/nowhere"))
}

/// A wheel for a test: valid until the test changes something.
pub(crate) struct Forge {
    pub(crate) file: String,
    pub(crate) files: Vec<(String, Vec<u8>, u32)>,
    pub(crate) record: Option<String>,
}

impl Forge {
    pub(crate) fn new() -> Self {
        let mut forge =
            Self { file: "demo-1.0-py3-none-any.whl".into(), files: Vec::new(), record: None };
        forge.add("demo/__init__.py", b"def main():\n    return 3\n");
        forge.add("demo-1.0.dist-info/WHEEL", b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\n");
        forge.add(
            "demo-1.0.dist-info/METADATA",
            b"Metadata-Version: 2.1\nName: Demo\nVersion: 1.0\n",
        );
        forge
    }

    pub(crate) fn add(&mut self, path: &str, content: &[u8]) -> &mut Self {
        self.add_mode(path, content, 0o644)
    }

    pub(crate) fn add_mode(&mut self, path: &str, content: &[u8], mode: u32) -> &mut Self {
        self.files.retain(|(known, ..)| known != path);
        self.files.push((path.into(), content.into(), mode));
        self
    }

    /// The RECORD that describes the files.
    pub(crate) fn true_record(&self) -> String {
        let mut record = String::new();
        for (path, content, _) in &self.files {
            let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content));
            writeln!(record, "{path},sha256={hash},{}", content.len()).unwrap();
        }
        record + "demo-1.0.dist-info/RECORD,,\n"
    }

    pub(crate) fn write(&self, dir: &Path) -> PathBuf {
        self.write_as(dir, "demo-1.0.dist-info")
    }

    /// Writes it with RECORD in the directory `info`.
    pub(crate) fn write_as(&self, dir: &Path, info: &str) -> PathBuf {
        let path = dir.join(&self.file);
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        let record = self.record.clone().unwrap_or_else(|| self.true_record());
        let record = record.replace("demo-1.0.dist-info", info);
        let record = (format!("{info}/RECORD"), record.into_bytes(), 0o644);
        for (name, content, mode) in self.files.iter().chain([&record]) {
            let options = SimpleFileOptions::default().unix_permissions(*mode);
            zip.start_file(name.as_str(), options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    /// Writes it and replaces `from` by `to`, which has the same length, in the bytes of the file.
    pub(crate) fn write_changed(&self, dir: &Path, from: &[u8], to: &[u8]) -> PathBuf {
        assert_eq!(from.len(), to.len());
        let path = self.write(dir);
        let mut bytes = fs::read(&path).unwrap();
        for start in 0..bytes.len() - from.len() {
            if bytes[start..].starts_with(from) {
                bytes[start..start + to.len()].copy_from_slice(to);
            }
        }
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The `python3` of this machine, as it describes itself.
pub(crate) fn real_interpreter() -> Interpreter {
    let python = std::env::var("SNAKECRATE_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    snakecrate_runtime::discover::probe::probe(Path::new(&python), host::target().unwrap()).unwrap()
}
