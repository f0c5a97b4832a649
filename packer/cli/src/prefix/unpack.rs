//! The files of an archive's components at their places in a prefix.

use std::fs::{self, File as SystemFile};
use std::io::{self, Read as _};
use std::path::Path;

use snakecrate_base::tree::Content;
use snakecrate_base::ui::Ui;
use snakecrate_cache::c_library::elf::has_loader;
use snakecrate_cache::environment::ready::Program;
use snakecrate_format::entry_path::EntryPath;
use snakecrate_format::listing::{Item, Mode, Node as Listed};
use snakecrate_format::manifest::{Component, Kind};

use super::scripts::with_interpreter;
use super::{Error, File, Group, Node, Origin, Settings, debian};
use crate::archive::{self, Archive};

/// The directory of the prefix's own C library.
pub(super) const C_LIBRARY: &str = "libc";
/// The directory of executables and scripts whose place in `bin` a link to the launcher has.
pub(super) const PROGRAMS: &str = "libexec";
/// The length in bytes of the part of an executable that is read for its program headers.
const HEADERS: u64 = 4096;

/// Groups, and what the launch plan has to know about them.
pub(super) struct Unpacked {
    pub(super) groups: Vec<Group>,
    /// Executables that only the prefix's own loader can start.
    pub(super) programs: Vec<Program>,
}

/// Writes the components that `settings` need to `<directory>/<label>/`.
pub(super) fn unpack(
    archive: &Archive,
    settings: Settings<'_>,
    directory: &Path,
    ui: Ui,
) -> Result<Unpacked, Error> {
    let is_used =
        |component: &&Component| component.kind != Kind::CLibrary || settings.own_c_library;
    let components: Vec<Component> =
        archive.manifest().components.iter().filter(is_used).cloned().collect();
    let listings = archive::unpack(archive, &components, directory, ui)?;
    let mut programs = Vec::new();
    let mut groups = Vec::new();
    for (component, listing) in components.into_iter().zip(listings) {
        let from = directory.join(component.label());
        let mut files = Vec::new();
        for item in listing.items() {
            files.push(place(&component, item, &from, settings, &mut programs)?);
        }
        if component.kind == Kind::Runtime {
            files.push(debian::path_file(&archive.manifest().python.version));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        groups.push(Group { origin: Origin::Component(component.into()), files });
    }
    Ok(Unpacked { groups, programs })
}

/// The file of a component's `item`, which is below `from`.
fn place(
    component: &Component,
    item: &Item,
    from: &Path,
    settings: Settings<'_>,
    programs: &mut Vec<Program>,
) -> Result<File, Error> {
    let source = from.join(item.path.as_path());
    let failed = |source_error| Error::Write { path: source.clone(), source: source_error };
    let mut path = match component.kind {
        Kind::CLibrary => format!("{C_LIBRARY}/{}", item.path),
        _ => item.path.to_string(),
    };
    let node = match &item.node {
        Listed::Link(target) => Node::Link(target.as_str().to_owned()),
        Listed::File { mode: Mode::Script, .. } => {
            let script = fs::read(&source).map_err(failed)?;
            let script = with_interpreter(&script, settings.place);
            Node::File { executable: true, content: Content::from(script) }
        }
        Listed::File { mode, .. } => {
            if settings.own_c_library
                && component.is_layer()
                && *mode == Mode::Executable
                && item.path.parent() == Some("bin")
                && needs_loader(&source).map_err(failed)?
            {
                let name = item.path.file_name().to_owned();
                path = format!("{PROGRAMS}/{name}");
                if let Ok(path) = EntryPath::new(&path) {
                    programs.push(Program { name, path });
                }
            }
            Node::File { executable: mode.is_executable(), content: Content::Disk(source) }
        }
    };
    Ok(File::new(path, node))
}

/// Whether the kernel starts the executable at `path` by a loader.
pub(super) fn needs_loader(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    SystemFile::open(path)?.take(HEADERS).read_to_end(&mut start)?;
    Ok(has_loader(&start))
}
