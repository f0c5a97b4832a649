//! Package URLs (<https://github.com/package-url/purl-spec>).

use percent_encoding::percent_decode_str;

/// A package URL in its parts, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Purl {
    /// `pypi`, `deb`, `cargo`.
    pub(crate) kind: String,
    /// `debian`.
    pub(crate) namespace: Option<String>,
    /// The package.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: Option<String>,
    /// Qualifiers by name, sorted.
    pub(crate) qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// Reads a package URL; `None` if `text` isn't one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let decoded = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
        let rest = text.strip_prefix("pkg:")?.split('#').next()?;
        let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, path) = path.trim_start_matches('/').split_once('/')?;
        let at = path.rfind('@').filter(|at| *at > 0 && !path[*at..].contains('/'));
        let (path, version) = at.map_or((path, None), |at| (&path[..at], Some(&path[at + 1..])));
        let (namespace, name) = match path.rsplit_once('/') {
            Some((namespace, name)) => (Some(decoded(namespace)?), name),
            None => (None, path),
        };
        let pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| Some((name.to_owned(), decoded(value)?)));
        Some(Self {
            kind: kind.to_lowercase(),
            namespace,
            name: decoded(name).filter(|name| !name.is_empty())?,
            version: version.and_then(decoded),
            qualifiers: pairs.collect::<Option<_>>()?,
        })
    }

    /// The value of a qualifier.
    pub(crate) fn qualifier(&self, name: &str) -> Option<&str> {
        self.qualifiers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls_are_taken_apart() {
        let text = "pkg:deb/debian/libstdc%2B%2B6@12-1%2Bb?arch=amd64&upstream=gcc-12";
        let purl = Purl::parse(text).unwrap();
        assert_eq!((&*purl.kind, purl.namespace.as_deref()), ("deb", Some("debian")));
        assert_eq!((&*purl.name, purl.version.as_deref()), ("libstdc++6", Some("12-1+b")));
        assert_eq!(purl.qualifier("upstream"), Some("gcc-12"));
        assert_eq!(Purl::parse("pkg:generic/x").unwrap().version, None);
        for text in ["", "pkg:", "pkg:pypi", "pkg:pypi/", "http://x/y@1", "pkg:pypi/%ff@1"] {
            assert_eq!(Purl::parse(text), None, "{text}");
        }
    }
}
