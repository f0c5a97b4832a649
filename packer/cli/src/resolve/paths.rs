//! Paths as tools take them.

use std::path::{Path, PathBuf};

use super::error::{At as _, Error};

/// The path from the root, links as they are.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).at(path)
}

/// [`absolute`] for several.
pub(super) fn all_absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    paths.iter().map(|path| absolute(path)).collect()
}

/// The `file:` URL of an absolute path.
pub(super) fn file_url(path: &Path) -> String {
    url::Url::from_file_path(path).map_or_else(|()| path.display().to_string(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_paths_are_escaped() {
        assert_eq!(file_url(Path::new("/a b/c")), "file:///a%20b/c");
    }
}
