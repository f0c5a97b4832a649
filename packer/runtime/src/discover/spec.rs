//! The values of `--python`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use snakecrate_base::error::Remedy;
use snakecrate_base::redact::redacted;

/// The start of the specs of packages.
const DEBIAN: &str = "debian:";

/// The Python that an archive is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spec {
    /// `3`, `3.12`, `3.12.1`, `>=3.11,<3.13`.
    Version(VersionSpecifiers),
    /// A command on `PATH`: `python3.12`.
    Command(String),
    /// An interpreter, a directory or an archive of one.
    Path(PathBuf),
    /// A python-build-standalone archive on the network.
    Url {
        /// The address, without the digest.
        url: String,
        /// The SHA-256 of the archive, 64 hex digits.
        sha256: String,
    },
    /// The packages of Debian or a derivative: `debian:bookworm`, `debian:sid/3.14`.
    Debian {
        /// The suite.
        suite: String,
        /// The minor version; without it, the suite's default one.
        minor: Option<String>,
    },
}

/// Why a text isn't a [`Spec`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSpec {
    /// The text is empty.
    #[error("--python has an empty value")]
    Empty,
    /// Neither a version, nor a path, nor a URL.
    #[error("`{0}` isn't a Python version")]
    Version(String),
    /// A URL whose content could change.
    #[error("the URL {0} has no `#sha256=`")]
    NoDigest(String),
    /// The digest isn't 64 hex digits.
    #[error("`{0}` isn't a SHA-256")]
    Digest(String),
    /// A suite or a minor version behind `debian:` that cannot be one.
    #[error("`debian:{0}` names no suite of Debian")]
    Suite(String),
}

impl Remedy for BadSpec {
    fn remedy(&self) -> Option<String> {
        Some(match self {
            Self::Empty | Self::Version(_) => {
                "give a version such as 3.12 or >=3.11, a path, a URL with #sha256=, or debian:bookworm"
                    .into()
            }
            Self::NoDigest(url) => format!(
                "add the archive's digest, {url}#sha256=…; python-build-standalone lists them in SHA256SUMS"
            ),
            Self::Digest(_) => "give it as 64 hex digits".into(),
            Self::Suite(_) => "give one such as debian:bookworm, or debian:bookworm/3.11".into(),
        })
    }
}

impl Spec {
    /// Reads the user's text. The name of a file in the working directory is a path, unless it looks
    /// like a version.
    pub fn parse(text: &str) -> Result<Self, BadSpec> {
        let text = text.trim();
        if text.is_empty() {
            return Err(BadSpec::Empty);
        }
        if let Some(suite) = text.strip_prefix(DEBIAN) {
            return debian(suite);
        }
        if text.contains("://") {
            return url(text);
        }
        if let Some(versions) = versions(text) {
            return Ok(Self::Version(versions));
        }
        if text.contains('/') || text.starts_with(['.', '~']) || Path::new(text).exists() {
            return Ok(Self::Path(home(text)));
        }
        if text.starts_with("python") {
            return Ok(Self::Command(text.to_owned()));
        }
        Err(BadSpec::Version(text.to_owned()))
    }
}

impl FromStr for Spec {
    type Err = BadSpec;

    fn from_str(text: &str) -> Result<Self, BadSpec> {
        Self::parse(text)
    }
}

fn versions(text: &str) -> Option<VersionSpecifiers> {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let version = Version::from_str(text).ok()?;
        let short = version.release().len() < 3 && version.is_stable();
        let text = if short { format!("=={text}.*") } else { format!("=={text}") };
        return VersionSpecifiers::from_str(&text).ok();
    }
    let operator = text.starts_with(['<', '>', '=', '!', '~']) && !text.starts_with("~/");
    operator.then(|| VersionSpecifiers::from_str(text).ok())?
}

fn url(text: &str) -> Result<Spec, BadSpec> {
    let (url, fragment) = text.split_once('#').unwrap_or((text, ""));
    let digest = fragment.split('&').find_map(|part| part.strip_prefix("sha256="));
    let sha256 = digest.ok_or_else(|| BadSpec::NoDigest(redacted(url).into_owned()))?;
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(BadSpec::Digest(sha256.to_owned()));
    }
    Ok(Spec::Url { url: url.to_owned(), sha256: sha256.to_ascii_lowercase() })
}

/// `bookworm`, `sid/3.14`.
fn debian(text: &str) -> Result<Spec, BadSpec> {
    let (suite, minor) = match text.split_once('/') {
        Some((suite, minor)) => (suite, Some(minor)),
        None => (text, None),
    };
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-.+".contains(&byte);
    let is_suite =
        suite.starts_with(|c: char| c.is_ascii_alphanumeric()) && suite.bytes().all(is_part);
    let is_minor = |minor: &str| {
        let digits = minor.strip_prefix("3.").unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_suite || !minor.is_none_or(is_minor) {
        return Err(BadSpec::Suite(text.to_owned()));
    }
    Ok(Spec::Debian { suite: suite.to_owned(), minor: minor.map(str::to_owned) })
}

/// `~/x` in the user's home directory: no shell reads configuration files.
fn home(text: &str) -> PathBuf {
    match (text.strip_prefix("~/"), dirs::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn fits(spec: &str, version: &str) -> bool {
        let Ok(Spec::Version(versions)) = Spec::parse(spec) else { panic!("{spec}") };
        versions.contains(&Version::from_str(version).unwrap())
    }

    #[test]
    fn a_short_version_matches_all_that_start_with_it() {
        assert!(fits("3", "3.13.0") && fits("3.12", "3.12.1") && fits("3.12.1", "3.12.1"));
        assert!(!fits("3.1", "3.12.1") && !fits("3.12.1", "3.12.10"));
        assert!(fits(">=3.11,<3.13", "3.12.1") && !fits(">=3.11,<3.13", "3.13.0"));
        assert!(fits("3.14.0rc2", "3.14.0rc2") && fits("~=3.11", "3.12.0"));
    }

    #[test]
    fn paths_commands_and_versions_are_distinguished() {
        assert_eq!(Spec::parse("/usr/bin/python3"), Ok(Spec::Path("/usr/bin/python3".into())));
        assert_eq!(Spec::parse("./py.tar.gz"), Ok(Spec::Path("./py.tar.gz".into())));
        assert_eq!(Spec::parse("python3.12"), Ok(Spec::Command("python3.12".into())));
        assert!(matches!(Spec::parse("~/py"), Ok(Spec::Path(path)) if path.is_absolute()));
    }

    #[test]
    fn a_url_needs_a_digest() {
        let url = "https://host/python.tar.gz";
        let spec = Spec::parse(&format!("{url}#sha256={}", SHA.to_uppercase()));
        assert_eq!(spec, Ok(Spec::Url { url: url.into(), sha256: SHA.into() }));
        assert_eq!(Spec::parse(url), Err(BadSpec::NoDigest(url.into())));
        assert_eq!(Spec::parse("https://h/p#sha256=12"), Err(BadSpec::Digest("12".into())));
    }

    #[test]
    fn suites_of_debian_may_name_a_minor_version() {
        let spec = |suite: &str, minor: Option<&str>| {
            Ok(Spec::Debian { suite: suite.into(), minor: minor.map(str::to_owned) })
        };
        assert_eq!(Spec::parse("debian:bookworm"), spec("bookworm", None));
        assert_eq!(Spec::parse("debian:sid/3.15"), spec("sid", Some("3.15")));
        assert_eq!(Spec::parse("debian:a-b.c"), spec("a-b.c", None));
        assert_eq!(Spec::parse("./debian:x"), Ok(Spec::Path("./debian:x".into())));
        for text in ["", "..", "-x", "a b", "a/b", "a/3", "a/3.1.2", "a/3.11/", "a/2.7", "a?b"] {
            let found = Spec::parse(&format!("debian:{text}"));
            assert_eq!(found, Err(BadSpec::Suite(text.into())));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        assert_eq!(Spec::parse(" "), Err(BadSpec::Empty));
        for text in ["latest", "3.x", ">=three", "pypy"] {
            assert_eq!(Spec::parse(text), Err(BadSpec::Version(text.into())));
        }
    }
}
