//! Downloads: a URL to a file whose SHA-256 is known beforehand.
//!
//! The file is written under a temporary name beside its final one and renamed when its digest is
//! right, so a final name is always whole. Proxies and certificates are those of the environment
//! (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, else the system's).

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::http::{Response, header};
use url::Url;

use crate::error::Remedy;
use crate::temporary;
use crate::ui::Ui;

/// How often a download is started before giving up on a failing network.
const ATTEMPTS: u32 = 3;
/// How much is read at a time, in bytes.
const CHUNK: usize = 128 << 10;
/// Longest document that [`text`] takes, in bytes.
const MAX_TEXT: u64 = 16 << 20;

/// Why a download failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither `http`, `https` nor `file`.
    #[error("`{0}` is not an http, https or file URL")]
    Scheme(String),
    /// The server's answer is not 200.
    #[error("{url} answers with HTTP status {status}")]
    Status {
        /// The address, without credentials.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// No connection, or one that broke.
    #[error("cannot download {url}: {source}")]
    Network {
        /// The address, without credentials.
        url: String,
        /// What the HTTP client says.
        source: Box<ureq::Error>,
    },
    /// The connection broke, or the file of a `file:` URL cannot be read.
    #[error("cannot read {url}: {source}")]
    Read {
        /// The address, without credentials.
        url: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something else than expected arrived.
    #[error("{url} has SHA-256 {actual}, not {expected}")]
    Digest {
        /// The address, without credentials.
        url: String,
        /// What the caller asked for, in hex.
        expected: String,
        /// What came, in hex.
        actual: String,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The final name.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Remedy for Error {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Scheme(_) => "give a URL that starts with https://, http:// or file://".into(),
            Self::Status { status: 401 | 403 | 407, .. } => {
                "check the credentials in the URL, and HTTPS_PROXY".into()
            }
            Self::Status { status: 404 | 410, .. } => {
                "check the URL; the file may have moved".into()
            }
            Self::Status { .. } => "try again later, or use a mirror".into(),
            Self::Network { .. } => "check the network, HTTPS_PROXY and SSL_CERT_FILE".into(),
            Self::Read { .. } => "check the network or the file, and try again".into(),
            Self::Digest { .. } => {
                "check the digest; if it is right, the file was altered on its way: do not use it"
                    .into()
            }
            Self::Write { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "free some space and try again".into()
            }
            Self::Write { .. } => "check that the directory can be written".into(),
        })
    }
}

impl Error {
    /// Whether another attempt may succeed.
    fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500 | 502 | 503 | 504),
            Self::Network { source, .. } => {
                !matches!(**source, ureq::Error::BadUri(_) | ureq::Error::Http(_))
            }
            Self::Read { url, .. } => !url.starts_with("file:"),
            _ => false,
        }
    }
}

/// Makes `to` the file at `url`, whose digest must be `sha256` (64 hex digits).
///
/// A file that is there already and has this digest is left as it is: nothing is downloaded.
pub fn fetch(url: &str, sha256: &str, to: &Path, ui: Ui) -> Result<(), Error> {
    let expected = sha256.to_ascii_lowercase();
    if file_sha256(to).is_ok_and(|actual| actual == expected) {
        return Ok(());
    }
    let name = redacted(url);
    ui.detail(format_args!("downloading {name}"));
    persistently(|| {
        let (mut body, length) = open(url)?;
        let progress = ui.bytes("Downloading", length.unwrap_or(0));
        store(&mut body, &name, &expected, to, |amount| progress.advance(amount))
    })
}

/// The text at `url`, at most 16 MiB of it; for small documents whose digest nobody knows.
pub fn text(url: &str) -> Result<String, Error> {
    persistently(|| {
        let (body, _) = open(url)?;
        let mut text = String::new();
        body.take(MAX_TEXT)
            .read_to_string(&mut text)
            .map_err(|source| Error::Read { url: redacted(url), source })?;
        Ok(text)
    })
}

/// The SHA-256 of the file at `path`, in hex.
pub fn file_sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&buffer[..count]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `url` without the user and password that may be in it.
pub fn redacted(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else {
        return if url.contains('@') { "the URL".to_owned() } else { url.to_owned() };
    };
    // A URL without credentials stays as the user wrote it.
    if parsed.username().is_empty() && parsed.password().is_none() {
        return url.to_owned();
    }
    // Neither fails for a URL that has them.
    let _ = parsed.set_password(None);
    let _ = parsed.set_username("");
    parsed.into()
}

fn persistently<T>(mut attempt: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut tried = 1;
    loop {
        match attempt() {
            Err(error) if error.is_transient() && tried < ATTEMPTS => {
                std::thread::sleep(Duration::from_millis(250 << tried));
                tried += 1;
            }
            outcome => return outcome,
        }
    }
}

/// The bytes at `url`, and how many they are if that is known.
fn open(url: &str) -> Result<(Box<dyn Read>, Option<u64>), Error> {
    if let Some(path) = file_path(url) {
        let fail = |source| Error::Read { url: url.to_owned(), source };
        let file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        return Ok((Box::new(file), Some(length)));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::Scheme(redacted(url)));
    }
    let response = get(url).map_err(|error| match error {
        ureq::Error::StatusCode(status) => Error::Status { url: redacted(url), status },
        source => Error::Network { url: redacted(url), source: Box::new(source) },
    })?;
    let length = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
    Ok((Box::new(body), length))
}

fn get(url: &str) -> Result<Response<ureq::Body>, ureq::Error> {
    let tls =
        ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("snakecrate/", env!("CARGO_PKG_VERSION")))
        // The digest is that of the file, not of what a server's compression makes of it.
        .accept_encoding("identity")
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .build()
        .into();
    agent.get(url).call()
}

/// The path in a `file:` URL.
fn file_path(url: &str) -> Option<PathBuf> {
    Url::parse(url).ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()
}

/// Writes `body` beside `to`, and renames it when its digest is `expected`.
fn store(
    body: &mut dyn Read,
    url: &str,
    expected: &str,
    to: &Path,
    mut progress: impl FnMut(u64),
) -> Result<(), Error> {
    let fail = |source| Error::Write { path: to.to_owned(), source };
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(fail)?;
    let mut aside = temporary::file_in(directory).map_err(fail)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::Read { url: url.to_owned(), source }),
        };
        hasher.update(&buffer[..count]);
        aside.write_all(&buffer[..count]).map_err(fail)?;
        progress(count as u64);
    }
    let actual = hex(&hasher.finalize());
    if actual != expected {
        return Err(Error::Digest { url: url.to_owned(), expected: expected.to_owned(), actual });
    }
    aside.persist(to).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
