//! The default entry: the one that runs when the name of the file selects none.

use crate::wheel::normalize;

/// Names of the main program among several files.
const USUAL: [&str; 4] = ["main", "app", "cli", "run"];
/// Ends of names of scripts that help with another one.
const HELPERS: [&str; 7] =
    ["-config", "_completer", "-completer", "-completion", ".cmd", ".bat", ".sh"];

/// The entry that fits best as the default of the application `name`: the one of its name, one whose
/// name it begins with (`aws` of `awscli`), the only one that does not help with another one, or one
/// with a usual name. `None` if no entry fits better than others.
pub(super) fn fitting<'e>(name: &str, entries: &[&'e str]) -> Option<&'e str> {
    let name = normalize(name);
    let same = entries.iter().find(|entry| normalize(entry) == name);
    let prefix = || {
        let is_prefix = |entry: &&&str| entry.len() > 1 && name.starts_with(&normalize(entry));
        entries.iter().filter(is_prefix).max_by_key(|entry| entry.len())
    };
    let only = || {
        let mut main = entries.iter().filter(|entry| !is_helper(entry, entries));
        main.next().filter(|_| main.next().is_none())
    };
    let usual = || USUAL.iter().find_map(|usual| entries.iter().find(|entry| *entry == usual));
    same.or_else(prefix).or_else(only).or_else(usual).copied()
}

/// Whether `entry` has the name of another one, and more: `pip3.12`, `jupyter-run`.
fn is_helper(entry: &str, entries: &[&str]) -> bool {
    let extends = |other: &&str| {
        let rest = entry.strip_prefix(*other).unwrap_or_default();
        rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
    };
    HELPERS.iter().any(|end| entry.ends_with(end)) || entries.iter().any(extends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_fit_the_application_are_found() {
        for (name, entries, wanted) in [
            ("black", &["black", "blackd"][..], Some("black")),
            ("sqlite-utils", &["sqlite_utils", "other"], Some("sqlite_utils")),
            ("awscli", &["aws", "aws.cmd", "aws_completer"], Some("aws")),
            ("ansible-core", &["ansible", "ansible-config", "ansible-doc"], Some("ansible")),
            ("notebook-tools", &["jupyter", "jupyter-run", "jupyter-trust"], Some("jupyter")),
            ("Pygments", &["pygmentize"], Some("pygmentize")),
            ("scripts", &["main", "export"], Some("main")),
            ("pair", &["left", "right"], None),
            ("docutils", &["rst2html", "rst2man"], None),
        ] {
            assert_eq!(fitting(name, entries), wanted, "{name}");
        }
    }
}
