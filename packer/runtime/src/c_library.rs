//! The C library of the interpreter's system, to be bundled.
//!
//! ```text
//! lib/ld-linux-x86-64.so.2   the loader of programs
//! lib/libc.so.6 …            glibc's libraries, with the empty ones that old programs need
//! lib/libstdc++.so.6         the compiler's runtime, if something needs it
//! ```
//!
//! The loader searches no other directory: the names of the host's cache, directories and preloaded
//! libraries are removed from it, since these belong to another C library. Applications that need
//! drivers of the host (GL, CUDA) are the exception: see [`HostLibraries::Found`].

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use snakecrate_audit::elf::{HEADER, foreign_machine, is_elf};
use snakecrate_base::python::Interpreter;
use snakecrate_base::tree::{Content, Mode, Tree};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::target::{Glibc, Target};

use crate::elf::patch_area;
use crate::error::Error;
use crate::file_state::state;
use crate::libraries;
use crate::root::Root;

/// Libraries that are always bundled. glibc itself loads `libgcc_s` when a thread is cancelled.
const ALWAYS: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
];
/// The list of preloaded libraries, which the loader reads by itself.
const PRELOAD: &str = "/etc/ld.so.preload";
/// The roots of cross compilers' C libraries below `/usr/aarch64-linux-gnu`: Debian's, Fedora's.
const CROSS: [&str; 2] = ["", "/sys-root"];
/// The places of the host's libraries, which the loader reads by itself.
const CACHE: &str = "/etc/ld.so.cache";
/// The starts of its directories.
const DIRECTORIES: [&str; 2] = ["/lib", "/usr/lib"];

/// Whether applications on a bundled C library find libraries of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostLibraries {
    /// No library of the host is loaded.
    Hidden,
    /// Libraries that the archive lacks are found where the host's own loader finds them, in its
    /// `ld.so.cache` and its directories. They have to be for this glibc or an older one. glibc and
    /// the compiler's runtime are never the host's.
    Found,
}

/// The C library of an interpreter's system.
#[derive(Debug)]
pub struct CLibrary {
    /// Its version: `2.36`.
    pub version: String,
    target: &'static Glibc,
    loader: PathBuf,
    /// Its libraries by name, with their files.
    files: BTreeMap<String, PathBuf>,
    host: HostLibraries,
}

impl CLibrary {
    /// That of the system that `interpreter` is in, with those libraries of `more` that it has. A
    /// standalone Python for another target is in no system of its target: then it is that of a cross
    /// compiler on this machine. `None` if there is no glibc for the target.
    pub fn of<'a>(
        interpreter: &Interpreter,
        more: impl Iterator<Item = &'a str>,
        host: HostLibraries,
    ) -> Result<Option<Self>, Error> {
        let target = interpreter.target;
        let Some(glibc) = &target.glibc else { return Ok(None) };
        let root = Root::new(&interpreter.root);
        let mut roots = vec![root.clone()];
        if root.is_own() && !interpreter.runs_here() {
            let triple = format!("/usr/{}-linux-gnu", target.wheel_processor);
            roots.extend(CROSS.iter().map(|inner| Root::new(format!("{triple}{inner}"))));
        }
        let loader = roots.iter().find_map(|root| {
            let file = root.resolve(&root.place(glibc.loader)).ok()?;
            is_for(&file, target).then_some(file)
        });
        let Some(loader) = loader else { return Ok(None) };
        let directory = loader.parent().unwrap_or(Path::new("/")).to_owned();
        let system = libraries::Host::of(interpreter);
        let file = |name: &str| {
            let beside = root_of(&roots, &directory).resolve(&directory.join(name)).ok();
            beside.filter(|file| file.is_file()).or_else(|| system.library(name))
        };
        let Some(libc) = file("libc.so.6") else { return Ok(None) };
        let Some(version) = version(&read(&libc)?) else { return Ok(None) };
        let known = more.filter(|name| patch_area::NAMES.contains(name));
        let names = ALWAYS.into_iter().chain(known);
        let files = names.filter_map(|name| Some((name.to_owned(), file(name)?))).collect();
        Ok(Some(Self { version, target: glibc, loader, files, host }))
    }

    /// The names of libraries that [`CLibrary::of`] bundles if it is asked for them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        patch_area::NAMES.into_iter()
    }

    /// The loader's path in the component: `lib/ld-linux-x86-64.so.2`.
    pub fn loader(&self) -> Result<EntryPath, Error> {
        Ok(EntryPath::new(&format!("lib/{}", self.target.loader_name()))?)
    }

    /// The oldest glibc for its target, `(major, minor)`.
    pub fn lowest(&self) -> (u32, u32) {
        self.target.lowest
    }

    /// The names of its libraries that an interpreter can load first, sorted.
    pub fn loadable_first(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str).filter(|name| is_loadable_first(name))
    }

    /// The names of all its libraries.
    pub fn libraries(&self) -> BTreeSet<String> {
        self.files.keys().cloned().collect()
    }

    /// The identity (32 hex digits) of its files as they are bundled: names, sizes and times. None of
    /// them is read.
    pub fn fingerprint(&self) -> Result<String, Error> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(format!("{:?}\n", self.host).as_bytes());
        let loader = std::iter::once((self.target.loader_name(), &self.loader));
        for (name, file) in loader.chain(self.files.iter().map(|(name, file)| (&**name, file))) {
            let fail = |source| Error::Read { path: file.clone(), source };
            let state = state(file).map_err(fail)?;
            hasher.update(format!("{name} {} {state}\n", file.display()).as_bytes());
        }
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }

    /// Its files, as they are bundled.
    pub fn tree(&self) -> Result<Tree, Error> {
        let mut tree = Tree::default();
        let loader = without_host_names(read(&self.loader)?, self.host);
        tree.insert_file(self.loader()?, Mode::Executable, loader);
        for (name, file) in &self.files {
            let content = read(file)?;
            let path = EntryPath::new(&format!("lib/{name}"))?;
            tree.insert_file(path, Mode::Plain, Content::from(content));
        }
        Ok(tree)
    }
}

/// Whether an interpreter can load the library `name` before all others. All libraries of a C library
/// beside the loader can be.
pub fn is_loadable_first(name: &str) -> bool {
    patch_area::NAMES.contains(&name)
}

/// Whether a bundled loader finds libraries of the host: see [`HostLibraries`].
pub fn finds_host_libraries(loader: &[u8]) -> bool {
    // Messages contain the name, too.
    memchr::memmem::find(loader, format!("\0{CACHE}\0").as_bytes()).is_some()
}

/// The one of `roots` that `directory` is below, the innermost first.
fn root_of<'a>(roots: &'a [Root], directory: &Path) -> &'a Root {
    let below = |root: &&Root| directory.starts_with(root.path());
    roots.iter().rev().find(below).unwrap_or(&roots[0])
}

/// Whether the file is an ELF file for `target`.
fn is_for(file: &Path, target: &Target) -> bool {
    let mut start = [0; HEADER];
    let read = fs::File::open(file).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && is_elf(&start) && foreign_machine(&start, target).is_none()
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read { path: path.to_owned(), source })
}

/// The version in the text that glibc prints when it is executed: "… release version 2.36."
fn version(libc: &[u8]) -> Option<String> {
    let words = b"release version ";
    let at = memchr::memmem::find(libc, words)? + words.len();
    let text = libc[at..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
    let text: String = text.map(|byte| char::from(*byte)).collect();
    let text = text.trim_end_matches('.');
    (!text.is_empty()).then(|| text.to_owned())
}

/// The loader, with the names of the host's files and directories replaced by names of the same
/// length that no host has. Those of its libraries stay if they are to be found.
fn without_host_names(mut loader: Vec<u8>, host: HostLibraries) -> Vec<u8> {
    let is_hidden = host == HostLibraries::Hidden;
    let mut at = 0;
    while at < loader.len() {
        let length = memchr::memchr(0, &loader[at..]).unwrap_or(loader.len() - at);
        let text = &mut loader[at..at + length];
        let is_directory = is_hidden
            && text.ends_with(b"/")
            && DIRECTORIES.iter().any(|start| text.starts_with(start.as_bytes()))
            && text.iter().all(u8::is_ascii_graphic);
        let is_file = text == PRELOAD.as_bytes() || (is_hidden && text == CACHE.as_bytes());
        if is_directory {
            let last = text.len() - 1;
            text[1..last].fill(b'-');
        } else if is_file {
            text[1..].fill(b'-');
        }
        at += length + 1;
    }
    loader
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bundled loader, and the library itself.
    fn loader(host: HostLibraries) -> (CLibrary, Vec<u8>) {
        let more = ["libstdc++.so.6", "libx.so"].into_iter();
        let found = CLibrary::of(&crate::tests::interpreter(), more, host).unwrap().unwrap();
        let tree = found.tree().unwrap();
        let loader = tree.get(&found.loader().unwrap()).unwrap();
        let snakecrate_base::tree::Node::File { content, .. } = loader else { panic!("no file") };
        let bytes = content.read().unwrap().to_vec();
        (found, bytes)
    }

    fn has(bytes: &[u8], name: &str) -> bool {
        memchr::memmem::find(bytes, format!("\0{name}\0").as_bytes()).is_some()
    }

    #[test]
    fn the_bundled_loader_names_no_directory_of_the_host() {
        let (found, bytes) = loader(HostLibraries::Hidden);
        assert!(found.version.starts_with("2."), "{}", found.version);
        let names = found.libraries();
        assert!(names.contains("libc.so.6") && !names.contains("libx.so"));
        for name in ["/etc/ld.so.cache", "/etc/ld.so.preload", "/lib/", "/usr/lib/"] {
            assert!(!has(&bytes, name), "{name}");
        }
        assert!(!finds_host_libraries(&bytes));
    }

    #[test]
    fn drivers_are_found_but_preloaded_libraries_are_not() {
        let (found, bytes) = loader(HostLibraries::Found);
        assert!(finds_host_libraries(&bytes) && !has(&bytes, "/etc/ld.so.preload"));
        let hidden = loader(HostLibraries::Hidden).0;
        assert_ne!(found.fingerprint().unwrap(), hidden.fingerprint().unwrap());
    }

    #[test]
    fn only_whole_names_are_changed() {
        let changed = |text: &[u8]| without_host_names(text.to_vec(), HostLibraries::Hidden);
        let before = b"x\0/etc/ld.so.cache\0/lib64/\0/usr/lib/x/\0/lib/%s\0/etc/ld.so.cache.d\0";
        let after = b"x\0/---------------\0/-----/\0/---------/\0/lib/%s\0/etc/ld.so.cache.d\0";
        assert_eq!(changed(before), after);
        assert_eq!(changed(b"/lib/"), b"/---/");
    }

    #[test]
    fn the_version_is_read_from_the_library() {
        let text = b"\0GNU C Library (Debian GLIBC 2.36-9) stable release version 2.36.\nX";
        assert_eq!(version(text).unwrap(), "2.36");
        assert_eq!(version(b"development"), None);
    }
}
