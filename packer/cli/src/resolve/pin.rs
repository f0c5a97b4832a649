//! The result of a resolution: distributions and the places of their files.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use serde::Serialize;

/// The host of the files of `PyPI`.
const PYPI_FILES: &str = "files.pythonhosted.org";

/// Whether a file at `url` is on the web, and not one of `PyPI`'s.
pub(super) fn is_of_another(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.split('/').next() != Some(PYPI_FILES))
}

/// One distribution of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The normalised name.
    pub name: String,
    /// The place of its files.
    pub place: Place,
}

/// The place of a distribution's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Place {
    /// A wheel.
    Wheel(Remote),
    /// A source distribution, to be built.
    Source(Remote),
    /// A local directory, to be built.
    Directory(PathBuf),
    /// A commit, to be built.
    Git(Git),
}

/// A file and its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remote {
    /// `https:`, `http:` or `file:`.
    pub url: String,
    /// In hex, if the index has it.
    pub sha256: Option<String>,
    /// The project's directory in a source distribution, if it isn't the top one.
    pub subdirectory: Option<String>,
    /// The address of the index that lists it, if that is known.
    pub index: Option<String>,
}

/// Digests of a file, as `pylock.toml` has them.
#[derive(Debug, Default, serde::Deserialize)]
pub struct Hashes {
    /// In hex.
    pub sha256: Option<String>,
}

/// A commit in a git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Git {
    /// Its address, without `git+`.
    pub url: String,
    /// The whole hash of the commit.
    pub commit: String,
    /// The project's directory in it.
    pub subdirectory: Option<String>,
}

impl Remote {
    /// The file's name, with `%xx` decoded.
    pub fn file(&self) -> String {
        let Ok(url) = url::Url::parse(&self.url) else { return String::new() };
        let last = url.path_segments().and_then(|mut names| names.next_back().map(str::to_owned));
        let last = last.unwrap_or_default();
        let decoded = percent_decode_str(&last).decode_utf8_lossy().into_owned();
        // The name becomes a path here, so encoded separators must not lead to another directory.
        if decoded.contains(['/', '\\', '\0']) { last } else { decoded }
    }

    /// Whether its name is that of a wheel.
    pub fn is_wheel(&self) -> bool {
        std::path::Path::new(&self.file()).extension().is_some_and(|extension| extension == "whl")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_without_escapes_and_queries() {
        let url =
            "https://h/a/torch-2.0%2Bcpu-cp312-cp312-linux_x86_64.whl?x=1#sha256=0".to_owned();
        let remote = Remote { url, sha256: None, subdirectory: None, index: None };
        assert_eq!(remote.file(), "torch-2.0+cpu-cp312-cp312-linux_x86_64.whl");
        assert!(remote.is_wheel());
        let elsewhere = Remote { url: "https://h/a%2F..%2Fb.whl".into(), ..remote };
        assert_eq!(elsewhere.file(), "a%2F..%2Fb.whl");
    }

    #[test]
    fn files_of_pypi_and_of_this_machine_are_of_no_other_index() {
        assert!(is_of_another("https://i.example/a.whl"));
        assert!(is_of_another("http://files.pythonhosted.org.example/a.whl"));
        assert!(!is_of_another("https://files.pythonhosted.org/packages/a.whl"));
        assert!(!is_of_another("file:///a.whl"));
    }
}
