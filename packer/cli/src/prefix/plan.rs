//! The entries of a prefix: links to the launcher, its launch plan, the interpreter's names.

use snakecrate_base::tree::Content;
use snakecrate_cache::environment::plan::StartedBy;
use snakecrate_cache::environment::ready::{LAUNCHER, ReadyEntry, ReadyPlan};
use snakecrate_cache::layout::{LAUNCH, MANIFEST};
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::manifest::{Entry, Manifest, Role, Start};

use super::unpack::{C_LIBRARY, PROGRAMS, Unpacked, needs_loader};
use super::{Error, File, Group, Node, Origin, Settings};
use crate::archive::Archive;
use crate::launchers::launcher;

/// Refuses archives that cannot run from a prefix.
pub(super) fn check(archive: &Archive) -> Result<(), Error> {
    let manifest = archive.manifest();
    let path = || archive.path().to_owned();
    if manifest.role == Role::Runtime {
        return Err(Error::NoEntry(path()));
    }
    if manifest.runtime.is_some() {
        return Err(Error::NoRuntime(path()));
    }
    if manifest.entries.iter().any(|entry| entry.first_run.is_some()) {
        return Err(Error::FirstRun(path()));
    }
    Ok(())
}

/// The groups of the launcher and of the application's own files.
pub(super) fn entries(
    archive: &Archive,
    settings: Settings<'_>,
    unpacked: &Unpacked,
) -> Result<[Group; 2], Error> {
    let manifest = archive.manifest();
    let target = archive.target()?;
    let bytes = launcher(target).ok_or_else(|| Error::NoLauncher(target.name.to_owned()))?;
    let plan = plan(manifest, settings, unpacked)?;
    let (_, beside) = LAUNCHER.rsplit_once('/').unwrap_or_default();
    let to_launcher = |name: &str| File::link(format!("bin/{name}"), beside.to_owned());
    let mut files = vec![
        File::bytes(LAUNCH, false, plan.encode()),
        File::bytes(MANIFEST, false, archive.manifest_bytes()?),
    ];
    for name in ["python3", "python"] {
        files.push(if settings.own_c_library {
            to_launcher(name)
        } else {
            File::link(format!("bin/{name}"), from_bin(&manifest.python.executable))
        });
    }
    let is_itself = |entry: &ReadyEntry| {
        entry.by == StartedBy::Native && entry.path.as_str() == format!("bin/{}", entry.name)
    };
    let names = plan.entries.iter().filter(|entry| !is_itself(entry)).map(|entry| &entry.name);
    let mut names: Vec<&String> =
        names.chain(plan.programs.iter().map(|program| &program.name)).collect();
    names.sort();
    names.dedup();
    files.extend(names.into_iter().map(|name| to_launcher(name)));
    for entry in &manifest.entries {
        files.extend(moved(entry, unpacked)?);
    }
    files.retain({
        let mut seen = std::collections::HashSet::new();
        move |file| seen.insert(file.path.clone())
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let launcher = vec![File::bytes(LAUNCHER, true, bytes)];
    Ok([
        Group { origin: Origin::Launcher, files: launcher },
        Group { origin: Origin::Entries, files },
    ])
}

fn plan(
    manifest: &Manifest,
    settings: Settings<'_>,
    unpacked: &Unpacked,
) -> Result<ReadyPlan, Error> {
    let loader = manifest.c_library().filter(|_| settings.own_c_library);
    let loader = loader
        .and_then(|(library, _)| EntryPath::new(&format!("{C_LIBRARY}/{}", library.loader)).ok());
    let entries = manifest.entries.iter().map(|entry| planned(entry, loader.is_some(), unpacked));
    Ok(ReadyPlan {
        default: manifest.launch.default.clone().unwrap_or_default(),
        loader_variables: manifest.launch.loader_variables,
        interpreter: manifest.python.executable.clone(),
        options: manifest.launch.options.clone(),
        programs: unpacked.programs.clone(),
        entries: entries.collect::<Result<_, _>>()?,
        loader,
    })
}

fn planned(entry: &Entry, own: bool, unpacked: &Unpacked) -> Result<ReadyEntry, Error> {
    let name = entry.name.clone();
    let (by, path) = match &entry.start {
        Start::Python(path) => (StartedBy::Python, path.clone()),
        Start::Native(path) => {
            let moved = unpacked
                .programs
                .iter()
                .find(|program| path.parent() == Some("bin") && path.file_name() == program.name);
            match moved {
                Some(program) => (StartedBy::Loaded, program.path.clone()),
                None if own && is_loaded(path, unpacked)? => (StartedBy::Loaded, path.clone()),
                None => (StartedBy::Native, path.clone()),
            }
        }
    };
    Ok(ReadyEntry { name, by, path })
}

/// The files of an entry that runs a script at `bin/<its name>`, whose place its link needs: the script gets
/// another place, and the boot script its path.
fn moved(entry: &Entry, unpacked: &Unpacked) -> Result<Vec<File>, Error> {
    let Start::Python(boot) = &entry.start else { return Ok(vec![]) };
    let place = format!("bin/{}", entry.name);
    let is_program = unpacked.programs.iter().any(|program| program.name == entry.name);
    let script = find(&place, unpacked);
    if script.is_none() && !is_program {
        return Ok(vec![]);
    }
    let Some(Node::File { content, .. }) = find(boot.as_str(), unpacked) else { return Ok(vec![]) };
    let failed = |source| Error::Write { path: boot.as_path().to_owned(), source };
    let text = String::from_utf8_lossy(&content.read().map_err(failed)?).into_owned();
    // A boot script has the path in quotes.
    let quoted = format!("\"{place}\"");
    if !text.contains(&quoted) {
        return Ok(vec![]);
    }
    match script {
        Some(Node::File { content: content @ Content::Memory(_), .. }) => {
            let new = format!("{PROGRAMS}/{}", entry.name);
            let text = text.replace(&quoted, &format!("\"{new}\""));
            let node = Node::File { executable: true, content: content.clone() };
            Ok(vec![File::new(new, node), File::bytes(boot.as_str(), false, text)])
        }
        _ => Err(Error::Covers { entry: entry.name.clone(), program: place }),
    }
}

/// The first file at `path`, in the order of the manifest.
fn find<'a>(path: &str, unpacked: &'a Unpacked) -> Option<&'a Node> {
    let files = unpacked.groups.iter().flat_map(|group| &group.files);
    files.into_iter().find(|file| file.path == path).map(|file| &file.node)
}

fn is_loaded(path: &EntryPath, unpacked: &Unpacked) -> Result<bool, Error> {
    match find(path.as_str(), unpacked) {
        Some(Node::File { content: Content::Disk(disk), .. }) => {
            needs_loader(disk).map_err(|source| Error::Write { path: disk.clone(), source })
        }
        _ => Ok(false),
    }
}

/// The target of a link in `bin` to the file at `path`.
fn from_bin(path: &EntryPath) -> String {
    path.as_str().strip_prefix("bin/").map_or_else(|| format!("../{path}"), str::to_owned)
}
