//! The modules in a pack, the file that has the bytecode of a large package. `FORMAT.md` describes packs.

use std::ops::Range;

/// The start of a pack.
const MAGIC: &[u8] = b"SCPACK\0\x01";
/// The start of an index, before its names: `marshal`'s tuples of two and of any length.
const INDEX: &[u8] = b"(\x02\0\0\0(";

/// The bytecode of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    /// The path that it would have as a file: `lib/…/site-packages/a/__pycache__/b.cpython-312.pyc`.
    pub(crate) path: String,
    /// Its place in the pack.
    pub(crate) place: Range<usize>,
}

/// Whether a file with this path can be a pack.
pub(crate) fn is_pack(path: &str) -> bool {
    package(path).is_some()
}

/// The modules of the pack at `path`, by their places; `None` if the file isn't a pack.
pub(crate) fn modules(path: &str, pack: &[u8]) -> Option<Vec<Module>> {
    let package = package(path)?;
    let rest = pack.strip_prefix(MAGIC)?;
    let (first, _) = number(rest)?;
    let start = MAGIC.len() + 4;
    let (directories, starts) = index(pack.get(start..start.checked_add(first)?)?)?;
    let mut modules = Vec::new();
    for (directory, bounds) in directories.iter().zip(starts.windows(2)) {
        let (stems, places) = index(pack.get(bounds[0]..bounds[1])?)?;
        for (stem, place) in stems.iter().zip(places.chunks_exact(2)) {
            let place = place[0]..place[1];
            pack.get(place.clone())?;
            modules.push(Module { path: package.bytecode(directory, stem), place });
        }
    }
    modules.sort_by_key(|module| module.place.start);
    modules.is_sorted_by(|a, b| a.place.end <= b.place.start).then_some(modules)
}

/// The parts of a pack's path: `SITE/__pycache__/google.api_core.cpython-312.pack`.
struct Package<'a> {
    site: &'a str,
    /// `google/api_core`
    directory: String,
    /// `cpython-312`
    tag: &'a str,
}

fn package(path: &str) -> Option<Package<'_>> {
    let (site, name) = path.strip_suffix(".pack")?.split_once("/__pycache__/")?;
    let (package, tag) = name.split_at(name.find(".cpython-").or_else(|| name.find(".pypy"))?);
    Some(Package { site, directory: package.replace('.', "/"), tag: &tag[1..] })
}

impl Package<'_> {
    fn bytecode(&self, directory: &str, stem: &str) -> String {
        let Self { site, directory: package, tag } = self;
        let below = if directory.is_empty() { String::new() } else { format!("/{directory}") };
        format!("{site}/{package}{below}/__pycache__/{stem}.{tag}.pyc")
    }
}

/// The names and offsets of an index.
fn index(bytes: &[u8]) -> Option<(Vec<&str>, Vec<usize>)> {
    let (count, mut rest) = number(bytes.strip_prefix(INDEX)?)?;
    let mut names = Vec::new();
    for _ in 0..count {
        let (name, behind) = text(rest)?;
        names.push(name);
        rest = behind;
    }
    let (length, offsets) = number(rest.strip_prefix(b"s")?)?;
    let offset = |bytes: &[u8]| Some(number(bytes)?.0);
    let offsets = offsets.get(..length)?.chunks_exact(4).map(offset).collect::<Option<_>>()?;
    Some((names, offsets))
}

/// A string of `marshal`, and what follows it.
fn text(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (kind, rest) = bytes.split_first()?;
    let (length, rest) = match kind {
        b'z' => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        b'u' => number(rest)?,
        _ => return None,
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}

/// A pack of these modules of a package: directory, stem, contents. Directories follow each other.
#[cfg(test)]
pub(crate) fn made(modules: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut directories: Vec<&str> = modules.iter().map(|module| module.0).collect();
    directories.dedup();
    let index = |names: &[&str], offsets: &[usize]| {
        let mut bytes = [INDEX, &u32::try_from(names.len()).unwrap().to_le_bytes()].concat();
        for name in names {
            bytes.extend([b'z', u8::try_from(name.len()).unwrap()]);
            bytes.extend(name.as_bytes());
        }
        bytes.push(b's');
        for number in [4 * offsets.len()].iter().chain(offsets) {
            bytes.extend(u32::try_from(*number).unwrap().to_le_bytes());
        }
        bytes
    };
    let stems = |directory: &str| -> Vec<&str> {
        modules.iter().filter(|module| module.0 == directory).map(|module| module.1).collect()
    };
    let first = index(&directories, &vec![0; directories.len() + 1]).len();
    let mut starts = vec![MAGIC.len() + 4 + first];
    for directory in &directories {
        let stems = stems(directory);
        starts.push(starts.last().unwrap() + index(&stems, &vec![0; 2 * stems.len()]).len());
    }
    let mut pack = [MAGIC, &u32::try_from(first).unwrap().to_le_bytes()].concat();
    pack.extend(index(&directories, &starts));
    let mut end = *starts.last().unwrap();
    for directory in &directories {
        let mut places = Vec::new();
        for module in modules.iter().filter(|module| module.0 == *directory) {
            places.extend([end, end + module.2.len()]);
            end += module.2.len();
        }
        pack.extend(index(&stems(directory), &places));
    }
    pack.extend(modules.iter().flat_map(|module| module.2));
    pack
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "lib/python3.12/site-packages/__pycache__/a.b.cpython-312.opt-1.pack";

    #[test]
    fn modules_have_the_paths_of_their_bytecode() {
        let pack = made(&[("", "__init__", b"one"), ("", "x", b""), ("c/d", "y", b"three")]);
        let found: Vec<_> = modules(PATH, &pack)
            .unwrap()
            .into_iter()
            .map(|module| (module.path, pack[module.place].to_vec()))
            .collect();
        let path = |name| format!("lib/python3.12/site-packages/a/b/{name}.cpython-312.opt-1.pyc");
        let expected = [
            (path("__pycache__/__init__"), b"one".to_vec()),
            (path("__pycache__/x"), b"".to_vec()),
            (path("c/d/__pycache__/y"), b"three".to_vec()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn other_files_and_damaged_packs_are_none() {
        let pack = made(&[("", "x", b"one"), ("c", "y", b"two")]);
        assert!(modules(PATH, &pack).is_some());
        assert_eq!(modules("lib/x.pack", &pack), None);
        assert_eq!(modules(PATH, b"SCPACK"), None);
        for length in 0..pack.len() {
            assert_eq!(modules(PATH, &pack[..length]), None, "{length}");
        }
        for at in 0..pack.len() {
            let mut damaged = pack.clone();
            damaged[at] ^= 0x81;
            // It must not panic.
            let _ = modules(PATH, &damaged);
        }
    }
}
