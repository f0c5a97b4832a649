//! `.tar.gz` files: the archive with its mode, and what desktops need, in the layout of a prefix such as
//! `~/.local` or `/usr/local`.
//!
//! ```text
//! NAME-VERSION/INSTALL.txt
//!              bin/NAME                    the archive; links of its other commands
//!              share/applications/…        likewise icons, types of documents, manual pages, completions
//! ```

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

use super::contents::{self, shared};
use super::file::{Content, Contents};
use super::{Error, Format, Package};

/// The compression of the files: the archive is compressed already.
const LEVEL: Compression = Compression::new(6);

/// Writes `package` to `file`. `out` is its name in messages.
pub(super) fn write(package: &Package, file: &mut File, out: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: out.to_owned(), source };
    let gzip = GzBuilder::new().write(BufWriter::new(file), LEVEL);
    let mut tar = tar::Builder::new(gzip);
    let contents = files(package);
    let mut paths: Vec<(String, Option<&Content>)> =
        contents::directories(&contents).into_iter().map(|path| (path + "/", None)).collect();
    paths.extend(contents.iter().map(|(path, content)| (path.clone(), Some(content))));
    paths.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, content) in paths {
        add(&mut tar, &path, content, package.date.0).map_err(failed)?;
    }
    tar.into_inner().and_then(|gzip| gzip.finish()?.flush()).map_err(failed)
}

/// The files by their paths in the tar file.
fn files(package: &Package) -> Contents {
    let root = format!("{}-{}", package.name, package.version);
    let mut all = Contents::new();
    let archive = Content::Disk { executable: true, path: package.archive.clone() };
    all.insert(format!("{root}/bin/{}", package.name), archive);
    for command in package.commands.iter().filter(|command| **command != package.name) {
        all.insert(format!("{root}/bin/{command}"), Content::Link(package.name.clone()));
    }
    // The prefix's `bin` is on the `PATH`; its own place isn't known.
    for (path, bytes) in package.desktop_files(&package.name) {
        all.insert(format!("{root}/share/{path}"), Content::Bytes(bytes));
    }
    for (path, content) in shared(package, Format::Tar) {
        let path = path.strip_prefix("usr/").unwrap_or(&path).to_owned();
        all.insert(format!("{root}/{path}"), content);
    }
    all.insert(format!("{root}/INSTALL.txt"), Content::Bytes(hint(package).into()));
    all
}

/// What a person does with the files.
fn hint(package: &Package) -> String {
    let Package { name, version, summary, .. } = package;
    let menu = if package.files.desktop.is_empty() {
        String::new()
    } else {
        format!(
            "Add it to the menu of your desktop, from where it is now; desktop-remove removes it again:\n\n    \
             SNAKECRATE=desktop-install bin/{name}\n\n"
        )
    };
    let both = if package.files.desktop.is_empty() && package.files.shared.is_empty() {
        "bin"
    } else {
        "bin share"
    };
    format!(
        "{name} {version}: {summary}\n\n\
         bin/{name} is one executable file with its own Python and all libraries. Start it:\n\n    bin/{name}\n\n\
         {menu}Or copy everything to its place, for yourself or, as root, to /usr/local for all users:\n\n    \
         mkdir -p ~/.local && cp -R {both} ~/.local/\n\n\
         Before you delete it, remove what it has unpacked:\n\n    SNAKECRATE=uninstall bin/{name}\n"
    )
}

fn add<W: Write>(
    tar: &mut tar::Builder<W>,
    path: &str,
    content: Option<&Content>,
    date: u32,
) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mtime(date.into());
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    let mut of_bytes = |header: &mut Header, mode, length, bytes: &mut dyn Read| {
        header.set_mode(mode);
        header.set_size(length);
        tar.append_data(header, path, bytes)
    };
    match content {
        None => {
            header.set_entry_type(EntryType::Directory);
            of_bytes(&mut header, 0o755, 0, &mut io::empty())
        }
        Some(Content::Bytes(bytes)) => {
            of_bytes(&mut header, 0o644, bytes.len() as u64, &mut &bytes[..])
        }
        Some(Content::Program(bytes)) => {
            of_bytes(&mut header, 0o755, bytes.len() as u64, &mut &bytes[..])
        }
        Some(Content::Disk { executable, path }) => {
            let file = File::open(path)?;
            let length = file.metadata()?.len();
            let mode = if *executable { 0o755 } else { 0o644 };
            of_bytes(&mut header, mode, length, &mut BufReader::new(file))
        }
        Some(Content::Link(target)) => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            tar.append_link(&mut header, path, target)
        }
    }
}
