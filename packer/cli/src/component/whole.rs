//! Directories that an environment may have as one symbolic link each, in place of a hard link for each file.
//!
//! A path through such a link is the same text, but `..` behind it, and a path with its links resolved, lead
//! into the component, where the files of other components are not. So a directory has to stay a directory
//! if something in it may leave the component that way: a library that looks for others beside the component
//! (`$ORIGIN/../../nvidia/cublas/lib`), a link, or a module that goes up from its resolved `__file__`.
//! A script stays, too: environments have a copy of it with another first line.
//!
//! Only the directories directly in `site-packages` are links. Programs walk through directories of their own
//! package, and `os.walk` does not go through links (`wagtail start` did not copy parts of its template).

use std::collections::BTreeSet;
use std::io::Read as _;

use memchr::memmem;
use rayon::prelude::*;
use snakecrate_base::tree::{Content, Mode, Node, Tree};
use snakecrate_format::entry_path::EntryPath;

use super::Error;

/// The directory that holds distributions, each with its own directories.
const SITE: &str = "/site-packages/";
/// The start of an ELF file.
const ELF: &[u8] = b"\x7fELF";
/// The directory of a library, in the search paths of its loader: see ld.so(8).
const ORIGINS: [&str; 2] = ["$ORIGIN", "${ORIGIN}"];
/// The bytes of a library that are read at a time.
const PIECE: u64 = 1 << 20;
/// The longest search path in bytes.
const LONGEST: usize = 4096;
/// The beginnings of a module's search for files by its own place.
const PLACES: [&[u8]; 3] = [b"__file__", b"__path__", b"getfile"];
/// What leads out of a directory by another way than the text of its path. The second is `".."` in bytecode.
const LEAVES: [&[u8]; 9] = [
    b"\"..\"",
    b"\x02..",
    b"'..'",
    b"../",
    b"pardir",
    b"realpath",
    b"resolve",
    b"samefile",
    b"readlink",
];

/// The directories of `tree` in `site-packages` that may be links, sorted.
pub(super) fn directories(tree: &Tree) -> Result<Vec<EntryPath>, Error> {
    let all = all_directories(tree);
    let nodes: Vec<_> = tree.iter().filter(|(path, _)| path.as_str().contains(SITE)).collect();
    let stays = |(path, node): &(&EntryPath, &Node)| -> Result<Option<EntryPath>, Error> {
        let stays = match node {
            Node::Link(target) => !is_inside(path, target.as_str(), &all, Some(tree)),
            Node::File { mode: Mode::Script, .. } => true,
            Node::File { content, .. } => leaves(path, content, &all)?,
        };
        Ok(stays.then(|| (*path).clone()))
    };
    let stay: Result<Vec<_>, Error> = nodes.par_iter().map(stays).collect();
    let stay = stay?;
    let fixed: BTreeSet<&str> =
        stay.iter().flatten().flat_map(|path| above(path.as_str())).collect();
    let is_whole = |directory: &&String| {
        let (_, name) = directory.split_once(SITE).unwrap_or_default();
        !name.is_empty() && !name.contains('/') && !fixed.contains(directory.as_str())
    };
    Ok(all.iter().filter(is_whole).filter_map(|path| EntryPath::new(path).ok()).collect())
}

/// The directories of `tree`.
fn all_directories(tree: &Tree) -> BTreeSet<String> {
    tree.iter().flat_map(|(path, _)| above(path.as_str())).map(str::to_owned).collect()
}

/// The directories that lead to `path`.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

/// Whether a file looks for others outside of its component.
fn leaves(path: &EntryPath, content: &Content, all: &BTreeSet<String>) -> Result<bool, Error> {
    let is_module = matches!(path.extension(), "py" | "pyc")
        && path.parent().is_some_and(|parent| !parent.ends_with("/__pycache__"));
    let failed = |source| Error::Read { path: path.clone(), source };
    if is_module {
        let text = content.read().map_err(failed)?;
        let has = |words: &[&[u8]]| words.iter().any(|word| memmem::find(&text, word).is_some());
        return Ok(has(&PLACES) && has(&LEAVES));
    }
    let mut reader = content.open().map_err(failed)?;
    let (mut bytes, mut start) = (Vec::new(), 0);
    loop {
        // The longest path that was read in part is read again as a whole.
        bytes.drain(..start);
        let new = reader.by_ref().take(PIECE).read_to_end(&mut bytes).map_err(failed)?;
        if !bytes.starts_with(ELF) && start == 0 {
            return Ok(false);
        }
        if search_paths(&bytes).any(|text| !is_inside(path, text, all, None)) {
            return Ok(true);
        }
        if (new as u64) < PIECE {
            return Ok(false);
        }
        start = bytes.len() - LONGEST;
    }
}

/// The search paths in a part of an ELF file that begin at its own place, from there on: `/../numpy.libs`.
fn search_paths(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let origins = ORIGINS.iter().flat_map(|origin| {
        memmem::find_iter(bytes, origin).map(|at| at + origin.len()).collect::<Vec<_>>()
    });
    origins.filter_map(|at| {
        let rest = &bytes[at..];
        // A path without an end goes on in the next part.
        let end = rest.iter().position(|byte| matches!(byte, 0 | b':'))?;
        // Text that isn't a path leads nowhere that is known.
        Some(std::str::from_utf8(&rest[..end]).unwrap_or("/../../../../.."))
    })
}

/// Whether `way`, from the directory of `path` on, ends at a directory in `all`, or at a file of `tree`.
fn is_inside(path: &EntryPath, way: &str, all: &BTreeSet<String>, tree: Option<&Tree>) -> bool {
    let mut names: Vec<&str> = path.parent().unwrap_or_default().split('/').collect();
    for name in way.split('/') {
        match name {
            "" | "." => {}
            ".." => {
                if names.pop().is_none() {
                    return false;
                }
            }
            name => names.push(name),
        }
    }
    let end = names.join("/");
    all.contains(&end)
        || tree.is_some_and(|tree| EntryPath::new(&end).is_ok_and(|end| tree.get(&end).is_some()))
}

#[cfg(test)]
mod tests {
    use snakecrate_format::entry_path::LinkTarget;

    use super::*;

    const SITE: &str = "lib/python3.12/site-packages";

    fn whole(files: &[(&str, &[u8])]) -> Vec<String> {
        let mut tree = Tree::default();
        for (path, contents) in files {
            let mode = if path.ends_with('!') { Mode::Script } else { Mode::Plain };
            let path = EntryPath::new(&format!("{SITE}/{}", path.trim_end_matches('!'))).unwrap();
            tree.insert_file(path, mode, contents.to_vec());
        }
        let found = directories(&tree).unwrap();
        let prefix = format!("{SITE}/");
        found.iter().map(|path| path.as_str().strip_prefix(&prefix).unwrap().to_owned()).collect()
    }

    #[test]
    fn a_package_that_stays_inside_is_one_link() {
        let files = [
            ("a/__init__.py", &b"import os; here = os.path.dirname(__file__)"[..]),
            ("a/b/data.txt", b"__file__ ../.."),
            ("a-1.dist-info/METADATA", b""),
            ("top.py", b""),
        ];
        assert_eq!(whole(&files), ["a", "a-1.dist-info"]);
    }

    #[test]
    fn a_module_that_goes_up_keeps_the_directories_of_its_package() {
        for source in [
            "os.path.join(os.path.dirname(__file__), '..', 'other')",
            "Path(__file__).resolve().parent",
            "os.path.realpath(inspect.getfile(f))",
        ] {
            let files = [("a/b/c.py", source.as_bytes()), ("a/b/d/x.py", b""), ("e/x.py", b"")];
            assert_eq!(whole(&files), ["e"], "{source}");
        }
    }

    #[test]
    fn a_library_that_leaves_its_component_keeps_its_directories() {
        let library = |path: &str| [ELF, b"\0$ORIGIN", path.as_bytes(), b"\0"].concat();
        for (path, wanted) in [
            ("/../a.libs", &["a", "a.libs"][..]),
            ("/../a.libs:$ORIGIN", &["a", "a.libs"]),
            ("", &["a", "a.libs"]),
            ("/../../nvidia/lib", &["a.libs"]),
            ("/../a.libs:${ORIGIN}/../../nvidia", &["a.libs"]),
        ] {
            let files = [("a/x.so", &*library(path)), ("a.libs/y.so", ELF)];
            assert_eq!(whole(&files), wanted, "{path}");
        }
    }

    #[test]
    fn a_search_path_across_two_parts_was_taken_for_one_that_leaves() {
        let mut library = ELF.to_vec();
        let piece = usize::try_from(PIECE).unwrap();
        for (path, wanted) in [("/../a.libs", &["a", "a.libs"][..]), ("/../../x", &["a.libs"])] {
            library.truncate(ELF.len());
            library.resize(piece - "$ORIGIN".len() - 5, b'x');
            library.extend(format!("$ORIGIN{path}\0").bytes());
            assert_eq!(whole(&[("a/x.so", &library), ("a.libs/y.so", ELF)]), wanted, "{path}");
        }
    }

    #[test]
    fn scripts_and_links_that_leave_keep_their_directories() {
        assert_eq!(whole(&[("a/run!", b"#!python"), ("b/x", b"")]), ["b"]);
        let mut tree = Tree::default();
        let at = |path: &str| EntryPath::new(&format!("{SITE}/{path}")).unwrap();
        tree.insert_file(at("a/x"), Mode::Plain, vec![]);
        for (path, target) in [("a/same", "x"), ("b/other", "../a/x"), ("c/far", "../../../x")] {
            let target = LinkTarget::new(&at(path), target).unwrap();
            tree.insert(at(path), Node::Link(target));
        }
        let found = directories(&tree).unwrap();
        assert_eq!(found, [at("a"), at("b")]);
    }
}
