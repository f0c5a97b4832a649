//! The directories that `/etc/ld.so.conf` names, as `ldconfig(8)` reads it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::root::Root;

/// The depth of `include` lines that is followed.
const MAX_DEPTH: usize = 8;

/// The directories, with their places on this machine.
pub(super) fn directories(root: &Root) -> Vec<PathBuf> {
    let mut found = Vec::new();
    read(root, &root.place("/etc/ld.so.conf"), 0, &mut found);
    found
}

fn read(root: &Root, file: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let text = root.resolve(file).and_then(fs::read_to_string).unwrap_or_default();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        match words.next() {
            Some("include") if depth < MAX_DEPTH => {
                for pattern in words {
                    for file in matching(root, file, pattern) {
                        read(root, &file, depth + 1, found);
                    }
                }
            }
            Some(directory) if directory.starts_with('/') => found.push(root.place(directory)),
            _ => {}
        }
    }
}

/// The files that match `pattern`, relative to the directory of `file`, sorted.
fn matching(root: &Root, file: &Path, pattern: &str) -> Vec<PathBuf> {
    let beside = file.parent().unwrap_or(root.path());
    let whole = if pattern.starts_with('/') { root.place(pattern) } else { beside.join(pattern) };
    let (Some(directory), Some(name)) = (whole.parent(), whole.file_name()) else {
        return Vec::new();
    };
    let Ok(pattern) = glob::Pattern::new(&name.to_string_lossy()) else { return Vec::new() };
    let Ok(directory) = root.resolve(directory) else { return Vec::new() };
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| pattern.matches(&entry.file_name().to_string_lossy()))
        .map(|entry| entry.path())
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn included_files_are_read_in_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::new(fs::canonicalize(dir.path()).unwrap());
        fs::create_dir_all(root.place("/etc/ld.so.conf.d")).unwrap();
        let write = |path: &str, text: &str| fs::write(root.place(path), text).unwrap();
        write("/etc/ld.so.conf", "# first\n/opt/a # own\ninclude ld.so.conf.d/*.conf\n");
        write("/etc/ld.so.conf.d/2.conf", "/usr/local/lib\nhwcap 1 x\n");
        write("/etc/ld.so.conf.d/1.conf", "include /etc/ld.so.conf\n/b\n");
        write("/etc/ld.so.conf.d/3.txt", "/never\n");
        let found = directories(&root);
        let is = |index: usize, path: &str| found[index] == root.place(path);
        assert!(is(0, "/opt/a") && found.contains(&root.place("/usr/local/lib")));
        assert!(found.contains(&root.place("/b")) && !found.contains(&root.place("/never")));
    }
}
