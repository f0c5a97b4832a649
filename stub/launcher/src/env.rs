//! Environments: standard virtual environments, made of links to files of components.

use std::collections::{BTreeSet, HashSet};
use std::fmt::Write as _;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::c_library::{has_loader, host_id};
use crate::cache::check::{Cached, read_file};
use crate::cache::pulse::Pulse;
use crate::cache::root::{Root, ignore_existing, write_new};
use crate::cache::staging::Staging;
use crate::cache::{COMPONENTS, ENVS, LAUNCH, MANIFEST};
use crate::extract::{Listed, run_all};
use crate::guard::{self, Guard};
use crate::launch::{Libc, Plan};
use crate::sys;
use snakecrate_format::entry_path::{EntryPath, RESERVED};
use snakecrate_format::listing::{Item, Listing, Mode as Use, Node};
use snakecrate_format::manifest::{CLibrary, Component, Manifest};
use snakecrate_format::patch_area as room;

/// The interpreter in an environment.
pub const INTERPRETER: &str = "bin/python3";
/// What makes a directory a virtual environment.
const CONFIGURATION: &str = "pyvenv.cfg";
/// The longest `#!` line that every kernel reads whole, in bytes, newline included.
const SHEBANG_LIMIT: usize = 127;
/// Files that a thread links at a time. Sorted by path, they share directories, and threads do
/// not wait for each other's.
const CHUNK: usize = 128;
/// What a file in an environment counts for beside the bytes of components that are written.
pub const LINKED: u64 = 3 << 10;
/// The longest executable of an interpreter, in bytes; one without a libpython has it all.
pub const MAX_INTERPRETER: u64 = 256 << 20;
/// The start of an executable, where its program headers are, in bytes.
const HEADERS: u64 = 4096;
/// The longest script with a `#!python` line, in bytes.
const MAX_SCRIPT: u64 = 16 << 20;

/// Makes the environment of `manifest` in `staging`, to be published as `envs/<key>`. All
/// components are in the cache.
///
/// Files are hard links to the components', so that wheels that reach each other by relative
/// paths find each other; copies where the file system has no hard links. Where components share
/// a path, the first has it. With a C library of its `own`, the interpreter is a copy that is
/// started by the loader of that. `pulse` is told of [`LINKED`] for each file.
pub fn assemble(
    root: &Root,
    staging: &Staging<'_>,
    key: &str,
    manifest: &Manifest,
    own: Option<(&CLibrary, &Component)>,
    listings: &[Listed<'_>],
    pulse: &Pulse<'_>,
) -> io::Result<()> {
    let env = staging.directory();
    let home = root.path_of(ENVS, key);
    let layers: Vec<_> = listings.iter().filter(|l| l.component.is_layer()).collect();
    let mut directories: BTreeSet<&str> = [RESERVED, "bin"].into();
    directories.extend(layers.iter().flat_map(|layer| layer.listing.directories()));
    for directory in &directories {
        ignore_existing(rustix::fs::mkdirat(env, *directory, Mode::from(0o755)))?;
    }
    let interpreter = home.join(INTERPRETER).into_os_string().into_encoded_bytes();
    let sources = layers
        .iter()
        .map(|layer| Cached::open(root, &layer.component.digest.key()))
        .collect::<Result<Vec<_>, _>>()?;
    let files = winners(&layers.iter().map(|layer| &layer.listing).collect::<Vec<_>>());
    let can_link = AtomicBool::new(true);
    let linker = Linker { env, interpreter: &interpreter, can_link, pulse };
    let chunks: Vec<_> = files.chunks(CHUNK).collect();
    run_all(&chunks, |(), chunk| {
        chunk.iter().try_for_each(|(layer, item)| linker.put(sources[*layer].directory(), item))
    })?;
    let runtime = manifest.runtime().digest.key();
    let mut target = format!("../../../../{COMPONENTS}/{runtime}/{}", manifest.python.executable);
    let mut loader = None;
    let mut made = Vec::new();
    if let Some((library, component)) = own {
        let libraries = root.path_of(COMPONENTS, component.digest.key());
        let path = libraries.join(library.loader.as_path());
        let interpreter = own_interpreter(root, manifest, library, &path)?;
        write_new(env, INTERPRETER, &interpreter, 0o555)?;
        made.push(Guard::of(INTERPRETER, &interpreter));
        target = "python3".into();
        loader = Some(path);
    } else {
        ignore_existing(rustix::fs::symlinkat(target.as_str(), env, INTERPRETER))?;
    }
    for name in ["bin/python", &versioned(manifest)] {
        ignore_existing(rustix::fs::symlinkat(target.as_str(), env, name))?;
    }
    let configuration = configuration(root, manifest, &runtime)?;
    write_new(env, CONFIGURATION, &configuration, 0o444)?;
    made.push(Guard::of(CONFIGURATION, &configuration));
    write_new(env, MANIFEST, &manifest.encode(), 0o444)?;
    let c_library = match loader {
        Some(loader) => Libc::Own(loader),
        None if manifest.c_library.is_some() => Libc::Hosts(host_id().unwrap_or_default()),
        None => Libc::Only,
    };
    let is_loaded = |path: &EntryPath| {
        let start = read_file(env, path.as_str(), HEADERS);
        start.is_ok_and(|start| has_loader(&start))
    };
    // A directory stands in the way of a file: nothing to be guarded.
    let there = files.iter().map(|(_, item)| *item);
    let there: Vec<_> = there.filter(|item| !directories.contains(item.path.as_str())).collect();
    let size = |path: &EntryPath| there.iter().find(|item| item.path == *path)?.plain_size();
    let others = listings.iter().filter(|listed| !listed.component.is_layer());
    let others: Vec<_> = others.map(|listed| (listed.component, &listed.listing)).collect();
    let guards = guard::rows(manifest, &there, &others, made);
    let plan = Plan::new(manifest, &home, c_library, guards, is_loaded, size);
    write_new(env, LAUNCH, &plan.encode(), 0o444)?;
    Ok(())
}

/// The runtime's interpreter with the paths of this cache in its room: that of an environment on a
/// C library of its own.
pub fn own_interpreter(
    root: &Root,
    manifest: &Manifest,
    library: &CLibrary,
    loader: &Path,
) -> io::Result<Vec<u8>> {
    let runtime = manifest.runtime().digest.key();
    let cached = Cached::open(root, &runtime)?;
    let mut bytes =
        read_file(cached.directory(), manifest.python.executable.as_str(), MAX_INTERPRETER)?;
    let libraries = [Some(&*root.path_of(COMPONENTS, &runtime).join("lib")), loader.parent()];
    let search = libraries.into_iter().flatten().map(|path| path.as_os_str().as_encoded_bytes());
    let search = search.collect::<Vec<_>>().join(&b':');
    room::fill(&mut bytes, loader.as_os_str().as_encoded_bytes(), &search, &library.first)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// `bin/python3.12`
fn versioned(manifest: &Manifest) -> String {
    let minor: Vec<_> = manifest.python.version.splitn(3, '.').take(2).collect();
    format!("bin/python{}", minor.join("."))
}

/// <https://docs.python.org/3/library/venv.html>
fn configuration(root: &Root, manifest: &Manifest, runtime: &str) -> io::Result<Vec<u8>> {
    let mut home = root.path_of(COMPONENTS, runtime);
    home.extend(manifest.python.executable.as_path().parent());
    let home = home.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut text = String::new();
    let written = writeln!(
        text,
        "home = {home}\ninclude-system-site-packages = false\nversion = {}",
        manifest.python.version
    );
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    Ok(text.into_bytes())
}

/// Each path of the layers once, with the number of the first layer that has it.
fn winners<'a>(layers: &[&'a Listing]) -> Vec<(usize, &'a Item)> {
    let items = |(layer, listing): (usize, &&'a Listing)| {
        listing.items().iter().map(move |item| (layer, item)).collect::<Vec<_>>()
    };
    let mut seen = HashSet::new();
    let mut all: Vec<_> = layers.iter().enumerate().flat_map(items).collect();
    all.retain(|(_, item)| seen.insert(item.path.as_str()));
    all
}

/// Puts files of components into an environment.
struct Linker<'a> {
    env: &'a OwnedFd,
    interpreter: &'a [u8],
    can_link: AtomicBool,
    pulse: &'a Pulse<'a>,
}

impl Linker<'_> {
    fn put(&self, from: &OwnedFd, item: &Item) -> Result<(), Errno> {
        let (env, path) = (self.env, item.path.as_str());
        let done = match &item.node {
            Node::Link(target) => rustix::fs::symlinkat(target.as_str(), env, path),
            Node::File { mode: Use::Script, .. } => write_script(from, env, path, self.interpreter),
            Node::File { mode, .. } => {
                let linked = if self.can_link.load(Ordering::Relaxed) {
                    rustix::fs::linkat(from, path, env, path, AtFlags::empty())
                } else {
                    Err(Errno::XDEV)
                };
                match linked {
                    Err(
                        Errno::XDEV | Errno::PERM | Errno::MLINK | Errno::OPNOTSUPP | Errno::NOSYS,
                    ) => {
                        self.can_link.store(false, Ordering::Relaxed);
                        copy(from, env, path, *mode)
                    }
                    other => other,
                }
            }
        };
        self.pulse.add(LINKED);
        // Only a directory can be there: every path comes once.
        ignore_existing(done)
    }
}

fn copy(from: impl AsFd, env: impl AsFd, path: &str, mode: Use) -> Result<(), Errno> {
    let flags = OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let source = rustix::fs::openat(from, path, flags | OFlags::RDONLY, Mode::empty())?;
    let bits = if mode.is_executable() { 0o555 } else { 0o444 };
    let new = flags | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let copy = rustix::fs::openat(env, path, new, Mode::from(bits))?;
    let mut copy = std::fs::File::from(copy);
    let copied = io::copy(&mut std::fs::File::from(source), &mut copy);
    copied.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    sys::close(copy)
}

/// A copy of a script with the environment's interpreter in its first line.
fn write_script(
    from: impl AsFd,
    env: impl AsFd,
    path: &str,
    interpreter: &[u8],
) -> Result<(), Errno> {
    let script = read_file(from, path, MAX_SCRIPT)
        .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    write_new(env, path, &with_interpreter(&script, interpreter), 0o555)
}

/// `#!python ARGUMENT` becomes `#!/…/bin/python3 ARGUMENT`, by way of the shell where that is
/// longer than a kernel reads or has a space in it.
fn with_interpreter(script: &[u8], interpreter: &[u8]) -> Vec<u8> {
    let end = script.iter().position(|&b| b == b'\n').unwrap_or(script.len());
    let (first, rest) = script.split_at(end);
    let argument = first.iter().position(|&b| b == b' ').map_or(&b""[..], |at| &first[at..]);
    let argument = argument.trim_ascii_end();
    let short = interpreter.len() + argument.len() + 3 <= SHEBANG_LIMIT;
    let line = if short && !interpreter.contains(&b' ') {
        [b"#!", interpreter, argument].concat()
    } else {
        // The shell sees `exec`, Python a string.
        [b"#!/bin/sh\n'''exec' \"", interpreter, b"\"", argument, b" \"$0\" \"$@\"\n' '''"].concat()
    };
    [&line, rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use snakecrate_format::digest::FileDigest;
    use snakecrate_format::entry_path::EntryPath;

    #[test]
    fn the_first_layer_has_a_path_that_several_have() {
        let listing = |paths: &[&str]| {
            let node = |text: &str| Node::File {
                mode: Use::Plain,
                size: 0,
                digest: FileDigest::of(text.as_bytes()),
            };
            let item = |text: &&str| Item { path: EntryPath::new(text).unwrap(), node: node(text) };
            Listing::new(paths.iter().map(item).collect()).unwrap()
        };
        let layers = [&listing(&["b", "d/x"]), &listing(&["a", "b"]), &listing(&["a", "d/x", "e"])];
        let found = winners(&layers);
        let found: Vec<_> =
            found.iter().map(|(layer, item)| (*layer, item.path.as_str())).collect();
        assert_eq!(found, [(0, "b"), (0, "d/x"), (1, "a"), (2, "e")]);
    }

    #[test]
    fn a_script_gets_the_interpreter_and_keeps_the_rest() {
        let text = |script: &str, interpreter: &str| {
            String::from_utf8(with_interpreter(script.as_bytes(), interpreter.as_bytes())).unwrap()
        };
        assert_eq!(text("#!python\nx\n", "/e/bin/python3"), "#!/e/bin/python3\nx\n");
        assert_eq!(text("#!pythonw -E\r\nx", "/e/p"), "#!/e/p -E\nx");
        assert_eq!(text("#!python", "/e/p"), "#!/e/p");
        let through_shell = "#!/bin/sh\n'''exec' \"/a b/p\" -E \"$0\" \"$@\"\n' '''\nx";
        assert_eq!(text("#!python -E\nx", "/a b/p"), through_shell);
        let deep = format!("/{}/p", "d".repeat(SHEBANG_LIMIT));
        assert!(text("#!python\nx", &deep).starts_with("#!/bin/sh\n'''exec' \"/ddd"));
    }
}
