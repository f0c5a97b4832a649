//! Downloads of files whose SHA-256 is known beforehand.
//!
//! A file is written under a temporary name and renamed once its digest is verified, so a file with
//! its final name is always complete. Proxies and certificates are those of the environment
//! (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, else the system's).

mod address;
mod error;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use ureq::Agent;
use ureq::config::RedirectAuthHeaders;
use ureq::http::{Response, header};

pub use error::Error;

use self::address::{authorization, file_path};
use snakecrate_base::redact::redacted;
use snakecrate_base::temporary;
use snakecrate_base::ui::Ui;

/// The number of attempts before a failing network counts as an error.
const ATTEMPTS: u32 = 3;
/// The number of bytes that are read at a time.
const CHUNK: usize = 128 << 10;
/// The longest document that [`text`] reads, in bytes.
const MAX_TEXT: u64 = 16 << 20;
/// The longest time that [`small`] takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Downloads the file at `url`, whose digest must be `sha256` (64 hex digits), to `to`.
///
/// If `to` exists and has this digest, nothing is downloaded.
///
/// # Errors
///
/// The download fails, the digest differs, or `to` cannot be written.
pub fn fetch(url: &str, sha256: &str, to: &Path, ui: Ui) -> Result<(), Error> {
    fetch_at_most(url, sha256, u64::MAX, to, ui)
}

/// Like [`fetch`], for a file that isn't larger than `most` bytes. A larger one is refused before the
/// rest of it is read.
///
/// # Errors
///
/// The download fails, the file is too large, the digest differs, or `to` cannot be written.
pub fn fetch_at_most(url: &str, sha256: &str, most: u64, to: &Path, ui: Ui) -> Result<(), Error> {
    let expected = sha256.to_ascii_lowercase();
    if file_sha256(to).is_ok_and(|actual| actual == expected) {
        return Ok(());
    }
    let name = redacted(url).into_owned();
    ui.detail(format_args!("downloading {name}"));
    persistently(|| {
        let (mut body, length) = open(url, "*/*")?;
        let progress = ui.bytes("Downloading", length.unwrap_or(0));
        let wanted = Wanted { url: &name, sha256: &expected, most };
        store(&mut body, wanted, to, |amount| progress.advance(amount))
    })
}

/// The text at `url`, at most 16 MiB of it; for small documents without a known digest.
///
/// # Errors
///
/// The download fails.
pub fn text(url: &str) -> Result<String, Error> {
    text_as(url, "*/*")
}

/// Like [`text`], in one of the media types of `accept`, which is a header of that name.
///
/// # Errors
///
/// The download fails.
pub fn text_as(url: &str, accept: &str) -> Result<String, Error> {
    persistently(|| {
        let (body, _) = open(url, accept)?;
        let mut text = String::new();
        body.take(MAX_TEXT)
            .read_to_string(&mut text)
            .map_err(|source| Error::Read { url: redacted(url).into_owned(), source })?;
        Ok(text)
    })
}

/// The document at `url` in the media type `accept`, for one that the user can do without: it is asked for
/// once, has to arrive within half a minute, and may have at most `most` bytes.
///
/// # Errors
///
/// The download fails, or the document is too large.
pub fn small(url: &str, accept: &str, most: u64) -> Result<Vec<u8>, Error> {
    let (body, _) = open_within(url, accept, Some(PATIENCE))?;
    let url = || redacted(url).into_owned();
    let mut bytes = Vec::new();
    let read = body.take(most.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|source| Error::Read { url: url(), source })?;
    if bytes.len() as u64 > most { Err(Error::TooLarge { url: url(), most }) } else { Ok(bytes) }
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

/// The bytes at `url`, and their number if it is known.
fn open(url: &str, accept: &str) -> Result<(Box<dyn Read>, Option<u64>), Error> {
    open_within(url, accept, None)
}

/// Like [`open`]; the whole answer has to arrive within `patience`.
fn open_within(
    url: &str,
    accept: &str,
    patience: Option<Duration>,
) -> Result<(Box<dyn Read>, Option<u64>), Error> {
    if let Some(path) = file_path(url) {
        let fail = |source| Error::Read { url: url.to_owned(), source };
        let file = File::open(path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        return Ok((Box::new(file), Some(length)));
    }
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err(Error::Scheme(redacted(url).into_owned()));
    }
    let (address, authorization) = authorization(url);
    let response = get(&address, authorization, accept, patience).map_err(|error| match error {
        ureq::Error::StatusCode(status) => {
            Error::Status { url: redacted(url).into_owned(), status }
        }
        ureq::Error::RequireHttpsOnly(_) => Error::Downgrade { url: redacted(url).into_owned() },
        source => Error::Network { url: redacted(url).into_owned(), source: Box::new(source) },
    })?;
    let length = response
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.into_body().into_with_config().limit(u64::MAX).reader();
    Ok((Box::new(body), length))
}

fn get(
    url: &str,
    authorization: Option<String>,
    accept: &str,
    patience: Option<Duration>,
) -> Result<Response<ureq::Body>, ureq::Error> {
    let tls =
        ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build();
    let agent: Agent = Agent::config_builder()
        .tls_config(tls)
        // A redirection to plain HTTP would give up what the user asked for.
        .https_only(url.starts_with("https://"))
        .user_agent(concat!("snakecrate/", env!("CARGO_PKG_VERSION")))
        // The digest is of the file itself, not of the file as a server compresses it.
        .accept_encoding("identity")
        .redirect_auth_headers(RedirectAuthHeaders::SameHost)
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_mins(1)))
        .timeout_global(patience)
        .build()
        .into();
    let request = agent.get(url).header(header::ACCEPT, accept);
    match authorization {
        Some(authorization) => request.header(header::AUTHORIZATION, authorization).call(),
        None => request.call(),
    }
}

/// What is known of a file before it is downloaded.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    /// The address, without credentials.
    url: &'a str,
    /// The digest in hex.
    sha256: &'a str,
    /// The largest size in bytes.
    most: u64,
}

/// Writes `body` to a temporary file beside `to`, and renames that if it is the `wanted` file.
fn store(
    body: &mut dyn Read,
    wanted: Wanted<'_>,
    to: &Path,
    mut progress: impl FnMut(u64),
) -> Result<(), Error> {
    let fail = |source| Error::Write { path: to.to_owned(), source };
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(fail)?;
    let mut aside = temporary::file_in(directory).map_err(fail)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let url = || wanted.url.to_owned();
    let mut length = 0;
    loop {
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Error::Read { url: url(), source }),
        };
        length += count as u64;
        if length > wanted.most {
            return Err(Error::TooLarge { url: url(), most: wanted.most });
        }
        hasher.update(&buffer[..count]);
        aside.write_all(&buffer[..count]).map_err(fail)?;
        progress(count as u64);
    }
    let actual = hex(&hasher.finalize());
    if actual != wanted.sha256 {
        return Err(Error::Digest { url: url(), expected: wanted.sha256.to_owned(), actual });
    }
    aside.persist(to).map_err(|error| fail(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests;
