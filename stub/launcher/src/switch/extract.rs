//! `extract`: the components as ordinary files, one directory each.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode};

use super::{Switch, print};
use crate::cache::pulse::Pulse;
use crate::cache::remove::remove_tree;
use crate::cache::root::open_directory;
use crate::error::Error;
use crate::extract::{Failure, Listed, extract};
use crate::progress::{Phase, Progress};
use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::Node;
use snakecrate_format::manifest::Component;

pub(super) fn run(switch: &Switch<'_>) -> Result<i32, Error> {
    let to = match switch.arguments {
        [] => return Err(Error::NoDirectory),
        [to] => std::path::absolute(to).map_err(|source| failed(to.as_ref())(source))?,
        [_, second, ..] => return Err(Error::Argument(second.clone())),
    };
    let occupied = fs::read_dir(&to).map(|mut names| names.next().is_some());
    match occupied {
        Ok(false) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Ok(true) => return Err(failed(&to)(io::ErrorKind::DirectoryNotEmpty.into())),
        Err(source) => return Err(failed(&to)(source)),
    }
    let mut name = OsString::from(".");
    name.push(to.file_name().unwrap_or_default());
    name.push(format!(".{}.snakecrate-tmp", std::process::id()));
    let aside = to.with_file_name(name);
    fs::create_dir(&aside).map_err(failed(&to))?;
    let done = write(switch, &aside, &to);
    if done.is_err() {
        let _ = remove_tree(CWD, &aside);
    }
    done?;
    print(format!("{}: {} components\n", to.display(), switch.manifest.components.len()))?;
    Ok(0)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Extract { path: path.clone(), source }
}

fn write(switch: &Switch<'_>, aside: &Path, to: &Path) -> Result<(), Error> {
    let all: Vec<&Component> = switch.manifest.components.iter().collect();
    let listings = Listed::all(&switch.payload, &all)?;
    let into = open_directory(CWD, aside).map_err(io::Error::from).map_err(failed(to))?;
    let all = listings.iter().collect::<Vec<_>>();
    let extracted = Progress::shown(&switch.manifest.name, |progress| {
        progress
            .begin(Phase::Unpacking, listings.iter().map(|listed| listed.component.bytes).sum());
        extract(&switch.payload, &all, &into, &Pulse::new(progress, None))
    });
    extracted.map_err(|failure| match failure {
        Failure::Payload(error) => error.into(),
        Failure::Write(errno) => failed(to)(errno.into()),
    })?;
    for listed in &listings {
        ordinary(&into, listed).map_err(io::Error::from).map_err(failed(to))?;
    }
    fs::rename(aside, to).map_err(failed(to))
}

/// What is the cache's own goes, and files may be written to.
fn ordinary(into: &std::os::fd::OwnedFd, listed: &Listed<'_>) -> Result<(), rustix::io::Errno> {
    let folder = listed.component.folder();
    let name = folder.rsplit('/').next().unwrap_or(&folder);
    rustix::fs::renameat(into, listed.component.digest.key(), into, name)?;
    let directory = open_directory(into, name)?;
    remove_tree(&directory, RESERVED)?;
    for item in listed.listing.items() {
        if let Node::File { mode, .. } = &item.node {
            let mode = if mode.is_executable() { 0o755 } else { 0o644 };
            rustix::fs::chmodat(
                &directory,
                item.path.as_str(),
                Mode::from(mode),
                AtFlags::empty(),
            )?;
        }
    }
    Ok(())
}
