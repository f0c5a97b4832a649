//! Packs: the bytecode of a large package in one file, which a first run writes faster than thousands.
//!
//! [`HOOK`] reads packs in every interpreter of an environment. `FORMAT.md` describes them, and has the
//! measurements.

use std::collections::{BTreeMap, BTreeSet};

use snakecrate_format::entry_path::EntryPath;

use snakecrate_base::tree::{Mode, Tree};

/// The number of modules from which on a package has a pack. Each pack that is used costs a start about as much
/// as the bytecode of ten modules.
const MODULES: usize = 64;
/// The directory of distributions: `lib/python3.12/site-packages/`.
const SITE: &str = "/site-packages/";
/// The start of a pack.
const MAGIC: [u8; 8] = *b"SCPACK\0\x01";
/// The end of a pack's name.
const PACK: &str = ".pack";
/// What installs [`HOOK`]: it comes before the `.pth` files of most distributions.
const PATH_FILE: &str = "_snakecrate-bytecode.pth";
/// The module that reads packs.
pub(super) const HOOK: &str = include_str!("hook.py");
/// Its name, without the end.
const HOOK_NAME: &str = "snakecrate-bytecode";

/// The packs of a tree.
#[derive(Debug, Default)]
pub(super) struct Packs {
    packages: Vec<Package>,
    /// The modules that are imported from other files than their bytecode.
    shadowed: BTreeSet<String>,
}

impl Packs {
    /// Packs for the outermost packages among these `sources` of `tree` that have enough modules.
    pub(super) fn new<'a>(sources: impl Iterator<Item = &'a EntryPath>, tree: &Tree) -> Self {
        let packages = packages(sources);
        let shadowed = if packages.is_empty() { BTreeSet::new() } else { shadowed(tree) };
        Self { packages, shadowed }
    }

    /// The path of the source of [`HOOK`], which only tracebacks name, and that of its bytecode; `None` if there
    /// are no packs. `tag` is `cpython-312` or, of optimized bytecode, `cpython-312.opt-1`.
    pub(super) fn hook(&self, tag: &str) -> Option<(EntryPath, EntryPath)> {
        let site = &self.packages.first()?.site;
        let path = |text: String| EntryPath::new(&text).ok();
        let source = path(format!("{site}/{HOOK_NAME}.py"))?;
        Some((source, path(format!("{site}/__pycache__/{HOOK_NAME}.{tag}.pyc"))?))
    }

    /// Takes the bytecode of `source` if it goes to a pack; otherwise returns it.
    pub(super) fn take(&mut self, source: &EntryPath, pyc: Vec<u8>) -> Option<Vec<u8>> {
        if source.as_str().strip_suffix(".py").is_some_and(|stem| self.shadowed.contains(stem)) {
            return Some(pyc);
        }
        self.packages.iter_mut().try_fold(pyc, |pyc, package| package.take(source, pyc))
    }

    /// Adds the packs and what installs [`HOOK`] to `tree`.
    pub(super) fn insert(self, tag: &str, tree: &mut Tree) {
        for package in self.packages {
            package.insert(tag, tree);
        }
    }
}

/// A package whose bytecode is in a pack.
#[derive(Debug, PartialEq, Eq)]
struct Package {
    /// `lib/python3.12/site-packages`.
    site: String,
    /// Its path from there on: `google/api_core`.
    path: String,
    /// The modules by their names and directories below the package, with the contents of their `.pyc`.
    modules: Vec<(String, Vec<u8>)>,
}

/// The outermost packages among these `sources` that have enough modules, in the order of their paths.
fn packages<'a>(sources: impl Iterator<Item = &'a EntryPath>) -> Vec<Package> {
    let mut sources: Vec<&str> = sources.map(EntryPath::as_str).collect();
    // The initialisation of a package comes before its modules.
    sources
        .sort_by_key(|path| (directory(path).replace('/', "\0"), !path.ends_with("/__init__.py")));
    let mut found: Vec<(String, usize)> = Vec::new();
    for source in sources {
        let inside = format!("{}/", directory(source));
        match found.last_mut() {
            Some((package, count)) if inside.starts_with(&*package) => *count += 1,
            _ if source.ends_with("/__init__.py") && inside.contains(SITE) => {
                found.push((inside, 1));
            }
            _ => {}
        }
    }
    let large = found.into_iter().filter(|(_, count)| *count >= MODULES);
    let package = |(directory, _): (String, usize)| {
        let (site, path) =
            directory.trim_end_matches('/').split_at(directory.find(SITE)? + SITE.len());
        let (site, path) = (site.trim_end_matches('/').to_owned(), path.to_owned());
        // The name of a pack has dots for slashes.
        (!path.is_empty() && !path.contains('.')).then(|| Package {
            site,
            path,
            modules: Vec::new(),
        })
    };
    large.filter_map(package).collect()
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

impl Package {
    /// The name of the module at `source` below the package: `a/b` for `a/b.py`.
    fn name<'a>(&self, source: &'a EntryPath) -> Option<&'a str> {
        let below = source.as_str().strip_prefix(&*self.site)?.strip_prefix('/')?;
        below.strip_prefix(&*self.path)?.strip_prefix('/')?.strip_suffix(".py")
    }

    /// Takes the bytecode of `source` if it is a module of the package; otherwise returns it.
    fn take(&mut self, source: &EntryPath, pyc: Vec<u8>) -> Option<Vec<u8>> {
        let Some(name) = self.name(source) else { return Some(pyc) };
        let name = name.to_owned();
        self.modules.push((name, pyc));
        None
    }

    /// Adds the pack and what installs [`HOOK`]. A package with more than 4 GiB of bytecode gets no pack and
    /// one file for each module.
    fn insert(self, tag: &str, tree: &mut Tree) {
        let Self { site, path, mut modules } = self;
        // Like modules are beside each other for the compressor.
        modules.sort_by(|(a, _), (b, _)| likeness(a).cmp(&likeness(b)));
        let pack = format!("{site}/__pycache__/{}.{tag}{PACK}", path.replace('/', "."));
        if let (Ok(place), Some(bytes)) = (EntryPath::new(&pack), encode(&modules)) {
            tree.insert_file(place, Mode::Plain, bytes);
            let line = format!(
                "import sys; exec(__import__(\"_frozen_importlib_external\").SourcelessFileLoader(\
                 \"snakecrate_bytecode\", sitedir + \"/__pycache__/{HOOK_NAME}.{tag}.pyc\")\
                 .get_code(\"snakecrate_bytecode\"), \
                 {{\"__name__\": \"snakecrate_bytecode\", \"SITE\": sitedir}})\n"
            );
            if let Ok(place) = EntryPath::new(&format!("{site}/{PATH_FILE}")) {
                tree.insert_file(place, Mode::Plain, line.into_bytes());
            }
            return;
        }
        for (name, pyc) in modules {
            let (parent, stem) = name.rsplit_once('/').unwrap_or(("", &name));
            let directory = format!("{site}/{path}/{parent}");
            let file = format!("{}/__pycache__/{stem}.{tag}.pyc", directory.trim_end_matches('/'));
            if let Ok(place) = EntryPath::new(&file) {
                tree.insert_file(place, Mode::Plain, pyc);
            }
        }
    }
}

/// The modules of `tree`, without `.py`, in whose place Python imports another file: `a.so`, or `a/__init__.py`.
fn shadowed(tree: &Tree) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, _) in tree.iter() {
        let (directory, (stem, end)) =
            (directory(path.as_str()), path.file_name().split_once('.').unwrap_or_default());
        let is_other = end.ends_with("so") || end == "pyc";
        if is_other {
            found.insert(format!("{directory}/{stem}"));
        }
        if stem == "__init__" && (is_other || end == "py") {
            found.insert(directory.to_owned());
        }
    }
    found
}

/// What [`Package::insert`] sorts modules by: name, then directory.
fn likeness(name: &str) -> (&str, &str) {
    name.rsplit_once('/').map_or((name, ""), |(directory, stem)| (stem, directory))
}

/// A pack of these modules; `None` if offsets of 32 bits do not reach its end.
fn encode(modules: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut directories: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (number, (name, _)) in modules.iter().enumerate() {
        directories.entry(directory(name)).or_default().push(number);
    }
    let names: Vec<&str> = directories.keys().copied().collect();
    let stems = |numbers: &[usize]| -> Vec<&str> {
        numbers.iter().map(|number| likeness(&modules[*number].0).0).collect()
    };
    // The length of an index does not depend on the offsets in it.
    let lengths: Vec<usize> = directories
        .values()
        .map(|numbers| index(&stems(numbers), &vec![0; 2 * numbers.len()]).map(|it| it.len()))
        .collect::<Option<_>>()?;
    let first = index(&names, &vec![0; names.len() + 1])?.len();
    let starts = offsets(MAGIC.len() + 4 + first, &lengths)?;
    let sizes: Vec<usize> = modules.iter().map(|(_, pyc)| pyc.len()).collect();
    let bounds = offsets(*starts.last()? as usize, &sizes)?;

    let mut pack = MAGIC.to_vec();
    pack.extend(u32::try_from(first).ok()?.to_le_bytes());
    pack.extend(index(&names, &starts)?);
    for numbers in directories.values() {
        let own = numbers.iter().flat_map(|number| [bounds[*number], bounds[number + 1]]);
        pack.extend(index(&stems(numbers), &own.collect::<Vec<_>>())?);
    }
    pack.extend(modules.iter().flat_map(|(_, pyc)| pyc));
    Some(pack)
}

/// Where pieces of these `sizes` begin, one behind the other from `start` on, and where the last one ends.
fn offsets(start: usize, sizes: &[usize]) -> Option<Vec<u32>> {
    let mut end = u32::try_from(start).ok()?;
    let mut offsets = vec![end];
    for size in sizes {
        end = end.checked_add(u32::try_from(*size).ok()?)?;
        offsets.push(end);
    }
    Some(offsets)
}

/// A tuple of a tuple of names and of the bytes of offsets, as `marshal` writes it without references.
fn index(names: &[&str], offsets: &[u32]) -> Option<Vec<u8>> {
    let mut bytes = b"(\x02\0\0\0(".to_vec();
    bytes.extend(u32::try_from(names.len()).ok()?.to_le_bytes());
    bytes.extend(names.iter().flat_map(|name| text(name)));
    bytes.push(b's');
    bytes.extend(u32::try_from(4 * offsets.len()).ok()?.to_le_bytes());
    bytes.extend(offsets.iter().flat_map(|offset| offset.to_le_bytes()));
    Some(bytes)
}

/// A string as `marshal` writes it, without a reference.
fn text(name: &str) -> Vec<u8> {
    let mut bytes = match u8::try_from(name.len()) {
        Ok(length) if name.is_ascii() => vec![b'z', length],
        _ => {
            let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
            [&b"u"[..], &length.to_le_bytes()].concat()
        }
    };
    bytes.extend(name.as_bytes());
    bytes
}

/// Whether this file of a component was made for packs, and not installed.
pub fn is_of_packs(path: &str) -> bool {
    let Some((_, below)) = path.split_once(SITE) else { return false };
    let is_cached = |name: &str| name.ends_with(PACK) || name.starts_with(HOOK_NAME);
    below == PATH_FILE || below.strip_prefix("__pycache__/").is_some_and(is_cached)
}
