//! An OSV database on disk: a record or an array in JSON, lines of JSON, a zip of such files, or a
//! directory of all these.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;
use snakecrate_base::error::Remedy;
use zip::ZipArchive;

use crate::osv::Record;

/// The longest file or member that is read, in bytes: a bound against zip bombs.
const LONGEST: u64 = 1 << 30;

/// Records of vulnerabilities.
#[derive(Debug, Default)]
pub struct Database {
    /// By the normalised names of packages, in lower case; one record may be there several times.
    pub(crate) by_package: BTreeMap<String, Vec<usize>>,
    pub(crate) records: Vec<Record>,
    /// The records and files that aren't OSV, with the reason.
    pub bad: Vec<String>,
    /// The number of records that were withdrawn.
    pub withdrawn: usize,
}

/// Why there is no database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It cannot be read.
    #[error("cannot read the database {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// It has no record.
    #[error("the database {} has no OSV record{}", path.display(), because(first.as_ref()))]
    Empty {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with the first.
        first: Option<String>,
    },
}

fn because(first: Option<&String>) -> String {
    first.map(|first| format!(": {first}")).unwrap_or_default()
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Read { .. } => "name a file or directory that you can read".into(),
            Self::Empty { .. } => "download all.zip of the ecosystem from OSV, such as \
                 https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip"
                .into(),
        })
    }
}

impl Database {
    /// Reads the file or directory at `path`.
    ///
    /// # Errors
    ///
    /// It cannot be read, or has no record.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_all(&[path.to_owned()])
    }

    /// Reads all files and directories in `paths`.
    ///
    /// # Errors
    ///
    /// One cannot be read, or has no record.
    pub fn open_all(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut this = Self::default();
        for path in paths {
            let before = (this.records.len(), this.withdrawn, this.bad.len());
            this.add_path(path, true)?;
            if (this.records.len(), this.withdrawn) == (before.0, before.1) {
                let first = this.bad.into_iter().nth(before.2);
                return Err(Error::Empty { path: path.clone(), first });
            }
        }
        Ok(this)
    }

    fn add_path(&mut self, path: &Path, is_given: bool) -> Result<(), Error> {
        let fail = |source| Error::Read { path: path.to_owned(), source };
        if fs::metadata(path).map_err(fail)?.is_dir() {
            let names = fs::read_dir(path).map_err(fail)?;
            let paths = names.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
            let mut paths = paths.map_err(fail)?;
            paths.sort();
            return paths.iter().try_for_each(|path| self.add_path(path, false));
        }
        let name = path.display().to_string();
        let mut file = File::open(path).map_err(fail)?;
        let mut start = [0; 4];
        let got = file.read(&mut start).map_err(fail)?;
        if start[..got].starts_with(b"PK\x03\x04") {
            return self.add_zip(path);
        }
        let extension = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        if !is_given && !["json", "jsonl", "ndjson"].contains(&extension) {
            return Ok(());
        }
        let bytes = fs::read(path).map_err(fail)?;
        self.add(&name, &bytes);
        Ok(())
    }

    fn add_zip(&mut self, path: &Path) -> Result<(), Error> {
        let fail = |source: io::Error| Error::Read { path: path.to_owned(), source };
        let file = BufReader::new(File::open(path).map_err(fail)?);
        let mut zip = ZipArchive::new(file).map_err(|error| fail(error.into()))?;
        for index in 0..zip.len() {
            let mut bytes = Vec::new();
            let member = zip.by_index(index).map_err(|error| fail(error.into()))?;
            let name = format!("{}: member {index}", path.display());
            if member.is_dir() {
                continue;
            }
            match member.take(LONGEST).read_to_end(&mut bytes) {
                Ok(_) => self.add(&name, &bytes),
                Err(error) => self.bad.push(format!("{name}: {error}")),
            }
        }
        Ok(())
    }

    /// Adds one record, an array of records, or one on each line.
    fn add(&mut self, name: &str, bytes: &[u8]) {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Array(all)) => {
                for (index, one) in all.into_iter().enumerate() {
                    self.add_record(&format!("{name}: record {}", index + 1), one);
                }
            }
            Ok(one) => self.add_record(name, one),
            Err(error) => {
                let lines = bytes.split(|byte| *byte == b'\n').enumerate();
                let lines: Vec<_> =
                    lines.filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
                if lines.len() < 2 || serde_json::from_slice::<Value>(lines[0].1).is_err() {
                    self.bad.push(format!("{name}: {error}"));
                    return;
                }
                for (number, line) in lines {
                    let name = format!("{name}: line {}", number + 1);
                    match serde_json::from_slice(line) {
                        Ok(one) => self.add_record(&name, one),
                        Err(error) => self.bad.push(format!("{name}: {error}")),
                    }
                }
            }
        }
    }

    fn add_record(&mut self, name: &str, value: Value) {
        let record: Record = match serde_json::from_value(value) {
            Ok(record) => record,
            Err(error) => {
                self.bad.push(format!("{name}: {error}"));
                return;
            }
        };
        if record.withdrawn.is_some() {
            self.withdrawn += 1;
            return;
        }
        let index = self.records.len();
        for package in record.affected.iter().filter_map(|one| one.package.as_ref()) {
            let places = self.by_package.entry(plain(&package.name)).or_default();
            if places.last() != Some(&index) {
                places.push(index);
            }
        }
        self.records.push(record);
    }
}

/// The name by which packages are looked up: `PyPI` doesn't tell `-`, `_` and `.` apart.
pub(crate) fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str =
        r#"{"id": "A", "affected": [{"package": {"ecosystem": "PyPI", "name": "x"}}]}"#;

    fn read(name: &str, bytes: &[u8]) -> Result<Database, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        Database::open(&path)
    }

    #[test]
    fn records_arrays_and_lines_are_read() {
        assert_eq!(read("a.json", RECORD.as_bytes()).unwrap().records.len(), 1);
        let array = format!("[{RECORD}, {RECORD}, {{\"id\": 1}}]");
        let database = read("a.json", array.as_bytes()).unwrap();
        assert_eq!((database.records.len(), database.bad.len()), (2, 1));
        assert!(database.bad[0].contains("record 3"), "{:?}", database.bad);
        let lines = format!("{RECORD}\n\n{RECORD}\nnonsense\n");
        let database = read("a.jsonl", lines.as_bytes()).unwrap();
        assert_eq!((database.records.len(), database.bad.len()), (2, 1));
        assert!(database.bad[0].contains("line 4"), "{:?}", database.bad);
    }

    #[test]
    fn hostile_files_are_refused_by_name() {
        for bytes in [&b""[..], b"\xff\xfe", b"[]", b"{}", b"[1, 2]", b"PK\x03\x04 cut", b"[[[["] {
            let error = read("hostile.json", bytes).unwrap_err();
            assert!(error.to_string().contains("hostile.json"), "{error}");
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(read("deep.json", deep.as_bytes()), Err(Error::Empty { .. })));
    }
}
