//! Labels of images
//! (<https://github.com/opencontainers/image-spec/blob/v1.1.0/annotations.md>).

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::Timestamp;
use snakecrate_format::manifest::Python;
use snakecrate_image::spec::{
    ANNOTATION_DESCRIPTION, ANNOTATION_LICENSES, ANNOTATION_REVISION, ANNOTATION_SOURCE,
    ANNOTATION_TITLE, ANNOTATION_URL, ANNOTATION_VENDOR, ANNOTATION_VERSION,
};

use super::Error;
use crate::archive::Archive;
use crate::package::About;

/// The label with implementation, version and executable of the interpreter:
/// `cpython 3.12.1 python3.12`.
pub const PYTHON: &str = "snakecrate.python";
/// The label with the versions of Python that all distributions allow.
pub const REQUIRES: &str = "snakecrate.requires-python";

const EPOCH: &str = "SOURCE_DATE_EPOCH";

/// What the user and the source say about an image, beside the archive itself.
#[derive(Debug, Clone, Default)]
pub struct Labels {
    revision: Option<String>,
    given: BTreeMap<String, String>,
}

impl Labels {
    /// Reads labels of the form `NAME=VALUE`.
    ///
    /// # Errors
    ///
    /// [`Error::Label`]
    pub fn given(given: &[String]) -> Result<Self, Error> {
        let pair = |text: &String| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(Error::Label(text.clone())),
        };
        let given = given.iter().map(pair).collect::<Result<_, _>>()?;
        Ok(Self { revision: None, given })
    }

    /// Adds the commit of the git repository that `directory` is in, with `-dirty` behind it if files
    /// differ from it. Without git, or a repository, nothing is added.
    #[must_use]
    pub fn with_revision_of(mut self, directory: &Path) -> Self {
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.arg("-C").arg(directory).args(arguments);
            let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
            let text = String::from_utf8(output.stdout).ok()?;
            output.status.success().then(|| text.trim().to_owned())
        };
        self.revision = git(&["rev-parse", "HEAD"]).filter(|commit| !commit.is_empty());
        if let Some(revision) = &mut self.revision {
            let changes = git(&["status", "--porcelain", "--untracked-files=no", "--", "."]);
            if changes.is_none_or(|changes| !changes.is_empty()) {
                revision.push_str("-dirty");
            }
        }
        self
    }

    /// All labels of the image of `archive`.
    pub(super) fn of(
        &self,
        archive: &Archive,
        about: &About,
        requires: String,
    ) -> BTreeMap<String, String> {
        let manifest = archive.manifest();
        let mut labels = BTreeMap::new();
        for (name, value) in [
            (ANNOTATION_TITLE, Some(manifest.name.clone())),
            (ANNOTATION_VERSION, manifest.version.clone()),
            (ANNOTATION_REVISION, self.revision.clone()),
            (ANNOTATION_VENDOR, manifest.vendor.clone()),
            (ANNOTATION_DESCRIPTION, about.summary.clone()),
            (ANNOTATION_LICENSES, about.licence.clone()),
            (ANNOTATION_SOURCE, about.repository.clone()),
            (ANNOTATION_URL, about.homepage.clone()),
            (PYTHON, Some(python(&manifest.python))),
            (REQUIRES, Some(requires).filter(|requires| !requires.is_empty())),
        ] {
            labels.extend(value.map(|value| (name.to_owned(), value)));
        }
        labels.extend(self.given.clone());
        labels
    }
}

/// The value of [`PYTHON`]. The executable's name tells builds with another interface apart, such as
/// `python3.13t`.
pub(super) fn python(python: &Python) -> String {
    let executable = python.executable.file_name();
    format!("{} {} {executable}", python.implementation, python.version)
}

/// The image's time, in RFC 3339's form, if the environment names one.
pub(super) fn created() -> Result<Option<String>, Error> {
    let Some(text) = env::var_os(EPOCH) else { return Ok(None) };
    let text = text.to_string_lossy().into_owned();
    let seconds = text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds.map(|time| Some(time.to_string())).ok_or(Error::Date(text))
}

/// The tag for this version: a tag has no `+`, and at most 128 characters.
pub(super) fn tag(version: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let tag: String = version.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    let tag: String = tag.trim_start_matches(['.', '-']).chars().take(128).collect();
    if tag.is_empty() { "latest".to_owned() } else { tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_become_tags() {
        let long = format!("1.0+{}", "a".repeat(200));
        let cut = format!("1.0_{}", "a".repeat(124));
        for (version, wanted) in [
            ("1.0", "1.0"),
            ("1.1rc1.post2.dev3", "1.1rc1.post2.dev3"),
            ("1!2.0+local.1", "1_2.0_local.1"),
            ("2026.11+ubuntu-1", "2026.11_ubuntu-1"),
            ("", "latest"),
            (".-1", "1"),
            ("ä/1:2", "__1_2"),
            (&long, &cut),
        ] {
            assert_eq!(tag(version), wanted);
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(tag(version).starts_with(is_word), "{version}");
        }
    }

    #[test]
    fn a_label_has_a_name_and_a_value() {
        assert!(Labels::given(&["a=".into(), "b=c=d".into()]).is_ok());
        for bad in ["a", "=b", ""] {
            let error = Labels::given(&[bad.into()]).unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{bad}` isn't a label")), "{error}");
        }
    }
}
