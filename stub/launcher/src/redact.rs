//! Texts without the user's data, for bug reports and kept errors.

use std::path::{Path, PathBuf};

use snakecrate_cache::places;
use snakecrate_cache::runtimes;
use snakecrate_format::order::sort_by;
use snakecrate_platform::paths::path_from_bytes;

/// Variables whose values are paths that a start uses, and their names in a report.
const PATHS: [(&str, &str); 4] = [
    (places::VARIABLE, "$SNAKECRATE_CACHE"),
    (runtimes::VARIABLE, "$SNAKECRATE_RUNTIME"),
    ("XDG_CACHE_HOME", "$XDG_CACHE_HOME"),
    ("CACHE_DIRECTORY", "$CACHE_DIRECTORY"),
];
/// The directory of home directories, whose names are those of users.
const HOMES: &str = "/home/";

/// Names to put in the place of paths.
#[derive(Debug)]
pub struct Redaction(Vec<(String, &'static str)>);

impl Redaction {
    /// For this process, which runs `archive`.
    pub fn new(archive: &Path) -> Self {
        let mut paths: Vec<(PathBuf, &'static str)> = Vec::new();
        for (variable, name) in PATHS {
            let value = std::env::var_os(variable).unwrap_or_default();
            // `CACHE_DIRECTORY` is a list.
            let bytes = value.as_encoded_bytes();
            let values = bytes.split(|&byte| byte == b':').chain([bytes]);
            for value in values.filter(|value| !value.is_empty()) {
                let path = std::path::absolute(path_from_bytes(value.to_vec()));
                paths.extend(path.map(|path| (path, name)));
            }
        }
        paths.extend(places::home().map(|home| (home, "~")));
        paths.extend(archive.parent().map(|parent| (parent.to_owned(), "$ARCHIVE_DIRECTORY")));
        let mut texts = Vec::new();
        for (rank, (path, name)) in paths.into_iter().enumerate() {
            let text = path.to_string_lossy().trim_end_matches('/').to_owned();
            if text.starts_with('/') {
                texts.push((text, rank, name));
            }
        }
        // The longest first. Of two equal ones, the variable's name is better than the directory's.
        sort_by(&mut texts, |a, b| (b.0.len(), a.1) < (a.0.len(), b.1));
        Self(texts.into_iter().map(|(text, _, name)| (text, name)).collect())
    }

    /// `text` with names in the place of paths.
    pub fn hide(&self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_name = hidden.ends_with(|c: char| c.is_alphanumeric() || "/._-".contains(c));
            let found = self.0.iter().find(|(path, _)| !is_name && starts_with(rest, path));
            if let Some((path, name)) = found {
                hidden += name;
                rest = &rest[path.len()..];
            } else if let Some(behind) = rest.strip_prefix(HOMES) {
                hidden += HOMES;
                let end = behind.find(|c: char| "/:;,)\n'`\"".contains(c)).unwrap_or(behind.len());
                hidden.push('*');
                rest = &behind[end..];
            } else {
                hidden.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        hidden
    }
}

/// Whether `text` begins with `path`, and not with a longer name.
fn starts_with(text: &str, path: &str) -> bool {
    let is_end = |c: char| c == '/' || !(c.is_alphanumeric() || "._-".contains(c));
    text.strip_prefix(path).is_some_and(|rest| rest.chars().next().is_none_or(is_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction() -> Redaction {
        let all = [("/x/ada/cache", "$SNAKECRATE_CACHE"), ("/x/ada", "~")];
        Redaction(all.map(|(path, name)| (path.to_owned(), name)).into())
    }

    #[test]
    fn paths_are_replaced_by_their_names() {
        for (text, hidden) in [
            (
                "no place (/x/ada/cache: full; /x/ada: no)",
                "no place ($SNAKECRATE_CACHE: full; ~: no)",
            ),
            ("/x/ada/.cache/x", "~/.cache/x"),
            ("/x/adam /srv/x/ada", "/x/adam /srv/x/ada"),
            ("a `/home/eve/bin/é` b", "a `/home/*/bin/é` b"),
            ("/home/eve", "/home/*"),
            ("", ""),
        ] {
            assert_eq!(redaction().hide(text), hidden, "{text}");
        }
    }
}
