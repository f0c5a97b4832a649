//! The files of a component, for a layer.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use snakecrate_base::tree::Content;
use snakecrate_format::listing::{Item, Mode, Node};
use snakecrate_format::manifest::Component;
use snakecrate_image as image;

use super::Error;
use super::place::{self, ENVIRONMENT, absolute};
use crate::archive::{self, Archive};
use crate::component::likeness;
use crate::wheel::SHEBANG;

/// Files of `component` below the directory of its kind, alike ones beside each other. Those in
/// `without` are left out: another component has them. The bytes of files are put into `directory`.
///
/// # Errors
///
/// The archive is damaged, or the directory cannot be written.
pub fn files(
    archive: &Archive,
    component: &Component,
    without: &HashSet<String>,
    directory: &Path,
) -> Result<Vec<image::File>, Error> {
    let listing = archive.listing(component)?;
    let staging = directory.join(component.digest.key());
    fs::create_dir_all(&staging)
        .map_err(|source| Error::Temporary { path: staging.clone(), source })?;
    let unpacked = unpack(archive, component, &staging)?;
    let mut items: Vec<&Item> = listing.items().iter().collect();
    items.sort_by_cached_key(|item| likeness(&item.path));
    let below = place::of(component.kind);
    let wanted = items.into_iter().filter(|item| !without.contains(item.path.as_str()));
    wanted.map(|item| file(item, &unpacked, below)).collect()
}

fn file(
    item: &Item,
    unpacked: &BTreeMap<String, PathBuf>,
    below: &str,
) -> Result<image::File, Error> {
    let path = format!("{below}/{}", item.path);
    let mode = match &item.node {
        Node::Link(target) => return Ok(image::File::link(path, target.as_str())),
        Node::File { mode, .. } => *mode,
    };
    let place = &unpacked[item.path.as_str()];
    if mode == Mode::Script {
        let text =
            fs::read(place).map_err(|source| Error::Temporary { path: place.clone(), source })?;
        return Ok(image::File::executable(path, script(&text)));
    }
    let node = image::Node::File {
        executable: mode.is_executable(),
        content: Content::Disk(place.clone()),
    };
    Ok(image::File { path, node })
}

/// A script of the environment's interpreter, with its path in the first line.
fn script(text: &[u8]) -> Vec<u8> {
    let rest = text.strip_prefix(SHEBANG.as_bytes()).unwrap_or(text);
    let line = format!("#!{}", absolute(&format!("{ENVIRONMENT}/bin/python3")));
    [line.as_bytes(), rest].concat()
}

/// Writes the files of `component` to `staging`, under numbers. Returns their paths by those in the
/// component.
fn unpack(
    archive: &Archive,
    component: &Component,
    staging: &Path,
) -> Result<BTreeMap<String, PathBuf>, Error> {
    let (number, all) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    archive::visit(archive, component, |path: &str, contents: &mut dyn Read| -> io::Result<()> {
        let place = staging.join(number.fetch_add(1, Ordering::Relaxed).to_string());
        io::copy(contents, &mut File::create(&place)?)?;
        all.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), place);
        Ok(())
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}
