//! Places of files as lock files name them.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::model::{File, Hash, Origin};
use super::paths::{file_name, url_of};

/// A file at this URL.
pub(super) fn file_at(url: String, hashes: Vec<Hash>) -> File {
    File { name: file_name(&url), url: Some(url), hashes }
}

/// One file, named by its URL.
pub(super) fn archive(url: &str, hashes: Vec<Hash>, subdirectory: Option<String>) -> Origin {
    let url = url.split('#').next().unwrap_or(url).to_owned();
    Origin::Archive { file: file_at(url, hashes), subdirectory }
}

/// A file or a directory of the user's.
pub(super) fn local_origin(path: PathBuf, hashes: Vec<Hash>) -> Origin {
    if path.is_dir() {
        return Origin::Directory(path);
    }
    archive(&url_of(&path), hashes, None)
}

/// `text` with `${NAME}` replaced by the variables of the environment that are set.
pub(super) fn expanded(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        let _ = match std::env::var(name) {
            Ok(value) => out.write_str(&value),
            Err(_) => write!(out, "${{{name}}}"),
        };
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_set_are_expanded() {
        let path = std::env::var("PATH").unwrap();
        assert_eq!(
            expanded("a ${PATH}/${SNAKECRATE_UNSET}${"),
            format!("a {path}/${{SNAKECRATE_UNSET}}${{")
        );
    }
}
