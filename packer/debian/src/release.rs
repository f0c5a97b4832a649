//! The signed list of a suite's files: `dists/SUITE/InRelease`.
//!
//! Format: <https://wiki.debian.org/DebianRepository/Format>.

use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use snakecrate_base::redact::redacted;
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;
use snakecrate_download as download;
use tempfile::TempDir;

use crate::closure::{self, Selection};
use crate::date::moment;
use crate::deb::{self, decompressed};
use crate::error::Error;
use crate::index::Index;
use crate::keyring::Keyring;
use crate::paragraphs;
use crate::tree::Root;

/// The largest list of packages, in bytes; Debian's has some 50 million.
const MAX_INDEX: u64 = 1 << 30;
/// The ends of the names of compressed lists; the first that exists is used.
const COMPRESSIONS: [&str; 2] = ["xz", "gz"];

/// The place of packages.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The address of the mirror: it has `dists` and `pool`.
    pub mirror: &'a str,
    /// The suite: `bookworm`.
    pub suite: &'a str,
    /// The architecture: `arm64`.
    pub architecture: &'a str,
    /// The directory for downloads; none is left in it.
    pub downloads: &'a Path,
    /// The output.
    pub ui: Ui,
}

/// A suite at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The distribution's name: `Debian`.
    pub distribution: String,
    /// Its code name: `bookworm`.
    pub suite: String,
    /// Its number, if it has one: `12.15`.
    pub version: Option<String>,
    /// The date: `Sat, 11 Jul 2026 10:16:37 UTC`.
    pub date: String,
    /// The list of the packages for the architecture.
    index: Listed,
    has_hashes: bool,
}

/// A file in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    path: String,
    size: u64,
    sha256: String,
}

impl Source<'_> {
    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.mirror.trim_end_matches('/'))
    }

    /// A directory for downloads of one build; another one may need the same files at the same time.
    fn downloads(&self) -> Result<TempDir, Error> {
        fs::create_dir_all(self.downloads)
            .and_then(|()| temporary::directory_in(self.downloads))
            .map_err(|source| Error::Write { path: self.downloads.to_owned(), source })
    }

    fn in_suite(&self, path: &str) -> String {
        self.address(&format!("dists/{}/{path}", self.suite))
    }
}

impl Release {
    /// The suite as it is now, signed by a key of `keyring`. It must not be older than the one of the
    /// date `known`.
    ///
    /// # Errors
    ///
    /// It cannot be downloaded, or isn't to be trusted.
    pub fn fetch(
        source: &Source<'_>,
        keyring: &Keyring,
        known: Option<&str>,
    ) -> Result<Self, Error> {
        let url = source.in_suite("InRelease");
        let message = download::text(&url)?;
        let now = SystemTime::now();
        let url = redacted(&url).into_owned();
        let text = keyring
            .verified(&message, now)
            .map_err(|reason| Error::Signature { url: url.clone(), reason })?;
        let release = Self::read(&text, source, &url)?;
        let until = field(&text, "Valid-Until");
        if let Some(until) = until
            && moment(&until).is_none_or(|until| until < Timestamp::now())
        {
            return Err(Error::Expired { url, until });
        }
        if let Some(known) = known
            && moment(known) > moment(&release.date)
        {
            return Err(Error::Older { url, date: release.date, known: known.to_owned() });
        }
        Ok(release)
    }

    fn read(text: &str, source: &Source<'_>, url: &str) -> Result<Self, Error> {
        let malformed = |reason: &str| Error::Malformed { url: url.into(), reason: reason.into() };
        let need = |name: &str| field(text, name).ok_or_else(|| malformed(&format!("no {name}")));
        let date = need("Date")?;
        moment(&date).ok_or_else(|| malformed(&format!("`{date}` isn't a date")))?;
        let names: Vec<String> =
            ["Codename", "Suite"].iter().filter_map(|name| field(text, name)).collect();
        let Some(name) = names.first() else { return Err(malformed("no Codename")) };
        if !names.iter().any(|name| name == source.suite) {
            let (suite, found) = (source.suite.to_owned(), names.join(" or "));
            return Err(Error::Suite { url: url.into(), suite, found });
        }
        // A name may go into paths and URLs of reports.
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._+".contains(&byte)) {
            return Err(malformed(&format!("the Codename is `{name}`")));
        }
        let list = format!("main/binary-{}/Packages", source.architecture);
        let digests = need("SHA256")?;
        let index = COMPRESSIONS.iter().find_map(|end| listed(&digests, &format!("{list}.{end}")));
        Ok(Self {
            distribution: field(text, "Origin").unwrap_or_else(|| "Debian".into()),
            suite: name.clone(),
            version: field(text, "Version"),
            date,
            index: index.ok_or_else(|| Error::Architecture {
                url: url.into(),
                file: format!("{list}.xz"),
            })?,
            has_hashes: field(text, "Acquire-By-Hash").is_some_and(|value| value == "yes"),
        })
    }

    /// The identity of the list of packages: its SHA-256.
    pub fn index_digest(&self) -> &str {
        &self.index.sha256
    }

    /// The packages of Python `minor` (`3.11`), or of the suite's default one.
    ///
    /// # Errors
    ///
    /// The list cannot be downloaded or read, or has no such Python.
    pub fn select(&self, source: &Source<'_>, minor: Option<&str>) -> Result<Selection, Error> {
        let Listed { path, size, sha256 } = &self.index;
        let downloads = source.downloads()?;
        let file = downloads.path().join(sha256);
        let plain = source.in_suite(path);
        let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let by_hash = source.in_suite(&format!("{directory}/by-hash/SHA256/{sha256}"));
        let get = |url: &str| download::fetch_at_most(url, sha256, *size, &file, source.ui);
        // While a mirror is being updated, the file by its name may be that of another day.
        match if self.has_hashes { get(&by_hash) } else { get(&plain) } {
            Err(download::Error::Status { status: 404 | 410, .. }) if self.has_hashes => {
                get(&plain)?;
            }
            Err(download::Error::Read { source: error, .. })
                if self.has_hashes && error.kind() == std::io::ErrorKind::NotFound =>
            {
                get(&plain)?;
            }
            outcome => outcome?,
        }
        let malformed = |error: std::io::Error| Error::Malformed {
            url: redacted(&plain).into_owned(),
            reason: error.to_string(),
        };
        let opened = File::open(&file).map(BufReader::new);
        let opened = opened.map_err(|source| Error::Read { path: file.clone(), source })?;
        let text = decompressed(opened).map_err(malformed)?.take(MAX_INDEX);
        let index = Index::read(BufReader::new(text), closure::is_wanted).map_err(malformed)?;
        closure::select(&index, minor, &self.suite, source.architecture)
    }
}

impl Selection {
    /// Downloads the packages, and unpacks them to the directory `root`, which is empty.
    ///
    /// # Errors
    ///
    /// A package cannot be downloaded, or has something that isn't unpacked.
    pub fn unpack(&self, source: &Source<'_>, root: &Path) -> Result<(), Error> {
        let downloads = source.downloads()?;
        let file = |sha256: &str| downloads.path().join(sha256);
        self.packages.par_iter().try_for_each(|package| {
            let url = source.address(&package.file.replace('+', "%2B"));
            let to = file(&package.sha256);
            download::fetch_at_most(&url, &package.sha256, package.size, &to, source.ui)
        })?;
        let mut root = Root::create(root)?;
        for package in &self.packages {
            let path = file(&package.sha256);
            deb::unpack(&path, package.file_name(), &mut root)?;
            root.list(&package.name, &package.version, &package.architecture)?;
        }
        Ok(())
    }
}

/// The value of a field of the first paragraph.
fn field(text: &str, name: &str) -> Option<String> {
    let mut found = None;
    // A malformed list has no fields.
    let _ = paragraphs::read(text.as_bytes(), |paragraph| {
        found = found.take().or_else(|| paragraph.get(name).map(str::to_owned));
    });
    found.filter(|value| !value.is_empty())
}

/// The file `path` in the lines `<digest> <size> <path>`.
fn listed(digests: &str, path: &str) -> Option<Listed> {
    digests.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let (sha256, size, name) = (words.next()?, words.next()?, words.next()?);
        let is_digest = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        (is_digest && name == path).then_some(())?;
        Some(Listed {
            path: path.to_owned(),
            size: size.parse().ok()?,
            sha256: sha256.to_ascii_lowercase(),
        })
    })
}
