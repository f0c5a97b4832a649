//! Assembling an environment in staging.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use snakecrate_cache::component::Cached;
use snakecrate_cache::environment::guards::{self, Guard};
use snakecrate_cache::environment::interpreter::patched;
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::layout::{COMPONENTS, ENVS, INTERPRETER, LAUNCH};
use snakecrate_cache::listed::Listed;
use snakecrate_cache::root::Root;
use snakecrate_cache::signs_of_life::Pulse;
use snakecrate_cache::staging::Staging;
use snakecrate_format::entry_path::{EntryPath, RESERVED};
use snakecrate_format::listing::Item;
use snakecrate_format::manifest::{CLibrary, Component, Manifest};
use snakecrate_platform::directory::{Directory, OPEN};
use snakecrate_platform::error::ignore_existing;
use snakecrate_platform::workers::run_all;

use super::link::{Linker, winners};
use crate::c_library::elf::has_loader;
use crate::c_library::select::host_id;

/// The file that makes a directory a virtual environment.
const CONFIGURATION: &str = "pyvenv.cfg";
/// The number of files that a thread links at a time. Neighbours share a directory, so threads
/// rarely wait for each other's directories.
const CHUNK: usize = 128;
/// The length in bytes of the part of an executable that is read for its program headers.
const HEADERS: u64 = 4096;

/// Makes the environment of `manifest` in `staging`, which is later published as `envs/<key>`. All
/// components are in the cache already.
///
/// Files are hard links to those of the components. So all wheels are in one tree, and those that
/// refer to each other by relative paths work. If components share a path, the first one wins. With
/// its `own` C library, the environment gets a patched copy of the interpreter.
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
        ignore_existing(env.create(directory, OPEN))?;
    }
    let files = winners(&layers.iter().map(|layer| &layer.listing).collect::<Vec<_>>());
    let sources = layers.iter().map(|layer| Cached::open(root, &layer.component.digest.key()));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let interpreter = home.join(INTERPRETER).into_os_string().into_encoded_bytes();
    let linker = Linker::new(env, &interpreter, pulse);
    let chunks: Vec<_> = files.chunks(CHUNK).collect();
    run_all(&chunks, |(), chunk| {
        chunk.iter().try_for_each(|(layer, item)| linker.put(sources[*layer].directory(), item))
    })?;
    let mut made = Vec::new();
    let loader = put_interpreter(root, env, manifest, own, &mut made)?;
    let configuration = configuration(root, manifest)?;
    env.write_new(CONFIGURATION, &configuration, 0o444)?;
    made.push(Guard::of(CONFIGURATION, &configuration));
    let c_library = match loader {
        Some(loader) => LibcInUse::Own(loader),
        None if manifest.c_library.is_some() => LibcInUse::Hosts(host_id().unwrap_or_default()),
        None => LibcInUse::Only,
    };
    let is_loaded =
        |path: &EntryPath| env.read(path.as_path(), HEADERS).is_ok_and(|start| has_loader(&start));
    // If one layer has a directory where another has a file, the directory wins.
    let items = files.iter().map(|(_, item)| *item);
    let items: Vec<&Item> =
        items.filter(|item| !directories.contains(item.path.as_str())).collect();
    let size = |path: &EntryPath| items.iter().find(|item| item.path == *path)?.plain_size();
    let others = listings.iter().filter(|listed| !listed.component.is_layer());
    let others: Vec<_> = others.map(|listed| (listed.component, &listed.listing)).collect();
    let guards = guards::rows(manifest, &items, &others, made);
    let plan = LaunchPlan::new(manifest, &home, c_library, guards, is_loaded, size);
    env.write_new(LAUNCH, &plan.encode(), 0o444)
}

/// Puts the interpreter into the environment: a link to the runtime's, or a patched copy for its
/// `own` C library. Returns the path of that library's loader, and adds the copy's guard to `made`.
fn put_interpreter(
    root: &Root,
    env: &Directory,
    manifest: &Manifest,
    own: Option<(&CLibrary, &Component)>,
    made: &mut Vec<Guard>,
) -> io::Result<Option<PathBuf>> {
    let runtime = manifest.runtime().digest.key();
    let mut target = format!("../../../../{COMPONENTS}/{runtime}/{}", manifest.python.executable);
    let mut loader = None;
    if let Some((library, component)) = own {
        let libraries = root.path_of(COMPONENTS, component.digest.key());
        let path = libraries.join(library.loader.as_path());
        let interpreter = patched(root, manifest, library, &path)?;
        env.write_new(INTERPRETER, &interpreter, 0o555)?;
        made.push(Guard::of(INTERPRETER, &interpreter));
        target = "python3".into();
        loader = Some(path);
    } else {
        ignore_existing(env.symlink(&target, INTERPRETER))?;
    }
    for name in ["bin/python", &versioned(manifest)] {
        ignore_existing(env.symlink(&target, name))?;
    }
    Ok(loader)
}

/// The interpreter's name with its version: `bin/python3.12`.
fn versioned(manifest: &Manifest) -> String {
    let minor: Vec<_> = manifest.python.version.splitn(3, '.').take(2).collect();
    format!("bin/python{}", minor.join("."))
}

/// The contents of `pyvenv.cfg`: see <https://docs.python.org/3/library/venv.html>.
fn configuration(root: &Root, manifest: &Manifest) -> io::Result<Vec<u8>> {
    let mut home = root.path_of(COMPONENTS, manifest.runtime().digest.key());
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
