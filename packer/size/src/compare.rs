//! What grew from one archive to another.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use snakecrate_base::ui::table;
use snakecrate_format::size::Size;

use crate::classify::FileKind;
use crate::report::{Measured, Row};
use crate::text::{push, short};

/// The files that are shown to people.
const LONGEST: usize = 20;

/// The differences between two archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The name of the old archive's application.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Bytes of both files.
    pub packed: Change,
    /// Bytes of all files of their components.
    pub unpacked: Change,
    /// Parts of different lengths or versions, those that grew most first.
    pub parts: Vec<PartChange>,
    /// All kinds.
    pub kinds: Vec<KindChange>,
    /// Files of different lengths and files that only one archive has, those that grew most first.
    /// Their packed bytes are estimates.
    pub files: Vec<FileChange>,
}

/// A number of bytes in both archives. 0 where one does not have the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// In the old archive.
    pub old: u64,
    /// In the new one.
    pub new: u64,
}

/// A part that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartChange {
    /// Its name.
    pub name: String,
    /// The component's kind, or nothing.
    pub kind: String,
    /// Its versions in the old archive: several if it has several of this name.
    pub old_version: Option<String>,
    /// Its versions in the new archive.
    pub new_version: Option<String>,
    /// Its packed bytes.
    pub packed: Change,
    /// Its unpacked bytes.
    pub unpacked: Change,
}

/// A kind of files in both archives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindChange {
    /// The kind.
    pub kind: FileKind,
    /// Its packed bytes.
    pub packed: Change,
    /// Its unpacked bytes.
    pub unpacked: Change,
}

/// A file that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileChange {
    /// The component's kind and name: `wheel-click`.
    pub component: String,
    /// The path below `sys.path`, without versions of the component and of Python.
    pub path: String,
    /// Its packed bytes.
    pub packed: Change,
    /// Its length.
    pub unpacked: Change,
}

impl Change {
    /// The bytes that the new archive has more.
    pub fn growth(self) -> i64 {
        self.new.cast_signed() - self.old.cast_signed()
    }

    /// `+1.2 MB`, `-12.0 kB`, `0`
    pub fn signed(self) -> String {
        let size = Size(self.new.abs_diff(self.old));
        match self.new.cmp(&self.old) {
            std::cmp::Ordering::Less => format!("-{size}"),
            std::cmp::Ordering::Equal => "0".into(),
            std::cmp::Ordering::Greater => format!("+{size}"),
        }
    }
}

/// A thing's packed and unpacked bytes in both archives, by side.
#[derive(Default)]
struct Sides {
    packed: Change,
    unpacked: Change,
    versions: [BTreeSet<String>; 2],
}

impl Sides {
    fn add(&mut self, is_new: bool, packed: u64, unpacked: u64) {
        let add = |change: &mut Change, bytes| {
            *(if is_new { &mut change.new } else { &mut change.old }) += bytes;
        };
        add(&mut self.packed, packed);
        add(&mut self.unpacked, unpacked);
    }

    fn version(&self, is_new: bool) -> Option<String> {
        let all: Vec<&str> =
            self.versions[usize::from(is_new)].iter().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

/// Compares two archives.
pub fn compare(old: &Measured, new: &Measured) -> Comparison {
    let sides = [(false, old), (true, new)];
    let mut parts: BTreeMap<(String, String), Sides> = BTreeMap::new();
    let mut kinds: BTreeMap<FileKind, Sides> = BTreeMap::new();
    let mut files: BTreeMap<(String, String), Sides> = BTreeMap::new();
    for (is_new, measured) in sides {
        let mut names = BTreeMap::new();
        for row in &measured.parts {
            let kind = row.kind.map_or("", |kind| kind.as_str()).to_owned();
            let part = parts.entry((row.name.clone(), kind)).or_default();
            part.add(is_new, row.bytes.packed, row.bytes.unpacked);
            part.versions[usize::from(is_new)].extend(row.version.clone());
            names.extend(label(row).zip(Some(row)));
        }
        for row in &measured.kinds {
            let kind = kinds.entry(row.kind).or_default();
            kind.add(is_new, row.bytes.packed, row.bytes.unpacked);
        }
        for file in &measured.files {
            let Some(row) = names.get(&file.component) else { continue };
            let kind = row.kind.map_or("", |kind| kind.as_str());
            let component = format!("{kind}-{}", row.name);
            let path = without_version(&file.path, row.version.as_deref().unwrap_or_default());
            let sides = files.entry((component, path)).or_default();
            sides.add(is_new, file.packed, file.unpacked);
            sides.versions[usize::from(is_new)].insert(String::new());
        }
    }
    let mut parts: Vec<PartChange> = parts
        .into_iter()
        .map(|((name, kind), sides)| PartChange {
            name,
            kind,
            old_version: sides.version(false),
            new_version: sides.version(true),
            packed: sides.packed,
            unpacked: sides.unpacked,
        })
        .filter(|one| one.packed.growth() != 0 || one.old_version != one.new_version)
        .collect();
    parts.sort_by_key(|one| std::cmp::Reverse(one.packed.growth()));
    let mut files: Vec<FileChange> = files
        .into_iter()
        .filter(|(_, sides)| {
            sides.unpacked.growth() != 0 || sides.versions.iter().any(BTreeSet::is_empty)
        })
        .map(|((component, path), Sides { packed, unpacked, .. })| FileChange {
            component,
            path,
            packed,
            unpacked,
        })
        .collect();
    files.sort_by_key(|one| std::cmp::Reverse(one.packed.growth()));
    Comparison {
        name: old.name.clone(),
        version: old.version.clone(),
        packed: Change { old: old.packed, new: new.packed },
        unpacked: Change { old: old.unpacked, new: new.unpacked },
        parts,
        kinds: kinds
            .into_iter()
            .map(|(kind, Sides { packed, unpacked, .. })| KindChange { kind, packed, unpacked })
            .collect(),
        files,
    }
}

/// The label of a component.
pub(crate) fn label(row: &Row) -> Option<String> {
    let version = row.version.as_deref().unwrap_or_default();
    row.kind.map(|kind| format!("{}-{}-{version}", kind.as_str(), row.name))
}

/// The path as other versions of the component and of Python have it: without `-VERSION` in front of
/// `.dist-info`, the directory of `sys.path`, and the tags of bytecode and extension modules.
fn without_version(path: &str, version: &str) -> String {
    let path = path.replace(&format!("-{version}.dist-info/"), ".dist-info/");
    let below = match short(&path) {
        below if below != path => below.to_owned(),
        _ => match path.strip_prefix("lib/python").and_then(|rest| rest.split_once('/')) {
            Some((_, rest)) => rest.to_owned(),
            None => path.clone(),
        },
    };
    let Some((front, tag)) = below.split_once(".cpython-") else { return below };
    let rest = tag.trim_start_matches(|c: char| c.is_ascii_digit());
    format!(
        "{front}{}",
        rest.strip_prefix('t')
            .filter(|rest| !rest.starts_with(char::is_alphabetic))
            .unwrap_or(rest)
    )
}

impl Comparison {
    /// The tables for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let version = self.version.as_deref().unwrap_or_default();
        let old = format!("{} {version}", self.name);
        let (packed, unpacked) = (self.packed.signed(), self.unpacked.signed());
        let _ = writeln!(
            text,
            "since {}: {packed} ({} before), {unpacked} unpacked",
            old.trim_end(),
            Size(self.packed.old)
        );
        if self.parts.is_empty() {
            text.push_str("no part changed\n");
            return text;
        }
        let mut parts = table(&["part", "kind", "version", "before", "now", "packed", "unpacked"]);
        for one in &self.parts {
            let (before, now) = (present(&one.packed, true), present(&one.packed, false));
            let (packed, unpacked) = (one.packed.signed(), one.unpacked.signed());
            parts.add_row([
                &*one.name,
                &one.kind,
                &one.versions(),
                &before,
                &now,
                &packed,
                &unpacked,
            ]);
        }
        push(&mut text, parts, 3..7);
        let mut kinds = table(&["kind", "before", "now", "packed", "unpacked"]);
        for one in &self.kinds {
            kinds.add_row([
                one.kind.as_str(),
                &present(&one.packed, true),
                &present(&one.packed, false),
                &one.packed.signed(),
                &one.unpacked.signed(),
            ]);
        }
        push(&mut text, kinds, 1..5);
        let grown = || self.files.iter().filter(|one| one.packed.growth() > 0);
        if grown().next().is_some() {
            let mut files = table(&["file that grew", "component", "before", "now", "packed"]);
            for one in grown().take(LONGEST) {
                let estimate =
                    |text: String| if text.is_empty() { text } else { format!("~{text}") };
                files.add_row([
                    &*one.path,
                    &one.component,
                    &estimate(present(&one.packed, true)),
                    &estimate(present(&one.packed, false)),
                    &estimate(one.packed.signed()),
                ]);
            }
            push(&mut text, files, 2..5);
            let left_out = grown().count().saturating_sub(LONGEST);
            if left_out > 0 {
                let _ = writeln!(text, "and {left_out} files that grew less: see --json");
            }
        }
        text
    }
}

impl PartChange {
    /// `1.0`, `1.0 → 1.1`, `new`, `gone`
    pub fn versions(&self) -> String {
        match (&self.old_version, &self.new_version) {
            (Some(old), Some(new)) if old == new => new.clone(),
            (Some(old), Some(new)) => format!("{old} → {new}"),
            (None, Some(new)) => format!("{new}, new"),
            (Some(old), None) => format!("{old}, gone"),
            (None, None) => String::new(),
        }
    }
}

/// One side of a change; nothing if it is not there.
fn present(change: &Change, old: bool) -> String {
    let bytes = if old { change.old } else { change.new };
    if bytes == 0 { String::new() } else { Size(bytes).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::measured;

    #[test]
    fn parts_and_files_that_grew_come_first() {
        let old = measured(&[("click", "8.1", &[("lib/a.py", 100), ("lib/b.py", 50)])]);
        let new = measured(&[
            ("click", "8.2", &[("lib/a.py", 90), ("lib/b.py", 80), ("lib/c.py", 500)]),
            ("attrs", "1", &[("lib/d.py", 10)]),
        ]);
        let found = compare(&old, &new);
        assert_eq!(found.packed.growth(), 20 + 500 + 10);
        let parts: Vec<_> = found
            .parts
            .iter()
            .map(|one| (&*one.name, one.versions(), one.packed.signed()))
            .collect();
        let expected = [
            ("click", "8.1 → 8.2".to_owned(), "+520 bytes".to_owned()),
            ("attrs", "1, new".to_owned(), "+10 bytes".to_owned()),
        ];
        assert_eq!(parts, expected);
        let files: Vec<_> =
            found.files.iter().map(|one| (&*one.path, one.packed.growth())).collect();
        assert_eq!(
            files,
            [("lib/c.py", 500), ("lib/b.py", 30), ("lib/d.py", 10), ("lib/a.py", -10)]
        );
        assert!(compare(&new, &new).text().ends_with("no part changed\n"));
    }

    #[test]
    fn files_of_another_python_are_the_same_files() {
        let same = |path: &str| without_version(path, "1");
        for minor in ["3.12", "3.13t"] {
            let tag = minor.replace('.', "");
            let path = |rest: &str| format!("lib/python{minor}/{rest}");
            let pyc = path(&format!("site-packages/a/__pycache__/b.cpython-{tag}.opt-1.pyc"));
            assert_eq!(same(&pyc), "a/__pycache__/b.opt-1.pyc");
            let so = path(&format!("lib-dynload/_ssl.cpython-{tag}-x86_64-linux-gnu.so"));
            assert_eq!(same(&so), "lib-dynload/_ssl-x86_64-linux-gnu.so");
            assert_eq!(same(&path("site-packages/a-1.dist-info/RECORD")), "a.dist-info/RECORD");
        }
        assert_eq!(same("lib/libz.so.1"), "lib/libz.so.1");
    }

    #[test]
    fn metadata_of_another_version_is_the_same_file() {
        let at = |version: &'static str, path: &'static str| {
            measured(&[("click", version, &[(path, 10)])])
        };
        let found =
            compare(&at("1", "lib/x-1.dist-info/RECORD"), &at("2", "lib/x-2.dist-info/RECORD"));
        assert_eq!(found.files, []);
    }
}
