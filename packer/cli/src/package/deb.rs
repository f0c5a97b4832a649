//! Debian packages: deb(5), deb-control(5).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use md5::{Digest as _, Md5};
use tar::{EntryType, Header};

use super::contents;
use super::file::{Content, Contents};
use super::scripts::Debian;
use super::text::continued;
use super::{Error, Format, Package, version};

/// The compression of the files. The archive is compressed already, and higher levels save nothing; the
/// fastest one makes it 4 % larger.
const LEVEL: Compression = Compression::new(6);

/// Writes `package` to `file`. `out` is its name in messages.
pub(super) fn write(package: &Package, file: &mut File, out: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: out.to_owned(), source };
    let maintainer = package.maintainer.as_ref();
    let maintainer = maintainer.ok_or_else(|| Error::NoMaintainer(package.name.clone()))?;
    let contents = contents::of(package, Format::Deb);
    let mut data =
        tempfile::tempfile_in(out.parent().filter(|path| path.is_dir()).unwrap_or(Path::new(".")))
            .map_err(failed)?;
    let sums = write_data(package, &contents, &mut data).map_err(failed)?;
    let control = control(package, &maintainer.to_string(), sums.kibibytes);
    let control = control_tar(package, &control, &sums.text).map_err(failed)?;
    let time = package.date.0;
    let mut write = || -> io::Result<()> {
        let mut ar = ar::Builder::new(BufWriter::new(&mut *file));
        let mut add = |name: &str, length: u64, contents: &mut dyn Read| {
            let mut header = ar::Header::new(name.into(), length);
            header.set_mode(0o100_644);
            header.set_mtime(time.into());
            ar.append(&header, contents)
        };
        add("debian-binary", 4, &mut &b"2.0\n"[..])?;
        add("control.tar.gz", control.len() as u64, &mut &control[..])?;
        let length = data.seek(SeekFrom::End(0))?;
        data.rewind()?;
        add("data.tar.gz", length, &mut data)?;
        ar.into_inner()?.flush()
    };
    write().map_err(failed)
}

/// `control`, whose fields have one line each but for the description.
fn control(package: &Package, maintainer: &str, kibibytes: u64) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        let written = writeln!(text, "{name}: {value}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    };
    field("Package", &package.name);
    field("Version", &version::debian(&package.version, package.release));
    field("Architecture", Format::Deb.processor(package.target));
    field("Maintainer", maintainer);
    field("Installed-Size", &kibibytes.to_string());
    if let Some((major, minor)) = package.glibc {
        field("Depends", &format!("libc6 (>= {major}.{minor})"));
    }
    field("Section", &package.section);
    field("Priority", &package.priority);
    if let Some(homepage) = &package.homepage {
        field("Homepage", homepage);
    }
    field("Description", &package.summary);
    text + &continued(&package.description())
}

/// Digests of files, and the room that they take.
struct Sums {
    text: String,
    kibibytes: u64,
}

/// Writes `data.tar.gz`.
fn write_data(package: &Package, contents: &Contents, out: &mut File) -> io::Result<Sums> {
    let date = package.date.0;
    let mut tar = tar::Builder::new(compressed(BufWriter::new(out), LEVEL));
    let mut sums = Sums { text: String::new(), kibibytes: 0 };
    let mut entries: Vec<(String, Option<&Content>)> = vec![(String::new(), None)];
    entries.extend(contents::directories(contents).into_iter().map(|path| (path, None)));
    entries.extend(contents.iter().map(|(path, content)| (path.clone(), Some(content))));
    entries.sort_by(|a, b| a.0.cmp(&b.0));
    for (path, content) in entries {
        let mut header = Header::new_gnu();
        header.set_mtime(date.into());
        let mut summed =
            |contents: &mut dyn Read, header: &mut Header, tar: &mut tar::Builder<_>| {
                let mut reader = Summed { inner: contents, sum: Md5::new(), length: 0 };
                append(tar, header, &path, &mut reader)?;
                for byte in reader.sum.finalize() {
                    let _ = write!(sums.text, "{byte:02x}");
                }
                let _ = writeln!(sums.text, "  {path}");
                sums.kibibytes += reader.length.div_ceil(1024);
                io::Result::Ok(())
            };
        match content {
            None => {
                header.set_entry_type(EntryType::Directory);
                header.set_mode(0o755);
                header.set_size(0);
                append(&mut tar, &mut header, &format!("{path}/"), &mut io::empty())?;
                sums.kibibytes += 1;
            }
            Some(Content::Link(target)) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
                header.set_size(0);
                header.set_link_name(target)?;
                append(&mut tar, &mut header, &path, &mut io::empty())?;
                sums.kibibytes += 1;
            }
            Some(Content::Bytes(bytes)) => {
                header.set_mode(0o644);
                header.set_size(bytes.len() as u64);
                summed(&mut &bytes[..], &mut header, &mut tar)?;
            }
            Some(Content::Program(bytes)) => {
                header.set_mode(0o755);
                header.set_size(bytes.len() as u64);
                summed(&mut &bytes[..], &mut header, &mut tar)?;
            }
            Some(Content::Disk { executable, path }) => {
                let file = File::open(path)?;
                header.set_mode(if *executable { 0o755 } else { 0o644 });
                header.set_size(file.metadata()?.len());
                summed(&mut BufReader::new(file), &mut header, &mut tar)?;
            }
        }
    }
    tar.into_inner()?.finish()?.flush()?;
    Ok(sums)
}

/// The control archive.
fn control_tar(package: &Package, control: &str, sums: &str) -> io::Result<Vec<u8>> {
    let mut files: Vec<(&str, u32, String)> =
        vec![("control", 0o644, control.to_owned()), ("md5sums", 0o644, sums.to_owned())];
    if let Some(Debian { postinst, prerm, postrm }) = Debian::of(package) {
        let scripts = [("postinst", postinst), ("prerm", prerm), ("postrm", postrm)];
        files.extend(scripts.map(|(name, text)| (name, 0o755, text)));
    }
    files.sort();
    let mut tar = tar::Builder::new(compressed(Vec::new(), Compression::best()));
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Directory);
    header.set_mode(0o755);
    header.set_size(0);
    header.set_mtime(package.date.0.into());
    append(&mut tar, &mut header, "", &mut io::empty())?;
    for (name, mode, text) in files {
        let mut header = Header::new_gnu();
        header.set_mtime(package.date.0.into());
        header.set_mode(mode);
        header.set_size(text.len() as u64);
        append(&mut tar, &mut header, name, &mut text.as_bytes())?;
    }
    tar.into_inner()?.finish()
}

/// A gzip stream that names no file and no time.
fn compressed<W: Write>(out: W, level: Compression) -> GzEncoder<W> {
    GzBuilder::new().write(out, level)
}

/// Adds an entry as dpkg writes them: `./PATH`, owned by root. The crate's own methods leave out `./`.
fn append<W: Write>(
    tar: &mut tar::Builder<W>,
    header: &mut Header,
    path: &str,
    contents: &mut dyn Read,
) -> io::Result<()> {
    let name = format!("./{}", path.trim_start_matches('/'));
    header.set_uid(0);
    header.set_gid(0);
    header.set_username("root")?;
    header.set_groupname("root")?;
    let gnu = header.as_gnu_mut().ok_or(io::ErrorKind::InvalidInput)?;
    if name.len() < gnu.name.len() {
        gnu.name[..name.len()].copy_from_slice(name.as_bytes());
    } else {
        let mut long = Header::new_gnu();
        let long_gnu = long.as_gnu_mut().ok_or(io::ErrorKind::InvalidInput)?;
        let marker = b"././@LongLink";
        long_gnu.name[..marker.len()].copy_from_slice(marker);
        long.set_entry_type(EntryType::GNULongName);
        long.set_mode(0o644);
        long.set_uid(0);
        long.set_gid(0);
        long.set_mtime(0);
        long.set_size(name.len() as u64 + 1);
        long.set_cksum();
        tar.append(&long, &mut name.as_bytes().chain(&b"\0"[..]))?;
        let length = gnu.name.len();
        gnu.name.copy_from_slice(&name.as_bytes()[..length]);
    }
    header.set_cksum();
    tar.append(header, contents)
}

/// A reader that is summed on the way.
struct Summed<'r> {
    inner: &'r mut dyn Read,
    sum: Md5,
    length: u64,
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.sum.update(&buffer[..got]);
        self.length += got as u64;
        Ok(got)
    }
}
