//! Requirements files: the files that they include, and the hashes that they list. Only the
//! resolver interprets the requirements, so no parser of the whole format is needed here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::error::{At as _, Error};
use crate::wheel::normalize;

/// Requirements files, and all files that they include.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Paths and contents, in the order they are read.
    pub(super) contents: Vec<(PathBuf, String)>,
    /// Hashes by distribution: `sha256` in hex.
    hashes: BTreeMap<String, BTreeSet<String>>,
}

impl Files {
    /// Reads `files` and what they include with `-r` and `-c`.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, Error> {
        let mut all = Self::default();
        let mut open: Vec<PathBuf> = files.iter().rev().cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(path) = open.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let bytes = fs::read(&path).at(&path)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for line in logical_lines(&text) {
                if let Some(included) = included(&line, &path) {
                    // The resolver reads lists on the web.
                    if !included.to_string_lossy().contains("://") {
                        open.push(included);
                    }
                    continue;
                }
                all.add_hashes(&line);
            }
            all.contents.push((path, text));
        }
        Ok(all)
    }

    fn add_hashes(&mut self, line: &str) {
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let name = normalize(&line[..end.unwrap_or(line.len())]);
        for word in line.split_whitespace() {
            if let Some(hash) =
                word.strip_prefix("--hash=").or_else(|| word.strip_prefix("sha256:"))
            {
                let hash = hash.trim_start_matches("sha256:").to_ascii_lowercase();
                self.hashes.entry(name.clone()).or_default().insert(hash);
            }
        }
    }

    /// Whether any hash is listed. If so, every distribution needs one, as with pip.
    pub(super) fn has_hashes(&self) -> bool {
        !self.hashes.is_empty()
    }

    /// Whether a file of the distribution `name` with this digest may be used.
    pub(super) fn allows(&self, name: &str, sha256: Option<&str>) -> bool {
        !self.has_hashes()
            || sha256.is_some_and(|sha256| {
                self.hashes.get(name).is_some_and(|known| known.contains(sha256))
            })
    }
}

/// The lines without comments, joined where they end in a backslash.
pub fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in text.lines() {
        if let Some(part) = part.strip_suffix('\\') {
            line.push_str(part);
            line.push(' ');
            continue;
        }
        line.push_str(part);
        let whole = std::mem::take(&mut line);
        let end = if whole.trim_start().starts_with('#') { Some(0) } else { whole.find(" #") };
        let whole = whole[..end.unwrap_or(whole.len())].trim();
        if !whole.is_empty() {
            lines.push(whole.to_owned());
        }
    }
    lines.extend((!line.trim().is_empty()).then(|| line.trim().to_owned()));
    lines
}

/// The file that a `-r` or `-c` line names, relative to the file of that line.
pub fn included(line: &str, from: &Path) -> Option<PathBuf> {
    let options = ["--requirement", "--constraint", "-r", "-c"];
    let rest = options.iter().find_map(|option| line.strip_prefix(option))?;
    let name = rest.trim_start_matches('=').trim();
    Some(from.parent().unwrap_or(Path::new(".")).join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn includes_are_followed_once_and_hashes_collected() {
        let directory = tempfile::tempdir().unwrap();
        let first = directory.path().join("a.txt");
        let list = "-r b.txt\n# --hash=sha256:zz\nFoo.Bar==1 \\\n    --hash=sha256:AA \\\n    \
                    --hash=sha256:bb  # why\n";
        fs::write(&first, list).unwrap();
        fs::write(directory.path().join("b.txt"), "-c a.txt\nsix==1 --hash sha256:cc\n").unwrap();
        let files = Files::read(&[first]).unwrap();
        assert_eq!(files.contents.len(), 2);
        assert!(files.has_hashes());
        assert!(files.allows("foo-bar", Some("aa")) && files.allows("foo-bar", Some("bb")));
        assert!(files.allows("six", Some("cc")));
        assert!(!files.allows("six", Some("aa")) && !files.allows("six", None));
        assert!(!files.allows("other", Some("aa")));
        assert!(Files::default().allows("other", None));
        assert!(matches!(Files::read(&["/nothing.txt".into()]), Err(Error::File { .. })));
    }
}
