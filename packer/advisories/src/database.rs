//! An OSV database on disk: a record or an array in JSON, lines of JSON, a record in YAML, a zip of such files,
//! or a directory of all these.

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

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Yaml,
}

impl Form {
    fn of(extension: &str) -> Option<Self> {
        match extension {
            "json" | "jsonl" | "ndjson" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
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
            // Workflows of repositories are YAML, too: `.git` and `.github` have no records.
            paths.retain(|path| {
                path.file_name().is_some_and(|name| !is_hidden(&name.to_string_lossy()))
            });
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
        let form = Form::of(extension);
        if !is_given && form.is_none() {
            return Ok(());
        }
        let bytes = fs::read(path).map_err(fail)?;
        self.add(&name, form.unwrap_or(Form::Json), &bytes);
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
            // The same files count as in a directory.
            let member_name = member.name().unwrap_or_default();
            let is_read = !member.is_dir() && !member_name.split('/').any(is_hidden);
            let extension = member_name.rsplit('.').next().unwrap_or_default();
            let Some(form) = Form::of(extension).filter(|_| is_read) else { continue };
            match member.take(LONGEST).read_to_end(&mut bytes) {
                Ok(_) => self.add(&name, form, &bytes),
                Err(error) => self.bad.push(format!("{name}: {error}")),
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, form: Form, bytes: &[u8]) {
        match form {
            Form::Json => self.add_json(name, bytes),
            // Read as what it is, so that a version such as `1.10` stays a text.
            Form::Yaml => match serde_saphyr::from_slice(bytes) {
                Ok(record) => self.add_record(record),
                Err(error) => {
                    let error = error.to_string();
                    let first = error.lines().next().unwrap_or_default();
                    self.bad.push(format!("{name}: {first}"));
                }
            },
        }
    }

    /// Adds one record, an array of records, or one on each line.
    fn add_json(&mut self, name: &str, bytes: &[u8]) {
        match serde_json::from_slice::<Value>(bytes) {
            Ok(Value::Array(all)) => {
                for (index, one) in all.into_iter().enumerate() {
                    self.add_value(&format!("{name}: record {}", index + 1), one);
                }
            }
            Ok(one) => self.add_value(name, one),
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
                        Ok(one) => self.add_value(&name, one),
                        Err(error) => self.bad.push(format!("{name}: {error}")),
                    }
                }
            }
        }
    }

    fn add_value(&mut self, name: &str, value: Value) {
        match serde_json::from_value(value) {
            Ok(record) => self.add_record(record),
            Err(error) => self.bad.push(format!("{name}: {error}")),
        }
    }

    fn add_record(&mut self, record: Record) {
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

fn is_hidden(name: &str) -> bool {
    name.starts_with('.')
}

/// The name by which packages are looked up: `PyPI` doesn't tell `-`, `_`, `.` and runs of these apart
/// (<https://packaging.python.org/en/latest/specifications/name-normalization/>).
pub(crate) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for character in name.to_lowercase().chars() {
        match character {
            '-' | '_' | '.' if plain.ends_with('-') => {}
            '-' | '_' | '.' => plain.push('-'),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

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
    fn records_in_yaml_are_read_and_versions_stay_texts() {
        let text = "id: PYSEC-1\nmodified: 2021-01-02T03:04:05Z\naliases: [CVE-2021-1]\naffected:\n\
                    - package:\n    name: X\n    ecosystem: PyPI\n  ranges:\n  - type: ECOSYSTEM\n    \
                    events:\n    - introduced: \"0\"\n    - fixed: 1.20\n  versions:\n  - 1.10\n  - 1e3\n  \
                    - 0x10\n  - 2020\n";
        let database = read("a.yaml", text.as_bytes()).unwrap();
        let record = &database.records[database.by_package["x"][0]];
        assert_eq!((&*record.id, &*record.aliases), ("PYSEC-1", &["CVE-2021-1".to_owned()][..]));
        assert_eq!(record.affected[0].versions, ["1.10", "1e3", "0x10", "2020"]);
        assert_eq!(record.affected[0].ranges[0].events[1].fixed.as_deref(), Some("1.20"));
    }

    #[test]
    fn zips_and_directories_have_records_in_known_files_only() {
        let yaml = "id: PYSEC-1\naffected: []\n";
        let files = [
            ("x/a.yaml", yaml),
            ("x/b.yml", yaml),
            ("b.json", RECORD),
            ("json.yaml", RECORD),
            ("README.md", "# x\n"),
            ("x/.github/release.yml", "on: push"),
        ];
        let directory = tempfile::tempdir().unwrap();
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, contents) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, contents).unwrap();
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            io::Write::write_all(&mut zip, contents.as_bytes()).unwrap();
        }
        let database = Database::open(directory.path()).unwrap();
        assert_eq!((database.records.len(), database.bad), (4, Vec::new()));
        let database = read("all.zip", &zip.finish().unwrap().into_inner()).unwrap();
        assert_eq!((database.records.len(), database.bad), (4, Vec::new()));
    }

    #[test]
    fn hostile_yaml_is_refused_by_name() {
        let deep = "[".repeat(100_000);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let before = format!("*a{}, ", level - 1).repeat(9);
            writeln!(bomb, "a{level}: &a{level} [{}]", before.trim_end_matches(", ")).unwrap();
        }
        bomb += "id: x\naliases: *a29\n";
        let cycle = "id: x\naliases: &a [*a]\n";
        let blocks = (0..2000).map(|level| " ".repeat(level) + "a:\n").collect::<String>();
        let (maps, dashes) = ("{a: ".repeat(100_000), "- ".repeat(100_000));
        let nodes = format!("id: x\nx: [{}]", "1, ".repeat(300_000));
        let two = "id: x\n---\nid: y\n";
        let all = ["", "[]", "id: [1]", "- id: x", "id: x\nid: y", "\t", "%", "id: *x", "# x", two];
        for text in all.into_iter().chain([cycle, &deep, &bomb, &blocks, &maps, &dashes, &nodes]) {
            let error = read("hostile.yaml", text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("hostile.yaml: "), "{error}");
        }
        let error = read("hostile.yml", b"id: \xff\xfe").unwrap_err();
        assert!(error.to_string().contains("hostile.yml: "), "{error}");
    }

    #[test]
    fn runs_of_separators_in_names_were_not_one() {
        assert_eq!(plain("Zope.-_Interface"), "zope-interface");
        assert_eq!(plain("a--b"), plain("A_b"));
        assert_eq!(plain("libstdc++6"), "libstdc++6");
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
