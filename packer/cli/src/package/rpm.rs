//! RPM packages, version 4: <https://rpm-software-management.github.io/rpm/manual/format_v4.html>.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use rpm::{BuildConfig, CompressionWithLevel, Dependency, FileOptions, PackageBuilder};

use super::contents;
use super::file::Content;
use super::scripts::Rpm;
use super::{Error, Format, Package, Person, documents, version};

/// The compression of the files: the archive is compressed already. (zstd would bring the decoders of
/// old formats into the packer, by the crate's features.)
const COMPRESSION: CompressionWithLevel = CompressionWithLevel::Gzip(6);

/// The licence of an application that names none, as SPDX writes what is not on its list.
const UNKNOWN: &str = "LicenseRef-unknown";

/// Writes `package` to `file`. `out` is its name in messages.
pub(super) fn write(package: &Package, file: &mut File, out: &Path) -> Result<(), Error> {
    let failed = |source| Error::Write { path: out.to_owned(), source };
    let built = build(package).map_err(|error| match error {
        rpm::Error::Io(source) => failed(source),
        other => Error::Rpm(other.to_string()),
    })?;
    let mut writer = BufWriter::new(file);
    built.write(&mut writer).map_err(|error| Error::Rpm(error.to_string()))?;
    writer.flush().map_err(failed)
}

fn build(package: &Package) -> Result<rpm::Package, rpm::Error> {
    let date = package.date.0;
    let version = version::upstream(&package.version);
    let licence = package.licence.as_deref().unwrap_or(UNKNOWN);
    let processor = Format::Rpm.processor(package.target);
    let mut builder =
        PackageBuilder::new(&package.name, &version, licence, processor, &package.summary);
    // The space for a later signature takes 4 KiB.
    builder.using_config(BuildConfig::v4().compression(COMPRESSION).source_date(date));
    builder.release(package.release.to_string()).description(package.description());
    if let Ok(epoch @ 1..) = u32::try_from(package.version.epoch()) {
        builder.epoch(epoch);
    }
    if let Some(homepage) = &package.homepage {
        builder.url(homepage);
    }
    if let Some(maintainer) = package.maintainer.as_ref().map(Person::to_string) {
        let change = format!("- {}", documents::change(package));
        let version = format!("{maintainer} - {version}-{}", package.release);
        builder.add_changelog_entry(version, change, date);
        builder.packager(maintainer);
    }
    if let Some(vendor) = &package.vendor {
        builder.vendor(vendor);
    }
    // Otherwise it is the machine's.
    builder.build_host("localhost");
    // As rpmbuild has it for specifications that name none.
    builder.group("Unspecified");
    if let Some((major, minor)) = package.glibc {
        builder.requires(Dependency::any(format!("libc.so.6(GLIBC_{major}.{minor})(64bit)")));
    }
    let contents = contents::of(package, Format::Rpm);
    let place = package.place();
    for directory in contents::directories(&contents) {
        if directory == place || directory.starts_with(&format!("{place}/")) {
            let options = FileOptions::dir(format!("/{directory}")).permissions(0o755);
            builder.with_dir_entry(options.modified_at(date.into()))?;
        }
    }
    for (path, content) in contents {
        let path = format!("/{path}");
        match content {
            Content::Disk { executable, path: from } => {
                let mode = if executable { 0o755 } else { 0o644 };
                let options = FileOptions::new(path).permissions(mode).modified_at(date.into());
                builder.with_file(from, options)?;
            }
            Content::Program(bytes) => {
                let options = FileOptions::new(path).permissions(0o755).modified_at(date.into());
                builder.with_file_contents(bytes, options)?;
            }
            Content::Link(target) => {
                let options = FileOptions::symlink(path, target).modified_at(date.into());
                builder.with_symlink(options)?;
            }
            Content::Bytes(bytes) => {
                let options = FileOptions::new(&path).permissions(0o644).modified_at(date.into());
                let options = if path.starts_with("/usr/share/licenses/") {
                    options.license()
                } else if path.starts_with("/usr/share/man/") || path.starts_with("/usr/share/doc/")
                {
                    options.doc()
                } else {
                    options
                };
                builder.with_file_contents(bytes, options)?;
            }
        }
    }
    if let Some(Rpm { pre, post, preun, postun }) = Rpm::of(package) {
        if let Some(pre) = pre {
            builder.pre_install_script(pre);
        }
        builder.post_install_script(post);
        builder.pre_uninstall_script(preun);
        builder.post_uninstall_script(postun);
    }
    builder.build()
}
