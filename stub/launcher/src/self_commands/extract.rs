//! `extract`: write the components as ordinary files, with a directory for each component.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use snakecrate_cache::extract::{ExtractError, extract};
use snakecrate_cache::listed::Listed;
use snakecrate_cache::progress::Phase;
use snakecrate_cache::signs_of_life::Pulse;
use snakecrate_cache::space;
use snakecrate_format::entry_path::RESERVED;
use snakecrate_format::listing::Node;
use snakecrate_format::manifest::Component;
use snakecrate_platform::directory::Directory;
use snakecrate_platform::tree;

use super::invocation::Invocation;
use super::report::print;
use crate::error::Error;
use crate::progress::with_progress;

pub fn run(invocation: &Invocation<'_>) -> Result<i32, Error> {
    let to = match invocation.arguments {
        [] => return Err(Error::NoDirectory),
        [to] => std::path::absolute(to).map_err(|source| failed(to.as_ref())(source))?,
        [_, second, ..] => return Err(Error::Argument(second.clone())),
    };
    let occupied = fs::read_dir(&to).map(|mut names| names.next().is_some());
    match occupied {
        Ok(false) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Ok(true) => return Err(failed(&to)(ErrorKind::DirectoryNotEmpty.into())),
        Err(source) => return Err(failed(&to)(source)),
    }
    let mut name = OsString::from(".");
    name.push(to.file_name().unwrap_or_default());
    name.push(format!(".{}.snakecrate-tmp", std::process::id()));
    let aside = to.with_file_name(&name);
    fs::create_dir(&aside).map_err(failed(&to))?;
    let done = write(invocation, &aside, &to);
    if done.is_err()
        && let Some(Ok(parent)) = aside.parent().map(Directory::open)
    {
        let _ = tree::remove(&parent, &name);
    }
    done?;
    print(format!("{}: {} components\n", to.display(), invocation.manifest.components.len()))?;
    Ok(0)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |source| Error::Extract { path: path.clone(), source }
}

fn write(invocation: &Invocation<'_>, aside: &Path, to: &Path) -> Result<(), Error> {
    let all: Vec<&Component> = invocation.manifest.components.iter().collect();
    let listings = Listed::all(&invocation.payload, &all)?;
    let into = Directory::open(aside).map_err(failed(to))?;
    let extracted = with_progress(&invocation.manifest.name, false, |progress| {
        progress.begin(Phase::Unpacking, space::bytes(all.iter().copied()), 0);
        let all = listings.iter().collect::<Vec<_>>();
        extract(&invocation.payload, &all, &into, &Pulse::new(progress, None))
    });
    extracted.map_err(|error| match error {
        ExtractError::Payload(error) => error.into(),
        ExtractError::Write(error) => failed(to)(error),
    })?;
    for listed in &listings {
        make_ordinary(&into, listed).map_err(failed(to))?;
    }
    fs::rename(aside, to).map_err(failed(to))
}

/// Gives a component's directory its readable name, removes the files that only the cache needs,
/// and makes the others writable.
fn make_ordinary(into: &Directory, listed: &Listed<'_>) -> io::Result<()> {
    let name = listed.component.label();
    into.rename(listed.component.digest.key(), into, &name)?;
    let directory = into.open_in(&name)?;
    tree::remove(&directory, RESERVED)?;
    for item in listed.listing.items() {
        if let Node::File { mode, .. } = &item.node {
            let mode = if mode.is_executable() { 0o755 } else { 0o644 };
            directory.set_mode(item.path.as_path(), mode)?;
        }
    }
    Ok(())
}
