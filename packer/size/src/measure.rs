//! Measures an archive.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use snakecrate_format::listing::{Item, Listing, Mode, Node};
use snakecrate_format::manifest::{Component, MAIN_MEMBER, MEMBER, Manifest};
use snakecrate_format::payload::Payload;

use crate::Error;
use crate::blob::{self, Found, InPack};
use crate::classify::FileKind;
use crate::count::{Counts, Modules};
use crate::duplicates::{self, Copy};
use crate::members::{self, Members};
use crate::report::{DirectoryRow, FileRow, KindRow, Measured, Part, Row, Share};

/// An open archive.
#[derive(Debug, Clone, Copy)]
pub struct Opened<'a> {
    /// Its path, for messages.
    pub path: &'a Path,
    /// The length of the file in bytes.
    pub length: u64,
    /// Its payload.
    pub payload: &'a Payload,
    /// Its manifest.
    pub manifest: &'a Manifest,
}

/// Measures `archive`. Every blob is decoded and checked.
///
/// # Errors
///
/// The archive cannot be read or is damaged.
pub fn measure(archive: Opened<'_>) -> Result<Measured, Error> {
    let Opened { path, length, payload, manifest } = archive;
    let end = payload.record().archive_length;
    let members = std::io::BufReader::new(payload.section(0, end));
    let members = members::read(path, members, manifest.stub.length, end)?;
    let listings: Vec<Listing> = manifest
        .components
        .par_iter()
        .map(|component| payload.listing(component).map_err(|error| Error::of(path, error)))
        .collect::<Result<_, _>>()?;
    let files: Vec<Vec<FileRow>> = manifest
        .components
        .par_iter()
        .zip(&listings)
        .map(|(component, listing)| files(archive, component, listing))
        .collect::<Result<_, _>>()?;
    let counts = counts(manifest, &files);
    let parts = parts(archive, &members, &files);
    let copies = listings.iter().zip(&files).flat_map(|(listing, files)| copies(listing, files));
    let duplicates = duplicates::find(copies);
    let mut files: Vec<FileRow> = files.into_iter().flatten().collect();
    files.sort_by(|a, b| (&a.component, &a.path).cmp(&(&b.component, &b.path)));
    Ok(Measured {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        target: manifest.target.clone(),
        packed: length,
        unpacked: manifest.components.iter().map(|component| component.bytes).sum(),
        counts,
        kinds: kinds(&parts, &files, length),
        directories: directories(&files, length),
        parts,
        duplicates,
        files,
    })
}

/// The files of a component, in the order of its listing; behind them the modules in its packs.
fn files(
    archive: Opened<'_>,
    component: &Component,
    listing: &Listing,
) -> Result<Vec<FileRow>, Error> {
    let damaged = |what: String| Error::Damaged { path: archive.path.to_owned(), what };
    let blobs: Vec<Vec<Found>> = (0..component.blobs.len())
        .into_par_iter()
        .map(|index| blob::weigh(archive.payload, component, index))
        .collect::<Result<_, _>>()
        .map_err(|error| Error::of(archive.path, error))?;
    let label = component.label();
    let mut found: BTreeMap<String, (Found, bool)> = BTreeMap::new();
    // The modules in packs, and what they leave of the bytes of each.
    let (mut modules, mut in_packs) = (Vec::new(), BTreeMap::<String, u64>::new());
    for blob in blobs {
        let is_solid = blob.len() > 1;
        for file in blob {
            let Some(InPack { pack, unpacked }) = file.packed_with else {
                found.insert(file.path.clone(), (file, is_solid));
                continue;
            };
            *in_packs.entry(pack.clone()).or_default() += unpacked;
            modules.push(FileRow {
                component: label.clone(),
                path: file.path,
                kind: file.class.kind,
                packed: file.packed,
                estimated: true,
                unpacked,
                library: false,
                executable: false,
                pack: Some(pack),
            });
        }
    }
    let file = |item: &Item| {
        let path = item.path.as_str();
        let (file, estimated) = found
            .remove(path)
            .ok_or_else(|| damaged(format!("{label}: `{path}` is in no blob")))?;
        let (unpacked, mode) = match item.node {
            Node::File { size, mode, .. } => {
                let of_modules = in_packs.get(path).copied().unwrap_or_default();
                (size.saturating_sub(of_modules), Some(mode))
            }
            Node::Link(_) => (0, None),
        };
        let is_executable = mode.is_some_and(Mode::is_executable);
        Ok(FileRow {
            component: label.clone(),
            path: path.to_owned(),
            kind: file.class.kind,
            packed: file.packed,
            estimated,
            unpacked,
            library: file.class.is_library,
            executable: is_executable && file.class.is_program,
            pack: None,
        })
    };
    let files = listing.items().iter().map(file).chain(modules.into_iter().map(Ok));
    files.collect()
}

/// The rows for all bytes of the file.
fn parts(archive: Opened<'_>, members: &Members, files: &[Vec<FileRow>]) -> Vec<Row> {
    let Opened { length, payload, manifest, .. } = archive;
    let sum = |belongs: &dyn Fn(&str) -> bool| {
        members.all.iter().filter(|one| belongs(&one.name)).map(|one| one.length).sum::<u64>()
    };
    let row = |part, name: &str, packed, unpacked, files| Row {
        part,
        kind: None,
        name: name.to_owned(),
        version: None,
        bytes: Share { packed, unpacked, files, ..Share::default() }.within(length),
    };
    let stub = manifest.stub.length;
    let mut rows = vec![row(Part::Launcher, "launcher", stub, stub, 0)];
    for (component, files) in manifest.components.iter().zip(files) {
        let folder = format!("{}/", component.folder());
        let packed = sum(&|name| name.starts_with(&folder));
        let files = files.iter().filter(|file| file.pack.is_none()).count() as u64;
        rows.push(Row {
            kind: Some(component.kind),
            version: Some(component.version.clone()),
            ..row(Part::Component, &component.name, packed, component.bytes, files)
        });
    }
    let is_manifest = |name: &str| name == MEMBER || name == MAIN_MEMBER;
    let attachments = sum(&|name| !name.starts_with("components/") && !is_manifest(name));
    if attachments > 0 {
        let unpacked = manifest.attachments.iter().map(|one| one.bytes).sum();
        let count = manifest.attachments.len() as u64;
        rows.push(row(Part::Attachments, "attachments", attachments, unpacked, count));
    }
    let packed = sum(&is_manifest);
    rows.push(row(Part::Manifest, "manifest", packed, payload.record().manifest_length, 0));
    rows.push(row(Part::Directory, "zip directory", members.directory, 0, 0));
    let appended = length - payload.record().archive_length;
    if appended > 0 {
        rows.push(row(Part::Appended, "appended", appended, appended, 0));
    }
    rows
}

/// The bytes of all kinds: those of files, and the rest of each part.
fn kinds(parts: &[Row], files: &[FileRow], length: u64) -> Vec<KindRow> {
    let mut sums: BTreeMap<FileKind, Share> = BTreeMap::new();
    for file in files {
        sums.entry(file.kind).or_default().add(file);
    }
    for row in parts {
        let kind = match row.part {
            Part::Launcher => FileKind::Launcher,
            _ => FileKind::Archive,
        };
        let sum = sums.entry(kind).or_default();
        sum.packed += row.bytes.packed;
        if row.part != Part::Component {
            sum.unpacked += row.bytes.unpacked;
            sum.files += row.bytes.files;
        }
    }
    // Blobs are counted by their files.
    let of_files: u64 = files.iter().map(|file| file.packed).sum();
    if let Some(own) = sums.get_mut(&FileKind::Archive) {
        own.packed -= of_files;
    }
    let row = |kind| {
        let bytes = sums.get(&kind)?.within(length);
        Some(KindRow { kind, bytes })
    };
    FileKind::ALL.into_iter().filter_map(row).collect()
}

/// The directories of all components.
fn directories(files: &[FileRow], length: u64) -> Vec<DirectoryRow> {
    let mut sums: BTreeMap<(&str, &str), Share> = BTreeMap::new();
    for file in files {
        let ends = file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
        for directory in ends {
            sums.entry((&file.component, directory)).or_default().add(file);
        }
    }
    let row = |((component, path), bytes): ((&str, &str), Share)| DirectoryRow {
        component: component.to_owned(),
        path: path.to_owned(),
        bytes: bytes.within(length),
    };
    sums.into_iter().map(row).collect()
}

fn counts(manifest: &Manifest, files: &[Vec<FileRow>]) -> Counts {
    let mut modules = Modules::default();
    let mut counts = Counts { components: manifest.components.len(), ..Counts::default() };
    for file in files.iter().flatten() {
        let is_module = modules.add(&file.path);
        counts.files += usize::from(file.pack.is_none());
        counts.native_libraries += usize::from(file.library);
        counts.extension_modules += usize::from(file.library && is_module);
        counts.executables += usize::from(file.executable);
    }
    counts.modules = modules.count();
    counts
}

/// The files of a component with their digests.
fn copies<'a>(listing: &Listing, files: &'a [FileRow]) -> Vec<Copy<'a>> {
    let copy = |(item, file): (&Item, &'a FileRow)| match item.node {
        Node::File { digest, size, .. } => Some(Copy {
            component: &file.component,
            path: &file.path,
            digest,
            unpacked: size,
            packed: file.packed,
        }),
        Node::Link(_) => None,
    };
    listing.items().iter().zip(files).filter_map(copy).collect()
}
