//! An installed distribution becomes a wheel again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::distribution::Installed;
use super::error::{At as _, Error};
use crate::wheel::{BIN, Digests, Kept, Record, entry_points};
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::Content;
use snakecrate_platform::file::is_executable;

/// Files in `.dist-info` that only installers write.
const NOTES: [&str; 6] =
    ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"];
/// The beginning of a script whose interpreter's path is too long for a `#!` line, as pip and uv
/// write it, and the end of that.
const LONG: (&[u8], &[u8]) = (b"#!/bin/sh\n'''exec' ", b"\n' '''\n");

/// Writes a wheel of `installed` to `out`. Returns its path.
pub(super) fn write(
    installed: &Installed,
    environment: &Path,
    interpreter: &Interpreter,
    out: &Path,
) -> Result<PathBuf, Error> {
    let info = installed.info.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = info.trim_end_matches(".dist-info").to_owned();
    let path = out.join(format!("{stem}-{}.whl", tags(&installed.info)));
    let record = installed.info.join("RECORD");
    let text = fs::read_to_string(&record).at(&record)?;
    let wheel = File::create_new(&path).at(&path)?;
    let mut wheel = Wheel {
        installed,
        environment,
        site: environment.join(interpreter.site_packages()),
        scripts: generated(&installed.info)?,
        record: Record::parse(&text).map_err(|kind| kind.at(&record))?,
        zip: zip::ZipWriter::new(BufWriter::new(wheel)),
        written: Digests::default(),
        info,
        stem,
    };
    let sources: BTreeSet<&Path> = installed.files.keys().map(PathBuf::as_path).collect();
    for (file, listed) in &installed.files {
        wheel.add(file, listed, &sources)?;
    }
    let name = format!("{}/RECORD", wheel.info);
    let lines = std::mem::take(&mut wheel.written).encode(&name);
    let failed = |source| Error::File { path: path.clone(), source };
    wheel.zip.start_file(name.as_str(), options(false)).map_err(|e| failed(e.into()))?;
    wheel.zip.write_all(&lines).map_err(failed)?;
    wheel.zip.finish().map_err(|error| failed(error.into()))?;
    Ok(path)
}

/// The same bytes for the same files.
fn options(is_executable: bool) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .large_file(true)
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(if is_executable { 0o755 } else { 0o644 })
}

struct Wheel<'a> {
    installed: &'a Installed,
    environment: &'a Path,
    site: PathBuf,
    /// Names of the scripts that installers make of entry points.
    scripts: BTreeSet<String>,
    record: Record,
    zip: zip::ZipWriter<BufWriter<File>>,
    written: Digests,
    info: String,
    stem: String,
}

impl Wheel<'_> {
    /// Compares a file with RECORD, and adds it unless it is made anew.
    fn add(&mut self, file: &Path, listed: &str, sources: &BTreeSet<&Path>) -> Result<(), Error> {
        let name = self.installed.name.clone();
        let is_bytecode = file.extension().is_some_and(|extension| extension == "pyc");
        let has_source = is_bytecode && source_of(file).is_some_and(|s| sources.contains(&*s));
        if file.parent() == Some(&self.installed.info) && is_note(file) || has_source {
            return Ok(());
        }
        let Ok(within) = file.strip_prefix(self.environment) else {
            return Err(Error::Outside { name, path: file.to_owned() });
        };
        let is_cached = file.parent().is_some_and(|parent| parent.ends_with("__pycache__"));
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            // Users remove caches, and Python uses none without its source.
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_cached => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Error::Missing { name, path: file.to_owned() });
            }
            Err(source) => return Err(Error::File { path: file.to_owned(), source }),
        };
        let kept = kept(bytes);
        self.record.check(listed, &kept).map_err(|kind| match kind {
            crate::wheel::Kind::Altered(..) => Error::Altered { name, path: file.to_owned() },
            other => other.at(&self.installed.info).into(),
        })?;
        let Some(place) = self.place(file, within) else { return Ok(()) };
        let is_script = place.starts_with(&format!("{}.data/scripts/", self.stem));
        let Content::Memory(bytes) = kept.content else { return Ok(()) };
        let bytes = if is_script { with_short_line(&bytes) } else { bytes.to_vec() };
        let metadata = fs::metadata(file).at(file)?;
        let failed = |source: io::Error| Error::File { path: file.to_owned(), source };
        let options = options(is_script || is_executable(&metadata));
        self.zip.start_file(place.as_str(), options).map_err(|error| failed(error.into()))?;
        self.zip.write_all(&bytes).map_err(failed)?;
        self.written.add(place, &Sha256::digest(&bytes), bytes.len() as u64);
        Ok(())
    }

    /// The place in a wheel of the file at `path`, which is at `within` in the environment; `None` for
    /// a script that is made again from its entry point.
    fn place(&self, path: &Path, within: &Path) -> Option<String> {
        if let Ok(below) = path.strip_prefix(&self.site) {
            return Some(below.to_string_lossy().into_owned());
        }
        let text = within.to_string_lossy();
        let data = |scheme: &str, rest: &str| Some(format!("{}.data/{scheme}/{rest}", self.stem));
        if let Some(script) = text.strip_prefix(BIN).and_then(|rest| rest.strip_prefix('/')) {
            return if self.scripts.contains(script) { None } else { data("scripts", script) };
        }
        // `include/site/python3.12/NAME/…`
        if let Some(header) = text.strip_prefix("include/site/") {
            return data("headers", header.splitn(3, '/').nth(2).unwrap_or(header));
        }
        data("data", &text)
    }
}

fn is_note(file: &Path) -> bool {
    file.file_name().is_some_and(|name| NOTES.iter().any(|note| name == *note))
}

/// The source of the bytecode at `path`: `a/b.py` of `a/__pycache__/b.cpython-312.pyc`.
fn source_of(path: &Path) -> Option<PathBuf> {
    let directory = path.parent()?;
    let name = path.file_name()?.to_str()?;
    let module = name.split('.').next()?;
    let parent = if directory.ends_with("__pycache__") { directory.parent()? } else { directory };
    Some(parent.join(format!("{module}.py")))
}

fn kept(bytes: Vec<u8>) -> Kept {
    let (size, sha256) = (bytes.len() as u64, Sha256::digest(&bytes).into());
    Kept { content: bytes.into(), size, sha256 }
}

/// A script without the lines that lead to a Python whose path is too long.
fn with_short_line(bytes: &[u8]) -> Vec<u8> {
    let (start, end) = LONG;
    let at = bytes.windows(end.len()).position(|window| window == end);
    match at {
        Some(at) if bytes.starts_with(start) => [b"#!python\n", &bytes[at + end.len()..]].concat(),
        _ => bytes.to_vec(),
    }
}

/// The names of the scripts that installers make of entry points.
fn generated(info: &Path) -> Result<BTreeSet<String>, Error> {
    let path = info.join("entry_points.txt");
    let Ok(text) = fs::read_to_string(&path) else { return Ok(BTreeSet::new()) };
    let points = entry_points::scripts(&text).map_err(|line| {
        let what = format!("entry_points.txt is invalid: `{line}`");
        Error::Wheel(crate::wheel::Kind::Metadata(what).at(&path))
    })?;
    Ok(points.into_iter().map(|point| point.name).collect())
}

/// The tags for a wheel's file name, from its `WHEEL`.
fn tags(info: &Path) -> String {
    let text = fs::read_to_string(info.join("WHEEL")).unwrap_or_default();
    let mut parts: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    for tag in text.lines().filter_map(|line| line.strip_prefix("Tag:")) {
        for (index, part) in tag.trim().splitn(3, '-').enumerate() {
            parts.entry(index).or_default().insert(part);
        }
    }
    let part = |index, otherwise: &str| match parts.get(&index) {
        Some(found) => found.iter().copied().collect::<Vec<_>>().join("."),
        None => otherwise.to_owned(),
    };
    format!("{}-{}-{}", part(0, "py3"), part(1, "none"), part(2, "any"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_tags_become_one_set() {
        let info = tempfile::tempdir().unwrap();
        assert_eq!(tags(info.path()), "py3-none-any");
        let text = "Wheel-Version: 1.0\nTag: py2-none-any\nTag: py3-none-any\n";
        fs::write(info.path().join("WHEEL"), text).unwrap();
        assert_eq!(tags(info.path()), "py2.py3-none-any");
    }

    #[test]
    fn a_script_with_a_long_path_gets_a_short_line() {
        let long = b"#!/bin/sh\n'''exec' \"/a/b c/python\" \"$0\" \"$@\"\n' '''\nprint()\n";
        assert_eq!(with_short_line(long), b"#!python\nprint()\n");
        assert_eq!(with_short_line(b"#!/x/python\n"), b"#!/x/python\n");
    }
}
