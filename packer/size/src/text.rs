//! Tables for people.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table};
use snakecrate_base::ui::table;
use snakecrate_format::size::Size;

use crate::report::{DirectoryRow, Measured, Part, Share};

/// The rows of a table that has no end of its own.
const LONGEST: usize = 20;
/// A directory is not shown if one directory in it has this share of its bytes.
const ALMOST_ALL: f64 = 0.95;

/// A packed size: exact, or an estimate.
pub(crate) fn packed(bytes: &Share) -> String {
    let mark = if bytes.estimated { "~" } else { "" };
    format!("{mark}{}", Size(bytes.packed))
}

pub(crate) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Appends `table` with its last columns, from `from` on, to the right.
pub(crate) fn push(text: &mut String, mut table: Table, numbers: std::ops::Range<usize>) {
    for column in numbers {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    text.push('\n');
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

impl Measured {
    /// The tables for people.
    pub fn text(&self) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let mut text = String::new();
        let name = format!("{} {version}", self.name);
        let sizes = format!("{}, {} unpacked", Size(self.packed), Size(self.unpacked));
        let _ = writeln!(text, "{}: {sizes}", name.trim_end());
        let counts = &self.counts;
        let _ = writeln!(
            text,
            "{}, {}, {} ({} of them extension modules), {}, {}",
            count(counts.components, "component", "components"),
            count(counts.files, "file", "files"),
            count(counts.native_libraries, "native library", "native libraries"),
            counts.extension_modules,
            count(counts.modules, "importable module", "importable modules"),
            count(counts.executables, "executable", "executables"),
        );
        self.push_parts(&mut text);
        self.push_kinds(&mut text);
        self.push_directories(&mut text);
        self.push_duplicates(&mut text);
        let has_estimates = self.files.iter().any(|file| file.estimated);
        if has_estimates {
            text.push_str("\n~ is an estimate: these files share compressed blobs with others.\n");
        }
        text
    }

    fn push_parts(&self, text: &mut String) {
        let mut parts = table(&["part", "version", "kind", "files", "unpacked", "packed", "share"]);
        let mut row = |name: &str, version: &str, kind: &str, bytes: &Share| {
            let files = if bytes.files == 0 { String::new() } else { bytes.files.to_string() };
            let unpacked = Size(bytes.unpacked).to_string();
            let unpacked = if bytes.unpacked == 0 { String::new() } else { unpacked };
            let (packed, share) = (packed(bytes), percent(bytes.share));
            parts.add_row([name, version, kind, &files, &unpacked, &packed, &share]);
        };
        let mut sorted: Vec<_> = self.parts.iter().collect();
        sorted.sort_by_key(|one| (one.part, std::cmp::Reverse(one.bytes.packed)));
        for one in sorted {
            let kind = one.kind.map_or("", |kind| kind.as_str());
            row(&one.name, one.version.as_deref().unwrap_or_default(), kind, &one.bytes);
        }
        let files = self.parts.iter().filter(|one| one.part == Part::Component);
        let all = Share {
            packed: self.parts.iter().map(|one| one.bytes.packed).sum(),
            unpacked: 0,
            files: files.map(|one| one.bytes.files).sum(),
            estimated: false,
            share: 1.0,
        };
        row("all", "", "", &all);
        push(text, parts, 3..7);
    }

    fn push_kinds(&self, text: &mut String) {
        let mut kinds = table(&["kind", "files", "unpacked", "packed", "share"]);
        for one in &self.kinds {
            let bytes = &one.bytes;
            kinds.add_row([
                one.kind.as_str(),
                &bytes.files.to_string(),
                &Size(bytes.unpacked).to_string(),
                &packed(bytes),
                &percent(bytes.share),
            ]);
        }
        push(text, kinds, 1..5);
    }

    fn push_directories(&self, text: &mut String) {
        let mut directories =
            table(&["directory", "component", "files", "unpacked", "packed", "share"]);
        let mut shown: Vec<&DirectoryRow> = self.telling_directories().collect();
        shown.retain(|one| !one.path.ends_with("__pycache__"));
        shown.sort_by_key(|one| std::cmp::Reverse(one.bytes.packed));
        let left_out = shown.len().saturating_sub(LONGEST);
        for one in shown.iter().take(LONGEST) {
            let bytes = &one.bytes;
            directories.add_row([
                short(&one.path),
                &*one.component,
                &bytes.files.to_string(),
                &Size(bytes.unpacked).to_string(),
                &packed(bytes),
                &percent(bytes.share),
            ]);
        }
        push(text, directories, 2..6);
        if left_out > 0 {
            let _ = writeln!(text, "and {left_out} smaller ones: see --json or --html");
        }
    }

    /// The directories without those that are nearly the same as one in them.
    fn telling_directories(&self) -> impl Iterator<Item = &DirectoryRow> {
        let rows = &self.directories;
        rows.iter().enumerate().filter_map(move |(at, row)| {
            // Sorted, the directories in it come soon behind it.
            let is_near = |other: &&DirectoryRow| {
                other.component == row.component && other.path.starts_with(&*row.path)
            };
            let is_inside = |other: &&DirectoryRow| other.path[row.path.len()..].starts_with('/');
            let inside = rows[at + 1..].iter().take_while(is_near).filter(is_inside);
            let largest = inside.map(|other| other.bytes.share).fold(0.0, f64::max);
            (largest < ALMOST_ALL * row.bytes.share).then_some(row)
        })
    }

    fn push_duplicates(&self, text: &mut String) {
        let duplicates = &self.duplicates;
        if duplicates.is_empty() {
            return;
        }
        let unpacked = duplicates.iter().map(crate::Duplicate::unpacked_again).sum();
        let packed = duplicates.iter().map(|one| one.packed_again).sum();
        let files: usize = duplicates.iter().map(|one| one.copies.len() - 1).sum();
        let _ = writeln!(
            text,
            "\n{} repeat others of another component: {} unpacked, ~{} packed",
            count(files, "file", "files"),
            Size(unpacked),
            Size(packed),
        );
        let mut shown = table(&["again", "copies", "in"]);
        for one in duplicates.iter().take(LONGEST / 2) {
            let copies: Vec<_> =
                one.copies.iter().map(|(at, path)| format!("{at} {}", short(path))).collect();
            let (first, others) = copies.split_at(2.min(copies.len()));
            let more =
                if others.is_empty() { String::new() } else { format!(", … {}", others.len()) };
            shown.add_row([
                Size(one.unpacked_again()).to_string(),
                copies.len().to_string(),
                first.join(", ") + &more,
            ]);
        }
        push(text, shown, 0..2);
    }
}

/// A path without the directory of `sys.path` that every wheel's files are in.
pub(crate) fn short(path: &str) -> &str {
    let below = path.strip_prefix("lib/python").and_then(|rest| rest.split_once("/site-packages/"));
    below.filter(|(version, _)| !version.contains('/')).map_or(path, |(_, rest)| rest)
}

/// `1 file`, `2 files`
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
