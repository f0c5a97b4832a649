//! What a resolution comes to: a distribution, and where its files are.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

/// One distribution of a resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pin {
    /// Normalised.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) place: Place,
}

/// Where a distribution is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// A wheel.
    Wheel(Remote),
    /// A source distribution: to be built.
    Source(Remote),
    /// A directory of this machine: to be built.
    Directory(PathBuf),
    /// A commit: to be built.
    Git(Git),
}

/// A file and its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remote {
    /// `https:`, `http:` or `file:`.
    pub(crate) url: String,
    /// In hex, where the index gives it.
    pub(crate) sha256: Option<String>,
}

/// Digests of a file, as pip's reports and `pylock.toml` have them.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Hashes {
    pub(crate) sha256: Option<String>,
}

/// A commit in a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Git {
    pub(crate) url: String,
    pub(crate) commit: String,
    pub(crate) subdirectory: Option<String>,
}

impl Remote {
    /// The file's name, `%xx` decoded.
    pub(crate) fn file(&self) -> String {
        let Ok(url) = url::Url::parse(&self.url) else { return String::new() };
        let last = url.path_segments().and_then(|mut names| names.next_back().map(str::to_owned));
        let last = last.unwrap_or_default();
        let decoded = percent_decode_str(&last).decode_utf8_lossy().into_owned();
        // It becomes a file's name: nothing encoded may lead to another directory.
        if decoded.contains(['/', '\\', '\0']) { last } else { decoded }
    }

    /// Whether it is a wheel by its name.
    pub(crate) fn is_wheel(&self) -> bool {
        std::path::Path::new(&self.file()).extension().is_some_and(|extension| extension == "whl")
    }
}

/// The `file:` URL of an absolute path.
pub(crate) fn file_url(path: &std::path::Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_without_escapes_and_queries() {
        let url =
            "https://h/a/torch-2.0%2Bcpu-cp312-cp312-linux_x86_64.whl?x=1#sha256=0".to_owned();
        let remote = Remote { url, sha256: None };
        assert_eq!(remote.file(), "torch-2.0+cpu-cp312-cp312-linux_x86_64.whl");
        assert!(remote.is_wheel());
        let elsewhere = Remote { url: "https://h/a%2F..%2Fb.whl".into(), sha256: None };
        assert_eq!(elsewhere.file(), "a%2F..%2Fb.whl");
        assert_eq!(file_url(std::path::Path::new("/a b/c")), "file:///a%20b/c");
    }
}
