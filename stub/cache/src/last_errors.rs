//! The last failures of starts, for bug reports.
//!
//! `<root>/v2/errors` has one line for each, the newest first: the digest of the archive's manifest,
//! seconds since 1970, the launcher's version, the exit status and the message, with tabs between them.
//! Nothing else reads the file. It is replaced as a whole; of two starts that fail at the same time, one may
//! not be kept.

use std::io::{self, ErrorKind};

use crate::layout::{ERRORS, ERRORS_ASIDE};
use crate::root::Root;

/// The most failures in the file.
const MOST: usize = 8;
/// The longest message in bytes.
const LONGEST: usize = 1_000;
/// Longer files are not read.
const LIMIT: u64 = 64 << 10;

/// A failure of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastError {
    /// The digest of the manifest of the archive that did not start, in hex.
    pub archive: String,
    /// Seconds since 1970, by the host's clock.
    pub time: i64,
    /// The version of the launcher.
    pub launcher: String,
    /// Its exit status.
    pub status: i32,
    /// Its message, in one line.
    pub message: String,
}

impl LastError {
    fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(5, '\t');
        let mut next = || fields.next().filter(|field| !field.contains(char::is_control));
        Some(Self {
            archive: next()?.to_owned(),
            time: next()?.parse().ok()?,
            launcher: next()?.to_owned(),
            status: next()?.parse().ok()?,
            message: next()?.to_owned(),
        })
    }

    fn line(&self) -> String {
        let Self { archive, time, launcher, status, message } = self;
        let mut end = message.len().min(LONGEST);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let message: String =
            message[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{archive}\t{time}\t{launcher}\t{status}\t{message}\n")
    }
}

/// The last failures that the cache knows, the newest first; none if they cannot be read.
pub fn all(root: &Root) -> Vec<LastError> {
    let bytes = root.directory().read(ERRORS, LIMIT).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().filter_map(LastError::parse).take(MOST).collect()
}

/// Adds a failure.
///
/// # Errors
///
/// The cache cannot be written to.
pub fn add(root: &Root, error: &LastError) -> io::Result<()> {
    let mut text = error.line();
    for old in all(root).iter().take(MOST - 1) {
        text += &old.line();
    }
    root.directory().write_over(ERRORS, text.as_bytes())
}

/// Removes the failures of all archives.
///
/// # Errors
///
/// The cache cannot be written to.
pub fn clear(root: &Root) -> io::Result<()> {
    // The second is left by a kill while the file was replaced.
    for name in [ERRORS, ERRORS_ASIDE] {
        match root.directory().remove_file(name) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Removes the failures of the archive with this digest.
///
/// # Errors
///
/// The cache cannot be written to.
pub fn forget(root: &Root, archive: &str) -> io::Result<()> {
    let (own, others): (Vec<_>, Vec<_>) =
        all(root).into_iter().partition(|error| error.archive == archive);
    if own.is_empty() {
        return Ok(());
    }
    if others.is_empty() {
        return clear(root);
    }
    let text: String = others.iter().map(LastError::line).collect();
    root.directory().write_over(ERRORS, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(archive: &str, time: i64, message: &str) -> LastError {
        let (archive, message) = (archive.to_owned(), message.to_owned());
        LastError { archive, time, launcher: "1.0".into(), status: 122, message }
    }

    fn root() -> (tempfile::TempDir, Root) {
        let directory = tempfile::tempdir().unwrap();
        let root = Root::create(&directory.path().join("cache")).unwrap();
        (directory, root)
    }

    #[test]
    fn the_newest_errors_are_kept() {
        let (_directory, root) = root();
        assert_eq!(all(&root), []);
        for time in 0..20 {
            add(&root, &error("aa", time, "no place")).unwrap();
        }
        let times: Vec<_> = all(&root).iter().map(|error| error.time).collect();
        assert_eq!(times, [19, 18, 17, 16, 15, 14, 13, 12]);
    }

    #[test]
    fn messages_are_cut_and_stay_in_their_line() {
        let (_directory, root) = root();
        add(&root, &error("aa", 1, &format!("a\n\tb\u{1b}{}", "é".repeat(1_000)))).unwrap();
        let [kept] = &all(&root)[..] else { panic!() };
        assert!(kept.message.starts_with("a  b é") && kept.message.len() <= LONGEST);
        assert!(root.directory().metadata_of(ERRORS).unwrap().size() < 1_100);
    }

    #[test]
    fn a_damaged_file_is_ignored() {
        let (directory, root) = root();
        for bytes in [&b"\xff\0\t\t\t\t\n"[..], b"a\tb\tc\td\te\n", &vec![b'\t'; 200_000], b"a"] {
            std::fs::write(directory.path().join("cache").join(ERRORS), bytes).unwrap();
            assert_eq!(all(&root), []);
        }
        add(&root, &error("aa", 1, "x")).unwrap();
        assert_eq!(all(&root).len(), 1);
    }

    #[test]
    fn an_archives_errors_go_with_it() {
        let (_directory, root) = root();
        for archive in ["aa", "bb", "aa"] {
            add(&root, &error(archive, 1, "x")).unwrap();
        }
        forget(&root, "aa").unwrap();
        assert_eq!(all(&root), [error("bb", 1, "x")]);
        forget(&root, "bb").unwrap();
        assert!(!root.directory().has(ERRORS));
    }
}
