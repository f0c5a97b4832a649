//! Paths and URLs in lock files.

use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

use super::wanted::LockFile;

/// The absolute path of `path`, which is relative to the lock file. Links stay, `..` goes.
pub(super) fn joined(file: &LockFile, path: &str) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in file.directory().join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

/// The `file:` URL of an absolute path.
pub(super) fn url_of(path: &Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}

/// The name of the file at a URL, `%xx` decoded.
pub(super) fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let decoded = percent_decode_str(last).decode_utf8_lossy().into_owned();
    // The name becomes a path here, so encoded separators must not lead to another directory.
    if decoded.contains(['/', '\\', '\0']) { last.to_owned() } else { decoded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_lock() {
        let file = LockFile { path: "/a/b/uv.lock".into(), text: String::new() };
        assert_eq!(joined(&file, "."), Path::new("/a/b"));
        assert_eq!(joined(&file, "../c/./d"), Path::new("/a/c/d"));
        assert_eq!(joined(&file, "/x"), Path::new("/x"));
    }

    #[test]
    fn names_of_files_are_decoded() {
        assert_eq!(file_name("https://h/a/torch-2.0%2Bcpu.whl#sha256=0"), "torch-2.0+cpu.whl");
        assert_eq!(file_name("https://h/a%2F..%2Fb.whl"), "a%2F..%2Fb.whl");
    }
}
