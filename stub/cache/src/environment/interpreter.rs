//! The interpreter of an environment that uses its own C library.

use std::io;
use std::path::Path;

use snakecrate_format::manifest::{CLibrary, Manifest};
use snakecrate_format::patch_area;

use crate::component::Cached;
use crate::root::Root;

/// The longest executable of an interpreter, in bytes. Without a separate libpython it contains the
/// whole interpreter.
pub const MAX_INTERPRETER: u64 = 256 << 20;

/// The bytes of the runtime's interpreter, with the paths of this cache in its patch area. `runtime` is
/// the absolute path of the tree that it runs from, and `loader` that of the loader of `library`.
pub fn patched(
    root: &Root,
    manifest: &Manifest,
    library: &CLibrary,
    runtime: &Path,
    loader: &Path,
) -> io::Result<Vec<u8>> {
    let cached = Cached::open(root, &manifest.runtime().digest.key())?;
    let executable = manifest.python.executable.as_path();
    let mut bytes = cached.directory().read(executable, MAX_INTERPRETER)?;
    let libraries = [Some(&*runtime.join("lib")), loader.parent()];
    let search = libraries.into_iter().flatten().map(|path| path.as_os_str().as_encoded_bytes());
    let search = search.collect::<Vec<_>>().join(&b':');
    let loader = loader.as_os_str().as_encoded_bytes();
    patch_area::fill(&mut bytes, loader, &search, &library.first).map_err(io::Error::other)?;
    Ok(bytes)
}
