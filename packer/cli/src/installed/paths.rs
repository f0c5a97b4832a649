//! Paths in RECORD, which are relative to `site-packages`.

use std::path::{Component, Path, PathBuf};

/// `path` without `.` and `..`, which RECORD has for files outside of `site-packages`. Links are not
/// followed.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_up_are_taken() {
        assert_eq!(normal(Path::new("/v/lib/p/s/../../../bin/x")), Path::new("/v/bin/x"));
        assert_eq!(normal(Path::new("/v/./a")), Path::new("/v/a"));
    }
}
