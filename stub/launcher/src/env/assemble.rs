//! Assembling an environment in staging.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use snakecrate_cache::component::Cached;
use snakecrate_cache::environment::guards::{self, Guard};
use snakecrate_cache::environment::interpreter::patched;
use snakecrate_cache::environment::plan::{LaunchPlan, LibcInUse};
use snakecrate_cache::environment::runtime::{self, is_composed, path_from_env};
use snakecrate_cache::layout::{COMPONENTS, ENVS, INTERPRETER, LAUNCH, RUNTIME};
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

use super::link::{LINKED, Linker, fixed_directories, is_below, whole_directories, winners};
use snakecrate_cache::c_library::elf::has_loader;
use snakecrate_cache::c_library::select::host_id;

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
/// Files are hard links to those of the components, and directories that one component has alone are symbolic
/// links where it says that they may be: a hard link takes as long as a small file on many file systems. So all
/// wheels are in one tree, and those that refer to each other by relative paths work. If components share a
/// path, the first one wins. With its `own` C library, the environment gets a patched copy of the interpreter.
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
    let interpreter = home.join(INTERPRETER).into_os_string().into_encoded_bytes();
    let layers: Vec<_> = listings.iter().filter(|l| l.component.is_layer()).collect();
    let always = [RESERVED, "bin"];
    for directory in always {
        ignore_existing(env.create(directory, OPEN))?;
    }
    let tree = Tree { root, interpreter: &interpreter, pulse };
    let listings_of_layers: Vec<_> = layers.iter().map(|one| &one.listing).collect();
    let whole = whole_directories(&listings_of_layers, &|layer, directory| {
        layers[layer].component.may_be_link(directory)
    });
    let (mut directories, files) = tree.link(env, "", &layers, &whole)?;
    directories.extend(always);
    if is_composed(manifest) {
        let of_runtime: Vec<_> = listings.iter().filter(|l| l.component.is_of_runtime()).collect();
        let listings: Vec<_> = of_runtime.iter().map(|one| &one.listing).collect();
        let fixed = fixed_directories(&listings);
        let whole = whole_directories(&listings, &|_, directory| !fixed.contains(directory));
        env.create(RUNTIME, OPEN)?;
        tree.link(&env.open_in(RUNTIME)?, RUNTIME, &of_runtime, &whole)?;
    }
    let runtime = runtime::path(root, manifest, key);
    let mut made = Vec::new();
    let loader = put_interpreter(root, env, manifest, own, &runtime, &mut made)?;
    let configuration = configuration(manifest, &runtime)?;
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
    let others = listings.iter().filter(|listed| !listed.component.is_layer());
    let others: Vec<_> = others.map(|listed| (listed.component, &listed.listing)).collect();
    let guards = guards::rows(manifest, &items, &others, made);
    let plan = LaunchPlan::new(manifest, &home, c_library, guards, is_loaded, &items);
    env.write_new(LAUNCH, &plan.encode(), 0o444)
}

/// Makes trees of links to the files of components.
struct Tree<'a> {
    root: &'a Root,
    /// The path of the environment's interpreter.
    interpreter: &'a [u8],
    pulse: &'a Pulse<'a>,
}

/// A tree's directories, and its files, each with the index of its component.
type Names<'c> = (BTreeSet<&'c str>, Vec<(usize, &'c Item)>);

impl Tree<'_> {
    /// Links the files of `components` into `to`, which is at the path `at` in the environment. Directories
    /// that are `whole` are links to those of their components.
    fn link<'c>(
        &self,
        to: &Directory,
        at: &str,
        components: &[&'c Listed<'_>],
        whole: &[(&'c str, usize)],
    ) -> io::Result<Names<'c>> {
        let mut left_out = BTreeSet::new();
        left_out.extend(whole.iter().map(|(directory, _)| *directory));
        let all = components.iter().flat_map(|one| one.listing.directories());
        let mut directories = BTreeSet::new();
        directories.extend(all.filter(|directory| !is_below(&left_out, directory)));
        for directory in &directories {
            ignore_existing(to.create(directory, OPEN))?;
        }
        let depth = at.split('/').filter(|name| !name.is_empty()).count();
        for (directory, owner) in whole {
            let up = "../".repeat(depth + directory.matches('/').count());
            let component = guards::path_from_env(components[*owner].component);
            to.symlink(&format!("{up}{component}/{directory}"), directory)?;
        }
        let files = winners(&components.iter().map(|one| &one.listing).collect::<Vec<_>>());
        let is_own = |(_, item): &&(usize, &Item)| !is_below(&left_out, item.path.as_str());
        let own: Vec<&(usize, &Item)> = files.iter().filter(is_own).collect();
        self.pulse.add(LINKED.saturating_mul((files.len() - own.len()) as u64));
        let open = |one: &&Listed<'_>| Cached::open(self.root, &one.component.digest.key());
        let sources = components.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        let linker = Linker::new(to, self.interpreter, self.pulse);
        let chunks: Vec<_> = own.chunks(CHUNK).collect();
        run_all(&chunks, |(), chunk| {
            chunk.iter().try_for_each(|(from, item)| linker.put(sources[*from].directory(), item))
        })?;
        directories.extend(left_out);
        Ok((directories, files))
    }
}

/// Puts the interpreter into the environment: a link to the runtime's, or a patched copy for its
/// `own` C library, which runs from the tree at `runtime`. Returns the path of that library's loader, and
/// adds the copy's guard to `made`.
fn put_interpreter(
    root: &Root,
    env: &Directory,
    manifest: &Manifest,
    own: Option<(&CLibrary, &Component)>,
    runtime: &Path,
    made: &mut Vec<Guard>,
) -> io::Result<Option<PathBuf>> {
    let mut target = format!("../{}/{}", path_from_env(manifest), manifest.python.executable);
    let mut loader = None;
    if let Some((library, component)) = own {
        let libraries = root.path_of(COMPONENTS, component.digest.key());
        let path = libraries.join(library.loader.as_path());
        let interpreter = patched(root, manifest, library, runtime, &path)?;
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

/// The interpreter's name with its version: `bin/python3.12`, `bin/python3.13t`.
fn versioned(manifest: &Manifest) -> String {
    format!("bin/{}", manifest.python.executable.file_name())
}

/// The contents of `pyvenv.cfg`, for the runtime's tree at `runtime`: see <https://docs.python.org/3/library/venv.html>.
fn configuration(manifest: &Manifest, runtime: &Path) -> io::Result<Vec<u8>> {
    let mut home = runtime.to_owned();
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
