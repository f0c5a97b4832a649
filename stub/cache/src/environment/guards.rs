//! Guards: files that a warm start looks at, to detect that a cleaner has removed some.
//!
//! The launch plan has them in rows. Every start looks at the first row (files without which the
//! interpreter does not reach our code) and at one random other row. For each of its files, a row
//! has the size in decimal and the path, each ended by a NUL byte. A path that starts with `/` is
//! relative to the runtime, any other path to the environment.

use std::ffi::CStr;
use std::ops::Range;

use snakecrate_format::listing::{Item, Listing};
use snakecrate_format::manifest::{Component, Kind, Manifest};

use crate::layout::COMPONENTS;

/// The number of rows that one is chosen from at random.
const ROWS: usize = 16;
/// The most files in such a row.
const ROW: usize = 4;
/// The beginning of a path in the runtime. It stands for the runtime's own path, so that a start
/// opens that directory only once.
const IN_RUNTIME: &str = "/";
/// Modules that every interpreter imports from files before it runs a script.
const FIRST: [&str; 3] = ["encodings/__init__", "encodings/aliases", "encodings/utf_8"];
/// An interpreter finds its standard library by this file, or by the same name with a `c` at its
/// end.
const LANDMARK: &str = "os.py";
/// Further such modules. From 3.11 on they are part of the interpreter itself.
const FROZEN: [&str; 10] = [
    "_collections_abc",
    "_sitebuiltins",
    "abc",
    "codecs",
    "genericpath",
    "io",
    "os",
    "posixpath",
    "site",
    "stat",
];

/// A file and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its path in the form of the launch plan: see the module's page.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
}

impl Guard {
    /// The guard of a file with these contents.
    pub fn of(path: &str, contents: &[u8]) -> Self {
        Self { path: path.to_owned(), size: contents.len() as u64 }
    }
}

/// The rows of guards for an environment: files from its layers, files of the `others` that it runs
/// on (the runtime, its parts, a C library), and files that were `made` for it.
pub fn rows(
    manifest: &Manifest,
    layers: &[&Item],
    others: &[(&Component, &Listing)],
    made: Vec<Guard>,
) -> Rows {
    let (mut first, mut rest) = (made, Vec::new());
    for (component, listing) in others {
        let place = match component.kind {
            Kind::Runtime | Kind::Part => IN_RUNTIME.to_owned(),
            _ => format!("{}/", path_from_env(component)),
        };
        for item in listing.items() {
            let needed = match component.kind {
                Kind::CLibrary => is_first_library(manifest, item.path.as_str()),
                _ => is_first(manifest, item.path.as_str()),
            };
            (if needed { &mut first } else { &mut rest }).extend(guard(&place, item));
        }
    }
    // Up to half of all guards are the application's, however large the runtime is.
    let mut pool: Vec<_> = layers.iter().filter_map(|item| guard("", item)).collect();
    pool = spread(pool, ROWS * ROW / 2);
    pool.extend(spread(rest, ROWS * ROW - pool.len()));
    let mut rows = vec![first];
    rows.resize_with(1 + ROWS, Vec::new);
    for (number, guard) in pool.into_iter().enumerate() {
        rows[1 + number % ROWS].push(guard);
    }
    let mut encoded = Rows::default();
    for row in &rows {
        encoded.push(row);
    }
    encoded
}

/// A component's path relative to an environment.
pub fn path_from_env(component: &Component) -> String {
    format!("../../../{COMPONENTS}/{}", component.digest.key())
}

fn guard(place: &str, item: &Item) -> Option<Guard> {
    Some(Guard { path: format!("{place}{}", item.path), size: item.plain_size()? })
}

/// Whether the runtime's interpreter needs the file to start a script: the executable, libpython,
/// the first modules, as source and as bytecode.
fn is_first(manifest: &Manifest, path: &str) -> bool {
    if path == manifest.python.executable.as_str() || path.starts_with("lib/libpython3") {
        return true;
    }
    let version = &manifest.python.version;
    let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    let library = path.strip_prefix("lib/python").and_then(|path| path.split_once('/'));
    let Some((_, module)) = library else { return false };
    if module.strip_suffix('c').unwrap_or(module) == LANDMARK {
        return true;
    }
    let module = module.replacen("__pycache__/", "", 1);
    let Some((module, end)) = module.split_once('.') else { return false };
    (end == "py" || end.ends_with("pyc"))
        && (FIRST.contains(&module) || minor < Some(11) && FROZEN.contains(&module))
}

/// Whether the interpreter is linked to this file of a C library.
fn is_first_library(manifest: &Manifest, path: &str) -> bool {
    let Some((library, _)) = manifest.c_library() else { return false };
    let name = path.rsplit('/').next().unwrap_or(path);
    path == library.loader.as_str()
        || name.starts_with("libc.so")
        || name.starts_with("libm.so")
        || library.first.iter().any(|first| first == name)
}

/// Thins `all` out to at most `count` items, at even distances.
fn spread<T>(all: Vec<T>, count: usize) -> Vec<T> {
    let length = all.len();
    let is_chosen = |index: usize| index * count / length != (index + 1) * count / length;
    let chosen =
        all.into_iter().enumerate().filter(|(index, _)| length <= count || is_chosen(*index));
    chosen.map(|(_, item)| item).collect()
}

/// Rows of guards, as in a launch plan. Only the rows that a start looks at are decoded.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The bytes that contain the rows, such as a whole launch plan.
    bytes: Vec<u8>,
    /// The position of each row in `bytes`.
    places: Vec<Range<usize>>,
}

impl Rows {
    /// The rows at `places` in `bytes`; `None` if one lies outside.
    pub fn new(bytes: Vec<u8>, places: Vec<Range<usize>>) -> Option<Self> {
        let inside = |place: &Range<usize>| bytes.get(place.clone()).is_some();
        places.iter().all(inside).then_some(Self { bytes, places })
    }

    fn push(&mut self, row: &[Guard]) {
        let start = self.bytes.len();
        for guard in row {
            self.bytes.extend_from_slice(format!("{}\0{}\0", guard.size, guard.path).as_bytes());
        }
        self.places.push(start..self.bytes.len());
    }

    /// Each row's bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.places.iter().map(|place| &self.bytes[place.clone()])
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Rows {}

/// The path relative to the runtime, or `None` if the file is in the environment.
pub fn in_runtime(path: &str) -> Option<&str> {
    path.strip_prefix(IN_RUNTIME)
}

/// The guards that a start with this random number looks at: the first row, and one other row.
pub fn chosen(rows: &Rows, random: usize) -> (Row<'_>, Row<'_>) {
    let row = |index: usize| Row(rows.iter().nth(index).unwrap_or_default());
    (row(0), row(1 + random % rows.places.len().saturating_sub(1).max(1)))
}

/// A row of guards: yields each path and its size in bytes.
pub struct Row<'a>(&'a [u8]);

impl<'a> Iterator for Row<'a> {
    type Item = (&'a str, u64);

    fn next(&mut self) -> Option<Self::Item> {
        let size = field(&mut self.0)?.parse().ok()?;
        Some((field(&mut self.0)?, size))
    }
}

fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let field = CStr::from_bytes_until_nul(rest).ok()?;
    *rest = &rest[field.count_bytes() + 1..];
    field.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::digest::FileDigest;
    use snakecrate_format::entry_path::EntryPath;
    use snakecrate_format::listing::{Mode, Node};
    use snakecrate_format::manifest::sample::sample;

    fn item(path: &str) -> Item {
        let node = Node::File { mode: Mode::Plain, size: 7, digest: FileDigest::of(b"") };
        Item { path: EntryPath::new(path).unwrap(), node }
    }

    fn paths(row: Row<'_>) -> Vec<String> {
        row.map(|(path, size)| format!("{path} {size}")).collect()
    }

    #[test]
    fn each_start_looks_at_the_first_row_and_at_one_other() {
        let manifest = sample();
        let layers: Vec<_> = (0..1000).map(|number| item(&format!("m{number:03}.py"))).collect();
        let layers: Vec<_> = layers.iter().collect();
        let runtime: Vec<_> = (0..100).map(|number| item(&format!("r{number:03}.py"))).collect();
        let runtime = Listing::new(runtime).unwrap();
        let made = vec![Guard::of("pyvenv.cfg", b"x")];
        let rows = rows(&manifest, &layers, &[(manifest.runtime(), &runtime)], made);
        assert_eq!(rows.iter().count(), 1 + ROWS);
        let mut seen = std::collections::BTreeSet::new();
        for random in 0..100 {
            let (first, chosen) = chosen(&rows, random);
            assert_eq!(paths(first), ["pyvenv.cfg 1"]);
            let chosen = paths(chosen);
            assert_eq!(chosen.len(), ROW);
            seen.extend(chosen);
        }
        assert_eq!(seen.len(), ROWS * ROW);
        let of_layers =
            seen.iter().filter_map(|text| text.strip_prefix('m')?.get(..3)?.parse().ok());
        let places: Vec<u32> = of_layers.collect();
        assert_eq!(places.len(), 32);
        assert!(places.windows(2).all(|two| two[1] - two[0] <= 32), "{places:?}");
        assert!(places[0] < 32 && places[31] >= 968, "{places:?}");
    }

    #[test]
    fn few_files_are_all_guarded_and_none_are_no_error() {
        let layers = [item("a.py")];
        let rows = rows(&sample(), &layers.iter().collect::<Vec<_>>(), &[], vec![]);
        let all: Vec<_> = (0..ROWS).flat_map(|random| paths(chosen(&rows, random).1)).collect();
        assert_eq!(all, ["a.py 7"]);
        let none = Rows::default();
        let (first, other) = chosen(&none, 5);
        assert_eq!((paths(first), paths(other)), (vec![], vec![]));
    }

    #[test]
    fn the_first_row_has_what_the_interpreter_starts_with() {
        let mut manifest = sample();
        let runtime = [
            "bin/python3.12",
            "lib/libpython3.12.so.1.0",
            "lib/python3.12/__pycache__/os.cpython-312.pyc",
            "lib/python3.12/__pycache__/stat.cpython-312.pyc",
            "lib/python3.12/encodings/__pycache__/utf_8.cpython-312.opt-1.pyc",
            "lib/python3.12/encodings/__pycache__/utf_8_sig.cpython-312.pyc",
            "lib/python3.12/encodings/utf_8.py",
            "lib/python3.12/os.py",
            "lib/python3.12/test/os.py",
        ];
        let mut items: Vec<_> = runtime.map(item).into();
        let target =
            snakecrate_format::entry_path::LinkTarget::new(&items[1].path, "libpython3.12.so.1.0");
        let path = EntryPath::new("lib/libpython3.so").unwrap();
        items.push(Item { path, node: Node::Link(target.unwrap()) });
        let listing = Listing::new(items).unwrap();
        let first = |manifest: &Manifest| {
            let component = manifest.runtime();
            let rows = rows(manifest, &[], &[(component, &listing)], vec![]);
            let others: Vec<_> =
                (0..ROWS).flat_map(|random| paths(chosen(&rows, random).1)).collect();
            let first = paths(chosen(&rows, 0).0);
            assert_eq!(first.len() + others.len(), runtime.len(), "{others:?}");
            let short = |path: &String| path.strip_prefix('/').unwrap().replace(" 7", "");
            first.iter().map(short).collect::<Vec<_>>()
        };
        manifest.python.version = "3.12.1".into();
        manifest.python.executable = EntryPath::new("bin/python3.12").unwrap();
        let expected: Vec<_> = [0, 1, 4, 6, 7].map(|index| runtime[index]).into();
        assert_eq!(first(&manifest), expected);
        manifest.python.version = "3.8.20".into();
        assert!(first(&manifest).iter().any(|path| path.contains("stat.")));
    }
}
