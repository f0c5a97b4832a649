//! The versions of Python that a request allows.

use std::fmt;
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier, VersionSpecifiers};

use super::error::Error;
use super::probe::OLDEST;

/// The user's and the project's specifiers.
#[derive(Debug)]
pub(super) struct Versions<'a> {
    wanted: Option<&'a VersionSpecifiers>,
    required: Option<VersionSpecifiers>,
    minor: Option<(u8, u8)>,
}

impl<'a> Versions<'a> {
    /// The versions that are `wanted`, by a project with this `requires-python`; only those of `minor`
    /// if one is given.
    pub(super) fn new(
        wanted: Option<&'a VersionSpecifiers>,
        requires_python: Option<&str>,
        minor: Option<(u8, u8)>,
    ) -> Result<Self, Error> {
        Ok(Self { wanted, required: requires_python.map(specifiers).transpose()?, minor })
    }

    /// Whether the user allows `version`, and if `both`, the project as well. If no version
    /// satisfies both, only the user's wish counts: the resolver reports the conflict, with more
    /// details than are known here.
    pub(super) fn fits(&self, version: &Version, both: bool) -> bool {
        let unstable =
            self.wanted.is_some_and(|wanted| wanted.iter().any(VersionSpecifier::any_prerelease));
        let required = self.required.as_ref().filter(|_| both || self.wanted.is_none());
        is_supported(version)
            && self.minor.is_none_or(|minor| minor_of(version) == Some(minor))
            && (unstable || version.is_stable())
            && self.wanted.is_none_or(|wanted| wanted.contains(version))
            && required.is_none_or(|required| required.contains(version))
    }
}

impl fmt::Display for Versions<'_> {
    /// As the user would write it: `3.12` for `==3.12.*`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((major, minor)) = self.minor {
            let minor = format!("{major}.{minor}");
            // A version that the user asks for can be another than that of the other targets.
            return match self.wanted.map(in_words) {
                Some(wanted) if wanted != minor => {
                    write!(f, "{wanted} of the minor version {minor}, which all targets share,")
                }
                _ => f.write_str(&minor),
            };
        }
        match self.wanted.or(self.required.as_ref()) {
            Some(specifiers) => f.write_str(&in_words(specifiers)),
            None => write!(f, ">={}.{}", OLDEST.0, OLDEST.1),
        }
    }
}

fn in_words(specifiers: &VersionSpecifiers) -> String {
    let text = specifiers.to_string();
    match text.strip_prefix("==").filter(|_| specifiers.len() == 1) {
        Some(one) => one.trim_end_matches(".*").to_owned(),
        None => text,
    }
}

/// Whether archives can carry this version.
pub(super) fn is_supported(version: &Version) -> bool {
    version.release() >= &[OLDEST.0.into(), OLDEST.1.into()][..]
}

/// Major and minor version: `(3, 12)`.
pub(super) fn minor_of(version: &Version) -> Option<(u8, u8)> {
    let [major, minor, ..] = version.release() else { return None };
    Some((u8::try_from(*major).ok()?, u8::try_from(*minor).ok()?))
}

fn specifiers(text: &str) -> Result<VersionSpecifiers, Error> {
    VersionSpecifiers::from_str(text).map_err(|error| Error::Requires {
        text: text.to_owned(),
        reason: error.to_string().lines().next().unwrap_or_default().to_owned(),
    })
}
