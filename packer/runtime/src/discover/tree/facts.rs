//! Version, kind and bytecode of an interpreter that isn't run.
//!
//! Sources, the first that exists counts: `build-details.json` of 3.14 and newer (PEP 739),
//! `include/python3.12/patchlevel.h`, and the version's text in the executable or its libpython.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use snakecrate_base::python::Interpreter;
use snakecrate_format::target::Target;
use snakecrate_platform::map::MappedFile;

use super::layout::Layout;
use crate::discover::error::Error;
use crate::libraries;
use crate::root::Root;

/// What a tree says about its interpreter.
#[derive(Debug)]
pub(in crate::discover) struct Facts {
    /// `cpython`.
    pub(in crate::discover) implementation: String,
    pub(in crate::discover) version: (u8, u8, u8),
    /// With any suffix, as in PEP 440: `3.14.0rc2`.
    pub(in crate::discover) full_version: String,
    /// `cpython-312`.
    pub(in crate::discover) cache_tag: String,
    /// The magic number of its bytecode in hex, if the tree tells it.
    pub(in crate::discover) magic: Option<String>,
    pub(in crate::discover) is_free_threaded: bool,
}

/// The part of `build-details.json` that is read.
#[derive(serde::Deserialize)]
struct Details {
    implementation: Implementation,
    #[serde(default)]
    abi: Abi,
}

#[derive(serde::Deserialize)]
struct Implementation {
    name: String,
    cache_tag: String,
    version: Version,
}

#[derive(serde::Deserialize)]
struct Version {
    major: u8,
    minor: u8,
    micro: u8,
    releaselevel: String,
    serial: u8,
}

#[derive(serde::Deserialize, Default)]
struct Abi {
    #[serde(default)]
    flags: Vec<String>,
}

impl Version {
    fn text(&self) -> String {
        let Self { major, minor, micro, releaselevel, serial } = self;
        match &**releaselevel {
            "alpha" => format!("{major}.{minor}.{micro}a{serial}"),
            "beta" => format!("{major}.{minor}.{micro}b{serial}"),
            "candidate" => format!("{major}.{minor}.{micro}rc{serial}"),
            _ => format!("{major}.{minor}.{micro}"),
        }
    }
}

impl Facts {
    pub(in crate::discover) fn of(layout: &Layout, target: &'static Target) -> Result<Self, Error> {
        let Layout { executable, root, prefix, stdlib } = layout;
        let unknown = |what| Error::Unknowable { path: executable.clone(), what };
        let name = stdlib.file_name().unwrap_or_default().to_string_lossy();
        if let Some(minor) = name.strip_prefix("pypy") {
            let what = format!("PyPy {minor}");
            return Err(Error::Unsupported { path: executable.clone(), what });
        }
        let root = Root::new(root);
        let details: Option<Details> = read(&root, &stdlib.join("build-details.json"))
            .and_then(|text| serde_json::from_str(&text).ok());
        let variables = variables(stdlib);
        let is_free_threaded = name.ends_with('t')
            || variables.contains("'Py_GIL_DISABLED': 1")
            || details.as_ref().is_some_and(|details| details.abi.flags.iter().any(|f| f == "t"));
        let magic = magic(&root, prefix, stdlib);
        if let Some(Details { implementation, .. }) = details {
            let full_version = implementation.version.text();
            return Ok(Self {
                version: release(&full_version).ok_or_else(|| unknown("version"))?,
                implementation: implementation.name,
                full_version,
                cache_tag: implementation.cache_tag,
                magic,
                is_free_threaded,
            });
        }
        let minor = name.trim_start_matches("python").trim_end_matches('t');
        let texts = Texts::of(layout, target, minor)?;
        let cache_tag = format!("cpython-{}", minor.replace('.', ""));
        if !texts.tags.contains(&cache_tag) {
            return Err(unknown("implementation"));
        }
        let full_version = header_version(&root, prefix, &name, minor)
            .or_else(|| texts.version())
            .ok_or_else(|| unknown("version"))?;
        Ok(Self {
            implementation: "cpython".into(),
            version: release(&full_version).ok_or_else(|| unknown("version"))?,
            full_version,
            cache_tag,
            magic,
            is_free_threaded,
        })
    }

    /// Whether `host` compiles to the same bytecode format.
    ///
    /// Within a minor version the format changes only between pre-releases.
    pub(in crate::discover) fn shares_bytecode_with(&self, host: &Interpreter) -> bool {
        let is_final = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let is_same = match &self.magic {
            Some(magic) => *magic == host.magic,
            None => {
                self.full_version == host.full_version
                    || (is_final(&self.full_version) && is_final(&host.full_version))
            }
        };
        is_same && self.cache_tag == host.cache_tag
    }
}

/// `3.12.1` as numbers; a suffix is skipped.
fn release(version: &str) -> Option<(u8, u8, u8)> {
    let mut parts = version.splitn(3, '.');
    let mut number = || {
        let part = parts.next()?;
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part[..end].parse().ok()
    };
    Some((number()?, number()?, number()?))
}

/// The text of a file of the tree.
fn read(root: &Root, path: &Path) -> Option<String> {
    let bytes = fs::read(root.resolve(path).ok()?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The texts of `_sysconfigdata….py`; empty if there is none.
fn variables(stdlib: &Path) -> String {
    let entries = fs::read_dir(stdlib).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("_sysconfigdata"))
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
}

/// `PY_VERSION` in `patchlevel.h`.
fn header_version(root: &Root, prefix: &Path, name: &str, minor: &str) -> Option<String> {
    let text = read(root, &prefix.join("include").join(name).join("patchlevel.h"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("#define PY_VERSION"))?;
    let version = line.trim().trim_matches('"').trim_end_matches('+');
    version.starts_with(&format!("{minor}.")).then(|| version.to_owned())
}

/// The magic number: in the importer's source up to 3.13, then in a header.
fn magic(root: &Root, prefix: &Path, stdlib: &Path) -> Option<String> {
    let number = |text: &str, before: &str| -> Option<u16> {
        let (_, rest) = text.split_once(before)?;
        let rest = rest.trim_start();
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[..end].parse().ok()
    };
    let importer = read(root, &stdlib.join("importlib/_bootstrap_external.py"));
    let in_importer = || number(&importer?, "\nMAGIC_NUMBER = (");
    let name = stdlib.file_name()?;
    let header = prefix.join("include").join(name).join("internal/pycore_magic_number.h");
    let in_header = || number(&read(root, &header)?, "#define PYC_MAGIC_NUMBER");
    let [low, high] = in_importer().or_else(in_header)?.to_le_bytes();
    Some(format!("{low:02x}{high:02x}0d0a"))
}

/// Texts in the executable and its libpython.
struct Texts {
    versions: BTreeSet<String>,
    tags: BTreeSet<String>,
}

impl Texts {
    fn of(layout: &Layout, target: &'static Target, minor: &str) -> Result<Self, Error> {
        let host = libraries::Host::in_root(target, Root::new(&layout.root));
        let closure = libraries::closure(&layout.executable, &[], &host);
        let closure = closure.map_err(|error| Error::Tree(Box::new(error)))?;
        let own = closure.libraries.iter().filter(|(name, _)| name.starts_with("libpython"));
        let mut texts = Self { versions: BTreeSet::new(), tags: BTreeSet::new() };
        for file in own.map(|(_, file)| file).chain([&layout.executable]) {
            let fail = |source| Error::Read { path: file.clone(), source };
            texts.add(&MappedFile::open(file).map_err(fail)?, minor);
        }
        Ok(texts)
    }

    /// Adds the texts of a file that are a version of `minor`, or a cache tag.
    fn add(&mut self, bytes: &[u8], minor: &str) {
        let whole = |text: &[u8]| {
            let end = memchr::memchr(0, text)?;
            std::str::from_utf8(&text[..end]).ok().map(str::to_owned)
        };
        for at in memchr::memmem::find_iter(bytes, b"\0cpython-3") {
            self.tags.extend(whole(&bytes[at + 1..]));
        }
        for at in memchr::memmem::find_iter(bytes, format!("\0{minor}.").as_bytes()) {
            let Some(text) = whole(&bytes[at + 1..]) else { continue };
            let text = text.trim_end_matches('+');
            if text.parse::<pep440_rs::Version>().is_ok_and(|v| v.release().len() == 3) {
                self.versions.insert(text.to_owned());
            }
        }
    }

    /// The only version among the texts.
    fn version(self) -> Option<String> {
        let mut versions = self.versions.into_iter();
        versions.next().filter(|_| versions.next().is_none())
    }
}
