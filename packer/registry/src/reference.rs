//! Names of images in registries.

use std::fmt;
use std::str::FromStr;

use oci_spec::distribution::Reference as Parsed;

use crate::Error;

/// The name of an image in a registry, such as `ghcr.io/team/tool:1.2`. Docker's short forms are
/// understood: `tool` is `docker.io/library/tool`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// The registry's host, with its port if it has one.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository within the registry.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if the user gave one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, if the user gave one.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The same image with this tag, and without a digest.
    #[must_use]
    pub fn with_tag(&self, tag: &str) -> Self {
        Self { tag: Some(tag.to_owned()), digest: None, ..self.clone() }
    }

    /// The digest, the tag, or `latest`: what a registry is asked for when the image is pulled.
    pub fn version(&self) -> &str {
        self.digest().or(self.tag()).unwrap_or("latest")
    }

    /// The registry's address in requests. Docker's registry has another one than in names.
    pub(crate) fn host(&self) -> &str {
        if self.registry == "docker.io" { "registry-1.docker.io" } else { &self.registry }
    }

    /// Whether the registry is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.registry)
    }
}

/// Whether `host`, which may have a port, is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address: Result<std::net::IpAddr, _> = name.trim_matches(['[', ']']).parse();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = |reason: String| Error::Reference { text: text.to_owned(), reason };
        let parsed = Parsed::from_str(text).map_err(|error| refused(error.to_string()))?;
        if parsed.repository().contains(|character: char| character.is_ascii_uppercase()) {
            return Err(refused("a repository's name has lower-case letters only".into()));
        }
        // The parser adds `latest`.
        let has_tag = parsed.digest().is_some() || text.ends_with(":latest");
        let tag = parsed.tag().filter(|&tag| has_tag || tag != "latest");
        if let Some(digest) = parsed.digest().filter(|digest| !digest.starts_with("sha256:")) {
            return Err(refused(format!("the digest {digest} isn't SHA-256")));
        }
        Ok(Self {
            registry: parsed.registry().to_owned(),
            repository: parsed.repository().to_owned(),
            tag: tag.map(str::to_owned),
            digest: parsed.digest().map(str::to_owned),
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(formatter, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(formatter, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_understood_as_docker_understands_them() {
        for (text, whole, host, version) in [
            ("tool", "docker.io/library/tool", "registry-1.docker.io", "latest"),
            ("ghcr.io/a/b:1.2", "ghcr.io/a/b:1.2", "ghcr.io", "1.2"),
            ("localhost:5000/x", "localhost:5000/x", "localhost:5000", "latest"),
            ("localhost:5000/x:latest", "localhost:5000/x:latest", "localhost:5000", "latest"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!((&*reference.to_string(), reference.host()), (whole, host));
            assert_eq!(reference.version(), version);
        }
        let digest = format!("sha256:{}", "0a".repeat(32));
        let reference: Reference = format!("h.example/x:1@{digest}").parse().unwrap();
        assert_eq!((reference.tag(), reference.version()), (Some("1"), &*digest));
        assert_eq!(reference.with_tag("2").to_string(), "h.example/x:2");
    }

    #[test]
    fn malformed_references_are_refused() {
        for text in ["", "Upper/case", "h.example/x:", "https://h.example/x", "x@sha256:12"] {
            assert!(matches!(text.parse::<Reference>(), Err(Error::Reference { .. })), "{text}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (host, expected) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:80", true),
            ("127.8.8.8", true),
            ("[::1]:80", true),
            ("localhost.example.com", false),
            ("127.0.0.1.example.com:80", false),
            ("10.0.0.1:5000", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host}");
        }
    }
}
