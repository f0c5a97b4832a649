//! The files of a package: where each is, and what is in it.
//!
//! Sources: the Filesystem Hierarchy Standard 3.0; Debian's policy 9.1, 12.1, 12.3 and 12.5.

use std::collections::BTreeSet;

use snakecrate_format::desktop::ARCHIVE;

use super::file::{Content, Contents, zipped};
use super::name::is_plain;
use super::{Format, Package, documents};

/// The files of `package` in this format.
pub(super) fn of(package: &Package, format: Format) -> Contents {
    let own = package.place();
    let mut all = Contents::new();
    if let Some(unpacked) = &package.unpacked {
        let files = unpacked.prefix.files();
        all.extend(files.map(|file| (format!("{own}/{}", file.path), file.node.clone().into())));
    } else {
        let archive = Content::Disk { executable: true, path: package.archive.clone() };
        all.insert(package.program(), archive);
    }
    for command in &package.commands {
        let target = match &package.unpacked {
            // Debian's policy 10.5: links between directories of the root are absolute.
            Some(_) if format == Format::Deb => format!("/{own}/bin/{command}"),
            Some(_) => format!("../../{own}/bin/{command}"),
            None => format!("../../{}", package.program()).replace("../../usr/", "../"),
        };
        all.insert(format!("usr/bin/{command}"), Content::Link(target));
    }
    all.extend(shared(package, format));
    let program = format!("/{}", package.program());
    let desktop = package.desktop_files(&program);
    all.extend(desktop.map(|(path, bytes)| (format!("usr/share/{path}"), Content::Bytes(bytes))));
    for unit in &package.units {
        for (file, text) in unit.files() {
            all.insert(format!("usr/lib/systemd/system/{file}"), Content::Bytes(text.into()));
        }
    }
    documents::add(package, format, &mut all);
    all
}

/// The manual pages and completions of `package`, with their places below `/`.
pub(super) fn shared(
    package: &Package,
    format: Format,
) -> impl Iterator<Item = (String, Content)> + '_ {
    package.files.shared.iter().filter_map(move |(path, bytes)| {
        let (path, is_page) = place(path, format)?;
        let is_packed = !is_page || path.strip_suffix(".gz").is_some();
        let (path, bytes) =
            if is_packed { (path, bytes.clone()) } else { (path + ".gz", zipped(bytes)) };
        Some((path, Content::Bytes(bytes)))
    })
}

impl Package {
    /// The files for desktops, by their paths below `share`, where `program` is the archive's command.
    pub(super) fn desktop_files<'p>(
        &'p self,
        program: &'p str,
    ) -> impl Iterator<Item = (String, Vec<u8>)> + 'p {
        self.files.desktop.iter().map(move |(path, bytes)| {
            let is_entry = path.starts_with("applications/");
            let bytes = if is_entry {
                String::from_utf8_lossy(bytes).replace(ARCHIVE, program).into_bytes()
            } else {
                bytes.clone()
            };
            (path.clone(), bytes)
        })
    }
}

/// The directories above `contents` that are the package's own: parents come first.
pub(super) fn directories(contents: &Contents) -> BTreeSet<String> {
    let parents = |path: &String| {
        let parts: Vec<_> = path.match_indices('/').map(|(at, _)| path[..at].to_owned()).collect();
        parts
    };
    contents.keys().flat_map(parents).collect()
}

/// The place below `/` of the file `path` below the environment, and whether it is a manual page;
/// `None` if packages have no place for it.
fn place(path: &str, format: Format) -> Option<(String, bool)> {
    let parts: Vec<&str> = path.split('/').collect();
    let (directory, is_page) = match parts[..] {
        ["share", "man", section, file] if is_section(section, file) => {
            (format!("man/{section}"), true)
        }
        ["share", "man", language, section, file]
            if is_plain(language) && is_section(section, file) =>
        {
            (format!("man/{language}/{section}"), true)
        }
        ["share", "bash-completion", "completions", _] => {
            ("bash-completion/completions".into(), false)
        }
        ["share", "zsh", "site-functions" | "vendor-completions", _] => {
            // Debian keeps `site-functions` for the administrator.
            let directory = match format {
                Format::Deb => "zsh/vendor-completions",
                Format::Rpm | Format::Tar => "zsh/site-functions",
            };
            (directory.into(), false)
        }
        ["share", "fish", "vendor_completions.d" | "completions", _] => {
            ("fish/vendor_completions.d".into(), false)
        }
        _ => return None,
    };
    let file = parts.last().filter(|file| is_plain(file))?;
    Some((format!("usr/share/{directory}/{file}"), is_page))
}

/// `man1` and `demo.1`, `demo.1.gz`.
fn is_section(directory: &str, file: &str) -> bool {
    let Some(section) = directory.strip_prefix("man").filter(|section| section.len() == 1) else {
        return false;
    };
    let file = file.strip_suffix(".gz").unwrap_or(file);
    let suffix = file.rsplit_once('.').map(|(_, suffix)| suffix);
    section.bytes().all(|byte| byte.is_ascii_digit())
        && suffix.is_some_and(|suffix| suffix.starts_with(section) && is_plain(suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manual_pages_and_completions_have_their_places() {
        let deb = |path| place(path, Format::Deb).map(|(path, _)| path);
        for (path, wanted) in [
            ("share/man/man1/demo.1", Some("usr/share/man/man1/demo.1")),
            ("share/man/man1/demo.1.gz", Some("usr/share/man/man1/demo.1.gz")),
            ("share/man/de/man8/demo.8", Some("usr/share/man/de/man8/demo.8")),
            ("share/man/man1/demo.txt", None),
            ("share/man/man1/../../x.1", None),
            ("share/man/manx/demo.x", None),
            (
                "share/bash-completion/completions/demo",
                Some("usr/share/bash-completion/completions/demo"),
            ),
            ("share/bash-completion/completions/a b", None),
            ("share/zsh/site-functions/_demo", Some("usr/share/zsh/vendor-completions/_demo")),
            ("share/fish/completions/d.fish", Some("usr/share/fish/vendor_completions.d/d.fish")),
            ("share/applications/demo.desktop", None),
            ("share/doc/bash/copyright", None),
        ] {
            assert_eq!(deb(path).as_deref(), wanted, "{path}");
        }
        let rpm = place("share/zsh/site-functions/_demo", Format::Rpm).unwrap();
        assert_eq!(rpm.0, "usr/share/zsh/site-functions/_demo");
    }

    #[test]
    fn directories_come_with_their_parents() {
        let contents = Contents::from([("usr/lib/a/a".to_owned(), Content::Bytes(vec![]))]);
        let all: Vec<_> = directories(&contents).into_iter().collect();
        assert_eq!(all, ["usr", "usr/lib", "usr/lib/a"]);
    }
}
